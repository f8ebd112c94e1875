/** How far all of it is: progress, the window's title, its icon. */

import type { CustomizationStatus } from 'vm-customization';
import { type RunModel, STATUS_LABELS } from 'vm-customization/element';
import { byId, html, setText } from '../ui/dom.js';

const NAME = 'VM customization status';

/** Colours that can be told on a light and on a dark bar of tabs; the order of the ring. */
const RING: readonly (readonly [CustomizationStatus, string])[] = [
  ['CustomizationFailed', '#d92d34'],
  ['CustomizationSucceeded', '#2f9e5b'],
  ['CustomizationStarted', '#2f7de0'],
  ['CustomizationNotStarted', '#d99a1c'],
  ['VmNotStarted', '#8792a0'],
];

export class Summary {
  readonly #progress = byId('progress', HTMLProgressElement);
  readonly #done = html('done');
  readonly #icon = byId('favicon', HTMLLinkElement);
  #drawn = '';

  /**
   * @param notice - what the window's title begins with, where there is something to say before the counts
   * @param words - what it says in place of the counts; empty where it says them
   */
  draw({ counts: all, earlier, size }: RunModel, notice: string, words: string): void {
    // What was done before the page was opened is not of this run.
    const counts = Object.fromEntries(RING.map(([status]) => [status, all[status] - earlier[status]])) as typeof all;
    const before = RING.reduce((sum, [status]) => sum + earlier[status], 0);
    const key = `${notice} ${words} ${size} ${RING.map(([status]) => counts[status]).join(' ')}`;
    if (key === this.#drawn) {
      return;
    }
    this.#drawn = key;
    const { CustomizationSucceeded: succeeded, CustomizationFailed: failed } = counts;
    const done = succeeded + failed;
    this.#progress.max = Math.max(1, size - before);
    this.#progress.value = done;
    this.#progress.style.setProperty('--failed', `${(100 * failed) / Math.max(1, done)}%`);
    setText(this.#done, `${done} of ${size - before} done`);
    const parts = RING.filter(([status]) => counts[status] > 0).map(
      ([status]) => `${counts[status]} ${STATUS_LABELS[status].toLowerCase()}`,
    );
    document.title = [notice, words || parts.join(', '), NAME].filter(Boolean).join(' – ');
    this.#icon.href = `data:image/svg+xml,${encodeURIComponent(ring(counts, size - before))}`;
  }
}

/** A ring of the counts; a mark in the middle when something has failed, for those who cannot tell the colours. */
function ring(counts: RunModel['counts'], size: number): string {
  const length = 2 * Math.PI * 11;
  let from = 0;
  const arcs = RING.map(([status, colour]) => {
    const part = (counts[status] / Math.max(1, size)) * length;
    const arc = `<circle cx="16" cy="16" r="11" fill="none" stroke="${colour}" stroke-width="9" stroke-dasharray="${part.toFixed(2)} 99" stroke-dashoffset="${(-from).toFixed(2)}" transform="rotate(-90 16 16)"/>`;
    from += part;
    return counts[status] > 0 ? arc : '';
  });
  const mark =
    counts.CustomizationFailed > 0 ? '<path d="M12 12l8 8m0-8l-8 8" stroke="#d92d34" stroke-width="4"/>' : '';
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">${arcs.join('')}${mark}</svg>`;
}
