/** A session with one vCenter in a program that may have many watches on it; a page has one, and no code to spare for more. */
import type { Transport } from '../../http/transport.js';
import type { EventSource } from '../../source/event-source.js';
import { SharedSource } from '../../source/shared-source.js';
import type { SignIn } from './sign-in.js';
import { type BeginOptions, VCenter } from './vcenter.js';

/** A session with one vCenter. Close it, whatever happens. */
export class NodeVCenter extends VCenter {
  static override async connect(transport: Transport, how: SignIn, options: BeginOptions = {}): Promise<NodeVCenter> {
    // biome-ignore lint/complexity/noThisInStatic: `VCenter.connect` makes an object of the class that it is asked on
    return (await super.connect(transport, how, options)) as NodeVCenter;
  }

  /**
   * The events of the VMs of many watches. Make one, and pass it to all of them: it takes one event collector for all,
   * and asks once where several want the same at the same time. What each of them reports is what it would report with a
   * source of its own. Its push begins with the first watch and ends with the last; reads beside it, which are only for
   * what it may have missed, are made for all watches together, each 65 s. It may be used for as long as the session.
   *
   * ```ts
   * const source = vcenter.shared();
   * const reports = await Promise.all(jobs.map(({ vms, options }) => waitForCustomization(source, vms, options)));
   * ```
   *
   * @param warn - told once when the events have to be read VM by VM
   */
  shared(warn?: (message: string) => void): EventSource {
    return new SharedSource(this.sourceOf({ warn, forMany: true }), this.clock);
  }
}
