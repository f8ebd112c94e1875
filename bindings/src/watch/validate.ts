/** The source and the options of a watch, looked at before they are used. */
import { checkOptions } from '../core/validate.js';
import { OptionsError } from '../errors.js';
import type { EventSource } from '../source/event-source.js';
import { describe } from '../util/describe.js';
import type { WatchOptions } from './options.js';

const REQUIRED = ['serverTime', 'readEvents'] as const;
const OPTIONAL = ['readGuestInfo', 'logIn', 'pushEvents'] as const;
// A year; what vCenter keeps of its events by default is a month.
const MAX_AGO_S = 366 * 86_400;
const CALLBACKS = ['onProgress', 'onInput'] as const;

/**
 * Refuses options of a watch that cannot be used.
 * @throws {@link OptionsError} that names the option
 */
export function checkWatchOptions(options: WatchOptions): void {
  checkOptions(options);
  checkRequestedSecondsAgo(options);
  checkAlsoRead(options.alsoRead);
  for (const name of CALLBACKS) {
    const callback: unknown = options[name];
    if (isGiven(callback) && typeof callback !== 'function') {
      throw new OptionsError('invalidOptions', `${name} is ${describe(callback)}: give a function, or leave it out`);
    }
  }
  if (isGiven(options.signal) && !hasMethods(options.signal, ['addEventListener', 'removeEventListener'])) {
    throw new OptionsError(
      'invalidOptions',
      `signal is ${describe(options.signal)}: give the signal of an AbortController, or leave it out`,
    );
  }
  if (isGiven(options.clock) && !hasMethods(options.clock, ['now', 'sleep'])) {
    throw new OptionsError(
      'invalidOptions',
      `clock is ${describe(options.clock)}: give an object with the methods now and sleep, or leave it out`,
    );
  }
}

function checkRequestedSecondsAgo({ requestedSecondsAgo: ago, rules }: WatchOptions): void {
  if (ago === undefined) {
    return;
  }
  if (!(Number.isFinite(ago) && ago >= 0 && ago <= MAX_AGO_S)) {
    throw new OptionsError(
      'invalidOptions',
      `requestedSecondsAgo is ${describe(ago)}: give a number of seconds from 0 to ${MAX_AGO_S}`,
    );
  }
  if (rules === 'published') {
    throw new OptionsError(
      'invalidOptions',
      'requestedSecondsAgo cannot be used with the published rules, whose passes begin when the wait does: leave it out',
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
      `alsoRead is ${describe(types)}: pass an array such as ['VmPoweredOffEvent']`,
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
        `alsoRead[${index}] is ${describe(type)}: give the name of an event type, such as 'VmPoweredOffEvent'`,
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
    throw new OptionsError('invalidOptions', `the source is ${describe(source)}: pass an EventSource`);
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
        `${name} of the source is ${describe(member)}: give a method, or leave it out`,
      );
    }
  }
  const limit: unknown = source.readTimeoutMs;
  if (limit !== undefined && !(Number.isFinite(limit) && (limit as number) > 0)) {
    throw new OptionsError(
      'invalidOptions',
      `readTimeoutMs of the source is ${describe(limit)}: give a number of milliseconds, or leave it out`,
    );
  }
}
