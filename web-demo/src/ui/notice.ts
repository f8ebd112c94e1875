/** What the page has to say to everybody, on the screen and through a screen reader. */
import { html, setText } from './dom.js';

const NOTICE_MS = 4_000;

let fading: number | undefined;

/** For a while; what went wrong before is over with it. */
export function tell(text: string): void {
  const notice = html('notice');
  notice.classList.remove('old');
  setText(notice, text);
  fail('');
  clearTimeout(fading);
  fading = window.setTimeout(() => notice.classList.add('old'), NOTICE_MS);
}

/** What went wrong; it stays until something else is said, or Escape is pressed. */
export function fail(text: string): void {
  setText(html('error'), text);
}
