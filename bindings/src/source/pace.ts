/** The pace of requests that an answer with something new asks for, each at once: nothing else bounds how many there are. */

const BURST = 50;
const INTERVAL_MS = 500;

/** Lets a burst of 50 pass as fast as it comes, and what goes on after it at two a second. */
export class Pace {
  /** When the last one would have been at the steady pace. */
  #lastMs = Number.NEGATIVE_INFINITY;

  /** Counts one more, and answers how long to wait before it, in milliseconds. */
  next(nowMs: number): number {
    this.#lastMs = Math.max(this.#lastMs, nowMs - BURST * INTERVAL_MS) + INTERVAL_MS;
    return Math.max(0, this.#lastMs - nowMs);
  }
}
