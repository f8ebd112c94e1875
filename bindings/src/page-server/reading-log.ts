/** How vCenter is read, by what a watch tells. */
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

  readonly take = (progress: Progress): void => {
    switch (progress.type) {
      case 'started':
      case 'read':
        this.#set(this.#isPushing ? 'live' : 'reading', '');
        this.heard();
        break;
      case 'ingested':
        this.heard();
        break;
      case 'readFailed':
        if (progress.failure.vm === undefined) {
          this.#set('retrying', progress.failure.message ?? progress.failure.kind);
        }
        break;
      case 'pushing':
      case 'pushFailed':
        this.#isPushing = progress.type === 'pushing';
        // Whether events can be read at all is what reads tell.
        if (this.#state !== 'retrying') {
          this.#set(this.#isPushing ? 'live' : 'reading', '');
        }
        break;
      default:
    }
  };

  #set(state: Reading['state'], trouble: string): void {
    this.#state = state;
    this.#trouble = trouble;
  }
}
