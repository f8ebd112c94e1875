/** Draws the status line with its band, and which source is the current one. */
import { bandText, type Freshness } from '../run/freshness.js';
import { drawBandText } from '../ui/band.js';
import { button, html, setText } from '../ui/dom.js';
import { freshnessOf, modelOf, type Shown, sourceOf, statusLine } from './shown.js';

const BUTTONS = { simulated: 'open-simulated', recording: 'open-file', vcenter: 'open-vcenter' } as const;

export function drawStatusLine(shown: Shown): void {
  const { state, label, age, title, trouble, isLive, canLogOut, hasOptions } = statusLine(shown, navigator.onLine);
  const badge = html('state');
  badge.dataset.state = state;
  badge.title = trouble;
  setText(badge, label);
  setText(html('age'), age);
  // Where there is a band, that says it.
  const isInBand = freshnessOf(shown).kind === 'stale';
  const source = html('source');
  setText(source, trouble === '' || isInBand ? title : `${title} – ${trouble}`);
  // It may be longer than its place.
  source.title = source.textContent;
  html('demo').hidden = sourceOf(shown) !== 'simulated';
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

/** The band over rows that are as of an earlier time stays while they are. */
export function drawBand(shown: Shown): void {
  const freshness = freshnessOf(shown);
  drawBandText(bandText(freshness, modelOf(shown).serverNowMs ?? Date.now()));
  button('band-log-in').hidden = !isLogInOffered(freshness);
}

function isLogInOffered(freshness: Freshness): boolean {
  return freshness.kind === 'stale' && freshness.needsLogIn;
}
