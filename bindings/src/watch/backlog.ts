import { deferred } from '../util/deferred.js';

/** What a watch tells, for loops that may begin late or fall behind: the newest are kept. */
export class Backlog<T> {
  readonly #items: T[] = [];
  /** How many of the oldest are no longer kept. */
  #dropped = 0;
  #closed = false;
  #changed = deferred();

  /** Adds one, and keeps so many. */
  push(item: T, limit: number): void {
    this.#items.push(item);
    while (this.#items.length > limit) {
      this.#items.shift();
      this.#dropped += 1;
    }
    this.#wake();
  }

  /** Nothing more will come. */
  close(): void {
    this.#closed = true;
    this.#wake();
  }

  /**
   * All of them from the oldest kept on, as they come; each loop has them all.
   * @param over - resolves after the last, and where it rejects the loops do
   */
  read(over: () => Promise<unknown>): AsyncIterable<T> {
    return { [Symbol.asyncIterator]: () => this.#loop(over) };
  }

  /** One loop of {@link read}. No generator: to leave one that waits for its next item would wait for that too. */
  #loop(over: () => Promise<unknown>): AsyncIterableIterator<T, undefined> {
    let hasLeft = false;
    let at = 0;
    const next = async (): Promise<IteratorResult<T, undefined>> => {
      while (!hasLeft) {
        at = Math.max(at, this.#dropped);
        const value = this.#items[at - this.#dropped];
        if (value !== undefined) {
          at += 1;
          return { done: false, value };
        }
        if (this.#closed) {
          hasLeft = true;
          await over();
        } else {
          await this.#changed.promise;
        }
      }
      return { done: true, value: undefined };
    };
    const leave = (): Promise<IteratorResult<T, undefined>> => {
      hasLeft = true;
      this.#wake();
      return Promise.resolve({ done: true, value: undefined });
    };
    const loop = { next, return: leave, [Symbol.asyncIterator]: () => loop };
    return loop;
  }

  #wake(): void {
    const changed = this.#changed;
    this.#changed = deferred();
    changed.resolve();
  }
}
