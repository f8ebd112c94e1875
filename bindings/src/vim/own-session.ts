/** Whether a session of our own is open, and its end, whatever happens to the request that opens it. */
import type { CallContext } from './api.js';

/** The session of one client. */
export class OwnSession {
  #open = false;
  #pending: Promise<void> = Promise.resolve();

  /** What was there is not ours, or not any more. */
  forget(): void {
    this.#open = false;
  }

  /** Opens one by a request, which is not aborted in flight: a session whose key never arrived could not be closed. */
  async begin(request: (context: CallContext) => Promise<unknown>, context: CallContext): Promise<void> {
    context.signal.throwIfAborted();
    this.#open = false;
    const pending = request({ ...context, signal: new AbortController().signal }).then(() => {
      this.#open = true;
    });
    this.#pending = pending.catch(() => undefined);
    await orAborted(pending, context.signal);
  }

  /** Closes it by a request, that of a log-in still under way included; asks nothing when there is none. */
  async end(request: () => Promise<unknown>, signal: AbortSignal): Promise<void> {
    await orAborted(this.#pending, signal);
    if (this.#open) {
      this.#open = false;
      await request();
    }
  }
}

async function orAborted(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  const released = new AbortController();
  const aborted = new Promise<never>((_, reject) => {
    const fail = (): void => reject(signal.reason);
    if (signal.aborted) {
      fail();
    } else {
      signal.addEventListener('abort', fail, { signal: released.signal });
    }
  });
  try {
    await Promise.race([promise, aborted]);
  } finally {
    released.abort();
  }
}
