/** Results and gaps of a run, as far back as a wall screen shows them: also of VMs and attempts that are gone. */
import type { ModelEntry, ReadMark } from 'vm-customization/element';

/** Of more only the newest count. */
const RESULTS_KEPT = 5_000;
const GAPS_KEPT = 500;
/** Over a reload: browsers keep 5 MiB of a page, most of it for the run. */
const RESULTS_SAVED = 2_000;
const KEY = 'vm-customization/shift';
/** Silence that is told of. */
const LEAST_GAP_MS = 30_000;

/** Server times, milliseconds since 1970. */
export interface Result {
  readonly name: string;
  readonly isSuccess: boolean;
  readonly atMs: number;
  /** Since power-on; null where no power-on is known. */
  readonly tookMs: number | null;
}

/** Server times, milliseconds since 1970. */
export interface Gap {
  readonly fromMs: number;
  readonly toMs: number;
}

/** As it is kept over a reload: `key` tells attempts apart. */
interface SavedHistory {
  /** Of the run, server time. */
  readonly startedAt: string;
  readonly results: readonly (readonly [key: string, result: Result])[];
  readonly gaps: readonly Gap[];
}

export class History {
  readonly #results: Map<string, Result>;
  #gaps: Gap[];
  /** The last read that worked, while none has since. */
  #failingSinceMs: number | undefined;
  #lastOkMs: number | undefined;

  constructor({ results, gaps }: Pick<SavedHistory, 'results' | 'gaps'> = { results: [], gaps: [] }) {
    this.#results = new Map(results);
    this.#gaps = [...gaps];
  }

  /** That of the run that began then, as it was before a reload of this tab; an empty one where none was kept. */
  static kept(startedAt: string | null): History {
    try {
      const saved = JSON.parse(sessionStorage.getItem(KEY) ?? 'null') as SavedHistory | null;
      return saved?.startedAt === startedAt ? new History(saved) : new History();
    } catch {
      return new History();
    }
  }

  /** Keeps what is newer than a server time, for a reload. @param startedAt - of the run */
  keep(startedAt: string, fromMs: number): void {
    const saved: SavedHistory = {
      startedAt,
      results: [...this.#results].filter(([, { atMs }]) => atMs > fromMs).slice(-RESULTS_SAVED),
      gaps: this.#gaps.filter(({ toMs }) => toMs > fromMs),
    };
    try {
      sessionStorage.setItem(KEY, JSON.stringify(saved));
    } catch {
      // The quota, or a browser that keeps nothing: the rows are there all the same.
    }
  }

  /** A row as it stands now: the result of its attempt, or that there is none any more. */
  note({ row, poweredOnMs, startedMs, finishedMs, awaitsReady }: ModelEntry): void {
    const key = `${row.vm}/${row.attempt ?? 0}`;
    const isSuccess = row.customizationStatus === 'CustomizationSucceeded';
    if (finishedMs === null || awaitsReady || !(isSuccess || row.customizationStatus === 'CustomizationFailed')) {
      this.#results.delete(key);
      return;
    }
    const beganMs = poweredOnMs ?? startedMs;
    const tookMs = beganMs === null ? null : Math.max(0, finishedMs - beganMs);
    this.#results.set(key, { name: row.name ?? row.vm, isSuccess, atMs: finishedMs, tookMs });
    // Not one at a time: to find the oldest costs as much as were removed before it.
    if (this.#results.size >= 2 * RESULTS_KEPT) {
      for (const [oldest] of [...this.#results].slice(0, -RESULTS_KEPT)) {
        this.#results.delete(oldest);
      }
    }
  }

  /** A read. @param originMs - server time at host time 0 */
  noteRead({ atMs, ok }: ReadMark, originMs: number): void {
    const timeMs = originMs + atMs;
    if (!ok) {
      this.#failingSinceMs ??= this.#lastOkMs ?? timeMs;
      return;
    }
    this.#lastOkMs = timeMs;
    if (this.#failingSinceMs !== undefined) {
      this.noteGap(this.#failingSinceMs, timeMs);
      this.#failingSinceMs = undefined;
    }
  }

  /** vCenter could not be read. What overlaps is one. */
  noteGap(fromMs: number, toMs: number): void {
    if (toMs - fromMs < LEAST_GAP_MS) {
      return;
    }
    const apart = this.#gaps.filter((gap) => gap.toMs < fromMs || gap.fromMs > toMs);
    const joined = this.#gaps.filter((gap) => !apart.includes(gap));
    const whole = {
      fromMs: Math.min(fromMs, ...joined.map((gap) => gap.fromMs)),
      toMs: Math.max(toMs, ...joined.map((gap) => gap.toMs)),
    };
    this.#gaps = [...apart, whole].sort((a, b) => a.fromMs - b.fromMs).slice(-GAPS_KEPT);
  }

  get results(): readonly Result[] {
    return [...this.#results.values()].slice(-RESULTS_KEPT);
  }

  get gaps(): readonly Gap[] {
    return this.#gaps;
  }
}
