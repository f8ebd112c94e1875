import type { MonitorOptions } from '../types.js';
import type { Clock } from '../util/clock.js';
import type { Progress, RunInput } from './progress.js';

/**
 * How to watch. What is left out, or undefined, takes the default; null is refused where it does not say something of its own, as
 * it does of `timeoutSeconds` and `ready`.
 */
export interface WatchOptions extends MonitorOptions {
  /**
   * How long ago the customization was asked for, in seconds, where the wait begins later than that: it is as if it had begun
   * then. The deadline comes so much earlier, a power-on counts from `lookbackSeconds` before then, and times of the
   * report count from then. Not under `published` rules. Default 0.
   */
  readonly requestedSecondsAgo?: number | undefined;
  /** Ends the wait at once: it rejects with a {@link CancelledError} whose `report` has every row. */
  readonly signal?: AbortSignal | undefined;
  /** Lets the source push events where it can; false leaves it at reads. Default true. */
  readonly push?: boolean | undefined;
  /** Called with everything that happens, as it happens. What it throws ends the watch. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /**
   * Event types to read beside those of interest, without prefix and at most 64: they come to `onInput`, for a log or an
   * axis of time. The machine ignores and counts them. Where the source pushes, it is asked to push them too.
   */
  readonly alsoRead?: readonly string[] | undefined;
  /** Called with everything that is fed into the machine; a {@link Recorder} makes a recording of it. */
  readonly onInput?: ((input: RunInput) => void) | undefined;
  /** Host time. Default: `performance.now()` and timers. */
  readonly clock?: Clock | undefined;
}
