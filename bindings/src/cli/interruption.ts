/** Ctrl-C and its kin. */
import process from 'node:process';
import { UNFINISHED } from './exit.js';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

// An end within a second, whatever hangs.
const PATIENCE_MS = 950;

/** The wish of whoever runs the command to end it. The first signal is a wish, the second an order. */
export class Interruption {
  readonly #controller = new AbortController();
  readonly #handler = (): void => {
    if (this.#controller.signal.aborted) {
      process.exit(UNFINISHED);
    }
    this.#controller.abort(new Error('interrupted'));
    setTimeout(() => process.exit(UNFINISHED), PATIENCE_MS).unref();
  };

  constructor() {
    for (const signal of SIGNALS) {
      process.on(signal, this.#handler);
    }
    // Who read our output has gone: nobody is left to wait for.
    process.stdout.on('error', this.#handler);
  }

  /** Aborted by the first signal. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Gives the signals back. */
  release(): void {
    for (const signal of SIGNALS) {
      process.off(signal, this.#handler);
    }
  }
}
