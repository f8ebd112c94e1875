/** Calls that take turns. */
export class Turns {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  /** @param most - how many may be under way at a time */
  constructor(most: number) {
    this.#free = most;
  }

  /** Makes the call when it is its turn. */
  async take<T>(call: () => Promise<T>): Promise<T> {
    if (this.#free > 0) {
      this.#free -= 1;
    } else {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    try {
      return await call();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) {
        this.#free += 1;
      } else {
        next();
      }
    }
  }
}
