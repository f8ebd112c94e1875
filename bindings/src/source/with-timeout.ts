/** Calls that end in time, whatever they do with their signal. */

import { ReadError } from '../errors.js';
import { linkedTo, orAborted } from '../util/abort.js';
import type { Clock } from '../util/clock.js';
import type { CallOptions } from './event-source.js';

const OVER = new Error('the call is over');

/**
 * Makes the call. Settles as soon as `outer` is aborted or the time is up, even when the call ignores its signal.
 *
 * @param late - what it fails with when the time is up: what makes the error, or what the call does, for the message of one
 */
export async function withTimeout<T>(
  late: (() => Error) | string,
  call: (options: CallOptions) => Promise<T>,
  timeoutMs: number,
  clock: Clock,
  outer: AbortSignal,
): Promise<T> {
  outer.throwIfAborted();
  const controller = linkedTo(outer);
  void clock.sleep(timeoutMs, controller.signal).then(() => {
    if (!controller.signal.aborted) {
      controller.abort(typeof late === 'string' ? tookTooLong(late, timeoutMs) : late());
    }
  });
  try {
    // What throws before it has made a promise fails like what rejects.
    return await orAborted(
      new Promise<T>((resolve) => resolve(call({ signal: controller.signal }))),
      controller.signal,
    );
  } finally {
    controller.release();
    // Whatever of the call still goes on is of no use, and it is told so in words that fit.
    controller.abort(OVER);
  }
}

function tookTooLong(what: string, timeoutMs: number): ReadError {
  return new ReadError('transient', `${what} took longer than ${Math.round(timeoutMs / 100) / 10} s`, {
    code: 'timeout',
  });
}
