import type { Clock } from '../util/clock.js';

interface Timer {
  readonly atMs: number;
  readonly done: () => void;
}

// A wait that is still not over then never will be.
const MOST_STEPS = 100_000;

/**
 * Host time that stands still until a test moves it on: to the next timer whenever nothing else can happen ({@link SteppedClock.drive}),
 * or as far as the test says, while real requests take what they take ({@link SteppedClock.advance}).
 *
 * ```ts
 * const clock = new SteppedClock();
 * const report = await clock.drive(waitForCustomization(source, vms, { clock, timeoutSeconds: 600 }));
 * ```
 */
export class SteppedClock implements Clock {
  // Not 0: a time is to be told apart from a duration.
  #now = 1000;
  readonly #timers = new Set<Timer>();

  now(): number {
    return this.#now;
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted || ms <= 0) {
        resolve();
        return;
      }
      const timer: Timer = {
        atMs: this.#now + ms,
        done: () => {
          this.#timers.delete(timer);
          signal.removeEventListener('abort', timer.done);
          resolve();
        },
      };
      this.#timers.add(timer);
      signal.addEventListener('abort', timer.done);
    });
  }

  /** How many timers are set. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Lets milliseconds pass without waking anyone, as while a laptop sleeps. */
  jump(ms: number): void {
    this.#now += ms;
  }

  /** Moves on by so many milliseconds, and ends the sleeps that are over then. */
  advance(ms: number): void {
    this.#now += ms;
    for (const timer of [...this.#timers]) {
      if (timer.atMs <= this.#now) {
        timer.done();
      }
    }
  }

  /**
   * Moves on from timer to timer until the promise is settled, and answers what it settles to. Between two steps
   * everything runs that needs no time; what waits for a socket needs {@link SteppedClock.advance}.
   * @throws what the promise is rejected with; an `Error` when it is not settled after 100,000 steps
   */
  async drive<Result>(promise: Promise<Result>): Promise<Result> {
    let settled = false;
    const watched = promise.finally(() => {
      settled = true;
    });
    watched.catch(() => undefined);
    for (let steps = 0; !settled; steps += 1) {
      if (steps > MOST_STEPS) {
        throw new Error(
          `the promise is not settled after ${MOST_STEPS} steps of the clock: nothing it waits for comes`,
        );
      }
      await new Promise((resolve) => setImmediate(resolve));
      if (!settled) {
        this.#wakeNext();
      }
    }
    return watched;
  }

  #wakeNext(): void {
    const [next] = [...this.#timers].sort((left, right) => left.atMs - right.atMs);
    if (next !== undefined) {
      this.#now = Math.max(this.#now, next.atMs);
      next.done();
    }
  }
}
