/** Tells transitions to screen readers, no more than one sentence every few seconds. */

import { transitionLine } from '../messages.js';
import type { CustomizationStatus, Transition } from '../types.js';
import { el, set } from './dom.js';
import type { RunModel } from './model.js';
import { countsText } from './words.js';

const FIRST_PAUSE_MS = 500;
const PAUSE_MS = 3_000;
/** How transitions are told: as `aria-live` has it. */
export type Live = 'polite' | 'assertive' | 'off';
export const LIVE: readonly Live[] = ['polite', 'assertive', 'off'];

/** More than these are summed up. */
const MOST_LINES = 3;

export class Announcer {
  readonly element = el('div', { role: 'status', class: 'sr-only' });
  readonly #counts = new Map<CustomizationStatus, number>();
  #first: Transition[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  set live(live: Live) {
    set(this.element, 'aria-live', live);
    if (live === 'off') {
      this.stop();
    }
  }

  tell(model: RunModel, transitions: readonly Transition[]): void {
    if (this.element.getAttribute('aria-live') === 'off') {
      return;
    }
    this.#first = this.#first.concat(transitions.slice(0, MOST_LINES)).slice(0, MOST_LINES);
    for (const { to } of transitions) {
      this.#counts.set(to, (this.#counts.get(to) ?? 0) + 1);
    }
    this.#timer ??= setTimeout(() => this.#speak(model), this.element.textContent === '' ? FIRST_PAUSE_MS : PAUSE_MS);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#forget();
    this.element.textContent = '';
  }

  #forget(): void {
    this.#timer = undefined;
    this.#first = [];
    this.#counts.clear();
  }

  #speak(model: RunModel): void {
    const total = [...this.#counts.values()].reduce((sum, count) => sum + count, 0);
    this.element.textContent =
      total > MOST_LINES
        ? countsText(total, this.#counts)
        : this.#first.map((step) => transitionLine(step, model.row(step.vm)?.name ?? step.vm)).join('. ');
    this.#forget();
  }
}
