/** How vCenter is read, by what a watch tells: of a shared page, and of one that watches itself. */
import type { Progress } from '../watch/progress.js';
import type { Reading } from './view-message.js';

export class ReadingLog {
  #state: Reading['state'] = 'opening';
  #isPushing = false;
  #trouble = '';
  #heardAt = performance.now();

  /** As it is now. */
  get reading(): Reading {
    return { state: this.#state, trouble: this.#trouble, heardAgoMs: performance.now() - this.#heardAt };
  }

  /** vCenter has answered. */
  heard(): void {
    this.#heardAt = performance.now();
  }

  /** Takes what happened; answers whether vCenter has answered with it. */
  readonly take = (progress: Progress): boolean => {
    switch (progress.type) {
      case 'started':
      case 'read':
        this.#set(this.#isPushing ? 'live' : 'reading', '');
        this.heard();
        return true;
      case 'ingested':
        this.heard();
        return true;
      case 'readFailed':
        if (progress.failure.vm === undefined) {
          this.#set('retrying', progress.failure.message ?? progress.failure.kind);
        }
        return false;
      case 'pushing':
      case 'pushFailed':
        this.#isPushing = progress.type === 'pushing';
        // Whether events can be read at all is what reads tell.
        if (this.#state === 'live' || this.#state === 'reading') {
          this.#set(this.#isPushing ? 'live' : 'reading', '');
        }
        return false;
      default:
        return false;
    }
  };

  #set(state: Reading['state'], trouble: string): void {
    this.#state = state;
    this.#trouble = trouble;
  }
}
