/** Files named on the command line. */
import { readFileSync } from 'node:fs';
import { decodeText } from '../../util/decode-text.js';
import { fileProblem } from '../output/private-file.js';
import { UsageError } from './usage.js';

/**
 * What is in the file.
 * @throws {@link UsageError} that names the flag, the file and what is wrong with it
 */
export function contentOf(file: string, flag: string): string {
  try {
    return decodeText(readFileSync(file));
  } catch (error) {
    throw new UsageError(`${flag} ${file} cannot be read (${fileProblem(error)}): check the path and its permissions`);
  }
}

/** The first line of a text, without its end and a byte order mark. */
export function firstLine(text: string): string {
  return text.replace(/^\uFEFF/, '').split(/\r?\n/, 1)[0] ?? '';
}
