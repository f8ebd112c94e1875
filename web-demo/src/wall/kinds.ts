/** What a wall screen counts each VM as: every VM is in exactly one tile. */
import type { Hint, VmRow } from 'vm-customization';

export type Kind = 'failed' | 'stuck' | 'timedOut' | 'unreadable' | 'customizing' | 'succeeded' | 'idle';

/** A VM that is off, or has nothing pending, does not get stuck; and a vCenter that cannot be read is no fault of the VM's. */
const KINDS: Readonly<Record<Hint | 'none', Kind>> = {
  none: 'customizing',
  notRead: 'customizing',
  poweredOff: 'idle',
  poweredOnEarlier: 'idle',
  neverPoweredOn: 'idle',
  nothingPending: 'idle',
  pendingNotStarted: 'stuck',
  notStarted: 'stuck',
  startedNoResult: 'stuck',
  notReady: 'stuck',
  notFound: 'idle',
};

export function kindOf({ customizationStatus, conclusion, hint }: VmRow): Kind {
  switch (customizationStatus) {
    case 'CustomizationFailed':
      return 'failed';
    case 'CustomizationSucceeded':
      return conclusion === undefined && hint === 'notReady' ? 'stuck' : 'succeeded';
    case 'VmNotStarted':
    case 'CustomizationNotStarted':
    case 'CustomizationStarted':
      break;
  }
  switch (conclusion) {
    case 'unobservable':
      return 'unreadable';
    case 'timedOut':
      return 'timedOut';
    case 'completed':
    case 'notStarted':
    case 'vmRemoved':
    case 'cancelled':
      return 'idle';
    case undefined:
      break;
  }
  if (customizationStatus === 'VmNotStarted') {
    return 'idle';
  }
  return KINDS[hint ?? 'none'];
}

export interface Tile {
  readonly name: 'failed' | 'stuck' | 'customizing' | 'succeeded' | 'idle';
  readonly label: string;
  readonly count: number;
}

/** The five tiles: what gets no further, whatever the reason, counts as stuck. */
export function tilesOf(rows: readonly VmRow[]): readonly Tile[] {
  const counts: Record<Tile['name'], number> = { failed: 0, stuck: 0, customizing: 0, succeeded: 0, idle: 0 };
  for (const row of rows) {
    const kind = kindOf(row);
    counts[kind === 'timedOut' || kind === 'unreadable' ? 'stuck' : kind] += 1;
  }
  return [
    { name: 'failed', label: 'failed', count: counts.failed },
    { name: 'stuck', label: 'stuck', count: counts.stuck },
    { name: 'customizing', label: 'customizing', count: counts.customizing },
    { name: 'succeeded', label: 'succeeded', count: counts.succeeded },
    { name: 'idle', label: 'not under way', count: counts.idle },
  ];
}
