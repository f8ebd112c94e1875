/** Host time: the clock that drives deadlines. */

/** A monotonic clock. Injected in tests; the default is `performance.now()` and timers. */
export interface Clock {
  /** Milliseconds since any fixed moment; never goes backwards. */
  now(): number;
  /** Resolves after so many milliseconds, or at once when the signal is aborted; never rejects. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

// Timers take 32-bit delays: a longer one fires at once.
const LONGEST_SLEEP_MS = 2 ** 31 - 1;

/**
 * A sleep, which also ends when the signal is aborted.
 * @param begin - sets what ends it in time, and answers what takes that back
 */
export function abortableSleep(signal: AbortSignal, begin: (done: () => void) => () => void): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      stop();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const stop = begin(done);
    signal.addEventListener('abort', done);
  });
}

/** The clock of the process or page. */
export const systemClock: Clock = {
  now: () => performance.now(),
  sleep: (ms, signal) =>
    signal.aborted
      ? Promise.resolve()
      : abortableSleep(signal, (done) => {
          const timer = setTimeout(done, Math.min(Math.max(ms, 0), LONGEST_SLEEP_MS));
          return () => clearTimeout(timer);
        }),
};
