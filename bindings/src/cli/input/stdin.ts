/** Standard input. */
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { UsageError } from './usage.js';

/** All of standard input. */
export async function readStdin(): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) {
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

/** A file, or standard input for `-`. */
export async function readInput(file: string): Promise<Uint8Array> {
  if (file === '-') {
    return readStdin();
  }
  try {
    return readFileSync(file);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    throw new UsageError(`${file} cannot be read (${code}): check the path and its permissions`);
  }
}

/** The names asked for, each `-` replaced by the lines of standard input. */
export async function namesFromStdin(names: readonly string[]): Promise<readonly string[]> {
  const text = Buffer.from(await readStdin()).toString('utf8');
  const lines = text
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
