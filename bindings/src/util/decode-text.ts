/** The text of a file, wherever it was written. */

/**
 * Decodes UTF-8, and the UTF-16 that Windows PowerShell writes with `>`: told by its mark, and without one by the zero in
 * its first character. The mark is no part of the text, and bytes that are none become U+FFFD.
 */
export function decodeText(bytes: Uint8Array): string {
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
