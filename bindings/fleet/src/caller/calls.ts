/** What callers do: ask for a wait, wait for its result, follow it, cancel it. */
import { randomUUID } from 'node:crypto';
import { jetstream } from '@nats-io/jetstream';
import type { MonitorOptions, Report, Transition, VmRef } from 'vm-customization';
import { messageDigest, readRequest, requestDigest } from '../messages/wait-request.js';
import { checkWait, type Fleet, type Parts, partsOf, WaitFailedError, type WaitRef } from './fleet.js';
import { Signal } from './signal.js';

/** What is waited for. */
export interface WaitAsked {
  /** By its name in the workers' configuration. */
  readonly vcenter: string;
  /** The same id asks for the same wait, however often it is asked for: 1 to 64 of A-Z, a-z, 0-9, _ and -. Default: a new one. */
  readonly id?: string | undefined;
  /** At most 500. */
  readonly vms: readonly VmRef[];
  /** As of a wait without a fleet. What the request waits for its worker counts. */
  readonly options?: MonitorOptions;
}

/** How a call is made. */
export interface CallOptions {
  /** Ends the call, not the wait. */
  readonly signal?: AbortSignal;
}

// What is told may be lost on its way to this process; what is stored is not.
const LOOK_AGAIN_MS = 5_000;

/**
 * Asks for a wait. It resolves when the brokers have it: from then on it has a result, whatever happens to this process
 * or to any one worker or broker.
 *
 * ```ts
 * const wait = await requestWait(fleet, { vcenter: 'east', id: 'build-4711', vms: [{ vm: 'vm-101' }] });
 * const report = await waitResult(fleet, wait);
 * ```
 *
 * @throws what the connection throws when the brokers have not answered. They may have the request all the same: ask again,
 *   with the same id
 */
export async function requestWait(fleet: Fleet, asked: WaitAsked): Promise<WaitRef & { readonly digest: string }> {
  const { names } = await partsOf(fleet);
  const { vcenter, id = randomUUID(), vms, options } = asked;
  checkWait({ vcenter, id });
  const text = JSON.stringify({ id, vms, options });
  const message = new TextEncoder().encode(text);
  const digest = messageDigest(message);
  // With the digest: another request of this id is to be answered, and not taken for the same.
  const msgID = `${vcenter}.${id}.${digest}`;
  await jetstream(fleet.connection).publish(names.request({ vcenter, id }), message, { msgID });
  const request = readRequest(text, id);
  // One that cannot be read here is for the worker to judge, which may be of a later release.
  return { vcenter, id, digest, ...('problem' in request ? {} : { request: requestDigest(request) }) };
}

/**
 * The report of a wait, as soon as it is there; also of one that ended up to 30 days ago.
 * @throws {@link WaitFailedError} when it has none, and the reason of the signal
 */
export async function waitResult(fleet: Fleet, wait: WaitRef, { signal }: CallOptions = {}): Promise<Report> {
  checkWait(wait);
  const parts = await partsOf(fleet);
  const told = new Signal(
    fleet.connection,
    [parts.names.result(wait), parts.names.refusal(wait, wait.digest ?? '-')],
    LOOK_AGAIN_MS,
  );
  try {
    for (;;) {
      signal?.throwIfAborted();
      const report = await resultNow(parts, wait);
      if (report !== undefined) {
        return report;
      }
      await told.next(signal);
    }
  } finally {
    told.close();
  }
}

/**
 * The transitions of a wait from the first on, each once and in order, until it has its result; also of one that ended up to
 * seven days ago. To leave the loop leaves the wait as it is. Where the id is another request's, transitions of that one may come before the
 * refusal does.
 * @throws {@link WaitFailedError} when the wait has no report, and the reason of the signal
 */
export async function* watchWait(
  fleet: Fleet,
  wait: WaitRef,
  { signal }: CallOptions = {},
): AsyncGenerator<Transition, void, undefined> {
  checkWait(wait);
  const parts = await partsOf(fleet);
  const { names, events } = parts;
  const told = new Signal(
    fleet.connection,
    [names.transition(wait, '*'), names.result(wait), names.refusal(wait, wait.digest ?? '-')],
    LOOK_AGAIN_MS,
  );
  try {
    for (let n = 0; ; ) {
      signal?.throwIfAborted();
      // The result is stored after the last transition: looked at first, it says that all of them are there.
      const isOver = (await resultNow(parts, wait)) !== undefined;
      for (;;) {
        const transition = await events.readTransition(wait, n);
        if (transition === undefined) {
          break;
        }
        yield transition;
        n += 1;
      }
      if (isOver) {
        return;
      }
      await told.next(signal);
    }
  } finally {
    told.close();
  }
}

/**
 * Cancels a wait: its rows that are open are `cancelled`, and its result comes at once. Before its request has come it is
 * kept for two minutes; after the result it changes nothing.
 */
export async function cancelWait(fleet: Fleet, wait: WaitRef): Promise<void> {
  checkWait(wait);
  const { names } = await partsOf(fleet);
  await jetstream(fleet.connection).publish(names.cancel(wait), '');
}

async function resultNow({ events }: Parts, wait: WaitRef): Promise<Report | undefined> {
  const refusal = wait.digest === undefined ? undefined : await events.readRefusal(wait, wait.digest);
  if (refusal !== undefined) {
    throw new WaitFailedError(refusal.data.error);
  }
  const result = await events.readResult(wait);
  if (result === undefined) {
    return undefined;
  }
  const { request } = result.data;
  const isOwn = request === wait.request || request === wait.digest;
  if (wait.request !== undefined && request !== undefined && !isOwn) {
    const message = `the result of ${wait.id} is of other VMs or options, which were asked for before: give this request another id`;
    throw new WaitFailedError({ code: 'idConflict', message });
  }
  if ('error' in result.data) {
    throw new WaitFailedError(result.data.error);
  }
  return result.data.report;
}
