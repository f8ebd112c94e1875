/** The event collectors open on one session: they end before it does, and leave nothing on the server. */

import { PushUnavailableError, ReadError } from '../../errors.js';
import type { EventPage } from '../../source/event-source.js';
import { linkedTo, orAborted } from '../../util/abort.js';
import { deferred } from '../../util/deferred.js';
import { type Collected, Collector, type Scope } from './collector.js';
import { ServerObjects } from './server-objects.js';
import type { VimClient } from './vim-client.js';

/** The events of one collector. */
export interface Push {
  readonly events: AsyncGenerator<EventPage, void, undefined>;
  /** Below what all of them are; undefined when there is no collector. */
  readonly scope: Promise<Scope | undefined>;
}

/** The collectors of one session. */
export class OpenCollectors {
  readonly #api: VimClient;
  readonly #objects: ServerObjects;
  /** The end of each, and what brings it about. */
  readonly #open = new Map<Promise<void>, (reason: Error) => void>();
  #closed = false;

  constructor(api: VimClient) {
    this.#api = api;
    this.#objects = new ServerObjects(api);
  }

  /** Pushes events until the signal is aborted or the session closed. Nothing is asked before the first is wanted. */
  begin(collected: Collected, outer: AbortSignal): Push {
    const collector = new Collector(this.#api, collected, this.#objects);
    return { events: this.#keepOpen(collector, outer), scope: collector.scope };
  }

  async *#keepOpen(collector: Collector, outer: AbortSignal): AsyncGenerator<EventPage, void, undefined> {
    if (this.#closed) {
      throw new PushUnavailableError(`${this.#api.host}: the session was closed`);
    }
    const controller = linkedTo(outer);
    const { promise: end, resolve: ended } = deferred();
    this.#open.set(end, (reason) => controller.abort(reason));
    try {
      yield* collector.events(controller);
    } finally {
      controller.release();
      this.#open.delete(end);
      ended();
    }
  }

  /** Their session is lost, and they with it, whether a long poll that is open says so or not. */
  loseSession(): void {
    this.#abort(new ReadError('notAuthenticated', `${this.#api.host}: the session of the event collector is lost`));
  }

  /**
   * Ends all of them, for good; resolves when the server is rid of what they had there, or at the signal. Answers whether it
   * is rid of it.
   */
  async close(signal: AbortSignal): Promise<boolean> {
    this.#closed = true;
    this.#abort(new Error('the session is being closed'));
    const ended = Promise.all(this.#open.keys()).then(() => this.#objects.clear());
    return await orAborted(ended, signal).catch(() => false);
  }

  #abort(reason: Error): void {
    for (const abort of this.#open.values()) {
      abort(reason);
    }
  }
}
