/** Whether a session of our own is open, and its end, whatever happens to the request that opens it. */

import { ReadError } from '../../errors.js';
import { readFailureOf } from '../../source/read-failure.js';
import { withTimeout } from '../../source/with-timeout.js';
import { orAborted } from '../../util/abort.js';
import type { Clock } from '../../util/clock.js';
import type { CallContext } from './types.js';

// The whole end of a command has less than a second.
const SECOND_TRY_AFTER_MS = 50;

// The log-in in its place has to wait for it.
const REPLACED_TIMEOUT_MS = 2_000;

/** The session of one client. */
export class Session {
  readonly #logOut: (context: CallContext) => Promise<unknown>;
  readonly #clock: Clock;
  #open = false;
  #count = 0;
  #lost = false;
  #closed = false;
  #isGiven = false;
  #isOver = false;
  #pending: Promise<void> = Promise.resolve();

  /** @param logOut - the request that closes it */
  constructor(logOut: (context: CallContext) => Promise<unknown>, clock: Clock) {
    this.#logOut = logOut;
    this.#clock = clock;
  }

  /** How many were opened. */
  get count(): number {
    return this.#count;
  }

  /** Whether the server does not know the present one any more. */
  get isLost(): boolean {
    return this.#lost;
  }

  /**
   * Whether it was closed for good, as far as it could be: nothing may be asked from then on. One that was given goes on, so
   * that what is late to be removed there still can be.
   */
  get isOver(): boolean {
    return this.#isOver;
  }

  /**
   * The server has answered that it knows no such session.
   * @param count - how many had been opened when it was asked: its word is on the last of them
   */
  lose(count: number): void {
    this.#lost ||= count === this.#count;
  }

  /** The server knows it all the same. */
  confirm(): void {
    this.#lost = false;
  }

  /** What is there is ours to close. */
  adopt(): void {
    this.#open = true;
    this.#isGiven = false;
  }

  /** What is there was given, and is not ours to close. */
  forget(): void {
    this.#open = false;
    this.#isGiven = true;
  }

  /**
   * Opens one by a request, in place of the one that is open. The request is not aborted in flight, and not sent twice: a
   * session whose key never arrived could not be closed.
   */
  async begin(request: (context: CallContext) => Promise<unknown>, context: CallContext): Promise<void> {
    context.signal.throwIfAborted();
    // One after the other: two log-ins at once would overwrite each other's keys.
    const begun = this.#pending.then(() => this.#replace(request, context));
    this.#pending = begun.catch(() => undefined);
    await orAborted(begun, context.signal);
  }

  /** Closes it, that of a log-in still under way included, for good; asks nothing when there is none. */
  async end(context: CallContext): Promise<void> {
    this.#closed = true;
    try {
      await orAborted(this.#pending, context.signal);
      if (this.#open) {
        this.#open = false;
        await this.#logOutTwice(context);
      }
    } finally {
      this.#isOver = !this.#isGiven;
    }
  }

  /** Once more where the first was answered with something that may pass. */
  async #logOutTwice(context: CallContext): Promise<void> {
    try {
      await this.#logOut(context);
    } catch (error) {
      if (context.signal.aborted || readFailureOf(error).kind !== 'transient') {
        throw error;
      }
      await this.#clock.sleep(SECOND_TRY_AFTER_MS, context.signal);
      context.signal.throwIfAborted();
      await this.#logOut(context);
    }
  }

  async #replace(request: (context: CallContext) => Promise<unknown>, context: CallContext): Promise<void> {
    context.signal.throwIfAborted();
    if (this.#open) {
      await this.#endPrevious(context.signal);
    }
    if (this.#closed) {
      throw new ReadError('fatal', 'the session was closed: no other is opened in its place');
    }
    await request({ ...context, signal: new AbortController().signal, once: true });
    this.adopt();
    this.#count += 1;
    this.#lost = false;
  }

  /** A session that a read was refused on may be there all the same: the refusal may have been a proxy's. */
  async #endPrevious(signal: AbortSignal): Promise<void> {
    try {
      await withTimeout('logging out', (call) => this.#logOut(call), REPLACED_TIMEOUT_MS, this.#clock, signal);
    } catch {
      // Most often it has ended by itself, which is why there is a log-in. Who has aborted will close it at the end.
      signal.throwIfAborted();
    }
    this.#open = false;
  }
}
