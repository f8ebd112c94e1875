/** Which VMs the Client's context is about. */

/** A VM, as the Client names it: of one vCenter. */
export interface VmOfVCenter {
  /** The value of the managed object reference. */
  readonly vm: string;
  /** `instanceUuid` of the vCenter, in lower case. */
  readonly vcGuid: string;
}

/** VMs of one vCenter, each once. */
export interface ContextVms {
  readonly vms: readonly string[];
  readonly vcGuid: string;
}

/** The context is not one that the page is for; the message is for people. */
export class ContextError extends Error {
  override readonly name = 'ContextError';
}

/** As many as the back end takes. */
const MAX_VMS = 1_000;

const VM_URN = /^urn:vmomi:VirtualMachine:(vm-\d{1,19}):([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i;

/** Reads `urn:vmomi:VirtualMachine:vm-101:<guid of the vCenter>`; undefined for anything else. */
export function parseVmUrn(text: unknown): VmOfVCenter | undefined {
  const [, vm, vcGuid] = (typeof text === 'string' ? VM_URN.exec(text) : null) ?? [];
  // Ids keep their case; that of a guid means nothing.
  return vm === undefined || vcGuid === undefined || !vm.startsWith('vm-')
    ? undefined
    : { vm, vcGuid: vcGuid.toLowerCase() };
}

/**
 * The VMs of the Client's context objects.
 * @throws {@link ContextError}
 */
export function contextVms(objects: unknown): ContextVms {
  if (!Array.isArray(objects) || objects.length === 0) {
    throw new ContextError('No VM is selected: open this view on the Monitor tab of a VM.');
  }
  const found = objects.map((object: unknown) => parseVmUrn((object as { id?: unknown } | null)?.id));
  const vms = found.filter((vm) => vm !== undefined);
  const [first] = vms;
  if (first === undefined || vms.length < found.length) {
    throw new ContextError('What is selected is not a VM: open this view on the Monitor tab of a VM.');
  }
  if (vms.some(({ vcGuid }) => vcGuid !== first.vcGuid)) {
    throw new ContextError('The VMs selected are of several vCenters: select those of one.');
  }
  const ids = [...new Set(vms.map(({ vm }) => vm))];
  if (ids.length > MAX_VMS) {
    throw new ContextError(`More than ${MAX_VMS} VMs are selected: select fewer.`);
  }
  return { vms: ids, vcGuid: first.vcGuid };
}
