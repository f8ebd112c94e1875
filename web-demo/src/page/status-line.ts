/** Draws the status line, and which source is the current one. */
import { button, html, setText } from '../ui/dom.js';
import { type Shown, sourceOf, statusLine } from './shown.js';

const BUTTONS = { simulated: 'open-simulated', recording: 'open-file', vcenter: 'open-vcenter' } as const;

export function drawStatusLine(shown: Shown): void {
  const { state, label, title, trouble, isLive, canLogOut, hasOptions } = statusLine(shown, navigator.onLine);
  const badge = html('state');
  badge.dataset.state = state;
  badge.title = trouble;
  setText(badge, label);
  setText(html('source'), trouble === '' ? title : `${title} – ${trouble}`);
  button('again').hidden = !isLive;
  button('rewind').hidden = !isLive;
  button('log-out').hidden = !canLogOut;
  button('open-options').disabled = !hasOptions;
  for (const [source, id] of Object.entries(BUTTONS)) {
    if (source === sourceOf(shown)) {
      button(id).setAttribute('aria-current', 'true');
    } else {
      button(id).removeAttribute('aria-current');
    }
  }
}
