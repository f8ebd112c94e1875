/** The time that a server waits by: the machine's, or one that a test moves on. */

/** What a timer can do: about 24 days. */
const LONGEST_MS = 2 ** 31 - 1;

/**
 * @typedef {object} Clock
 * @property {() => number} now milliseconds, never going back
 * @property {(ms: number, signal: AbortSignal) => Promise<void>} sleep resolves after so long, or when the signal is aborted
 */

/** @type {Clock} */
export const machineClock = {
  now: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      const timer = setTimeout(resolve, Math.min(ms, LONGEST_MS));
      signal.addEventListener('abort', () => {
        clearTimeout(timer);
        resolve();
      });
    }),
};

/**
 * Calls after so long.
 *
 * @param {Clock} clock
 * @param {number} ms
 * @param {() => void} call
 * @returns {() => void} what keeps it from being called
 */
export function after(clock, ms, call) {
  const cancelled = new AbortController();
  clock.sleep(ms, cancelled.signal).then(() => {
    if (!cancelled.signal.aborted) call();
  });
  return () => cancelled.abort(null);
}
