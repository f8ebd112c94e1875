/** Which VMs are still there, and may be read: the events of a parent do not say. */
import { VimFaultError } from '../../errors.js';
import type { ReadFailure } from '../../types.js';
import { isRefusal } from '../api/faults.js';
import type { CallContext } from '../api/types.js';
import { readVms } from './properties.js';
import type { VimClient } from './vim-client.js';

/** A refusal for each VM that is gone, or that the account may not see any more. */
export async function checkAccess(
  api: VimClient,
  vms: readonly string[],
  context: CallContext,
): Promise<readonly ReadFailure[]> {
  try {
    const { objects, gone } = await readVms(api, vms, ['name'], context);
    const without = (fault: string): readonly string[] =>
      objects.filter(({ missing }) => missing.includes(fault)).map(({ ref }) => ref.value);
    return [
      ...without('NoPermission').map((vm): ReadFailure => {
        const message = `${api.host}: the account may not read ${vm}: it needs the privilege System.View on it`;
        return { kind: 'noPermission', vm, message };
      }),
      ...[...without('ManagedObjectNotFound'), ...gone].map((vm): ReadFailure => {
        return { kind: 'notFound', vm, message: `${api.host}: ${vm} does not exist any more` };
      }),
    ];
  } catch (error) {
    throw asTransient(error);
  }
}

// About something else than a VM of ours: no reason to give up a parent whose events were just read.
function asTransient(error: unknown): unknown {
  return isRefusal(error) ? new VimFaultError('transient', error.fault, error.message) : error;
}
