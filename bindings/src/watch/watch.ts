/** Waiting for customization, for programs: one call, a report at the end, transitions on the way. */
import { checkSnapshot, checkValues, checkVms, optionsOf, plainOptions } from '../core/validate.js';
import { CancelledError, DetachedError, InternalError, OptionsError, VmCustomizationError } from '../errors.js';
import type { EventSource } from '../source/event-source.js';
import { SourceFailures } from '../source/read-failure.js';
import type { MonitorOptions, Report, Snapshot, Transition, VmRef, VmRow } from '../types.js';
import { systemClock } from '../util/clock.js';
import { unusable } from '../util/fields.js';
import { Backlog } from './backlog.js';
import { Conclusions } from './conclusions.js';
import type { WatchOptions } from './options.js';
import type { Progress } from './progress.js';
import { RunLoop } from './run-loop.js';
import { checkSource, checkWatchOptions } from './validate.js';

// As many as a report keeps.
const TRANSITIONS_PER_VM = 64;
const TRANSITIONS_AT_LEAST = 1_024;

/**
 * A wait under way. Iterating it gives the transitions from the first on; several loops may do so at once. The newest are
 * kept, 64 per VM and at least 1,024 in all: a loop that begins late, or falls behind, goes on at the oldest kept.
 *
 * Leaving a loop with `break` ends that loop and nothing else: the wait goes on, `report` resolves as without it, and a
 * new loop begins at the oldest kept again. {@link CustomizationWatch.cancel} and {@link CustomizationWatch.detach} end
 * the wait.
 */
export interface CustomizationWatch extends AsyncIterable<Transition> {
  /** One row per VM, when the wait is over. Also after a source that failed for good. */
  readonly report: Promise<Report>;
  /**
   * The rows as they stand now; none before vCenter's time is known.
   * @param vms - the values of the managed object references of the VMs to tell; those not watched are left out. Default:
   *   all VMs, in the order asked for
   * @throws {@link OptionsError} when that is no array
   */
  rows(vms?: readonly string[]): readonly VmRow[];
  /**
   * Every VM once, as soon as it is done, with its row of that moment; however it ends, and so also when it has timed out,
   * was cancelled or cannot be observed. The loop ends with the wait, and throws where `report` rejects, after the last row.
   * What changes later, such as a result that is revised, is in `report` and among the transitions. `break` as above. A loop
   * may fall behind by as many VMs as were watched at once, and 1,024 more: beyond that it misses the oldest.
   *
   * A VM that `setVms` takes out before it is done is not among them; one that it takes in again may be done again.
   *
   * ```ts
   * for await (const row of watch.concluded()) {
   *   if (row.customizationStatus === 'CustomizationSucceeded') await configure(row.vm);
   * }
   * ```
   */
  concluded(): AsyncIterable<VmRow>;
  /**
   * The row of one VM, as soon as it is done, however it ends: what `concluded()` gives of it.
   * @param vm - the value of its managed object reference, such as `vm-101`
   * @throws {@link OptionsError} when it is not watched, or is taken out by `setVms`; else what `report` rejects with, where
   *   that comes first
   */
  vm(vm: string): Promise<VmRow>;
  /** The state as plain data, for {@link resumeCustomization}; at any time once the server's time is known. */
  snapshot(): Snapshot;
  /**
   * VMs come and go: from now on watches these, in this order. VMs watched before keep their state; new ones begin as in a
   * new wait, with a window of their own, and are read at once. The deadline stays; without a VM left that is waited for
   * the wait ends, but with `attempts: 'reopen'` it goes on. Calls take effect in the order in which they were made.
   *
   * After the end of the wait, and when the wait ends while vCenter's time is asked for, it resolves and changes nothing:
   * `rows()` tells which VMs are watched.
   *
   * It rejects, and changes nothing, when vCenter's time cannot be read, when a VM cannot be used, and under `published`
   * rules ({@link OptionsError}).
   */
  setVms(vms: readonly VmRef[]): Promise<void>;
  /** Ends the wait at once; `report` resolves with the rows it has. */
  cancel(): void;
  /**
   * Lets go without an end: nothing more is read or told, and `report` and the loops fail with a {@link DetachedError}. It
   * answers the last snapshot, which holds exactly what was told, for {@link resumeCustomization}. After the end of the
   * wait it answers the snapshot of the end.
   * @throws {@link VmCustomizationError} with the code `notStarted` before vCenter's time is known, and whatever a wait that
   *   has failed rejects with; it is let go all the same
   */
  detach(): Promise<Snapshot>;
}

