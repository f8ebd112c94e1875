/** The event collectors open on one session: they end before it does, and leave nothing on the server. */

import type { EventPage } from '../../source/event-source.js';
import { linkedTo, orAborted } from '../../util/abort.js';
import { deferred } from '../../util/deferred.js';
import { type Collected, Collector } from './collector.js';
import { Losses } from './losses.js';
import type { VimClient } from './vim-client.js';

/** The collectors of one session. */
export class OpenCollectors {
  readonly #api: VimClient;
  readonly #losses: Losses;
  /** Each with what ends it. */
  readonly #open = new Map<Promise<void>, () => void>();

  constructor(api: VimClient) {
    this.#api = api;
    this.#losses = new Losses(api);
  }

  /** Pushes events until the signal is aborted or the session closed. */
  async *begin(collected: Collected, outer: AbortSignal): AsyncGenerator<EventPage, void, undefined> {
    const controller = linkedTo(outer);
    const { promise: end, resolve: ended } = deferred();
    this.#open.set(end, () => controller.abort(new Error('the session is being closed')));
    try {
      yield* new Collector(this.#api, collected, this.#losses).events(controller.signal);
    } finally {
      controller.release();
      this.#open.delete(end);
      ended();
    }
  }

  /** Ends all of them; resolves when the server is rid of what they had there, or at the signal. */
  async close(signal: AbortSignal): Promise<void> {
    for (const abort of this.#open.values()) {
      abort();
    }
    await orAborted(Promise.all(this.#open.keys()), signal).catch(() => undefined);
  }
}
