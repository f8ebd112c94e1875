/** What a wall screen counts each VM as: every VM is in exactly one tile. */
import type { Hint } from 'vm-customization';
import { type ModelEntry, type Need, needOf } from 'vm-customization/element';

export type Kind = Need | 'customizing' | 'succeeded' | 'idle';

type Judged = Pick<ModelEntry, 'row' | 'finishedMs' | 'isStuck' | 'awaitsReady'>;

/** Of a VM that is off, or has nothing pending, nothing is under way. */
const IDLE: ReadonlySet<Hint | null | undefined> = new Set<Hint>([
  'poweredOff',
  'poweredOnEarlier',
  'neverPoweredOn',
  'notFound',
  'nothingPending',
]);

/** What was customized before the screen was set up counts as well: it is for a day's work. */
export function kindOf(entry: Judged): Kind {
  const need = needOf({ ...entry, isEarlier: false });
  if (need !== null) {
    return need;
  }
  const { customizationStatus, conclusion, hint } = entry.row;
  if (customizationStatus === 'CustomizationSucceeded') {
    return entry.awaitsReady ? 'customizing' : 'succeeded';
  }
  const isIdle = conclusion !== undefined || customizationStatus === 'VmNotStarted' || IDLE.has(hint);
  return isIdle ? 'idle' : 'customizing';
}

export interface Tile {
  readonly name: 'failed' | 'stuck' | 'customizing' | 'succeeded' | 'idle';
  readonly label: string;
  readonly count: number;
}

/** The five tiles: what gets no further, whatever the reason, counts as stuck. */
export function tilesOf(entries: readonly Judged[]): readonly Tile[] {
  const counts: Record<Tile['name'], number> = { failed: 0, stuck: 0, customizing: 0, succeeded: 0, idle: 0 };
  for (const entry of entries) {
    const kind = kindOf(entry);
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
