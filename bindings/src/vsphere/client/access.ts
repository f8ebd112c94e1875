/** Which VMs are still there, and may be read: the events of a parent do not say. */
import { VimFaultError } from '../../errors.js';
import type { ReadFailure } from '../../types.js';
import { isRefusal } from '../api/faults.js';
import type { CallContext } from '../api/types.js';
import { readObjects } from './properties.js';
import type { VimClient } from './vim-client.js';

/** A refusal for each VM that is gone, or that the account may not see any more. */
export async function checkAccess(
  api: VimClient,
  vms: readonly string[],
  context: CallContext,
): Promise<readonly ReadFailure[]> {
  const failures: ReadFailure[] = [];
  let left = vms;
  while (left.length > 0) {
    try {
      const refs = left.map((value) => ({ type: 'VirtualMachine', value }));
      for (const object of await readObjects(api, refs, [{ type: 'VirtualMachine', paths: ['name'] }], context)) {
        const vm = object.ref.value;
        if (object.missing.includes('NoPermission')) {
          const message = `${api.host}: the account may not read ${vm}: it needs the privilege System.View on it`;
          failures.push({ kind: 'noPermission', vm, message });
        } else if (object.missing.includes('ManagedObjectNotFound')) {
          failures.push({ kind: 'notFound', vm, message: `${api.host}: ${vm} does not exist any more` });
        }
      }
      return failures;
    } catch (error) {
      // One object that is gone fails the whole question. The fault names it; the others are asked for again.
      const gone = error instanceof VimFaultError && error.kind === 'notFound' ? error.object : undefined;
      if (gone === undefined || !left.includes(gone)) {
        throw asTransient(error);
      }
      failures.push({ kind: 'notFound', vm: gone, message: `${api.host}: ${gone} does not exist any more` });
      left = left.filter((vm) => vm !== gone);
    }
  }
  return failures;
}

// About something else than a VM of ours: no reason to give up a parent whose events were just read.
function asTransient(error: unknown): unknown {
  return isRefusal(error) ? new VimFaultError('transient', error.fault, error.message) : error;
}
