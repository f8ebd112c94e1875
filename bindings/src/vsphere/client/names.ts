/**
 * Names as people write them. vCenter keeps `%`, `/` and `\` inside a name as `%25`, `%2f` and `%5c`, and shows the
 * character itself.
 */
import { sanitizeForTerminal } from '../../util/visible.js';

const ESCAPED: Readonly<Record<string, string>> = { '%25': '%', '%2f': '/', '%5c': '\\' };

/** A stored name as vCenter's pages show it. */
export function shownName(stored: string): string {
  return stored.replace(/%(?:25|2f|5c)/gi, (code) => ESCAPED[code.toLowerCase()] ?? code);
}

/** Whether a name was meant as a pattern. */
export function isGlob(text: string): boolean {
  return /[*?]/.test(text);
}

/** Finds the names that were asked for. */
export interface NameMatcher {
  /** Whether the stored name is the one asked for, or fits the pattern. */
  matches(stored: string): boolean;
}

/** For a plain name: as stored, as shown, with its escapes written out, or as a terminal shows it. */
export function plainMatcher(name: string): NameMatcher {
  const meant = shownName(name);
  return {
    matches: (stored) => {
      const shown = shownName(stored);
      return stored === name || shown === name || shown === meant || sanitizeForTerminal(shown) === name;
    },
  };
}

/** For a pattern: `*` is any run of characters, `?` any one. */
export function globMatcher(pattern: string): NameMatcher {
  const source = [...shownName(pattern)]
    .map((character) => {
      if (character === '*') {
        return '.*';
      }
      return character === '?' ? '.' : character.replace(/[.+^${}()|[\]\\/]/, '\\$&');
    })
    .join('');
  const expression = new RegExp(`^${source}$`, 'su');
  return { matches: (stored) => expression.test(shownName(stored)) };
}

/** For a name that may be a pattern. */
export function matcherFor(text: string): NameMatcher {
  return isGlob(text) ? globMatcher(text) : plainMatcher(text);
}

/** Whether a reference's value stands there bare, as a name might. */
export function isBareMoRef(text: string): boolean {
  return /^vm-\d+$/.test(text);
}

/** The value of a managed object reference, if the text is one: `vm-101`, `VirtualMachine:vm-101` or as pyvmomi has it. */
export function asMoRefValue(text: string): string | undefined {
  return /^(?:(?:vim\.)?VirtualMachine[:-])?(vm-\d+)$/.exec(text)?.[1];
}

/** The instance or BIOS UUID of a VM, if the text is one, as vCenter writes it. */
export function asUuid(text: string): string | undefined {
  return /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text) ? text.toLowerCase() : undefined;
}

/** A name and the value of a reference, if the text is a label as tables have it where names repeat: `web-1 (vm-101)`. */
export function asLabel(text: string): { readonly name: string; readonly value: string } | undefined {
  const [, name, value] = /^(.+) \((vm-\d+)\)$/s.exec(text) ?? [];
  return name === undefined || value === undefined ? undefined : { name, value };
}