/**
 * Watches the customization of VMs of one vCenter. It begins at once.
 *
 * ```ts
 * const watch = watchCustomization(source, [{ vm: 'vm-101', name: 'web-1' }]);
 * for await (const { vm, to } of watch) console.log(vm, to);
 * const { vms } = await watch.report;
 * ```
 */
export function watchCustomization(
  source: EventSource,
  vms: readonly VmRef[],
  options: WatchOptions = {},
): CustomizationWatch {
  return new Watch(source, { vms }, options);
}

/** The same, as one promise. */
export function waitForCustomization(
  source: EventSource,
  vms: readonly VmRef[],
  options: WatchOptions = {},
): Promise<Report> {
  return watchCustomization(source, vms, options).report;
}

/**
 * Goes on from a snapshot, in another process or page too. The VMs, the rules and the deadline are the snapshot's; the
 * time in between counts. `onInput` gets no `begin`, since what came before is not at hand: a {@link Recorder} records
 * nothing then.
 */
export function resumeCustomization(
  source: EventSource,
  snapshot: Snapshot,
  options: Omit<WatchOptions, keyof MonitorOptions | 'requestedSecondsAgo'> = {},
): CustomizationWatch {
  return new Watch(source, { snapshot }, options);
}

/** What a watch begins with. */
type Beginning = { readonly vms: readonly VmRef[] } | { readonly snapshot: Snapshot };

class Watch implements CustomizationWatch {
  readonly report: Promise<Report>;
  readonly #stop = new AbortController();
  /** Undefined when what was handed over cannot be used: `report` has rejected then. */
  readonly #loop: RunLoop | undefined;
  readonly #transitions = new Backlog<Transition>();
  readonly #conclusions = new Conclusions();
  readonly #restoredFrom: Snapshot | undefined;
  #lastRows: readonly VmRow[] = [];
  #lastSnapshot: Snapshot | undefined;
  #over = false;

  constructor(source: EventSource, beginning: Beginning, options: WatchOptions) {
    try {
      checkSource(source);
      if ('vms' in beginning) {
        checkVms(beginning.vms);
      } else {
        checkSnapshot(beginning.snapshot);
      }
      checkWatchOptions(options, 'snapshot' in beginning, source);
    } catch (error) {
      this.#end();
      this.report = Promise.reject(error);
      this.report.catch(() => undefined);
      return;
    }
    const { signal, push, onProgress, onInput, alsoRead, clock, requestedSecondsAgo, ...monitorOptions } = options;
    this.#restoredFrom = 'snapshot' in beginning ? beginning.snapshot : undefined;
    const loop = new RunLoop({
      source,
      failures: new SourceFailures(),
      vms: 'vms' in beginning ? beginning.vms.map((vm) => ({ ...vm })) : [],
      options: 'snapshot' in beginning ? optionsOf(beginning.snapshot) : plainOptions(monitorOptions),
      alsoRead: alsoRead ?? [],
      push: push ?? true,
      snapshot: this.#restoredFrom,
      requestedSecondsAgo: requestedSecondsAgo ?? 0,
      clock: clock ?? systemClock,
      stop: this.#stop.signal,
      tell: (progress) => {
        this.#note(progress, loop.vmCount);
        onProgress?.(progress);
      },
      record: (input) => onInput?.(input),
    });
    this.#loop = loop;
    this.report = this.#run(loop, signal);
    // Who only iterates hears of a failure there; it must not end the process as an unhandled rejection as well.
    this.report.catch(() => undefined);
  }

