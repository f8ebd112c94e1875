/** The band over rows that are as of an earlier time. */
import { html, setText } from './dom.js';

/** What it says, in parts: the duration changes all the time, and is not to be read out each time. */
export interface BandText {
  readonly begin: string;
  /** Such as ` (1 min)`. */
  readonly duration: string;
  readonly end: string;
}

/** It is there while it has something to say, and is read out once. Answers whether it is. */
export function drawBandText({ begin, duration, end }: BandText): boolean {
  const isOn = begin !== '';
  setText(html('band-begin'), begin);
  setText(html('band-duration'), duration);
  setText(html('band-end'), end);
  html('band').classList.toggle('on', isOn);
  document.documentElement.classList.toggle('stale', isOn);
  return isOn;
}
