/** Files named on the command line. */
import { readFileSync } from 'node:fs';
import { UsageError } from './usage.js';

/**
 * What is in the file.
 * @throws {@link UsageError} that names the flag, the file and what is wrong with it
 */
export function contentOf(file: string, flag: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new UsageError(`${flag} ${file} cannot be read (${code}): check the path and its permissions`);
  }
}

/** The first line of a text, without its end and a byte order mark. */
export function firstLine(text: string): string {
  return text.replace(/^\uFEFF/, '').split(/\r?\n/, 1)[0] ?? '';
}
