/** The items of a document of events, one by one. */

import type { EventSummary } from '../types.js';
import { guarded } from './core-handle.js';
import { core } from './wasm/loader.js';

/** One item, as a recording holds it and as views show it. */
export interface EventItem {
  readonly event: { readonly _typeName?: string; readonly key?: number | string; readonly vm?: object };
  /** Null where it has no type or no usable time. */
  readonly summary: EventSummary | null;
}

/** All of a document, and how many the machine would pass over, by reason. */
export interface EventItems {
  readonly items: readonly EventItem[];
  readonly ignored: Readonly<Record<string, number>>;
}

/** @throws WireError when the document cannot be read, or holds no events by its shape */
export function eventItems(document: Uint8Array): EventItems {
  return JSON.parse(guarded(() => core().itemsToJson(document))) as EventItems;
}
