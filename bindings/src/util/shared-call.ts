import { orAborted } from './abort.js';

/** A call under way, and how many wait for it. */
interface OpenCall<T> {
  readonly answer: Promise<T>;
  readonly controller: AbortController;
  waiting: number;
}

/** A call that is made once for all who want it at the same time, and aborted when the last of them has gone. */
export class SharedCall<T> {
  readonly #make: (signal: AbortSignal) => Promise<T>;
  #open: OpenCall<T> | undefined;

  constructor(make: (signal: AbortSignal) => Promise<T>) {
    this.#make = make;
  }

  /** What it answers: of the call that is under way, else of a new one. */
  async join(signal: AbortSignal): Promise<T> {
    signal.throwIfAborted();
    this.#open ??= this.#begin();
    const open = this.#open;
    open.waiting += 1;
    try {
      return await orAborted(open.answer, signal);
    } finally {
      open.waiting -= 1;
      if (open.waiting === 0) {
        this.#end(open);
        open.controller.abort(signal.reason);
      }
    }
  }

  #begin(): OpenCall<T> {
    const controller = new AbortController();
    const open = { controller, waiting: 0, answer: this.#make(controller.signal) };
    const end = (): void => this.#end(open);
    open.answer.then(end, end);
    return open;
  }

  #end(open: OpenCall<T>): void {
    if (this.#open === open) {
      this.#open = undefined;
    }
  }
}
