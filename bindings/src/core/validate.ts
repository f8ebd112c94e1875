/** What callers hand over, looked at before it is used: the types are no protection where JavaScript calls. */
import { OptionsError, SnapshotError, VmCustomizationError } from '../errors.js';
import type { GuestInfo, MonitorOptions, Snapshot, VmRef } from '../types.js';
import { describe } from '../util/describe.js';
import { checkFields, type Field, FLAG, isObject, isText, oneOf, unusable } from '../util/fields.js';
import { isServerTime, SERVER_TIME } from '../util/server-time.js';

const SECONDS: Field = { fits: Number.isFinite, give: 'give a number of seconds' };

/** The options of a monitor. JSON cannot carry all that a number or a date may be: it makes null of what it has not. */
export const MONITOR_OPTIONS: Readonly<Record<keyof MonitorOptions, Field>> = {
  rules: oneOf('default', 'published'),
  timeoutSeconds: {
    fits: (value) => value === null || Number.isFinite(value),
    give: 'give a number of seconds, or null to wait for ever',
  },
  lookbackSeconds: SECONDS,
  since: SERVER_TIME,
  pollIntervalSeconds: SECONDS,
  waitForPowerOn: FLAG,
  attempts: oneOf('follow', 'first', 'reopen'),
  stuckAfterSeconds: SECONDS,
  ready: {
    fits: (value) => value === null || value === 'tools' || value === 'guestOperations',
    give: "give 'tools' or 'guestOperations', or null to take success for enough",
  },
  settleSeconds: SECONDS,
};

/** Options that were looked at, as the core takes them. */
export function plainOptions({ since, ...options }: MonitorOptions): MonitorOptions {
  return since === undefined ? options : { ...options, since: isServerTime(since) ? since.toISOString() : since };
}

const VM = {
  vm: { fits: isText, give: "give the value of its managed object reference, such as 'vm-101'" },
  name: { fits: (value: unknown) => value === null || isText(value), give: 'give a text, or leave it out' },
};

/**
 * Refuses what is no list of VMs.
 * @throws {@link OptionsError} that names the VM by its index
 */
export function checkVms(vms: readonly VmRef[]): void {
  if (!Array.isArray(vms)) {
    throw new OptionsError('invalidOptions', `the VMs are ${describe(vms)}: pass an array such as [{ vm: 'vm-101' }]`);
  }
  for (const [index, vm] of (vms as readonly unknown[]).entries()) {
    const place = `vms[${index}]`;
    if (!isObject(vm)) {
      throw unusable(place, vm, { give: `give { vm: ${isText(vm) ? `'${vm}'` : "'vm-101'"} }` });
    }
    const { vm: value } = vm as Partial<VmRef>;
    if (value === undefined) {
      throw unusable(`${place}.vm`, value, VM.vm);
    }
    checkFields(vm, VM, `${place}.`);
  }
}

const textOrNothing = (give: string): Field => ({
  fits: (value) => value === null || isText(value),
  give: `${give}, or leave it out`,
  code: 'invalidInput',
});
const TIME = textOrNothing('give a time of vCenter as a text');
const FLAG_OR_NOTHING: Field = {
  fits: (value) => value === null || FLAG.fits(value),
  give: FLAG.give,
  code: 'invalidInput',
};

const GUEST_INFO: Readonly<Record<keyof GuestInfo, Field>> = {
  vm: { ...VM.vm, code: 'invalidInput' },
  customizationStatus: textOrNothing('give a status of guest.customizationInfo'),
  startTime: TIME,
  endTime: TIME,
  errorMsg: textOrNothing('give a text'),
  pendingCustomization: FLAG_OR_NOTHING,
  powerState: textOrNothing('give runtime.powerState'),
  bootTime: TIME,
  toolsRunningStatus: textOrNothing('give guest.toolsRunningStatus'),
  guestOperationsReady: FLAG_OR_NOTHING,
};

/**
 * Refuses what is not known of a guest, or of several.
 * @throws {@link OptionsError} with the code `invalidInput`, which names the field and, of several guests, which
 */
export function checkGuestInfo(info: GuestInfo | readonly GuestInfo[]): void {
  const [infos, place] = Array.isArray(info)
    ? [info as readonly unknown[], (index: number) => `info[${index}]`]
    : [[info], () => 'info'];
  for (const [index, each] of infos.entries()) {
    const give = { give: "give { vm: 'vm-101' } and what is known of its guest", code: 'invalidInput' };
    if (!isObject(each)) {
      throw unusable(place(index), each, give);
    }
    if ((each as Partial<GuestInfo>).vm === undefined) {
      throw unusable(`${place(index)}.vm`, undefined, GUEST_INFO.vm);
    }
    checkFields(each, GUEST_INFO, `${place(index)}.`);
  }
}

/**
 * Refuses what is no list of the values of VMs.
 * @throws {@link OptionsError} that names the value by its index
 */
export function checkValues(vms: readonly string[] | undefined): void {
  if (vms !== undefined && !Array.isArray(vms)) {
    throw new OptionsError(
      'invalidOptions',
      `the VMs are ${describe(vms)}: pass an array such as ['vm-101'], or nothing`,
    );
  }
  for (const [index, vm] of (vms ?? []).entries()) {
    if (!isText(vm)) {
      throw unusable(`vms[${index}]`, vm, VM.vm);
    }
  }
}

/**
 * Refuses what is no snapshot by its looks; the core looks at the rest.
 * @throws {@link SnapshotError}
 */
export function checkSnapshot(snapshot: Snapshot): void {
  if (typeof snapshot !== 'object' || snapshot === null) {
    throw new SnapshotError(
      'invalidSnapshot',
      `the snapshot is ${describe(snapshot)}: pass what \`snapshot()\` of a watch answered`,
    );
  }
}

/** The options that a snapshot holds, as far as they are some: whether it can be used is for the core to say. */
export function optionsOf({ options }: Snapshot): MonitorOptions {
  const isOption = ([name, value]: [string, unknown]): boolean =>
    Object.hasOwn(MONITOR_OPTIONS, name) && MONITOR_OPTIONS[name as keyof MonitorOptions].fits(value);
  return Object.fromEntries(Object.entries(options ?? {}).filter(isOption));
}

/**
 * A host time, as given.
 * @throws {@link VmCustomizationError} with the code `invalidInput`
 */
export function hostTime(nowMs: number): number {
  if (!Number.isFinite(nowMs) || nowMs < 0) {
    throw new VmCustomizationError(
      'invalidInput',
      `nowMs is ${describe(nowMs)}: give milliseconds of a monotonic clock, a number from 0 on`,
    );
  }
  return nowMs;
}

/**
 * The JSON of a value.
 * @param error - makes the error for a value that has none, such as one that holds a BigInt or itself
 */
export function jsonText(value: unknown, error: (why: string) => VmCustomizationError): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (cause) {
    throw error(cause instanceof Error ? (cause.message.split('\n')[0] ?? '') : String(cause));
  }
  if (text === undefined) {
    throw error(`it is ${describe(value)}`);
  }
  return text;
}
