/** Waiting for customization, for programs: one call, a report at the end, transitions on the way. */
import { checkSnapshot, checkValues, checkVms } from '../core/validate.js';
import { CancelledError, VmCustomizationError } from '../errors.js';
import type { EventSource } from '../source/event-source.js';
import type { Report, Snapshot, Transition, VmRef, VmRow } from '../types.js';
import { systemClock } from '../util/clock.js';
import { type Deferred, deferred } from '../util/deferred.js';
import type { WatchOptions } from './options.js';
import { RunLoop } from './run-loop.js';
import { checkSource, checkWatchOptions } from './validate.js';

// As many as a report keeps.
const TRANSITIONS_PER_VM = 64;
const TRANSITIONS_AT_LEAST = 1_024;

/**
 * A wait under way. Iterating it gives the transitions from the first on; several loops may do so at once. The newest are
 * kept, 64 per VM and at least 1,024 in all: a loop that begins late, or falls behind, goes on at the oldest kept.
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
  options: Pick<WatchOptions, 'signal' | 'push' | 'onProgress' | 'onInput' | 'alsoRead' | 'clock'> = {},
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
  readonly #transitions: Transition[] = [];
  /** How many of the oldest are no longer kept. */
  #dropped = 0;
  #lastRows: readonly VmRow[] = [];
  #lastSnapshot: Snapshot | undefined;
  #over = false;
  #changed: Deferred = deferred();

  constructor(source: EventSource, beginning: Beginning, options: WatchOptions) {
    try {
      checkSource(source);
      if ('vms' in beginning) {
        checkVms(beginning.vms);
      } else {
        checkSnapshot(beginning.snapshot);
      }
      checkWatchOptions(options);
    } catch (error) {
      this.#over = true;
      this.report = Promise.reject(error);
      this.report.catch(() => undefined);
      return;
    }
    const { signal, push, onProgress, onInput, alsoRead, clock, ...monitorOptions } = options;
    const loop = new RunLoop({
      source,
      vms: 'vms' in beginning ? beginning.vms.map((vm) => ({ ...vm })) : [],
      options: monitorOptions,
      alsoRead: alsoRead ?? [],
      push: push ?? true,
      snapshot: 'vms' in beginning ? undefined : beginning.snapshot,
      clock: clock ?? systemClock,
      stop: this.#stop.signal,
      tell: (progress) => {
        if (progress.type === 'transition') {
          this.#keep(progress.transition);
        }
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

  async setVms(vms: readonly VmRef[]): Promise<void> {
    checkVms(vms);
    if (this.#loop === undefined) {
      await this.report;
      return;
    }
    await this.#loop.setVms(vms.map((vm) => ({ ...vm })));
  }

  cancel(): void {
    this.#stop.abort();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Transition, void, undefined> {
    for (let next = 0; ; ) {
      next = Math.max(next, this.#dropped);
      const transition = this.#transitions[next - this.#dropped];
      if (transition !== undefined) {
        next += 1;
        yield transition;
      } else if (this.#over) {
        await this.report;
        return;
      } else {
        await this.#changed.promise;
      }
    }
  }

  async #run(loop: RunLoop, signal: AbortSignal | undefined): Promise<Report> {
    const stop = (): void => this.#stop.abort();
    signal?.addEventListener('abort', stop, { once: true });
    if (signal?.aborted) {
      stop();
    }
    try {
      const report = await loop.run();
      this.#lastSnapshot = loop.snapshot();
      this.#lastRows = report.vms;
      // A wait whose last VM was concluded before the signal has its result, and the signal nothing to end.
      if (signal?.aborted && report.vms.some((row) => row.conclusion === 'cancelled')) {
        throw new CancelledError(report, signal.reason);
      }
      return report;
    } finally {
      signal?.removeEventListener('abort', stop);
      loop.dispose();
      this.#over = true;
      this.#wake();
    }
  }

  #keep(transition: Transition): void {
    this.#transitions.push(transition);
    const limit = Math.max((this.#loop?.vmCount ?? 0) * TRANSITIONS_PER_VM, TRANSITIONS_AT_LEAST);
    while (this.#transitions.length > limit) {
      this.#transitions.shift();
      this.#dropped += 1;
    }
    this.#wake();
  }

  #wake(): void {
    const changed = this.#changed;
    this.#changed = deferred();
    changed.resolve();
  }
}
