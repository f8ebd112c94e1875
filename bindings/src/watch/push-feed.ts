/** Keeps a push of events going beside the reads: begins it, begins it again, and hands on what it brings. */

import { PushUnavailableError, ReadError } from '../errors.js';
import { Backoff } from '../source/backoff.js';
import { takesVms } from '../source/event-push.js';
import type { EventPage, EventPush, EventSource } from '../source/event-source.js';
import type { SourceFailures } from '../source/read-failure.js';
import type { EventQuery, ReadFailure } from '../types.js';
import { linkedTo, orAborted } from '../util/abort.js';
import type { Clock } from '../util/clock.js';
import { deferred } from '../util/deferred.js';
import { isError } from '../util/is-error.js';
import { checkedPage } from './checked-page.js';

// A push that lasted this long was no failure to begin: it is begun again at once, and the series of pauses starts anew.
// A long poll whose session ends may only say that it was cancelled; the next request then tells that the session is gone.
const STEADY_MS = 5_000;

/** What a push tells the run loop. */
export type PushInput =
  /** It has begun, for the first time or again: from here on nothing is missed. */
  | { readonly type: 'pushBegun' }
  | { readonly type: 'pushed'; readonly page: EventPage; readonly taken: (failure: ReadFailure | undefined) => void }
  /** It has ended; it is begun again after a while, or on the next session. */
  | { readonly type: 'pushFailed'; readonly failure: ReadFailure; readonly inARow: number }
  /** It will not be begun again. */
  | { readonly type: 'pushUnavailable'; readonly message: string };

/** What a feed needs. */
export interface PushSetup {
  readonly push: NonNullable<EventSource['pushEvents']>;
  readonly failures: SourceFailures;
  /** Whether a lost session can come back; where it cannot, it is a failure like others. */
  readonly canLogIn: boolean;
  /** The latest query: a push that is begun again need not go back further. */
  readonly query: () => EventQuery;
  readonly clock: Clock;
  readonly post: (input: PushInput) => void;
}

/** What became of one push. */
interface PushLife {
  /** Infinite until it has begun. */
  begunAt: number;
  /** The first of which says that it has begun. */
  pages: number;
}

/** The push of one run. */
export class PushFeed {
  readonly #setup: PushSetup;
  readonly #stop = new AbortController();
  /** Ends what belongs to the present session: a push, or the pause after one. */
  #session = new AbortController();
  #push: EventPush | undefined;

  constructor(setup: PushSetup) {
    this.#setup = setup;
    void this.#run();
  }

  /** A log-in has succeeded: what was begun on the session before it is dead, whether it says so or not. */
  loggedIn(): void {
    this.#restart('a new session has begun');
  }

  /**
   * Other VMs are watched. A push that does not bring the events of those added is begun anew; one that is yet to begin
   * takes them from the query.
   */
  async vmsChanged(vms: readonly string[], { added }: { readonly added: boolean }): Promise<void> {
    const push = this.#push;
    if (push === undefined) {
      return;
    }
    const taken = await takesVms(push, vms, this.#setup.clock, this.#stop.signal, this.#session.signal);
    if (added && !taken && this.#push === push) {
      this.#restart('other VMs are watched');
    }
  }

  /** Ends it. The source cleans up by itself, and is not waited for. */
  stop(): void {
    this.#stop.abort(new Error('the wait is over'));
  }

  #restart(reason: string): void {
    this.#session.abort(new Error(reason));
    this.#session = new AbortController();
  }

  async #run(): Promise<void> {
    const { clock, post, canLogIn, failures: sourceFailures } = this.#setup;
    const backoff = new Backoff();
    let failures = 0;
    // Whether the session was told as lost since the push has last brought something.
    let loggedInFor = false;
    while (!this.#stop.signal.aborted) {
      const session = this.#session.signal;
      const life: PushLife = { begunAt: Number.POSITIVE_INFINITY, pages: 0 };
      let failure: ReadFailure;
      try {
        await this.#feed(session, life);
        failure = { kind: 'transient', message: 'the push of events has ended' };
      } catch (error) {
        if (isUnavailable(error) && !session.aborted) {
          post({ type: 'pushUnavailable', message: error.message });
          return;
        }
        failure = sourceFailures.of(error);
      }
      if (this.#stop.signal.aborted) {
        return;
      }
      const wasSteady = clock.now() - life.begunAt >= STEADY_MS;
      loggedInFor &&= !wasSteady && life.pages < 2;
      if (session.aborted) {
        continue;
      }
      if (failure.kind === 'notAuthenticated' && loggedInFor) {
        // A log-in has not helped, though reads may work: it counts as what may pass, or there would be one after the other.
        failure = { ...failure, kind: 'transient' };
      }
      const sessionLost = failure.kind === 'notAuthenticated' && canLogIn;
      loggedInFor ||= sessionLost;
      if (wasSteady) {
        backoff.reset();
        failures = 0;
      } else if (!sessionLost) {
        failures += 1;
      }
      post({ type: 'pushFailed', failure, inARow: failures });
      if (sessionLost) {
        await this.#pause(Number.POSITIVE_INFINITY, session);
      } else if (!wasSteady) {
        await this.#pause(backoff.next(), session);
      }
    }
  }

  async #feed(session: AbortSignal, life: PushLife): Promise<void> {
    const { push, query, post, clock } = this.#setup;
    const { signal, release } = linkedTo(this.#stop.signal, session);
    const events = push(query(), { signal });
    const iterator = events[Symbol.asyncIterator]();
    this.#push = events;
    try {
      for (;;) {
        // A source may ignore its signal.
        const next = await orAborted(iterator.next(), signal);
        if (next.done === true) {
          return;
        }
        if (life.pages === 0) {
          life.begunAt = clock.now();
          post({ type: 'pushBegun' });
        }
        life.pages += 1;
        const page = checkedPage(next.value, 'pushEvents');
        // The source is asked for more only when this is taken, so that it cannot run ahead of the machine.
        const failure = await orAborted(
          new Promise<ReadFailure | undefined>((taken) => post({ type: 'pushed', page, taken })),
          signal,
        );
        if (failure !== undefined) {
          throw new ReadError(failure.kind, failure.message ?? 'what was pushed could not be understood');
        }
      }
    } finally {
      this.#push = undefined;
      release();
      // Not waited for: a generator that hangs would hold up the next push.
      Promise.resolve(iterator.return?.()).catch(() => undefined);
    }
  }

  async #pause(ms: number, session: AbortSignal): Promise<void> {
    const { signal, release } = linkedTo(this.#stop.signal, session);
    const over = ms === Number.POSITIVE_INFINITY ? deferred().promise : this.#setup.clock.sleep(ms, signal);
    // Cut short by a log-in or the end: the caller looks which.
    await orAborted(over, signal).catch(() => undefined);
    release();
  }
}

// By its code: a source bundled with its own copy of this package throws another class than ours.
function isUnavailable(error: unknown): error is Error {
  return isError(error) && (error as { code?: unknown }).code === PushUnavailableError.code;
}
