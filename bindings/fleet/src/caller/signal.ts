/** That there may be something to read: told as it is published, and after a while in any case. */
import type { NatsConnection, Subscription } from '@nats-io/transport-node';

// What is told is not stored yet: it is looked for after this, and then after twice as long each time.
const FIRST_MS = 20;

export class Signal {
  readonly #subscriptions: readonly Subscription[];
  readonly #mostMs: number;
  #pauseMs: number;
  #wake: () => void = () => undefined;

  /**
   * @param subjects - where it is told
   * @param mostMs - what is told may be lost: after so long it is looked for without
   */
  constructor(connection: NatsConnection, subjects: readonly string[], mostMs: number) {
    this.#mostMs = mostMs;
    this.#pauseMs = mostMs;
    const callback = (): void => {
      this.#pauseMs = FIRST_MS;
      this.#wake();
    };
    this.#subscriptions = subjects.map((subject) => connection.subscribe(subject, { callback }));
  }

  /** Resolves when it is to be looked again, or when the signal is aborted. */
  async next(signal: AbortSignal | undefined): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    let stop = (): void => undefined;
    await new Promise<void>((resolve) => {
      const pause = (): void => {
        clearTimeout(timer);
        timer = setTimeout(resolve, this.#pauseMs);
      };
      stop = resolve;
      this.#wake = pause;
      signal?.addEventListener('abort', stop, { once: true });
      pause();
    });
    this.#wake = () => undefined;
    clearTimeout(timer);
    signal?.removeEventListener('abort', stop);
    this.#pauseMs = Math.min(this.#pauseMs * 2, this.#mostMs);
  }

  close(): void {
    for (const subscription of this.#subscriptions) {
      subscription.unsubscribe();
    }
  }
}
