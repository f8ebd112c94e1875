/** Calls of a source that end in time, whatever the source does with its signal. */

import { ReadError } from '../errors.js';
import { linkedTo } from '../util/abort.js';
import type { Clock } from '../util/clock.js';
import type { CallOptions } from './event-source.js';

/**
 * Calls the source. Settles as soon as `outer` is aborted or the time is up, even when the source ignores its signal.
 *
 * @param what - names the call in the time-out's message
 */
export async function withTimeout<T>(
  what: string,
  call: (options: CallOptions) => Promise<T>,
  timeoutMs: number,
  clock: Clock,
  outer: AbortSignal,
): Promise<T> {
  outer.throwIfAborted();
  const controller = linkedTo(outer);
  const settled = new AbortController();
  const aborted = new Promise<never>((_, reject) => {
    controller.signal.addEventListener('abort', () => reject(controller.signal.reason));
  });
  // What is aborted after the answer is nobody's failure.
  aborted.catch(() => undefined);
  void clock.sleep(timeoutMs, settled.signal).then(() => {
    controller.abort(new ReadError('transient', `${what} took longer than ${timeoutMs / 1000} s`, { code: 'timeout' }));
  });
  try {
    // A source that throws before it has made a promise fails like one that rejects.
    const answer = new Promise<T>((resolve) => resolve(call({ signal: controller.signal })));
    return await Promise.race([answer, aborted]);
  } finally {
    controller.release();
    // Whatever of the call still goes on is of no use, and it is told so in words that fit.
    controller.abort(new Error('the call is over'));
    settled.abort();
  }
}
