import type { CallOptions, EventPage, EventSource } from '../source/event-source.js';
import type { EventQuery } from '../types.js';
import type { Clock } from '../util/clock.js';
import { checkFields, checkKnown, type Field, FUNCTION, isObject, isText, unusable } from '../util/fields.js';
import { SERVER_TIME } from '../util/server-time.js';
import { STEPPED_CLOCK, SteppedClock } from './stepped-clock.js';

/** The answer to one read: events as VI JSON, a whole page, an error to throw, or a function that answers a page or throws. */
export type ScriptEntry =
  | readonly object[]
  | EventPage
  | Error
  | ((query: EventQuery, signal: AbortSignal) => EventPage | Promise<EventPage>);

/** How a {@link scriptedSource} is made: the methods of an `EventSource` given here take the place of its own. */
export interface ScriptedSourceOptions extends Partial<EventSource> {
  /** The clock of the wait. Default: a new {@link SteppedClock}. */
  readonly clock?: SteppedClock;
  /** vCenter's time when the source is made; it goes as host time does. Default 2026-03-01T10:00:00Z. */
  readonly startedAt?: Date | string;
}

/** One read that was asked for. */
export interface ScriptedRead {
  /** Milliseconds of host time since the source was made. */
  readonly atMs: number;
  readonly query: EventQuery;
  readonly signal: AbortSignal;
}

/** What {@link scriptedSource} answers. */
export interface ScriptedSource extends EventSource {
  /** To be passed to the wait. */
  readonly clock: SteppedClock;
  /** The reads so far. */
  readonly reads: readonly ScriptedRead[];
  /** When it was asked to log in: milliseconds of host time since the source was made. */
  readonly logIns: readonly number[];
}

const STARTED_AT = '2026-03-01T10:00:00Z';

const TIME: Field = {
  fits: (value) => SERVER_TIME.fits(value) && !Number.isNaN(new Date(value as Date | string).getTime()),
  give: SERVER_TIME.give,
};

const SOURCE_OPTIONS: Readonly<Record<keyof ScriptedSourceOptions, Field>> = {
  clock: STEPPED_CLOCK,
  startedAt: TIME,
  serverTime: FUNCTION,
  readEvents: FUNCTION,
  readGuestInfo: FUNCTION,
  logIn: FUNCTION,
  pushEvents: FUNCTION,
  readTimeoutMs: {
    fits: (value) => Number.isFinite(value) && (value as number) > 0,
    give: 'give a number of milliseconds above 0, or leave it out',
  },
};

/**
 * An event source whose reads are answered by the entries of a script, one each; after the last there is nothing new.
 *
 * ```ts
 * const source = scriptedSource([
 *   [vmEvent('VmStartingEvent', { vm: 'vm-101', key: 1, createdTime: '2026-03-01T10:00:01Z' })],
 *   new ReadError('transient', 'the connection was reset'),
 *   [vmEvent('CustomizationSucceeded', { vm: 'vm-101', key: 2, createdTime: '2026-03-01T10:00:20Z' })],
 * ]);
 * const { clock } = source;
 * const report = await clock.drive(waitForCustomization(source, [{ vm: 'vm-101' }], { clock }));
 * ```
 * @throws `OptionsError` that names the entry or the option
 */
export function scriptedSource(script: readonly ScriptEntry[], options: ScriptedSourceOptions = {}): ScriptedSource {
  if (!Array.isArray(script)) {
    throw unusable('the script', script, { give: 'give an array of answers, such as [[]]' });
  }
  for (const [index, entry] of (script as readonly unknown[]).entries()) {
    if (!isObject(entry) && typeof entry !== 'function') {
      throw unusable(`script[${index}]`, entry, { give: 'give an array of events, a page, an Error or a function' });
    }
  }
  checkKnown('a scripted source', options, SOURCE_OPTIONS);
  const { clock = new SteppedClock(), startedAt = STARTED_AT, ...methods } = options;
  const entries = [...script];
  const reads: ScriptedRead[] = [];
  const logIns: number[] = [];
  const { elapsedMs, serverTime } = timesOf(clock, startedAt);
  return {
    clock,
    reads,
    logIns,
    serverTime,
    readEvents: async (query: EventQuery, { signal }: CallOptions): Promise<EventPage> => {
      reads.push({ atMs: elapsedMs(), query, signal });
      const entry = entries.shift() ?? [];
      if (entry instanceof Error) {
        throw entry;
      }
      if (typeof entry === 'function') {
        return entry(query, signal);
      }
      return isEvents(entry) ? { events: entry } : entry;
    },
    logIn: async () => {
      logIns.push(elapsedMs());
    },
    ...methods,
  };
}

function isEvents(entry: readonly object[] | EventPage): entry is readonly object[] {
  return Array.isArray(entry);
}

/** The times of a source that is made now: host time, and server time that goes as host time does. */
export function timesOf(clock: Clock, startedAt: Date | string): { elapsedMs(): number; serverTime(): Promise<Date> } {
  const begin = clock.now();
  const elapsedMs = (): number => clock.now() - begin;
  return { elapsedMs, serverTime: async () => new Date(new Date(startedAt).getTime() + elapsedMs()) };
}

/** What {@link vmEvent} needs besides the type. Further members are fields of the event, such as `reason`. */
export interface VmEventFields {
  /** The value of the managed object reference of the VM. */
  readonly vm: string;
  /** The VM's name. Default: that value. */
  readonly name?: string;
  /** `Event.key`: no two events of a vCenter have the same. */
  readonly key: number;
  /** Server time. */
  readonly createdTime: Date | string;
  readonly [field: string]: unknown;
}

const EVENT_TYPE: Field = { fits: isText, give: "give an event type, such as 'CustomizationSucceeded'" };
const EVENT_FIELDS = {
  vm: { fits: isText, give: "give the value of its managed object reference, such as 'vm-101'" },
  key: { fits: Number.isInteger, give: 'give a whole number' },
  createdTime: TIME,
};

/**
 * An event as VI JSON writes it. `type` is such as `CustomizationSucceeded`.
 * @throws `OptionsError` that names the field
 */
export function vmEvent(type: string, event: VmEventFields): object {
  if (!EVENT_TYPE.fits(type)) {
    throw unusable('the type', type, EVENT_TYPE);
  }
  if (!isObject(event)) {
    throw unusable('the event', event, { give: 'give its fields: vm, key and createdTime' });
  }
  const { vm, name = vm, key, createdTime, ...fields } = event;
  for (const [field, check] of Object.entries(EVENT_FIELDS)) {
    if (event[field] === undefined) {
      throw unusable(field, undefined, check);
    }
  }
  checkFields(event, { ...EVENT_FIELDS, name: { fits: isText, give: 'give a text, or leave it out' } });
  return {
    _typeName: type,
    key,
    createdTime: new Date(createdTime).toISOString(),
    vm: { name, vm: { type: 'VirtualMachine', value: vm } },
    ...fields,
  };
}
