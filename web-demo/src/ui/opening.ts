/** Says of what takes long how far it is, and lets people give it up. */
import { button, byId, html, setText } from './dom.js';

/** What is done by then was not long. */
const SHOWN_AFTER_MS = 250;

export interface Progress {
  readonly bytes: number;
  readonly of: number;
}

let current: AbortController | undefined;

/** Gives up what is at work: something else is shown. */
export function giveUpOpening(): void {
  current?.abort();
}

/**
 * Does `work`, which opens something. The latest counts: one that is still at work is given up.
 * @param what - such as the name of a file
 * @returns undefined where it was given up
 */
export async function opening<T>(
  what: string,
  work: (signal: AbortSignal, onProgress: (progress: Progress) => void) => Promise<T>,
): Promise<T | undefined> {
  giveUpOpening();
  const own = new AbortController();
  current = own;
  const popover = html('opening');
  const bar = byId('opening-progress', HTMLProgressElement);
  const over = new AbortController();
  const giveUp = (): void => own.abort();
  const showing = setTimeout(() => {
    // What is outside of a modal dialog cannot be pressed.
    const modal = document.querySelector('dialog:modal');
    (modal ?? document.body).append(popover);
    modal?.addEventListener('close', giveUp, { signal: over.signal });
    popover.showPopover();
  }, SHOWN_AFTER_MS);
  setText(html('opening-what'), `Opening ${what}…`);
  setText(html('opening-how'), '');
  bar.removeAttribute('value');
  button('opening-cancel').onclick = giveUp;
  try {
    return await work(own.signal, ({ bytes, of }) => {
      if (bytes === of) {
        // Nothing says how long that takes.
        bar.removeAttribute('value');
        setText(html('opening-how'), `${mebibytes(of)} MiB read. Working out what happened…`);
      } else {
        bar.value = bytes / of;
        setText(html('opening-how'), `${mebibytes(bytes)} of ${mebibytes(of)} MiB read`);
      }
    });
  } catch (error) {
    if (own.signal.aborted) {
      return undefined;
    }
    throw error;
  } finally {
    clearTimeout(showing);
    over.abort();
    if (current === own) {
      current = undefined;
      popover.hidePopover();
    }
  }
}

function mebibytes(bytes: number): number {
  return Math.ceil(bytes / 2 ** 20);
}
