/** Standard input. */
import process from 'node:process';
import { decodeText } from '../../util/decode-text.js';
import { fileProblem } from '../output/private-file.js';
import { MAX_FILE_BYTES, readFile, tooLarge } from './files.js';
import { UsageError } from './usage.js';

/** All of standard input. */
async function readStdin(): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let read = 0;
  for await (const chunk of process.stdin) {
    read += (chunk as Buffer).length;
    if (read > MAX_FILE_BYTES) {
      throw tooLarge();
    }
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

/**
 * A file, or standard input for `-`.
 * @throws {@link UsageError} when it cannot be read
 */
export async function readInput(file: string): Promise<Uint8Array> {
  try {
    return file === '-' ? await readStdin() : readFile(file);
  } catch (error) {
    throw new UsageError(
      `${inputName(file)} cannot be read (${fileProblem(error)}): check the path and its permissions`,
    );
  }
}

/** What a message calls it. */
export function inputName(file: string): string {
  return file === '-' ? 'standard input' : file;
}

/** The names asked for, each `-` replaced by the lines of standard input. */
export async function namesFromStdin(names: readonly string[]): Promise<readonly string[]> {
  const lines = decodeText(await readInput('-'))
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const first = names.indexOf('-');
  const all = names.flatMap((name, index) => (name === '-' ? (index === first ? lines : []) : [name]));
  if (all.length === 0) {
    throw new UsageError('no VM was given: standard input holds no name');
  }
  return all;
}
