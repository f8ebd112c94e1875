/** The first question of a run: vCenter's clock. */

import { limits } from '../core/limits.js';
import { ReadError } from '../errors.js';
import { Backoff } from '../source/backoff.js';
import type { EventSource } from '../source/event-source.js';
import { readFailureOf } from '../source/read-failure.js';
import { withTimeout } from '../source/with-timeout.js';
import type { ReadFailure } from '../types.js';
import type { Clock } from '../util/clock.js';
import { describe } from '../util/describe.js';
import { isServerTime } from '../util/server-time.js';
import type { RunSetup } from './run-setup.js';

const TIMEOUT_MS = 30_000;
const LEAST_TIMEOUT_MS = 1_000;

/** The server's time, or what kept it from being known: `fatal`, but where the run was stopped before that was certain. */
export interface ServerTimeAnswer {
  readonly time?: Date;
  readonly failure?: ReadFailure;
}

/**
 * Asks for the server's time, again and again after 1, 2, 4 … 30 s while it may work in a while, logging in where the
 * session is gone, until the wait's own deadline.
 */
export async function readServerTime(setup: RunSetup, startedAt: number): Promise<ServerTimeAnswer> {
  const { source, failures, clock, stop, tell, options } = setup;
  const waitS = options.timeoutSeconds === undefined ? limits().options.timeoutSeconds : options.timeoutSeconds;
  const end = waitS === null ? Number.POSITIVE_INFINITY : startedAt + waitS * 1000;
  const timeoutMs = (): number => Math.min(TIMEOUT_MS, Math.max(end - clock.now(), LEAST_TIMEOUT_MS));
  const backoff = new Backoff();
  let failure: ReadFailure | undefined;
  while (!stop.aborted) {
    try {
      return { time: await askServerTime(source, timeoutMs, clock, stop) };
    } catch (error) {
      if (stop.aborted) {
        break;
      }
      failure = failures.of(error);
    }
    if (failure.kind === 'notAuthenticated' && source.logIn !== undefined) {
      // Right after a log-in it counts as what may pass.
      failure = { ...failure, kind: 'transient' };
    }
    const left = end - clock.now();
    if (failure.kind !== 'transient' || left <= 0) {
      return { failure: { ...failure, kind: 'fatal' } };
    }
    tell({ type: 'readFailed', failure });
    await clock.sleep(Math.min(backoff.next(), left), stop);
  }
  return failure === undefined ? {} : { failure };
}

/**
 * Asks for the server's time; where the session is gone, once more after a log-in.
 * @param timeoutMs - for each of these calls
 * @throws {@link ReadError} (`fatal`) where what the source answers is none, and whatever the source throws
 */
export async function askServerTime(
  source: EventSource,
  timeoutMs: () => number,
  clock: Clock,
  signal: AbortSignal,
): Promise<Date> {
  try {
    return await askOnce(source, timeoutMs(), clock, signal);
  } catch (error) {
    if (readFailureOf(error).kind !== 'notAuthenticated' || source.logIn === undefined) {
      throw error;
    }
  }
  await withTimeout('logging in', async (call) => source.logIn?.(call), timeoutMs(), clock, signal);
  return askOnce(source, timeoutMs(), clock, signal);
}

async function askOnce(source: EventSource, timeoutMs: number, clock: Clock, signal: AbortSignal): Promise<Date> {
  const time: unknown = await withTimeout(
    "asking for vCenter's time",
    (call) => source.serverTime(call),
    timeoutMs,
    clock,
    signal,
  );
  if (!isServerTime(time)) {
    const what = time instanceof Date ? 'a Date that is none of vCenter' : describe(time);
    throw new ReadError('fatal', `serverTime of the source has answered ${what}: it has to answer a valid Date`);
  }
  return time;
}
