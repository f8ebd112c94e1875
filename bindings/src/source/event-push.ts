/** What is asked of a push while it goes on. */
import { linkedTo } from '../util/abort.js';
import type { Clock } from '../util/clock.js';
import type { CallOptions, EventPush } from './event-source.js';
import { withTimeout } from './with-timeout.js';

const SET_VMS_MS = 30_000;

/**
 * Whether the push brings the events of these VMs from here on. One that cannot say, fails, or takes half a minute for it
 * does not. Never rejects.
 */
export async function takesVms(
  push: EventPush,
  vms: readonly string[],
  clock: Clock,
  ...until: readonly AbortSignal[]
): Promise<boolean> {
  const { signal, release } = linkedTo(...until);
  try {
    const ask = async (call: CallOptions): Promise<unknown> => push.setVms?.(vms, call);
    return (await withTimeout('changing the VMs of a push', ask, SET_VMS_MS, clock, signal)) === true;
  } catch {
    return false;
  } finally {
    release();
  }
}
