/** One report of several runs on one server, and rows for what was asked for and has no VM. */
import type { Conclusion, Hint, ReadingFailure, Report, RowError, VmRow } from '../../types.js';
import { missingKey } from '../vm-keys.js';

/** Counts the transitions of several runs as one. */
export class TransitionCounter {
  #next = 0;
  readonly #numbers = new Map<string, number>();

  /** @param n - the number of the transition in its run */
  of(run: number, n: number): number {
    const key = `${run} ${n}`;
    const known = this.#numbers.get(key);
    if (known !== undefined) {
      return known;
    }
    this.#numbers.set(key, this.#next);
    this.#next += 1;
    return this.#next - 1;
  }
}

/** The row of a name that has no VM. */
export function rowWithoutVm(name: string, conclusion: Conclusion, why: Hint | RowError | null): VmRow {
  return {
    vm: missingKey(name),
    name,
    customizationStatus: 'VmNotStarted',
    conclusion,
    attempt: 0,
    poweredOnAt: null,
    startedAt: null,
    finishedAt: null,
    failure: null,
    hint: typeof why === 'string' ? why : null,
    ...(typeof why === 'string' || why === null ? {} : { error: why }),
  };
}

/**
 * One report of all.
 * @param rows - the rows in their order, of the runs and without a VM
 * @param endedAtMs - when all of it had ended
 */
export function mergedReport(
  reports: readonly Report[],
  rows: readonly VmRow[],
  endedAtMs: number,
  counter: TransitionCounter,
): Report {
  const ignored = new Map<string, number>();
  for (const [reason, count] of reports.flatMap((report) => Object.entries(report.ignored ?? {}))) {
    ignored.set(reason, (ignored.get(reason) ?? 0) + count);
  }
  const dropped = reports.reduce((sum, { transitionsDropped }) => sum + (transitionsDropped ?? 0), 0);
  const readAt = reports.map(({ reading }) => reading.lastReadAtMs).filter((ms) => ms !== null);
  const failures = reports.map(({ reading }) => reading.failure).filter((failure) => failure !== null);
  return {
    format: 'vm-customization-report/1',
    endedAtMs,
    vms: rows,
    transitions: reports
      .flatMap(({ transitions }, run) => transitions.map((each) => ({ ...each, n: counter.of(run, each.n) })))
      .sort((left, right) => left.n - right.n),
    ...(dropped === 0 ? {} : { transitionsDropped: dropped }),
    ignored: Object.fromEntries([...ignored].sort(([left], [right]) => (left < right ? -1 : 1))),
    reading: {
      lastReadAtMs: readAt.length === 0 ? null : Math.max(...readAt),
      failure: failures.reduce<ReadingFailure | null>(
        (latest, each) => (latest === null || each.sinceMs > latest.sinceMs ? each : latest),
        null,
      ),
    },
  };
}
