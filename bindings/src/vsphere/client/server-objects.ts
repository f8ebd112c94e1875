/** Objects that were made on the server, and whose names never arrived. */

import { ConnectionError, PushUnavailableError } from '../../errors.js';
import type { CallContext } from '../api/types.js';
import { uncancellable } from './removal.js';
import type { VimClient } from './vim-client.js';

/**
 * Of one client. Nobody can remove such an object before its session ends, and of event collectors a whole server has 32:
 * after one loss no more are made in that session.
 */
export class Losses {
  readonly #api: VimClient;
  /** Where there are several pushes, one is to learn of the loss of the other before it makes anything. */
  #turn: Promise<unknown> = Promise.resolve();
  #lost: { readonly session: number; readonly error: PushUnavailableError } | undefined;

  constructor(api: VimClient) {
    this.#api = api;
  }

  /**
   * Makes an object, which is let finish: what came to be unknown to us could not be removed.
   * @throws {@link PushUnavailableError} where its answer is lost, and from then on
   */
  making<T>(make: (context: CallContext) => Promise<T>, signal: AbortSignal): Promise<T> {
    const made = this.#turn.then(async () => {
      signal.throwIfAborted();
      const { sessionCount: session } = this.#api;
      if (this.#lost?.session === session) {
        throw this.#lost.error;
      }
      try {
        return await make({ ...uncancellable(), once: true });
      } catch (error) {
        if (!(error instanceof ConnectionError && error.mayBeDone)) {
          throw error;
        }
        const message = `${error.message}; an event collector, or a part of one, may have been left on the server until the session ends, so no other is made in it`;
        this.#lost = { session, error: new PushUnavailableError(message, { cause: error }) };
        throw this.#lost.error;
      }
    });
    this.#turn = made.catch(() => undefined);
    return made;
  }
}
