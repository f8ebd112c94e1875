/** What callers hand over, looked at before it is used: the types are no protection where JavaScript calls. */
import { OptionsError, SnapshotError, VmCustomizationError } from '../errors.js';
import type { MonitorOptions, Snapshot, VmRef } from '../types.js';
import { describe } from '../util/describe.js';

const NUMBERS = ['timeoutSeconds', 'lookbackSeconds', 'pollIntervalSeconds', 'stuckAfterSeconds'] as const;

/**
 * Refuses options that JSON cannot carry: it makes null of NaN and Infinity, and null waits for ever.
 * @throws {@link OptionsError} that names the option
 */
export function checkOptions(options: MonitorOptions): void {
  if (typeof options !== 'object' || options === null) {
    throw new OptionsError('invalidOptions', `the options are ${describe(options)}: pass an object, or nothing`);
  }
  for (const name of NUMBERS) {
    const value: unknown = options[name];
    const isFine = value === undefined || (value === null && name === 'timeoutSeconds') || Number.isFinite(value);
    if (!isFine) {
      const orNull = name === 'timeoutSeconds' ? ', or null to wait for ever' : '';
      throw new OptionsError('invalidOptions', `${name} is ${describe(value)}: give a number of seconds${orNull}`);
    }
  }
}

/**
 * Refuses what is no list of VMs; what each of them has to be is the core's business.
 * @throws {@link OptionsError}
 */
export function checkVms(vms: readonly VmRef[]): void {
  if (!Array.isArray(vms)) {
    throw new OptionsError('invalidOptions', `the VMs are ${describe(vms)}: pass an array such as [{ vm: 'vm-101' }]`);
  }
}

/**
 * Refuses what is no list of the values of VMs.
 * @throws {@link OptionsError}
 */
export function checkValues(vms: readonly string[] | undefined): void {
  if (vms !== undefined && !Array.isArray(vms)) {
    throw new OptionsError(
      'invalidOptions',
      `the VMs are ${describe(vms)}: pass an array such as ['vm-101'], or nothing`,
    );
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

/** Whether it is a date that the core can take; also one of another realm, such as a frame or a test runner's. */
export function isServerTime(time: unknown): time is Date {
  if (Object.prototype.toString.call(time) !== '[object Date]') {
    return false;
  }
  const year = (time as Date).getUTCFullYear();
  return year >= 1970 && year <= 9999;
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
