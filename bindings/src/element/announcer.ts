/** Tells transitions to screen readers: politely, and no more than one sentence every few seconds. */
import type { Transition } from '../types.js';
import { transitionLine } from '../wording.js';
import { el } from './dom.js';
import type { RunModel } from './model.js';
import { summarizeTransitions } from './words.js';

const PAUSE_MS = 3_000;
/** More than these are summed up. */
const MOST_LINES = 3;
const MOST_KEPT = 1_000;

export class Announcer {
  readonly element = el('div', { role: 'status', class: 'sr-only' });
  #waiting: Transition[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  tell(model: RunModel, transitions: readonly Transition[]): void {
    this.#waiting = this.#waiting.concat(transitions).slice(-MOST_KEPT);
    this.#timer ??= setTimeout(() => this.#speak(model), this.element.textContent === '' ? 500 : PAUSE_MS);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#waiting = [];
    this.element.textContent = '';
  }

  #speak(model: RunModel): void {
    const transitions = this.#waiting;
    this.#waiting = [];
    this.#timer = undefined;
    this.element.textContent =
      transitions.length > MOST_LINES
        ? summarizeTransitions(transitions)
        : transitions.map((step) => transitionLine(step, model.row(step.vm)?.name ?? step.vm)).join('. ');
  }
}
