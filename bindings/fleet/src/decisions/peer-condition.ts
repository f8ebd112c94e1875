/** How another worker is, by what became of asking it every second. */
import type { Condition } from './lease.js';

/** What one question came to. */
export type ProbeOutcome = 'answered' | 'noResponders' | 'timedOut';

// One may be a broker that has just been told; the second is a second later.
const NO_RESPONDERS_IN_A_ROW = 2;
const TIMEOUTS_IN_A_ROW = 3;

/** Of one process. */
export class PeerCondition {
  #noResponders = 0;
  #timeouts = 0;

  tell(outcome: ProbeOutcome): void {
    switch (outcome) {
      case 'answered':
        this.#noResponders = 0;
        this.#timeouts = 0;
        break;
      case 'noResponders':
        this.#noResponders += 1;
        break;
      case 'timedOut':
        this.#noResponders = 0;
        this.#timeouts += 1;
        break;
    }
  }

  get condition(): Condition {
    if (this.#noResponders >= NO_RESPONDERS_IN_A_ROW) {
      return 'gone';
    }
    return this.#timeouts >= TIMEOUTS_IN_A_ROW ? 'silent' : 'alive';
  }
}
