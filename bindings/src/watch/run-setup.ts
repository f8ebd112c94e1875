import type { EventSource } from '../source/event-source.js';
import type { SourceFailures } from '../source/read-failure.js';
import type { MonitorOptions, Snapshot, VmRef } from '../types.js';
import type { Clock } from '../util/clock.js';
import type { Progress, RunInput } from './progress.js';

/** What a run needs. */
export interface RunSetup {
  readonly source: EventSource;
  readonly failures: SourceFailures;
  readonly vms: readonly VmRef[];
  /** Of a run that goes on those of its snapshot. */
  readonly options: MonitorOptions;
  /** Event types to read beside those that the machine asks for. */
  readonly alsoRead: readonly string[];
  /** Whether the source may push. */
  readonly push: boolean;
  readonly snapshot: Snapshot | undefined;
  /** How long before now the run began, in seconds of host time. */
  readonly requestedSecondsAgo: number;
  readonly clock: Clock;
  /** Ends the run with the rows it has; with a {@link DetachedError} as its reason, as it stands. */
  readonly stop: AbortSignal;
  readonly tell: (progress: Progress) => void;
  readonly record: (input: RunInput) => void;
}
