/**
 * The command at a terminal: `script` of util-linux, which every Debian has, gives it one, and what it writes is put on a screen
 * as terminals do it.
 */
import { spawn } from 'node:child_process';
import stringWidth from 'string-width';
import { environment, PROGRAM } from './command.mjs';

/** What a terminal of so many columns shows, as far as the command steers it. Whatever else steers is an error. */
export class Screen {
  #columns;
  #rows;
  #lines = [''];
  #row = 0;
  #width = 0;
  /** A sequence of which the end is yet to come. */
  #cutOff = '';
  /** What stood there each time that the cursor was shown again: a table that is whole. */
  frames = [];

  constructor(columns, rows) {
    this.#columns = columns;
    this.#rows = rows;
  }

  /** Lines without trailing blanks. */
  get text() {
    return this.#lines
      .map((line) => line.trimEnd())
      .join('\n')
      .trimEnd();
  }

  write(text) {
    const [plain, ...sequences] = (this.#cutOff + text).split('\u001B');
    this.#cutOff = '';
    this.#print(plain);
    for (const [index, sequence] of sequences.entries()) {
      const [whole, count, letter] = /^\[\??([\d;]*)([A-Za-z])/.exec(sequence) ?? [];
      if (whole === undefined) {
        if (index < sequences.length - 1) throw new Error(`the command steers by ${JSON.stringify(sequence)}`);
        this.#cutOff = `\u001B${sequence}`;
      } else {
        this.#steer(count, letter);
        this.#print(sequence.slice(whole.length));
      }
    }
  }

  #print(text) {
    for (const character of text) {
      if (character === '\r') this.#toColumn0();
      else if (character === '\n') this.#down();
      else this.#put(character);
    }
  }

  #steer(count, letter) {
    if (letter === 'A') {
      this.#row -= Number(count);
      if (this.#row < 0 || this.#lines.length - this.#row > this.#rows) throw new Error('the cursor left the screen');
    } else if (letter === 'J') {
      this.#lines.length = this.#row + 1;
      this.#lines[this.#row] = '';
    } else if (letter === 'h') {
      this.frames.push(this.text);
    } else if (letter !== 'l' && letter !== 'm') {
      throw new Error(`the command steers by ${count}${letter}`);
    }
  }

  #put(character) {
    const width = stringWidth(character);
    if (this.#width + width > this.#columns) {
      this.#down();
      this.#toColumn0();
    }
    if (this.#width === 0) this.#lines[this.#row] = '';
    this.#lines[this.#row] += character;
    this.#width += width;
  }

  #toColumn0() {
    this.#width = 0;
  }

  #down() {
    this.#row += 1;
    this.#lines[this.#row] ??= '';
  }
}

const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

/**
 * Starts the command at a terminal of this size, with `startCommand`'s `server` and `env`, and in the folder `cwd`.
 *
 * @returns `shows(pattern)`, which resolves to the first table from here on that has it; `type(text)`, as at the keyboard;
 *   `done`, the exit status and the screen that is left
 */
export function startAtTerminal(args, { columns, rows = 24, server, env, cwd }) {
  const screen = new Screen(columns, rows);
  const line = `stty cols ${columns} rows ${rows}; exec ${[process.execPath, PROGRAM, ...args].map(quoted).join(' ')}`;
  const child = spawn('script', ['--quiet', '--return', '--command', line, '/dev/null'], {
    cwd,
    env: environment({ server, env: { TERM: 'xterm', ...env } }),
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const waiting = new Set();
  let failure;
  child.stdout.setEncoding('utf8').on('data', (text) => {
    try {
      screen.write(text);
    } catch (error) {
      failure ??= error;
      child.kill();
    }
    for (const look of waiting) look();
  });
  const done = new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => {
      for (const look of waiting) look(true);
      if (failure === undefined) resolve({ status, text: screen.text });
      else reject(failure);
    });
  });
  let seen = 0;
  return {
    done,
    type: (text) => child.stdin.write(text),
    shows: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (ended) => {
          const at = screen.frames.findIndex((frame, index) => index >= seen && pattern.test(frame));
          if (at === -1 && !ended) return;
          waiting.delete(look);
          seen = at + 1;
          if (at === -1) reject(new Error(`ended without ${pattern}: ${screen.text}`));
          else resolve(screen.frames[at]);
        };
        waiting.add(look);
        look();
      }),
  };
}
