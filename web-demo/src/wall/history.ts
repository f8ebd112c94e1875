/** Results and gaps of a run, as far back as a wall screen shows them: also of VMs and attempts that are gone. */
import type { ModelEntry, ReadMark } from 'vm-customization/element';

/** Of more only the newest count. */
const RESULTS_KEPT = 5_000;
const GAPS_KEPT = 500;
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

export class History {
  readonly #results = new Map<string, Result>();
  #gaps: Gap[] = [];
  /** The last read that worked, while none has since. */
  #failingSinceMs: number | undefined;
  #lastOkMs: number | undefined;

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
    for (const oldest of this.#results.keys()) {
      if (this.#results.size <= RESULTS_KEPT) {
        break;
      }
      this.#results.delete(oldest);
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
    return [...this.#results.values()];
  }

  get gaps(): readonly Gap[] {
    return this.#gaps;
  }
}
