/** A file with a secret in it: a password, a token, credentials. What was refused is not tried again before the file is changed. */
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';

/** What a file has at the moment. */
export interface Secret {
  readonly text: string;
  /** Another with each change of the file, also one that leaves the text as it is. */
  readonly version: string;
}

/** One file. */
export class SecretFile {
  readonly path: string;
  #refused: string | undefined;

  constructor(path: string) {
    this.path = path;
  }

  /**
   * What it has now.
   * @throws an error that names the file, where it cannot be read or is empty: it may be on its way to be written
   */
  read(): Secret {
    let file: number | undefined;
    try {
      file = openSync(this.path, 'r');
      const { mtimeMs, ino } = fstatSync(file);
      const text = readFileSync(file, 'utf8');
      if (text.trim() === '') {
        throw new Error('it is empty');
      }
      return { text, version: `${ino} ${mtimeMs} ${text}` };
    } catch (error) {
      const why = error instanceof Error && 'code' in error ? error.code : (error as Error).message;
      throw new Error(`the file ${this.path} cannot be used (${why}): write the secret there`, { cause: error });
    } finally {
      if (file !== undefined) {
        closeSync(file);
      }
    }
  }

  refuse({ version }: Secret): void {
    this.#refused = version;
  }

  /** Whether that is what was refused. */
  isRefused({ version }: Secret): boolean {
    return version === this.#refused;
  }
}

/** The first line of a text: a password, or a token. */
export function firstLine({ text }: Secret): string {
  return text.split(/\r?\n/, 1)[0] ?? '';
}
