/** What goes to standard error while a run goes on, each trouble told once. */
import type { Progress } from '../../watch/progress.js';

// As many pushes that fail one after the other are more than a hiccup.
const TROUBLE = 2;

/** Turns progress into warnings. */
export class Warnings {
  readonly #warn: (message: string) => void;
  #trouble: string | undefined;
  #pushTroubleTold = false;

  constructor(warn: (message: string) => void) {
    this.#warn = warn;
  }

  /** Takes what happened. */
  progress(progress: Progress): void {
    switch (progress.type) {
      case 'readFailed':
        this.#readFailed(progress.failure.kind, progress.failure.vm, progress.failure.message ?? progress.failure.kind);
        break;
      case 'read':
        if (this.#trouble !== undefined) {
          this.#trouble = undefined;
          this.#warn('events can be read again');
        }
        break;
      case 'guestInfoFailed':
        this.#warn(`${progress.message}; going on with the events alone`);
        break;
      case 'pushFailed':
        this.#pushFailed(progress.inARow, progress.failure.message ?? progress.failure.kind);
        break;
      case 'pushUnavailable':
        this.#warn(`events cannot be pushed (${progress.message}): reading them from time to time instead`);
        break;
      case 'ingested':
        for (const { place, message } of progress.ingested.bad ?? []) {
          this.#warn(`an event could not be understood and was left out (${place}: ${message})`);
        }
        break;
      default:
        break;
    }
  }

  #pushFailed(inARow: number, message: string): void {
    // One failure may pass unnoticed; and where events cannot be read either, that is the trouble to tell of.
    if (inARow < TROUBLE || this.#trouble !== undefined || this.#pushTroubleTold) {
      return;
    }
    this.#pushTroubleTold = true;
    this.#warn(`events cannot be pushed (${message}): reading them from time to time until that works again`);
  }

  #readFailed(kind: string, vm: string | undefined, message: string): void {
    // A VM that was refused has a line or a row of its own.
    if (vm !== undefined || this.#trouble === message) {
      return;
    }
    this.#trouble = message;
    const next =
      kind === 'transient' ? '; trying again' : kind === 'notAuthenticated' ? '; logging in again' : '; giving up';
    this.#warn(`${message}${next}`);
  }
}
