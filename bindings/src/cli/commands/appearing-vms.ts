/** `--wait-for-vm`: VMs that are not there yet are looked for again and again. */
import type { LookupProblem } from '../../errors.js';
import { withTimeout } from '../../source/with-timeout.js';
import { type Clock, systemClock } from '../../util/clock.js';
import type { FoundVm, LookupOfEach } from '../../vsphere/client/lookup.js';

const FIRST_PAUSE_MS = 5_000;
const PAUSE_GROWTH = 1.5;
const LONGEST_PAUSE_MS = 30_000;
const LOOK_UP_TIMEOUT_MS = 30_000;

/** What the search needs, and whom it tells. */
export interface Search {
  /** The names and patterns that fit no VM yet. */
  readonly names: readonly string[];
  readonly lookUp: (names: readonly string[], signal: AbortSignal) => Promise<LookupOfEach>;
  /** When it ends, in host time; infinity for never. */
  readonly endsAt: number;
  readonly signal: AbortSignal;
  readonly found: (vms: readonly { readonly input: string; readonly vms: readonly FoundVm[] }[]) => void;
  /** That a name cannot be told, which does not pass by itself. */
  readonly unclear: (problem: LookupProblem) => void;
  readonly warn: (message: string) => void;
  /** Host time. Default: `performance.now()` and timers. */
  readonly clock?: Clock;
}

/**
 * Looks until each name fits a VM, once more when the time is up, and no further when the signal is aborted. What fits at a
 * time is what a pattern stands for.
 * @returns the names that fit none
 */
export async function searchVms(search: Search): Promise<readonly string[]> {
  const { signal, endsAt, warn, clock = systemClock } = search;
  let names = search.names;
  let pauseMs = FIRST_PAUSE_MS;
  let trouble: string | undefined;
  while (names.length > 0) {
    const leftMs = endsAt - clock.now();
    if (leftMs <= 0) {
      break;
    }
    await clock.sleep(Math.min(pauseMs, leftMs), signal);
    if (signal.aborted) {
      break;
    }
    pauseMs = Math.min(pauseMs * PAUSE_GROWTH, LONGEST_PAUSE_MS);
    try {
      const asked = names;
      const call = (options: { signal: AbortSignal }): Promise<LookupOfEach> => search.lookUp(asked, options.signal);
      const { found, problems } = await withTimeout('looking the VMs up', call, LOOK_UP_TIMEOUT_MS, clock, signal);
      trouble = undefined;
      names = problems.filter(({ kind }) => kind === 'notFound').map(({ input }) => input);
      for (const problem of problems.filter(({ kind }) => kind !== 'notFound')) {
        search.unclear(problem);
      }
      if (found.length > 0) {
        search.found(found);
        // What is made together comes together.
        pauseMs = FIRST_PAUSE_MS;
      }
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (!signal.aborted && message !== trouble) {
        trouble = message;
        warn(`${message}; looking for the VMs again`);
      }
    }
  }
  return names;
}
