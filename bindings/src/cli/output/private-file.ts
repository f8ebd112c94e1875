/** Files that are there whole or not at all, and that nobody but their owner reads. */
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fsyncSync,
  lstatSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

// Names of VMs and texts of events: not for every user of the machine.
const MODE = 0o600;
const NO_FILE = 'it is a device or a pipe: give the path of a file';
// Nothing that is there already is opened, and no link is followed, whoever else may write in that folder.
const NEW_FILE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0);

/**
 * Makes sure, as far as that can be known before, that the file can be written.
 * @throws Error of the system, or one that says what else than a file is there
 */
export function checkReplaceable(path: string): void {
  const there = lstatSync(path, { throwIfNoEntry: false });
  if (there?.isSymbolicLink()) {
    throw new Error('it is a link: give the path that it leads to');
  }
  if (there !== undefined && !there.isFile()) {
    throw new Error(there.isDirectory() ? 'it is a directory: give the path of a file' : NO_FILE);
  }
  const temporary = newPathBeside(path);
  closeSync(openSync(temporary, NEW_FILE, MODE));
  rmSync(temporary);
}

/**
 * The text of the file, as `replaceFile` has written it.
 * @throws Error of the system, or one that says that a device or a pipe is there, which may have no end
 */
export function readReplaceable(path: string): string {
  const there = statSync(path);
  if (!there.isFile() && !there.isDirectory()) {
    throw new Error(NO_FILE);
  }
  return readFileSync(path, 'utf8');
}

/**
 * Writes the file, in place of one that is there. Whoever reads it finds what was there before or the new text, and never
 * a part of it; after an error, what was there before.
 * @throws Error of the system
 */
export function replaceFile(path: string, text: string): void {
  const temporary = newPathBeside(path);
  const file = openSync(temporary, NEW_FILE, MODE);
  try {
    try {
      // Writes on after a short write, as a disk that is nearly full makes it.
      writeFileSync(file, text);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** What went wrong with a file, for a sentence: the system's code, or what the error says. */
export function fileProblem(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code ?? message ?? String(error);
}

/** A path that nobody can guess, in the same folder: only there a rename replaces the file in one step. */
function newPathBeside(path: string): string {
  return join(dirname(path), `.wait-vm-customization-${randomBytes(12).toString('hex')}.tmp`);
}
