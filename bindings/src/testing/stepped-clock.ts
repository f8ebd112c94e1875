import { abortableSleep, type Clock } from '../util/clock.js';
import { type Field, unusable, withMethods } from '../util/fields.js';

interface Timer {
  readonly atMs: number;
  readonly done: () => void;
}

// A wait that is still not over then never will be.
const MOST_STEPS = 100_000;

/** The option `clock` of what steps along with a clock. */
export const STEPPED_CLOCK: Field = withMethods('give a SteppedClock, or leave it out', 'now', 'sleep', 'drive');

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
  /** Advances take turns. */
  #advanced: Promise<void> = Promise.resolve();
  readonly #timers = new Set<Timer>();

  now(): number {
    return this.#now;
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted || ms <= 0) {
      return Promise.resolve();
    }
    if (typeof ms !== 'number' || Number.isNaN(ms)) {
      throw unusable('ms', ms, { give: 'give a number of milliseconds' });
    }
    return abortableSleep(signal, (done) => {
      const timer: Timer = { atMs: this.#now + ms, done };
      this.#timers.add(timer);
      return () => this.#timers.delete(timer);
    });
  }

  /** How many timers are set. */
  get pending(): number {
    return this.#timers.size;
  }

  /**
   * Lets milliseconds pass without waking anyone, as while a laptop sleeps.
   * @throws `OptionsError` for what is no number from 0 on
   */
  jump(ms: number): void {
    this.#now += duration(ms);
  }

  /**
   * Moves on by so many milliseconds, from sleep to sleep: each ends at its own time, those that end together in the order in
   * which they began, and what it wakes runs, as far as that needs no time, before the next one ends. A sleep begun on the way
   * ends on the way where its time comes. Of two that are under way together the second begins where the first ends.
   * @returns when the time has come, and what was woken has run
   * @throws `OptionsError` for what is no number from 0 on
   */
  async advance(ms: number): Promise<void> {
    const spanMs = duration(ms);
    this.#advanced = this.#advanced.then(() => this.#advanceBy(spanMs));
    await this.#advanced;
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
      await turn();
      if (!settled) {
        this.#wakeNext(Number.POSITIVE_INFINITY);
      }
    }
    return watched;
  }

  async #advanceBy(ms: number): Promise<void> {
    const endMs = this.#now + ms;
    while (this.#wakeNext(endMs)) {
      await turn();
    }
    this.#now = Math.max(this.#now, endMs);
  }

  /** Ends the sleep that ends first, and answers whether there is one that ends by then. */
  #wakeNext(untilMs: number): boolean {
    let next: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.atMs < (next?.atMs ?? Number.POSITIVE_INFINITY)) {
        next = timer;
      }
    }
    if (next === undefined || next.atMs > untilMs) {
      return false;
    }
    this.#now = Math.max(this.#now, next.atMs);
    next.done();
    return true;
  }
}

/** Everything runs that needs no time. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function duration(ms: number): number {
  if (!Number.isFinite(ms) || ms < 0) {
    throw unusable('ms', ms, { give: 'give a number of milliseconds from 0 on: the clock never goes back' });
  }
  return ms;
}
