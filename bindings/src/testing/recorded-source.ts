import { summarizeEvents } from '../core/summarize-events.js';
import { ReadError } from '../errors.js';
import type { EventSource } from '../source/event-source.js';
import type { GuestInfo, ReadFailure, Recording, RecordingStep } from '../types.js';
import { timesOf } from './scripted-source.js';
import { SteppedClock } from './stepped-clock.js';

/** How a {@link recordedSource} is made. */
export interface RecordedSourceOptions {
  /** The clock of the wait. Default: a new {@link SteppedClock}. */
  readonly clock?: SteppedClock;
}

/** What {@link recordedSource} answers. */
export interface RecordedSource extends EventSource {
  /** To be passed to the wait. */
  readonly clock: SteppedClock;
}

/**
 * An event source that knows at each time what a recording tells until then. A read answers all events so far, whenever it is
 * asked; one that failed in the recording fails here once, as soon as it is due. What the host of the recording did, `vms`
 * and `cancel`, is left to the host of the wait.
 *
 * ```ts
 * const recording = JSON.parse(await readFile('run.json', 'utf8'));
 * const source = recordedSource(recording);
 * const { clock } = source;
 * const report = await clock.drive(waitForCustomization(source, recording.vms, { ...recording.options, clock }));
 * ```
 */
export function recordedSource(recording: Recording, options: RecordedSourceOptions = {}): RecordedSource {
  const { clock = new SteppedClock() } = options;
  const { elapsedMs, serverTime } = timesOf(clock, recording.startedAt);
  const played = recording.steps.map(playedOf);
  const due = (): Played[] => played.filter(({ atMs }) => atMs <= elapsedMs());
  let thrown = 0;
  const source: RecordedSource = {
    clock,
    serverTime,
    readEvents: async () => {
      const steps = due();
      const failures = steps.flatMap((step) => step.failures);
      const failure = failures.filter(({ vm }) => vm === undefined)[thrown];
      if (failure !== undefined) {
        thrown += 1;
        throw new ReadError(failure.kind, failure.message ?? 'the read failed in the recording');
      }
      const pages = steps.flatMap((step) => step.pages);
      const [events = [], ...more] = pages.map(({ text }) => text);
      return {
        events,
        more,
        complete: pages.length === 0 || pages.some(({ complete }) => complete),
        failures: failures.filter(({ vm }) => vm !== undefined),
      };
    },
    logIn: async () => undefined,
  };
  // A wait for guests that are ready takes no source that cannot tell.
  const isReadyWaitedFor = (recording.options?.ready ?? null) !== null;
  if (!isReadyWaitedFor && !played.some(({ guestInfo }) => guestInfo.length > 0)) {
    return source;
  }
  return {
    ...source,
    readGuestInfo: async (vms) => {
      const newest = new Map<string, GuestInfo>();
      for (const info of due().flatMap(({ guestInfo }) => guestInfo)) {
        // Only answers to some reads say whether a guest is ready.
        const { toolsRunningStatus = null, guestOperationsReady = null } = { ...newest.get(info.vm), ...info };
        newest.set(info.vm, { ...info, toolsRunningStatus, guestOperationsReady });
      }
      return vms.flatMap((vm) => newest.get(vm) ?? []);
    },
  };
}

/** A step, as far as a source tells it. */
interface Played {
  readonly atMs: number;
  readonly pages: readonly { readonly text: string; readonly complete: boolean }[];
  readonly failures: readonly ReadFailure[];
  readonly guestInfo: readonly GuestInfo[];
}

function playedOf(step: RecordingStep): Played {
  const failures = 'readFailed' in step ? [step.readFailed] : [];
  const guestInfo = 'guestInfo' in step ? [step.guestInfo].flat() : [];
  const told: Played = { atMs: step.atMs, pages: [], failures, guestInfo };
  if (!('events' in step)) {
    return told;
  }
  // A page may be one document as text, too.
  const text = typeof step.events === 'string' ? step.events : JSON.stringify(step.events);
  try {
    summarizeEvents(text);
    return { ...told, pages: [{ text, complete: step.complete !== false }] };
  } catch (error) {
    // As a player does: a page that is no observation is a read that failed.
    return { ...told, failures: [{ kind: 'transient', message: String(error) }, ...failures] };
  }
}
