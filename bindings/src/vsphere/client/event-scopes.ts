/** Objects above some VMs, whose events stand for those of each. */
import { isRefusal } from '../api/faults.js';
import type { CallContext, MoRef } from '../api/types.js';
import { Inventory } from './inventory.js';
import type { VimClient } from './vim-client.js';

// What an account may read, and where VMs are, changes now and then, and a source may be used for weeks.
const KNOWN_MS = 600_000;

/** What one account may read the events of. */
export class EventScopes {
  readonly #api: VimClient;
  #knownSince: number;
  readonly #refused = new Set<string>();
  /** The datacenter of each VM; undefined where the account may not see it. */
  readonly #datacenters = new Map<string, MoRef | undefined>();

  constructor(api: VimClient) {
    this.#api = api;
    this.#knownSince = api.clock.now();
  }

  /**
   * What all these VMs are below, the widest first: the root folder, and the datacenter where it is one for all. Whoever
   * asks on was refused the one before, which is left out for a while.
   */
  async *above(vms: readonly string[], context: CallContext): AsyncGenerator<MoRef, void, undefined> {
    this.#forgetInTime();
    const { rootFolder } = await this.#api.serviceContent(context);
    yield* this.#unlessRefused(rootFolder);
    const datacenter = await this.#commonDatacenter(vms, context);
    if (datacenter !== undefined) {
      yield* this.#unlessRefused(datacenter);
    }
  }

  /** Whether the object is above all these VMs, or is the only one of them. */
  async hold(object: MoRef, vms: readonly string[], context: CallContext): Promise<boolean> {
    this.#forgetInTime();
    if (object.type === 'VirtualMachine') {
      return vms.every((vm) => vm === object.value);
    }
    const { rootFolder } = await this.#api.serviceContent(context);
    return object.value === rootFolder.value || (await this.#commonDatacenter(vms, context))?.value === object.value;
  }

  *#unlessRefused(object: MoRef): Generator<MoRef, void, undefined> {
    if (!this.#refused.has(object.value)) {
      yield object;
      this.#refused.add(object.value);
    }
  }

  async #commonDatacenter(vms: readonly string[], context: CallContext): Promise<MoRef | undefined> {
    const unknown = vms.filter((vm) => !this.#datacenters.has(vm));
    try {
      for (const [vm, datacenter] of await Inventory.datacenters(this.#api, unknown, context)) {
        this.#datacenters.set(vm, datacenter);
      }
    } catch (error) {
      // A folder that is gone, or may not be seen: then nothing is known to be above all.
      if (isRefusal(error)) {
        return undefined;
      }
      throw error;
    }
    // One that is gone has none, and is nowhere else either.
    const known = vms.filter((vm) => this.#datacenters.has(vm)).map((vm) => this.#datacenters.get(vm));
    return known.every((datacenter) => datacenter?.value === known[0]?.value) ? known[0] : undefined;
  }

  #forgetInTime(): void {
    const now = this.#api.clock.now();
    if (now - this.#knownSince >= KNOWN_MS) {
      this.#knownSince = now;
      this.#refused.clear();
      this.#datacenters.clear();
    }
  }
}
