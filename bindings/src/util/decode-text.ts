/** The text of a file, wherever it was written. */
import { checkValue, type Field, tagOf } from './fields.js';

const BYTES: Field = {
  fits: (value) => tagOf(value) === 'Uint8Array',
  give: 'give a Uint8Array, such as that which readFile answers',
  code: 'invalidInput',
};

/**
 * Decodes UTF-8, and the UTF-16 that Windows PowerShell writes with `>`: told by its mark, and without one by the zero in
 * its first character. The mark is no part of the text, and bytes that are none become U+FFFD.
 * @throws {@link OptionsError} (`invalidInput`) for what is no bytes
 */
export function decodeText(bytes: Uint8Array): string {
  checkValue('bytes', bytes, BYTES);
  return new TextDecoder(utf16Of(bytes) ?? 'utf-8').decode(bytes);
}

/** Which UTF-16 the bytes are; undefined for UTF-8. */
export function utf16Of([first, second]: Uint8Array): 'utf-16le' | 'utf-16be' | undefined {
  if (first === undefined || second === undefined) {
    return undefined;
  }
  if ((first === 0xff && second === 0xfe) || (first !== 0 && second === 0)) {
    return 'utf-16le';
  }
  return (first === 0xfe && second === 0xff) || (first === 0 && second !== 0) ? 'utf-16be' : undefined;
}
