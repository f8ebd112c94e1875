/** What the pushes of one client have on the server: made one after the other, and removed whatever happens. */

import { ConnectionError, PushUnavailableError } from '../../errors.js';
import type { CallContext } from '../api/types.js';
import { cleanUp, isGone, uncancellable } from './removal.js';
import type { VimClient } from './vim-client.js';

type Removal = (context: CallContext) => Promise<void>;

/**
 * Of event collectors a whole server has 32. Never more than one of ours is there that nothing is done with: before one is
 * made, those that could not be removed are; and after an answer that was lost no other is made in that session.
 */
export class ServerObjects {
  readonly #api: VimClient;
  /** Where there are several pushes, one is to know what became of the other before it makes anything. */
  #turn: Promise<unknown> = Promise.resolve();
  readonly #left = new Set<Removal>();
  #lost: { readonly session: number; readonly error: PushUnavailableError } | undefined;

  constructor(api: VimClient) {
    this.#api = api;
  }

  /**
   * Makes an object, which is let finish: what came to be unknown to us could not be removed.
   * @throws {@link PushUnavailableError} where its answer is lost, and from then on
   */
  make<T>(make: (context: CallContext) => Promise<T>, signal: AbortSignal): Promise<T> {
    return this.#inTurn(async () => {
      signal.throwIfAborted();
      const { sessionCount: session } = this.#api;
      if (this.#lost?.session === session) {
        throw this.#lost.error;
      }
      await this.#removeLeft();
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
  }

  /** Removes an object, later where it cannot be done now. Never rejects. */
  remove(removal: Removal): Promise<void> {
    const removed = cleanUp(removal, this.#api.clock).then((done) => {
      if (!done) {
        this.#left.add(removal);
      }
    });
    this.#turn = Promise.all([this.#turn, removed]);
    return removed;
  }

  /** Removes what could not be removed before; answers whether nothing is left that is known of. Never rejects. */
  async clear(): Promise<boolean> {
    const removed = await Promise.all([...this.#left].map((removal) => cleanUp(removal, this.#api.clock)));
    return removed.every(Boolean);
  }

  async #removeLeft(): Promise<void> {
    for (const removal of this.#left) {
      await removal(uncancellable()).catch((error: unknown) => {
        if (!isGone(error)) {
          throw error;
        }
      });
      this.#left.delete(removal);
    }
  }

  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const acted = this.#turn.then(act);
    this.#turn = acted.catch(() => undefined);
    return acted;
  }
}
