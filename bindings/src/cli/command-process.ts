/** The process that runs the command: its streams, and what ends it whatever the command is about. */

import { fstatSync, readFileSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { debuglog } from 'node:util';
import { sanitizeForTerminal } from '../util/visible.js';
import { OUTPUT_FAILED, UNEXPECTED, UNFINISHED } from './output/exit.js';
import { fileProblem } from './output/private-file.js';
import type { Output } from './output/reporter.js';

// An end within a second, whatever hangs.
const CLEAN_UP_MS = 950;

const debug = debuglog('wait-vm-customization');

/** One for each process: it takes the process's streams, and the errors that nobody has caught. */
export class CommandProcess {
  /** Standard output. After a write that failed nothing more is written: a reader would take the rest for the whole. */
  readonly out: Output;
  /** Standard error. */
  readonly err: Output;
  readonly #ending = new AbortController();
  #status: number | undefined;
  #whenCutOff = UNFINISHED;

  constructor() {
    this.err = outputOf(process.stderr, () => undefined);
    this.out = outputOf(process.stdout, (error) => this.#outputFailed(error));
    process.on('uncaughtException', (error) => this.unexpected(error));
    process.once('beforeExit', () => {
      // Nothing is left that could ever go on.
      if (process.exitCode === undefined) {
        this.unexpected(new Error('the command has stopped in the middle'));
      }
    });
  }

  /** Aborted when the command is to end: it has a second to clean up. */
  get signal(): AbortSignal {
    return this.#ending.signal;
  }

  /** A command that only an interruption ends has done what it was to do, also where it is cut off while it cleans up. */
  endsByInterruption(status: number): void {
    this.#whenCutOff = status;
  }

  /** Ends the process at once. */
  cutOff(): never {
    process.exit(this.exitStatus(this.#whenCutOff));
  }

  /** The exit status, where the command itself has come to this one. */
  exitStatus(status: number): number {
    return this.#status ?? status;
  }

  /** Ends the command. */
  end(reason: string): void {
    if (!this.#ending.signal.aborted) {
      this.#ending.abort(new Error(reason));
      setTimeout(() => this.cutOff(), CLEAN_UP_MS).unref();
    }
  }

  /** Tells of an error that the command has no name for, and ends it; answers the exit status. */
  unexpected(error: unknown): number {
    if (this.#status === UNEXPECTED) {
      return UNEXPECTED;
    }
    this.#fail(UNEXPECTED);
    const what = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    this.err.write(
      [
        `wait-vm-customization: unexpected error: ${sanitizeForTerminal(what)}`,
        `This is a fault of wait-vm-customization ${version()}, and says nothing of the VMs. Please report it to where you have it`,
        'from, with what the same command prints with NODE_DEBUG=wait-vm-customization: that tells where it happened.',
        '',
      ].join('\n'),
    );
    debug('%s', error instanceof Error ? error.stack : error);
    this.end('an unexpected error');
    return UNEXPECTED;
  }

  #outputFailed(error: unknown): void {
    // Who read it has gone, as after `| head`: nobody is left to wait for, and nobody to be told.
    if ((error as NodeJS.ErrnoException).code !== 'EPIPE') {
      if (this.#status === undefined) {
        this.#fail(OUTPUT_FAILED);
      }
      this.err.write(
        `wait-vm-customization: standard output cannot be written (${fileProblem(error)}): what is missing there is lost\n`,
      );
    }
    this.end('standard output is gone');
  }

  #fail(status: number): void {
    this.#status = status;
    // It may be that the command has returned already, or never will.
    process.exitCode = status;
  }
}

/** The package's version. */
export function version(): string {
  const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };
  return manifest.version;
}

function outputOf(stream: NodeJS.WriteStream & { readonly fd: number }, onError: (error: unknown) => void): Output {
  let failed = false;
  const fail = (error: unknown): void => {
    if (!failed) {
      failed = true;
      onError(error);
    }
  };
  stream.on('error', fail);
  if (!isFile(stream)) {
    return stream;
  }
  // Node's own stream takes a short write for a whole one, and what a full disk has cut off would go unnoticed.
  return {
    write: (text) => {
      if (!failed) {
        try {
          writeFileSync(stream.fd, text);
        } catch (error) {
          fail(error);
        }
      }
    },
  };
}

function isFile({ isTTY, fd }: NodeJS.WriteStream & { readonly fd: number }): boolean {
  const stats = fstatSync(fd);
  return !isTTY && (stats.isFile() || stats.isCharacterDevice() || stats.isBlockDevice());
}
