import type { CallOptions, EventPage, EventSource } from '../source/event-source.js';
import type { EventQuery } from '../types.js';
import type { Clock } from '../util/clock.js';
import { SteppedClock } from './stepped-clock.js';

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
 */
export function scriptedSource(script: readonly ScriptEntry[], options: ScriptedSourceOptions = {}): ScriptedSource {
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

/** An event as VI JSON writes it. `type` is such as `CustomizationSucceeded`. */
export function vmEvent(type: string, { vm, name = vm, key, createdTime, ...fields }: VmEventFields): object {
  return {
    _typeName: type,
    key,
    createdTime: new Date(createdTime).toISOString(),
    vm: { name, vm: { type: 'VirtualMachine', value: vm } },
    ...fields,
  };
}
