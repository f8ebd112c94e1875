/** An event source for tests of the run loop: each read is answered by the next entry of a script. */
import { SimulatedClock } from './simulated-clock.mjs';

/** Server time at which the runs of these tests start. */
export const START = '2026-03-01T10:00:00.000Z';

/** An event `second` seconds after the start, as VI JSON. */
export function event(type, key, second, vm = 'vm-101', fields = {}) {
  return {
    _typeName: type,
    key,
    createdTime: new Date(Date.parse(START) + second * 1000).toISOString(),
    vm: { name: `name of ${vm}`, vm: { type: 'VirtualMachine', value: vm } },
    ...fields,
  };
}

/** All that a VM goes through when all is well. */
export const SUCCESS = [
  event('VmStartingEvent', 1, -5),
  event('CustomizationStartedEvent', 2, 1),
  event('CustomizationSucceeded', 3, 2),
];

/** A read that is never answered, whatever its signal says. */
export const HANG = () => new Promise(() => undefined);

/**
 * @param {readonly unknown[]} script one entry per read: events, a page, an error to throw, or a function of the query;
 *   after the last there is nothing new
 */
export function scripted(script, { clock = new SimulatedClock(), ...more } = {}) {
  const begin = clock.now();
  const entries = [...script];
  const reads = [];
  const logIns = [];
  return {
    clock,
    /** Each read: when, and what for. */
    reads,
    logIns,
    serverTime: async () => new Date(START),
    readEvents: async (query, { signal }) => {
      reads.push({ at: clock.now() - begin, query, signal });
      const entry = entries.shift() ?? [];
      if (entry instanceof Error) {
        throw entry;
      }
      if (typeof entry === 'function') {
        return entry(query, signal);
      }
      return Array.isArray(entry) ? { events: entry } : entry;
    },
    logIn: async () => {
      logIns.push(clock.now() - begin);
    },
    ...more,
  };
}
