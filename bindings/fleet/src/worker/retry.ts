/** Trying again: brokers come back. */
import { setTimeout as sleep } from 'node:timers/promises';

const FIRST_MS = 100;
const MOST_MS = 2_000;

/**
 * Calls until it works, after growing pauses.
 * @param failed - told of each failure
 * @throws the reason of the signal, when it is aborted
 */
export async function retry<T>(
  call: () => Promise<T>,
  signal: AbortSignal,
  failed: (error: unknown) => void,
): Promise<T> {
  for (let pause = FIRST_MS; ; pause = Math.min(pause * 2, MOST_MS)) {
    signal.throwIfAborted();
    try {
      return await call();
    } catch (error) {
      signal.throwIfAborted();
      failed(error);
    }
    await pauseFor(pause, signal);
  }
}

/** Waits, or throws the reason of the signal. */
export async function pauseFor(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
  signal.throwIfAborted();
}
