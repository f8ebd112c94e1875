/** The pauses between tries of what may work in a while: 1, 2, 4 … 30 s. */

const FIRST_MS = 1_000;
const LONGEST_MS = 30_000;

/** One series of them. */
export class Backoff {
  #nextMs = FIRST_MS;

  /** How long to wait before the next try, in milliseconds. */
  next(): number {
    const ms = this.#nextMs;
    this.#nextMs = Math.min(2 * ms, LONGEST_MS);
    return ms;
  }

  /** Begins the series anew: something has worked. */
  reset(): void {
    this.#nextMs = FIRST_MS;
  }
}
