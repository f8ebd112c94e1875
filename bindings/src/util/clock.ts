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

/** The clock of the process or page. */
export const systemClock: Clock = {
  now: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal.aborted) {
        resolve();
        return;
      }
      const done = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, Math.min(Math.max(ms, 0), LONGEST_SLEEP_MS));
      signal.addEventListener('abort', done);
    }),
};
