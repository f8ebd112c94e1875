/** Files named on the command line. */
import { closeSync, openSync, readSync } from 'node:fs';
import { decodeText } from '../../util/decode-text.js';
import { fileProblem } from '../output/private-file.js';
import { UsageError } from './usage.js';

const MIB = 1024 * 1024;
/** More than any recording, and less than the longest string of Node. */
export const MAX_FILE_BYTES = 256 * MIB;

/** A limit, because a device such as `/dev/zero` has no end. */
export function tooLarge(): Error {
  return new Error(`it is larger than ${MAX_FILE_BYTES / MIB} MiB`);
}

/**
 * All bytes of a file or of a pipe.
 * @throws Error of the system, or one that says that there is no end to it
 */
export function readFile(path: string): Uint8Array {
  const file = openSync(path, 'r');
  try {
    const chunks: Uint8Array[] = [];
    const chunk = new Uint8Array(MIB);
    for (let read = 0; ; ) {
      const count = readSync(file, chunk);
      if (count === 0) {
        return Buffer.concat(chunks);
      }
      read += count;
      if (read > MAX_FILE_BYTES) {
        throw tooLarge();
      }
      chunks.push(chunk.slice(0, count));
    }
  } finally {
    closeSync(file);
  }
}

/**
 * What is in the file.
 * @throws {@link UsageError} that names the flag, the file and what is wrong with it
 */
export function contentOf(file: string, flag: string): string {
  try {
    return decodeText(readFile(file));
  } catch (error) {
    throw new UsageError(`${flag} ${file} cannot be read (${fileProblem(error)}): check the path and its permissions`);
  }
}

/** The first line of a text, without its end and a byte order mark. */
export function firstLine(text: string): string {
  return text.replace(/^\uFEFF/, '').split(/\r?\n/, 1)[0] ?? '';
}