  rows(vms?: readonly string[]): readonly VmRow[] {
    checkValues(vms);
    if (!this.#over) {
      return this.#loop?.rows(vms) ?? [];
    }
    if (vms === undefined) {
      return this.#lastRows;
    }
    const rows = new Map(this.#lastRows.map((row) => [row.vm, row]));
    return vms.map((vm) => rows.get(vm)).filter((row) => row !== undefined);
  }

  snapshot(): Snapshot {
    const snapshot = this.#lastSnapshot ?? this.#loop?.snapshot();
    if (snapshot === undefined) {
      throw new VmCustomizationError(
        'notStarted',
        "there is no snapshot before vCenter's time is known: take it after the first `started` progress",
      );
    }
    return snapshot;
  }

  concluded(): AsyncIterable<VmRow> {
    return this.#conclusions.read(() => this.report);
  }

  async vm(vm: string): Promise<VmRow> {
    if (typeof vm !== 'string') {
      throw unusable('the VM', vm, { give: "pass the value of its managed object reference, such as 'vm-101'" });
    }
    while (!this.#over && this.#isWatched(vm) && this.#conclusions.row(vm) === undefined) {
      await this.#conclusions.change(vm);
    }
    const row = this.#conclusions.row(vm);
    if (row === undefined) {
      if (this.#over) {
        await this.report;
      }
      throw new OptionsError('invalidOptions', `${vm} is not watched: pass the value of the reference of a VM that is`);
    }
    return row;
  }

  async setVms(vms: readonly VmRef[]): Promise<void> {
    checkVms(vms);
    if (this.#loop === undefined) {
      await this.report;
      return;
    }
    await this.#loop.setVms(vms.map((vm) => ({ ...vm })));
    this.#conclusions.watched(new Set(this.rows().map(({ vm }) => vm)));
  }

  cancel(): void {
    this.#stop.abort();
  }

  async detach(): Promise<Snapshot> {
    this.#stop.abort(new DetachedError());
    try {
      await this.report;
    } catch (error) {
      if (!(error instanceof DetachedError || error instanceof CancelledError)) {
        throw error;
      }
    }
    // Where a wait that goes on from a snapshot has not begun, nothing has come on top of that.
    return this.#lastSnapshot ?? this.#restoredFrom ?? this.snapshot();
  }

  [Symbol.asyncIterator](): AsyncIterator<Transition, undefined> {
    return this.#transitions.read(() => this.report)[Symbol.asyncIterator]();
  }

  async #run(loop: RunLoop, signal: AbortSignal | undefined): Promise<Report> {
    const stop = (): void => this.#stop.abort();
    signal?.addEventListener('abort', stop);
    if (signal?.aborted) {
      stop();
    }
    try {
      const report = await loop.run();
      this.#lastSnapshot = loop.snapshot();
      this.#lastRows = report.vms;
      for (const row of report.vms) {
        this.#conclusions.add(row, report.vms.length);
      }
      // A wait whose last VM was concluded before the signal has its result, and the signal nothing to end.
      if (signal?.aborted && report.vms.some((row) => row.conclusion === 'cancelled')) {
        throw new CancelledError(report, signal.reason);
      }
      return report;
    } catch (error) {
      // What was told stays readable, also where a callback has thrown; of a machine that has failed there is nothing to read.
      if (!(error instanceof InternalError)) {
        this.#lastSnapshot = loop.snapshot();
        this.#lastRows = loop.rows(undefined) ?? [];
      }
      throw error;
    } finally {
      signal?.removeEventListener('abort', stop);
      loop.dispose();
      this.#end();
    }
  }

  #note(progress: Progress, vmCount: number): void {
    if (progress.type === 'transition') {
      this.#transitions.push(progress.transition, Math.max(vmCount * TRANSITIONS_PER_VM, TRANSITIONS_AT_LEAST));
    } else if (progress.type === 'concluded') {
      this.#conclusions.add(progress.row, vmCount);
    } else if (progress.type === 'started') {
      const rows = this.rows();
      this.#conclusions.watched(new Set(rows.map(({ vm }) => vm)));
      // A snapshot may hold VMs that are done, of which the machine says nothing again.
      for (const row of rows.filter(({ conclusion }) => conclusion !== undefined)) {
        this.#conclusions.add(row, rows.length);
      }
    }
  }

  /** Whether it is, as far as is known: any may be before the run has begun. */
  #isWatched(vm: string): boolean {
    return this.#loop?.rows([vm])?.length !== 0;
  }

  #end(): void {
    this.#over = true;
    this.#transitions.close();
    this.#conclusions.close();
  }
}
