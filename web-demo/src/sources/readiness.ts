/** What a guest has to be before its VM is done, by the names that the command has for it. */
import type { MonitorOptions } from 'vm-customization';

type Ready = NonNullable<MonitorOptions['ready']> | null;

const BY_NAME: Readonly<Record<string, Ready>> = { none: null, tools: 'tools', 'guest-operations': 'guestOperations' };

/** Undefined where that is no such name. */
export function readyCalled(name: string): Ready | undefined {
  return Object.hasOwn(BY_NAME, name) ? BY_NAME[name] : undefined;
}

export function nameOfReady(ready: Ready): string {
  return Object.keys(BY_NAME).find((name) => BY_NAME[name] === ready) ?? 'none';
}
