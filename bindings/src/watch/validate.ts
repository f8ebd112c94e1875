/** The source and the options of a watch, looked at before they are used. */
import { MONITOR_OPTIONS } from '../core/validate.js';
import { OptionsError } from '../errors.js';
import type { EventSource } from '../source/event-source.js';
import { describe } from '../util/describe.js';
import {
  CLOCK,
  checkKnown,
  type Field,
  type Fields,
  FLAG,
  FUNCTION,
  isObject,
  SIGNAL,
  unusable,
} from '../util/fields.js';
import type { WatchOptions } from './options.js';
import { sourceCannotTell } from './readiness-feed.js';

const REQUIRED = ['serverTime', 'readEvents'] as const;
const OPTIONAL = ['readGuestInfo', 'logIn', 'pushEvents'] as const;
// A year; what vCenter keeps of its events by default is a month.
const MAX_AGO_S = 366 * 86_400;
const MAX_ALSO_READ = 64;

/** The options of a watch. */
const WATCH_OPTIONS: Readonly<Record<keyof WatchOptions, Field>> = {
  ...MONITOR_OPTIONS,
  requestedSecondsAgo: {
    fits: (value) => Number.isFinite(value) && (value as number) >= 0 && (value as number) <= MAX_AGO_S,
    give: `give a number of seconds from 0 to ${MAX_AGO_S}`,
  },
  signal: SIGNAL,
  push: FLAG,
  onProgress: FUNCTION,
  alsoRead: { fits: Array.isArray, give: "pass an array such as ['VmPoweredOffEvent']" },
  onInput: FUNCTION,
  clock: CLOCK,
};

const RESUME_OPTIONS: Fields = Object.fromEntries(
  Object.entries(WATCH_OPTIONS).filter(([name]) => name !== 'requestedSecondsAgo' && !(name in MONITOR_OPTIONS)),
);

/**
 * Refuses options of a watch that cannot be used, or not with this source.
 * @param resumed - it goes on from a snapshot, which has the options of the monitor
 * @throws {@link OptionsError} that names the option
 */
export function checkWatchOptions(options: WatchOptions, resumed: boolean, source: EventSource): void {
  checkKnown(resumed ? 'a wait that goes on' : 'a watch', options, resumed ? RESUME_OPTIONS : WATCH_OPTIONS);
  checkAlsoRead(options.alsoRead ?? []);
  if ((options.ready ?? null) !== null && options.rules !== 'published' && source.readGuestInfo === undefined) {
    throw sourceCannotTell();
  }
  if (options.requestedSecondsAgo !== undefined && options.rules === 'published') {
    throw new OptionsError(
      'invalidOptions',
      'requestedSecondsAgo cannot be used with the published rules, whose passes begin when the wait does: leave it out',
    );
  }
}

function checkAlsoRead(types: readonly string[]): void {
  if (types.length > MAX_ALSO_READ) {
    throw new OptionsError(
      'invalidOptions',
      `alsoRead names ${types.length} event types: name at most ${MAX_ALSO_READ}, a query holds them all`,
    );
  }
  for (const [index, type] of types.entries()) {
    if (typeof type !== 'string' || !/^[A-Za-z][\w.]{0,255}$/.test(type)) {
      throw unusable(`alsoRead[${index}]`, type, {
        give: "give the name of an event type, such as 'VmPoweredOffEvent'",
      });
    }
  }
}

/**
 * Refuses a source that lacks what every wait needs: trying again would not bring it.
 * @throws {@link OptionsError} that names the member
 */
export function checkSource(source: EventSource): void {
  if (!isObject(source) && typeof source !== 'function') {
    throw new OptionsError('invalidOptions', `the source is ${describe(source)}: pass an EventSource`);
  }
  for (const name of REQUIRED) {
    if (typeof source[name] !== 'function') {
      throw new OptionsError('invalidOptions', `the source has no method ${name}: every EventSource needs one`);
    }
  }
  for (const name of OPTIONAL) {
    const member: unknown = source[name];
    if (member !== undefined && typeof member !== 'function') {
      throw unusable(`${name} of the source`, member, { give: 'give a method, or leave it out' });
    }
  }
  const limit: unknown = source.readTimeoutMs;
  if (limit !== undefined && !(Number.isFinite(limit) && (limit as number) > 0)) {
    throw unusable('readTimeoutMs of the source', limit, { give: 'give a number of milliseconds, or leave it out' });
  }
}
