/** How vCenter is read, by what a watch tells. */
import type { Progress } from '../watch/progress.js';
import type { Reading } from './view-message.js';

export class ReadingLog {
  #state: Reading['state'] = 'opening';
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
      case 'loggedIn':
        this.#set('reading', '');
        this.heard();
        break;
      case 'pushing':
        this.#set('live', '');
        this.heard();
        break;
      case 'read':
        this.#set(this.#state === 'live' ? 'live' : 'reading', '');
        this.heard();
        break;
      case 'ingested':
        this.heard();
        break;
      case 'readFailed':
      case 'pushFailed':
        if (progress.failure.vm === undefined) {
          this.#set('retrying', progress.failure.message ?? progress.failure.kind);
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
