/** Guest info: what the properties of VMs say of their customization and their power. */
import { VimFaultError } from '../../errors.js';
import type { GuestInfo } from '../../types.js';
import type { CallContext, ManagedObject } from '../api/types.js';
import { readVms, textOf } from './properties.js';
import type { VimClient } from './vim-client.js';

const INFO = 'guest.customizationInfo';
const PENDING = 'config.tools.pendingCustomization';
const POWER = 'runtime.powerState';
const BOOTED = 'runtime.bootTime';

/** Reads it with one request for all VMs. */
export class GuestInfoReader {
  readonly #api: VimClient;
  /** The properties that the server's release has; the first came with vSphere 7.0.2, the others have always been there. */
  #paths: readonly string[] = [INFO, PENDING, POWER, BOOTED];

  constructor(api: VimClient) {
    this.#api = api;
  }

  /** Leaves out VMs that are gone, or that the account may not read. */
  async read(vms: readonly string[], context: CallContext): Promise<GuestInfo[]> {
    while (this.#paths.length > 0) {
      const paths = this.#paths;
      try {
        const { objects } = await readVms(this.#api, vms, paths, context);
        return objects.filter(({ missing }) => missing.length === 0).map((object) => infoOf(object, paths));
      } catch (error) {
        if (!(error instanceof VimFaultError && error.fault === 'InvalidProperty')) {
          throw error;
        }
        // Once for the whole session: the next reads do not ask for what is not there.
        this.#paths = paths.slice(1);
      }
    }
    return [];
  }
}

function infoOf(object: ManagedObject, paths: readonly string[]): GuestInfo {
  const info = object.properties.get(INFO)?.fields;
  const field = (name: string): string | null => info?.[name] || null;
  const [powerState, bootTime] = [textOf(object, POWER), textOf(object, BOOTED)];
  return {
    vm: object.ref.value,
    ...(info === undefined
      ? {}
      : {
          customizationStatus: field('customizationStatus'),
          startTime: field('startTime'),
          endTime: field('endTime'),
          errorMsg: field('errorMsg'),
        }),
    // A property that is not set is left out of the answer.
    ...(paths.includes(PENDING) ? { pendingCustomization: (textOf(object, PENDING) ?? '') !== '' } : {}),
    ...(powerState === undefined ? {} : { powerState }),
    ...(bootTime === undefined ? {} : { bootTime }),
  };
}
