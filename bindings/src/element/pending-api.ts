/**
 * What the element takes from the package. It comes from the file of the browser's entry, which the build leaves
 * outside: the core is in a bundle once, whichever entries an application imports.
 */
import type { EventDocument } from '../document.js';
import * as core from '../entry-browser.js';
import type { Transition, VmRef, VmRow } from '../types.js';
import type { CustomizationWatch } from '../watch.js';

export type EventKind = 'powerOn' | 'started' | 'succeeded' | 'failed' | 'removed';

export interface EventSummary {
  readonly vm: string | null;
  readonly name: string | null;
  readonly key: number | null;
  readonly createdTime: string;
  readonly type: string;
  readonly kind: EventKind | null;
}

export interface RunUpdate {
  readonly atMs: number;
  readonly ended: boolean;
  readonly reset: boolean;
  readonly rows: readonly VmRow[];
  readonly transitions: readonly Transition[];
}

type Pending = {
  summarizeEvents?: (document: EventDocument) => readonly EventSummary[];
};
type PendingWatch = CustomizationWatch & {
  rows?: (vms?: readonly string[]) => readonly VmRow[];
  setVms?: (vms: readonly VmRef[]) => Promise<void>;
};

export const watchCustomization = core.watchCustomization;

export function summarizeEvents(document: EventDocument): readonly EventSummary[] {
  return (core as Pending).summarizeEvents?.(document) ?? [];
}

export function rowsOf(watch: CustomizationWatch, vms: readonly string[]): readonly VmRow[] {
  return (watch as PendingWatch).rows?.(vms) ?? [];
}
