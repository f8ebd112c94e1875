/** Files named on the command line. */
import { readFileSync } from 'node:fs';
import { UsageError } from './usage.js';

/**
 * What is in the file.
 * @throws {@link UsageError} that names the flag, the file and what is wrong with it
 */
export function contentOf(file: string, flag: string): string {
  try {
    return textOf(readFileSync(file));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new UsageError(`${flag} ${file} cannot be read (${code}): check the path and its permissions`);
  }
}

// Windows PowerShell writes UTF-16, with a byte order mark.
function textOf(bytes: Buffer): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) {
    return bytes.toString('utf16le', 2);
  }
  if (bytes[0] === 0xfe && bytes[1] === 0xff) {
    return bytes
      .subarray(2, bytes.length - (bytes.length % 2))
      .swap16()
      .toString('utf16le');
  }
  return bytes.toString('utf8');
}

/** The first line of a text, without its end and a byte order mark. */
export function firstLine(text: string): string {
  return text.replace(/^\uFEFF/, '').split(/\r?\n/, 1)[0] ?? '';
}
