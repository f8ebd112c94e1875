/** Tells transitions to screen readers: each failure at once, and the rest summed up now and then. */

import { transitionLine } from '../messages.js';
import type { CustomizationStatus, Transition } from '../types.js';
import { el, set } from './dom.js';
import type { RunModel } from './model.js';
import { countsText } from './words.js';

const EVERY_MS = 15_000;
/** How transitions are told: as `aria-live` has it. */
export type Live = 'polite' | 'assertive' | 'off';
export const LIVE: readonly Live[] = ['polite', 'assertive', 'off'];

/** More failures at a time than these are counted. */
const MOST_NAMES = 5;

export class Announcer {
  readonly element = el('div', { role: 'status', class: 'sr-only' });
  readonly #counts = new Map<CustomizationStatus, number>();
  /** The only one so far, which is told by its name. */
  #single: string | undefined;
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
    const line = (step: Transition): string => transitionLine(step, model.row(step.vm)?.name ?? step.vm);
    const failures = transitions.filter(({ to }) => to === 'CustomizationFailed');
    if (failures.length > 0) {
      const lines = failures.slice(0, MOST_NAMES).map(line);
      const more = failures.length - lines.length;
      this.#say([...lines, ...(more > 0 ? [`${more} more have failed`] : [])].join('. '));
    }
    for (const step of transitions) {
      if (step.to !== 'CustomizationFailed') {
        this.#single = this.#counts.size === 0 ? line(step) : undefined;
        this.#counts.set(step.to, (this.#counts.get(step.to) ?? 0) + 1);
      }
    }
    if (this.#counts.size > 0) {
      this.#timer ??= setTimeout(() => {
        this.#say(this.#single ?? countsText(this.#counts));
        this.#forget();
      }, EVERY_MS);
    }
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#forget();
    this.#say('');
  }

  #say(text: string): void {
    this.element.textContent = text;
  }

  #forget(): void {
    this.#timer = undefined;
    this.#single = undefined;
    this.#counts.clear();
  }
}
