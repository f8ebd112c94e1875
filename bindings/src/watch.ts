/** Waiting for customization, for programs: one call, a report at the end, transitions on the way. */
import { checkOptions, checkSource, checkVms } from './checks.js';
import { type Clock, systemClock } from './clock.js';
import { CancelledError, VmCustomizationError } from './errors.js';
import type { Progress, RunInput } from './progress.js';
import { RunLoop } from './run-loop.js';
import type { EventSource } from './source.js';
import type { MonitorOptions, Report, Snapshot, Transition, VmRef } from './types.js';

/** How to watch. What is left out takes the default. */
export interface WatchOptions extends MonitorOptions {
  /** Ends the wait at once: it rejects with a {@link CancelledError} whose `report` has every row. */
  readonly signal?: AbortSignal;
  /** Lets the source push events where it can; false leaves it at reads. Default true. */
  readonly push?: boolean;
  /** Called with everything that happens, as it happens. What it throws ends the watch. */
  readonly onProgress?: (progress: Progress) => void;
  /** Called with everything that is fed into the machine; a {@link Recorder} makes a recording of it. */
  readonly onInput?: (input: RunInput) => void;
  /** Host time. Default: `performance.now()` and timers. */
  readonly clock?: Clock;
}

/** A wait under way. Iterating it gives the transitions from the first on; several loops may do so at once. */
export interface CustomizationWatch extends AsyncIterable<Transition> {
  /** One row per VM, when the wait is over. Also after a source that failed for good. */
  readonly report: Promise<Report>;
  /** The state as plain data, for {@link resumeCustomization}; at any time once the server's time is known. */
  snapshot(): Snapshot;
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
  return new Watch(source, vms, undefined, options);
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
 * time in between counts.
 */
export function resumeCustomization(
  source: EventSource,
  snapshot: Snapshot,
  options: Pick<WatchOptions, 'signal' | 'push' | 'onProgress' | 'clock'> = {},
): CustomizationWatch {
  return new Watch(source, [], snapshot, options);
}

class Watch implements CustomizationWatch {
  readonly report: Promise<Report>;
  readonly #stop = new AbortController();
  /** Undefined when what was handed over cannot be used: `report` has rejected then. */
  readonly #loop: RunLoop | undefined;
  readonly #transitions: Transition[] = [];
  #lastSnapshot: Snapshot | undefined;
  #over = false;
  #changed: PromiseWithResolver = withResolver();

  constructor(source: EventSource, vms: readonly VmRef[], snapshot: Snapshot | undefined, options: WatchOptions) {
    try {
      checkSource(source);
      checkVms(vms);
      checkOptions(options);
    } catch (error) {
      this.#over = true;
      this.report = Promise.reject(error);
      this.report.catch(() => undefined);
      return;
    }
    const { signal, push, onProgress, onInput, clock, ...monitorOptions } = options;
    const loop = new RunLoop({
      source,
      vms: vms.map((vm) => ({ ...vm })),
      options: monitorOptions,
      push: push ?? true,
      snapshot,
      clock: clock ?? systemClock,
      stop: this.#stop.signal,
      tell: (progress) => {
        if (progress.type === 'transition') {
          this.#transitions.push(progress.transition);
          this.#wake();
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

  cancel(): void {
    this.#stop.abort();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Transition, void, undefined> {
    for (let next = 0; ; ) {
      const transition = this.#transitions[next];
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

  #wake(): void {
    const changed = this.#changed;
    this.#changed = withResolver();
    changed.resolve();
  }
}

interface PromiseWithResolver {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
}

function withResolver(): PromiseWithResolver {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
