/** What callers hand over, looked at before it is used: the types are no protection where JavaScript calls. */
import { OptionsError, SnapshotError, VmCustomizationError } from '../errors.js';
import type { EventSource } from '../source/event-source.js';
import type { MonitorOptions, Snapshot, VmRef } from '../types.js';
import type { WatchOptions } from '../watch/watch.js';

const NUMBERS = ['timeoutSeconds', 'lookbackSeconds', 'pollIntervalSeconds', 'stuckAfterSeconds'] as const;
const REQUIRED = ['serverTime', 'readEvents'] as const;
const OPTIONAL = ['readGuestInfo', 'logIn', 'pushEvents'] as const;

/** A value in a message: short, on one line, and never failing. */
export function shown(value: unknown): string {
  if (typeof value === 'string') {
    return value.length > 60 ? `the text '${value.slice(0, 60)}…'` : `the text '${value}'`;
  }
  if (typeof value === 'function') {
    return 'a function';
  }
  if (typeof value === 'object' && value !== null) {
    return Array.isArray(value) ? 'an array' : `an object (${Object.prototype.toString.call(value).slice(8, -1)})`;
  }
  return typeof value === 'bigint' ? `${value}n` : String(value);
}

/**
 * Refuses options that JSON cannot carry: it makes null of NaN and Infinity, and null waits for ever.
 * @throws {@link OptionsError} that names the option
 */
export function checkOptions(options: MonitorOptions): void {
  if (typeof options !== 'object' || options === null) {
    throw new OptionsError('invalidOptions', `the options are ${shown(options)}: pass an object, or nothing`);
  }
  for (const name of NUMBERS) {
    const value: unknown = options[name];
    const isFine = value === undefined || (value === null && name === 'timeoutSeconds') || Number.isFinite(value);
    if (!isFine) {
      const orNull = name === 'timeoutSeconds' ? ', or null to wait for ever' : '';
      throw new OptionsError('invalidOptions', `${name} is ${shown(value)}: give a number of seconds${orNull}`);
    }
  }
}

/**
 * Refuses what is no list of VMs; what each of them has to be is the core's business.
 * @throws {@link OptionsError}
 */
export function checkVms(vms: readonly VmRef[]): void {
  if (!Array.isArray(vms)) {
    throw new OptionsError('invalidOptions', `the VMs are ${shown(vms)}: pass an array such as [{ vm: 'vm-101' }]`);
  }
}

/**
 * Refuses what is no list of the values of VMs.
 * @throws {@link OptionsError}
 */
export function checkValues(vms: readonly string[] | undefined): void {
  if (vms !== undefined && !Array.isArray(vms)) {
    throw new OptionsError('invalidOptions', `the VMs are ${shown(vms)}: pass an array such as ['vm-101'], or nothing`);
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
      `the snapshot is ${shown(snapshot)}: pass what \`snapshot()\` of a watch answered`,
    );
  }
}

const CALLBACKS = ['onProgress', 'onInput'] as const;

/**
 * Refuses options of a watch that cannot be used.
 * @throws {@link OptionsError} that names the option
 */
export function checkWatchOptions(options: WatchOptions): void {
  checkOptions(options);
  checkAlsoRead(options.alsoRead);
  for (const name of CALLBACKS) {
    const callback: unknown = options[name];
    if (isGiven(callback) && typeof callback !== 'function') {
      throw new OptionsError('invalidOptions', `${name} is ${shown(callback)}: give a function, or leave it out`);
    }
  }
  if (isGiven(options.signal) && !hasMethods(options.signal, ['addEventListener', 'removeEventListener'])) {
    throw new OptionsError(
      'invalidOptions',
      `signal is ${shown(options.signal)}: give the signal of an AbortController, or leave it out`,
    );
  }
  if (isGiven(options.clock) && !hasMethods(options.clock, ['now', 'sleep'])) {
    throw new OptionsError(
      'invalidOptions',
      `clock is ${shown(options.clock)}: give an object with the methods now and sleep, or leave it out`,
    );
  }
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null;
}

function hasMethods(value: unknown, names: readonly string[]): boolean {
  return names.every((name) => typeof (value as Readonly<Record<string, unknown>>)[name] === 'function');
}

const MAX_ALSO_READ = 64;

/**
 * Refuses what is no short list of names of event types.
 * @throws {@link OptionsError}
 */
function checkAlsoRead(types: readonly string[] | undefined): void {
  if (types === undefined) {
    return;
  }
  if (!Array.isArray(types)) {
    throw new OptionsError(
      'invalidOptions',
      `alsoRead is ${shown(types)}: pass an array such as ['VmPoweredOffEvent']`,
    );
  }
  if (types.length > MAX_ALSO_READ) {
    throw new OptionsError(
      'invalidOptions',
      `alsoRead names ${types.length} event types: name at most ${MAX_ALSO_READ}, a query holds them all`,
    );
  }
  for (const [index, type] of types.entries()) {
    if (typeof type !== 'string' || !/^[A-Za-z][\w.]{0,255}$/.test(type)) {
      throw new OptionsError(
        'invalidOptions',
        `alsoRead[${index}] is ${shown(type)}: give the name of an event type, such as 'VmPoweredOffEvent'`,
      );
    }
  }
}

/**
 * Refuses a source that lacks what every wait needs: trying again would not bring it.
 * @throws {@link OptionsError} that names the member
 */
export function checkSource(source: EventSource): void {
  if (typeof source !== 'object' && typeof source !== 'function') {
    throw new OptionsError('invalidOptions', `the source is ${shown(source)}: pass an EventSource`);
  }
  if (source === null) {
    throw new OptionsError('invalidOptions', 'the source is null: pass an EventSource');
  }
  for (const name of REQUIRED) {
    if (typeof source[name] !== 'function') {
      throw new OptionsError('invalidOptions', `the source has no method ${name}: every EventSource needs one`);
    }
  }
  for (const name of OPTIONAL) {
    const member: unknown = source[name];
    if (member !== undefined && typeof member !== 'function') {
      throw new OptionsError(
        'invalidOptions',
        `${name} of the source is ${shown(member)}: give a method, or leave it out`,
      );
    }
  }
  const limit: unknown = source.readTimeoutMs;
  if (limit !== undefined && !(Number.isFinite(limit) && (limit as number) > 0)) {
    throw new OptionsError(
      'invalidOptions',
      `readTimeoutMs of the source is ${shown(limit)}: give a number of milliseconds, or leave it out`,
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
      `nowMs is ${shown(nowMs)}: give milliseconds of a monotonic clock, a number from 0 on`,
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
    throw error(`it is ${shown(value)}`);
  }
  return text;
}
