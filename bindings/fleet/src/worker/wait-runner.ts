/** One wait with its worker: watches, and does what {@link WaitProgress} says, until the end or until it is another's. */
import {
  type CustomizationWatch,
  DetachedError,
  type EventSource,
  type MonitorOptions,
  OptionsError,
  resumeCustomization,
  SnapshotError,
  type Transition,
  watchCustomization,
  withWhatToDo,
} from 'vm-customization';
import { type WaitAction, WaitProgress } from '../decisions/wait-progress.js';
import type { WaitName } from '../messages/names.js';
import type { WaitOutcome } from '../messages/wait-event.js';
import { requestDigest } from '../messages/wait-request.js';
import type { WaitEvents } from '../store/wait-events.js';
import type { StoredState, WaitStore } from '../store/wait-store.js';
import { type Log, logged, messageOf } from './log.js';
import type { Metrics } from './metrics.js';
import { retry } from './retry.js';

/** Its surroundings. */
export interface WaitSetup {
  readonly source: EventSource & { readonly instanceUuid: string | undefined };
  readonly store: WaitStore;
  readonly events: WaitEvents;
  readonly metrics: Metrics;
  readonly log: Log;
}

const TELL_AT_A_TIME = 32;
const BEGUN_MS = 250;

/** How it ended here. */
export type WaitEnd = 'finished' | 'lost' | 'released' | 'dropped';

export class WaitRunner {
  readonly wait: WaitName;
  /** How it ends here. It never rejects. */
  readonly end: Promise<WaitEnd>;
  readonly #setup: WaitSetup;
  readonly #progress: WaitProgress;
  readonly #watch: CustomizationWatch;
  readonly #dropped = new AbortController();
  #wake: () => void = () => undefined;
  #released = false;

  /**
   * @param ageSeconds - how long ago the wait was asked for, where it has not begun
   */
  constructor(setup: WaitSetup, { state, revision }: StoredState, ageSeconds: number) {
    this.wait = { vcenter: state.vcenter, id: state.id };
    this.#setup = setup;
    this.#progress = new WaitProgress(state, revision, () => this.#snapshot());
    this.#watch = this.#begin(ageSeconds);
    void this.#follow();
    this.end = this.#run();
  }

  /** Ends the wait; its result tells so. Answers how it ended here. */
  cancel(): Promise<WaitEnd> {
    this.#watch.cancel();
    return this.end;
  }

  /** Writes down where it stands, and lets go of it. */
  async release(): Promise<void> {
    this.#released = true;
    // What it knows stays readable after it was let go.
    await this.#watch.detach().catch(() => undefined);
    this.#progress.released();
    this.#wake();
    await this.end;
  }

  /** Lets go of it at once: it is another's, and nothing more may be written. */
  async drop(): Promise<void> {
    this.#dropped.abort(new DetachedError());
    this.#wake();
    await this.#watch.detach().catch(() => undefined);
    await this.end;
  }

  #begin(ageSeconds: number): CustomizationWatch {
    const { source } = this.#setup;
    const { snapshot, vms, options } = this.#progress.stored;
    const onProgress: NonNullable<Parameters<typeof watchCustomization>[2]>['onProgress'] = (progress) => {
      if (progress.type === 'started') {
        this.#progress.begun(source.instanceUuid);
        // The first read is on its way: what it brings is mostly written with the beginning.
        setTimeout(() => this.#wake(), BEGUN_MS);
      } else if (progress.type === 'transition') {
        this.#progress.transition(progress.transition);
        // Not in the middle of what the machine tells: the snapshot is to have all of it.
        queueMicrotask(() => this.#wake());
      }
    };
    return snapshot === undefined
      ? watchCustomization(source, vms, { ...optionsAfter(options, ageSeconds), onProgress })
      : resumeCustomization(source, snapshot, { onProgress });
  }

  async #follow(): Promise<void> {
    let outcome: WaitOutcome;
    try {
      outcome = { report: withWhatToDo(await this.#watch.report) };
    } catch (error) {
      if (this.#released || this.#dropped.signal.aborted) {
        return;
      }
      if (error instanceof SnapshotError) {
        // It could be read a moment ago.
        this.#dropped.abort(error);
        this.#wake();
        return;
      }
      const code = error instanceof OptionsError ? 'invalidRequest' : 'internal';
      outcome = { error: { code, message: messageOf(error) } };
    }
    this.#progress.ended(outcome);
    this.#wake();
  }

  async #run(): Promise<WaitEnd> {
    try {
      for (;;) {
        const action = this.#progress.next();
        if (action.type === 'done') {
          return this.#released ? 'released' : 'finished';
        }
        if (action.type === 'rest') {
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
          });
          this.#dropped.signal.throwIfAborted();
        } else if (!(await this.#perform(action))) {
          return 'lost';
        }
      }
    } catch {
      return 'dropped';
    } finally {
      // Where the end is not the watch's own.
      void this.#watch.detach().catch(() => undefined);
    }
  }

  /** Answers false where the wait is another's. */
  async #perform(action: Exclude<WaitAction, { type: 'rest' | 'done' }>): Promise<boolean> {
    const { store, events, metrics } = this.#setup;
    const { vcenter } = this.wait;
    const attempt = <T>(call: () => Promise<T>): Promise<T> =>
      retry(call, this.#dropped.signal, (error) => {
        this.#setup.log.debug('retried', { ...logged(this.wait), what: action.type, message: messageOf(error) });
      });
    switch (action.type) {
      case 'write': {
        const timer = metrics.commit.startTimer();
        const stored = await attempt(() => store.update(action.state, action.revision));
        timer();
        if (stored !== undefined) {
          this.#progress.wrote(stored.state, stored.revision);
        }
        return stored !== undefined;
      }
      case 'tell': {
        // Their numbers order them.
        const tell = async (transition: Transition): Promise<void> => {
          if (await attempt(() => events.transition(this.wait, transition))) {
            metrics.transitions.inc({ vcenter });
          }
        };
        for (let at = 0; at < action.transitions.length; at += TELL_AT_A_TIME) {
          await Promise.all(action.transitions.slice(at, at + TELL_AT_A_TIME).map(tell));
        }
        this.#progress.told();
        return true;
      }
      case 'conclude': {
        const { instanceUuid, stored } = this.#progress;
        const about = { instanceUuid, request: requestDigest(stored) };
        if (await attempt(() => events.result(this.wait, action.outcome, about))) {
          metrics.results.inc({ vcenter, kind: 'report' in action.outcome ? 'report' : 'error' });
        }
        this.#progress.concluded();
        return true;
      }
      case 'remove':
        await attempt(() => store.remove(action.revision));
        this.#progress.removed();
        return true;
    }
  }

  #snapshot(): ReturnType<CustomizationWatch['snapshot']> | undefined {
    try {
      return this.#watch.snapshot();
    } catch {
      // The run has not begun, or never will.
      return undefined;
    }
  }
}

/** The options of a wait that was asked for a while ago: what it has waited in the queue counts. */
function optionsAfter(options: MonitorOptions, ageSeconds: number): MonitorOptions & { requestedSecondsAgo?: number } {
  if (options.rules !== 'published') {
    return { ...options, requestedSecondsAgo: ageSeconds };
  }
  // Their passes begin with the wait: the deadline alone comes earlier.
  const { timeoutSeconds = 600 } = options;
  return timeoutSeconds === null ? options : { ...options, timeoutSeconds: Math.max(0, timeoutSeconds - ageSeconds) };
}
