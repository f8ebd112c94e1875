/** The page's own elements. Texts go in as text only: names and messages come from guests and event logs. */

// The element's own.
export { el, setText } from '../../../bindings/src/element/dom.js';

/** An element of index.html. */
export function byId<T extends Element>(id: string, type: { new (): T; prototype: T }): T {
  const found = document.getElementById(id);
  if (!(found instanceof type)) {
    throw new Error(`index.html has no ${type.name} \`${id}\``);
  }
  return found;
}

export const button = (id: string): HTMLButtonElement => byId(id, HTMLButtonElement);
export const input = (id: string): HTMLInputElement => byId(id, HTMLInputElement);
export const select = (id: string): HTMLSelectElement => byId(id, HTMLSelectElement);
export const dialog = (id: string): HTMLDialogElement => byId(id, HTMLDialogElement);
export const html = (id: string): HTMLElement => byId(id, HTMLElement);

export function onClick(id: string, act: () => void | Promise<void>): void {
  button(id).addEventListener('click', act);
}

/** What went wrong, for people. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** `1 VM`, `2 VMs`. */
export function count(number: number, noun: string): string {
  return `${number.toLocaleString('en')} ${noun}${number === 1 ? '' : 's'}`;
}
