/** The inventory as far as it is needed: VMs, and the folders above them. */
import type { CallContext, ManagedObject, MoRef } from '../api/types.js';
import { shownName } from './names.js';
import { readAllVms, readObjects, readVms, referenceOf, textOf } from './properties.js';
import type { VimClient } from './vim-client.js';

/** Something below a folder. */
interface Child {
  readonly parent: MoRef | undefined;
}

/** A VM that the account may see. */
export interface InventoryVm extends Child {
  readonly ref: MoRef;
  /** As vCenter stores it, with `%2f` for a slash. */
  readonly storedName: string;
  readonly template: boolean;
  /** Its instance and its BIOS UUID; empty where they were not asked for. */
  readonly uuids: readonly string[];
}

// The instance UUID is one of a kind in a vCenter; copies of a VM may have the same BIOS UUID.
const UUIDS = ['config.instanceUuid', 'config.uuid'];

interface Ancestor extends Child {
  readonly ref: MoRef;
  readonly storedName: string;
}

// Deeper than any inventory; a server that always names one more parent is read no further.
const MAX_DEPTH = 256;
// A VM in a vApp has no folder of its own.
const PARENTS = ['parent', 'parentVApp'];

/** What is known of the inventory of one server. */
export class Inventory {
  readonly vms: readonly InventoryVm[];
  readonly #api: VimClient;
  readonly #rootFolder: MoRef;
  readonly #ancestors = new Map<string, Ancestor | undefined>();

  private constructor(api: VimClient, rootFolder: MoRef, vms: readonly InventoryVm[]) {
    this.#api = api;
    this.#rootFolder = rootFolder;
    this.vms = vms;
  }

  /**
   * Reads the VMs that the account may see, in the order of their references.
   * @param withUuids - whether their UUIDs are wanted too
   */
  static async read(api: VimClient, withUuids: boolean, context: CallContext): Promise<Inventory> {
    const { rootFolder } = await api.serviceContent(context);
    const paths = ['name', ...PARENTS, 'config.template', ...(withUuids ? UUIDS : [])];
    const objects = await readAllVms(api, paths, context);
    const vms = objects.flatMap((object) => {
      const storedName = textOf(object, 'name');
      return storedName === undefined
        ? []
        : [
            {
              ref: object.ref,
              storedName,
              template: textOf(object, 'config.template') === 'true',
              parent: parentOf(object),
              uuids: UUIDS.map((path) => textOf(object, path)?.toLowerCase()).filter((uuid) => uuid !== undefined),
            },
          ];
    });
    return new Inventory(api, rootFolder, vms);
  }

  /** The datacenter of each of these VMs; undefined where the account may not see it. Leaves out VMs that are gone. */
  static async datacenters(
    api: VimClient,
    vms: readonly string[],
    context: CallContext,
  ): Promise<ReadonlyMap<string, MoRef | undefined>> {
    const { objects } = await readVms(api, vms, PARENTS, context);
    const children = new Map(objects.map((object) => [object.ref.value, { parent: parentOf(object) }]));
    const { rootFolder } = await api.serviceContent(context);
    const inventory = new Inventory(api, rootFolder, []);
    await inventory.readAncestors([...children.values()], context);
    return new Map([...children].map(([vm, child]) => [vm, inventory.#datacenter(child)]));
  }

  /** Reads the folders above some VMs, a level at a time; what is known is not asked for again. */
  async readAncestors(vms: readonly Child[], context: CallContext): Promise<void> {
    let level = vms.flatMap((vm) => (vm.parent === undefined ? [] : [vm.parent]));
    for (let depth = 0; depth < MAX_DEPTH; depth += 1) {
      const wanted = new Map<string, MoRef>();
      for (const ref of level) {
        if (ref.value !== this.#rootFolder.value && !this.#ancestors.has(ref.value)) {
          wanted.set(ref.value, ref);
        }
      }
      if (wanted.size === 0) {
        return;
      }
      const read = await this.#readLevel([...wanted.values()], context);
      for (const value of wanted.keys()) {
        this.#ancestors.set(value, read.get(value));
      }
      level = [...read.values()].flatMap((ancestor) => (ancestor.parent === undefined ? [] : [ancestor.parent]));
    }
  }

  /**
   * The stored names from the root down to the VM; undefined when the account may not see all of them. The folders must
   * have been read.
   */
  path(vm: InventoryVm): readonly string[] | undefined {
    const above = [...this.#above(vm)];
    const isWhole = (above.at(-1) ?? vm).parent?.value === this.#rootFolder.value;
    return isWhole ? [...above.reverse(), vm].map(({ storedName }) => storedName) : undefined;
  }

  /** What is known of the folders above a VM, from the next one on. Not their number but a circle could be endless. */
  *#above(vm: Child): Generator<Ancestor> {
    const seen = new Set<string>();
    for (let ref = vm.parent; ref !== undefined && !seen.has(ref.value); ) {
      seen.add(ref.value);
      const ancestor = this.#ancestors.get(ref.value);
      if (ancestor === undefined) {
        return;
      }
      yield ancestor;
      ref = ancestor.parent;
    }
  }

  /** The path for people: as it may be given to look the VM up again. */
  pathText(vm: InventoryVm): string {
    const path = this.path(vm);
    return path === undefined
      ? shownName(vm.storedName)
      : `/${path.map((name) => name.replaceAll('/', '%2f')).join('/')}`;
  }

  #datacenter(child: Child): MoRef | undefined {
    return [child, ...this.#above(child)].find(({ parent }) => parent?.type === 'Datacenter')?.parent;
  }

  async #readLevel(refs: readonly MoRef[], context: CallContext): Promise<Map<string, Ancestor>> {
    const sets = [
      { type: 'ManagedEntity', paths: ['name', 'parent'] },
      ...(refs.some((ref) => ref.type === 'VirtualApp') ? [{ type: 'VirtualApp', paths: ['parentFolder'] }] : []),
    ];
    const found = new Map<string, Ancestor>();
    for (const object of await readObjects(this.#api, refs, sets, context)) {
      const storedName = textOf(object, 'name');
      if (storedName !== undefined) {
        // In the tree of VMs a vApp hangs below its folder; its parent is a resource pool.
        const parent = referenceOf(object, 'parentFolder') ?? referenceOf(object, 'parent');
        found.set(object.ref.value, { ref: object.ref, storedName, parent });
      }
    }
    return found;
  }
}

function parentOf(vm: ManagedObject): MoRef | undefined {
  return referenceOf(vm, 'parent') ?? referenceOf(vm, 'parentVApp');
}
