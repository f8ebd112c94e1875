/** Requests that come before there is a wait: a server that is not ready yet is asked again for a while. */

import { ConnectionError, ReadError } from '../../errors.js';
import { Backoff } from '../../source/backoff.js';
import type { Clock } from '../../util/clock.js';
import { checkFields, type Field } from '../../util/fields.js';
import { ENDLESS_ANSWER } from './properties.js';

// What a single request may take as well.
const DEFAULT_SECONDS = 30;

/** How long a server that is not ready is asked again. */
export interface NotReadyOptions {
  /**
   * Seconds in which a server that answers HTTP 503 or the like, as one that starts does, is asked again after 1, 2, 4 … s
   * when it is connected to, and when VMs are looked up. Default 30; with 0 it is asked once.
   */
  readonly patienceSeconds?: number | undefined;
  /** Told why, each time that it is asked again. */
  readonly onRetry?: ((message: string) => void) | undefined;
}

/** What `patienceSeconds` may be. */
export const PATIENCE: Field = {
  fits: (value) => Number.isFinite(value) && (value as number) >= 0,
  give: 'give a number of seconds, 0 or more',
};

/** Makes calls that may be made again. */
export class NotReadyRetries {
  readonly #ms: number;
  readonly #onRetry: (message: string) => void;
  readonly #clock: Clock;

  /** @throws {@link OptionsError} */
  constructor({ patienceSeconds = DEFAULT_SECONDS, onRetry = () => undefined }: NotReadyOptions, clock: Clock) {
    this.#clock = clock;
    checkFields({ patienceSeconds }, { patienceSeconds: PATIENCE });
    this.#ms = patienceSeconds * 1000;
    this.#onRetry = onRetry;
  }

  /**
   * Makes the call, and again while it may pass.
   * @param passes - which errors those are; before a log-in that the server is not ready, and nothing else
   */
  async call<T>(
    make: () => Promise<T>,
    signal: AbortSignal,
    passes: (error: unknown) => error is ReadError = isNotReady,
  ): Promise<T> {
    const end = this.#clock.now() + this.#ms;
    const backoff = new Backoff();
    for (;;) {
      try {
        return await make();
      } catch (error) {
        const pause = backoff.next();
        if (!passes(error) || signal.aborted || this.#clock.now() + pause > end) {
          throw error;
        }
        this.#onRetry(error.message);
        await this.#clock.sleep(pause, signal);
        signal.throwIfAborted();
      }
    }
  }
}

/** Whether it may pass, on a server that has answered before. */
export function isTransient(error: unknown): error is ReadError {
  return error instanceof ReadError && error.kind === 'transient' && error.code !== ENDLESS_ANSWER;
}

// A connection that cannot be made is most often an address that is wrong, which is to be told at once.
function isNotReady(error: unknown): error is ConnectionError {
  return error instanceof ConnectionError && error.code === 'http' && error.kind === 'transient';
}
