/** The choice of what a guest has to be before its VM is done. */
import type { MonitorOptions } from 'vm-customization';
import { nameOfReady, readyCalled } from '../sources/readiness.js';
import { el } from '../ui/dom.js';

const WORDS = {
  none: 'the VM is customized',
  tools: 'it is, and VMware Tools run',
  'guest-operations': 'it is, and its guest takes guest operations',
} as const;

/** Offers all there are. */
export function chooseReady(choice: HTMLSelectElement, ready: MonitorOptions['ready']): void {
  choice.replaceChildren(...Object.entries(WORDS).map(([value, words]) => el('option', { value }, words)));
  choice.value = nameOfReady(ready ?? null);
}

export function chosenReady(choice: HTMLSelectElement): NonNullable<MonitorOptions['ready']> | null {
  return readyCalled(choice.value) ?? null;
}
