/** Ctrl-C and its kin. */
import process from 'node:process';
import type { CommandProcess } from './command-process.js';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** The wish of whoever runs the command to end it. The first signal is a wish, the second an order. */
export class Interruption {
  readonly #process: CommandProcess;
  #signalled = false;
  readonly #onSignal = (): void => {
    if (this.#signalled) {
      this.#process.cutOff();
    }
    this.#signalled = true;
    this.#process.end('interrupted');
  };

  constructor(commandProcess: CommandProcess) {
    this.#process = commandProcess;
    for (const signal of SIGNALS) {
      process.on(signal, this.#onSignal);
    }
  }

  /** Gives the signals back. */
  release(): void {
    for (const signal of SIGNALS) {
      process.off(signal, this.#onSignal);
    }
  }
}
