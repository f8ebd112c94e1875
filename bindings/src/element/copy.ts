/** The clipboard, also where a page may not use it by itself: over plain HTTP, and in a frame that was not allowed to. */
import { el } from './dom.js';

/**
 * Puts a text into the clipboard. Answers whether it is there.
 * @param near - what the user has pressed: the text is selected beside it where there is no other way
 */
export async function copyText(text: string, near: HTMLElement): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = el('textarea', { class: 'sr-only', readonly: '', 'aria-hidden': 'true', tabindex: '-1' });
    field.value = text;
    near.after(field);
    field.select();
    const isCopied = document.execCommand('copy');
    field.remove();
    near.focus();
    return isCopied;
  }
}
