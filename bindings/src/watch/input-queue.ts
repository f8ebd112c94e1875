/** Inputs that have arrived and are not yet fed in. */

/** A queue with one reader that can sleep until something is there. */
export class InputQueue<T> {
  #items: T[] = [];
  #wake: (() => void) | undefined;

  /** Adds one at the end. */
  put(item: T): void {
    this.#items.push(item);
    this.#wake?.();
    this.#wake = undefined;
  }

  /** Puts one that was taken to the front again. */
  putBack(item: T): void {
    this.#items.unshift(item);
  }

  /** Takes the first; undefined when there is none. */
  take(): T | undefined {
    return this.#items.shift();
  }

  /** Resolves when something is there. */
  arrival(): Promise<void> {
    if (this.#items.length > 0) {
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}
