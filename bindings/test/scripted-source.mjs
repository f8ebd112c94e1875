/** What the scripts of these tests are made of. */
import { scriptedSource, vmEvent } from '../dist/testing.js';

export { scriptedSource as scripted };

/** Server time at which the runs of these tests start. */
export const START = '2026-03-01T10:00:00.000Z';

/** One VM, and two: their events are those of `event`. */
export const VM = [{ vm: 'vm-101', name: 'web-1' }];
export const TWO = [...VM, { vm: 'vm-102', name: 'web-2' }];

/** An event `second` seconds after the start, as VI JSON. */
export function event(type, key, second, vm = 'vm-101', fields = {}) {
  const createdTime = new Date(Date.parse(START) + second * 1000);
  return vmEvent(type, { vm, name: `name of ${vm}`, key, createdTime, ...fields });
}

/** All that a VM goes through when all is well. */
export const SUCCESS = [
  event('VmStartingEvent', 1, -5),
  event('CustomizationStartedEvent', 2, 1),
  event('CustomizationSucceeded', 3, 2),
];

/** A read that is never answered, whatever its signal says. */
export const HANG = () => new Promise(() => undefined);
