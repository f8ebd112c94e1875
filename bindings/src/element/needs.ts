/** Which VMs need people, and in which order all of them are looked at. */
import type { Hint, VmRow } from '../types.js';

/** Why a VM needs people, the most pressing first. */
export const NEEDS = ['failed', 'stuck', 'timedOut', 'unreadable'] as const;
export type Need = (typeof NEEDS)[number];

/** Whether a hint is of a customization that has to go on and does not: one that is off, or has none pending, is not stuck. */
const IS_STUCK: Readonly<Record<Hint, boolean>> = {
  notRead: false,
  poweredOff: false,
  poweredOnEarlier: false,
  neverPoweredOn: false,
  nothingPending: false,
  pendingNotStarted: true,
  notStarted: true,
  startedNoResult: true,
  notReady: true,
  notFound: false,
};

/** Whether a VM is waited for and its customization gets no further. */
export function isStuck({ conclusion, hint }: VmRow): boolean {
  return conclusion === undefined && hint !== undefined && hint !== null && IS_STUCK[hint];
}

/** What is looked at; a `ModelEntry` has it. */
export interface Judged {
  readonly row: VmRow;
  readonly finishedMs: number | null;
  readonly isEarlier: boolean;
  readonly isStuck: boolean;
}

/** Why a VM needs people; null where it does not, or did before the run began. */
export function needOf({ row, isEarlier, isStuck }: Judged): Need | null {
  if (isEarlier) {
    return null;
  }
  if (row.customizationStatus === 'CustomizationFailed') {
    return 'failed';
  }
  switch (row.conclusion ?? 'open') {
    case 'open':
      return isStuck ? 'stuck' : null;
    case 'timedOut':
      return 'timedOut';
    case 'unobservable':
      return 'unreadable';
    case 'completed':
    case 'notStarted':
    case 'vmRemoved':
    case 'cancelled':
      return null;
  }
}

/** A place is more than any time has milliseconds. */
const PLACE = 1e13;

/**
 * What rows are sorted by where nobody has asked for another order: those that need people, failures of before the run, those
 * under way, and those that are done. Of results the newest stands first.
 */
export function attentionOf(entry: Judged): number {
  return placeOf(entry) * PLACE - (entry.finishedMs ?? 0);
}

function placeOf(entry: Judged): number {
  const need = needOf(entry);
  if (need !== null) {
    return NEEDS.indexOf(need);
  }
  switch (entry.row.customizationStatus) {
    case 'CustomizationFailed':
      return 4;
    case 'CustomizationStarted':
      return 5;
    case 'CustomizationNotStarted':
      return 6;
    case 'VmNotStarted':
      return 7;
    case 'CustomizationSucceeded':
      return entry.isEarlier ? 9 : 8;
  }
}
