/** Texts of others - names of VMs, messages of servers - as they are printed: nothing in them steers a terminal. */

// Controls, what orders text, and what cannot be seen.
const STEERING = /\p{C}/gu;

/** A value as JSON on one line, with each such character as JSON writes it, such as `\u202e`. */
export function visibleJson(value: unknown): string {
  return JSON.stringify(value).replace(STEERING, (character) =>
    character
      .split('')
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join(''),
  );
}

/** A text on one line, with a mark in the place of each such character. */
export function visibleText(text: string): string {
  return text.replace(STEERING, '\uFFFD');
}
