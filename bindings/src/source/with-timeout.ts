/** Calls that end in time, whatever they do with their signal. */

import { ReadError } from '../errors.js';
import { linkedTo, orAborted } from '../util/abort.js';
import type { Clock } from '../util/clock.js';
import type { CallOptions } from './event-source.js';

/**
 * Makes the call. Settles as soon as `outer` is aborted or the time is up, even when the call ignores its signal.
 *
 * @param late - what it fails with when the time is up: an error, or what the call does, for the message of one
 */
export async function withTimeout<T>(
  late: Error | string,
  call: (options: CallOptions) => Promise<T>,
  timeoutMs: number,
  clock: Clock,
  outer: AbortSignal,
): Promise<T> {
  outer.throwIfAborted();
  const controller = linkedTo(outer);
  const settled = new AbortController();
  void clock.sleep(timeoutMs, settled.signal).then(() => controller.abort(errorOf(late, timeoutMs)));
  try {
    // What throws before it has made a promise fails like what rejects.
    return await orAborted(
      new Promise<T>((resolve) => resolve(call({ signal: controller.signal }))),
      controller.signal,
    );
  } finally {
    controller.release();
    // Whatever of the call still goes on is of no use, and it is told so in words that fit.
    controller.abort(new Error('the call is over'));
    settled.abort();
  }
}

function errorOf(late: Error | string, timeoutMs: number): Error {
  return typeof late === 'string'
    ? new ReadError('transient', `${late} took longer than ${timeoutMs / 1000} s`, { code: 'timeout' })
    : late;
}
