/** Guest info: what the properties of VMs say of their customization, their power and whether their guests are ready. */
import { OptionsError, VimFaultError } from '../../errors.js';
import type { GuestReading } from '../../source/event-source.js';
import type { CallContext, ManagedObject } from '../api/types.js';
import { readVms, textOf } from './properties.js';
import type { VimClient } from './vim-client.js';

const INFO = 'guest.customizationInfo';
const PENDING = 'config.tools.pendingCustomization';
const POWER = 'runtime.powerState';
const BOOTED = 'runtime.bootTime';
const TOOLS = 'guest.toolsRunningStatus';
const OPERATIONS = 'guest.guestOperationsReady';
const READINESS = [TOOLS, OPERATIONS];

const NO_PERMISSION =
  'whether the guest is ready cannot be read: the account needs the privilege System.Read on the VM or on a parent';

/** Reads it with one request for all VMs. */
export class GuestInfoReader {
  readonly #api: VimClient;
  /** The properties that the server's release has; the first came with vSphere 7.0.2, the others have always been there. */
  #paths: readonly string[] = [INFO, PENDING, POWER, BOOTED];

  constructor(api: VimClient) {
    this.#api = api;
  }

  /**
   * Leaves out VMs that are gone. Of one that the account may not read it says so where readiness is asked for.
   * @param readiness - whether guests are ready is wanted, too
   * @throws {@link OptionsError} where the server's release does not tell that
   */
  async read(vms: readonly string[], readiness: boolean, context: CallContext): Promise<GuestReading[]> {
    for (;;) {
      const paths = [...this.#paths, ...(readiness ? READINESS : [])];
      if (paths.length === 0) {
        return [];
      }
      try {
        const { objects } = await readVms(this.#api, vms, paths, context);
        return objects.flatMap((object) => readingOf(object, paths));
      } catch (error) {
        if (!isInvalidProperty(error)) {
          throw error;
        }
        if (readiness) {
          await this.#checkReadiness(vms.slice(0, 1), context);
        }
        // Once for the whole session: the next reads do not ask for what is not there.
        this.#paths = this.#paths.slice(1);
      }
    }
  }

  /** The fault says that a property is not there, and not on every wire which. */
  async #checkReadiness(vms: readonly string[], context: CallContext): Promise<void> {
    for (const path of READINESS) {
      try {
        await readVms(this.#api, vms, [path], context);
      } catch (error) {
        if (!isInvalidProperty(error)) {
          throw error;
        }
        throw new OptionsError(
          // Of another server it may be asked.
          'notTold',
          `ready cannot be used with ${this.#api.host}, whose VMs have no property ${path}: leave \`ready\` out`,
        );
      }
    }
  }
}

function isInvalidProperty(error: unknown): boolean {
  return error instanceof VimFaultError && error.fault === 'InvalidProperty';
}

function readingOf(object: ManagedObject, paths: readonly string[]): GuestReading[] {
  const { ref, missing } = object;
  if (missing.length === 0) {
    return [infoOf(object, paths)];
  }
  // What else keeps a property from being read may pass.
  return paths.includes(TOOLS) && missing.includes('NoPermission')
    ? [{ vm: ref.value, noPermission: NO_PERMISSION }]
    : [];
}

function infoOf(object: ManagedObject, paths: readonly string[]): GuestReading {
  const info = object.properties.get(INFO)?.fields;
  const field = (name: string): string | null => info?.[name] || null;
  const [powerState, bootTime] = [textOf(object, POWER), textOf(object, BOOTED)];
  const [toolsRunningStatus, guestOperationsReady] = [textOf(object, TOOLS), textOf(object, OPERATIONS)];
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
    ...(toolsRunningStatus === undefined ? {} : { toolsRunningStatus }),
    ...(guestOperationsReady === undefined ? {} : { guestOperationsReady: guestOperationsReady === 'true' }),
  };
}
