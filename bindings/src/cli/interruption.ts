/** Ctrl-C and its kin. */
import process from 'node:process';
import { UNFINISHED } from './output/exit.js';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

// An end within a second, whatever hangs.
const PATIENCE_MS = 950;

/** The wish of whoever runs the command to end it. The first signal is a wish, the second an order. */
export class Interruption {
  readonly #controller = new AbortController();
  #signalled = false;
  readonly #onSignal = (): void => {
    if (this.#signalled) {
      process.exit(UNFINISHED);
    }
    this.#signalled = true;
    this.#wish();
  };
  // A wish and never an order: each line that nobody reads any more fails anew, and there is a server to be tidied up.
  readonly #wish = (): void => {
    if (!this.#controller.signal.aborted) {
      this.#controller.abort(new Error('interrupted'));
      setTimeout(() => process.exit(UNFINISHED), PATIENCE_MS).unref();
    }
  };

  constructor() {
    for (const signal of SIGNALS) {
      process.on(signal, this.#onSignal);
    }
    // Who read our output has gone: nobody is left to wait for.
    process.stdout.on('error', this.#wish);
  }

  /** Aborted by the first signal, and when nobody reads the output any more. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Gives the signals back. */
  release(): void {
    for (const signal of SIGNALS) {
      process.off(signal, this.#onSignal);
    }
    process.stdout.off('error', this.#wish);
  }
}
