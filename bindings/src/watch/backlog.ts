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

  /** All of them from the oldest kept on, as they come; ends when it is closed. Several may read at once. */
  async *read(): AsyncGenerator<T, void, undefined> {
    for (let next = 0; ; ) {
      next = Math.max(next, this.#dropped);
      const item = this.#items[next - this.#dropped];
      if (item !== undefined) {
        next += 1;
        yield item;
      } else if (this.#closed) {
        return;
      } else {
        await this.#changed.promise;
      }
    }
  }

  #wake(): void {
    const changed = this.#changed;
    this.#changed = deferred();
    changed.resolve();
  }
}
