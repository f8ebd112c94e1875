/** Text on a terminal: what it takes in columns, and JSON that steers nothing. */
import stringWidth from 'string-width';
import { visible } from '../../util/visible.js';

// What takes columns together: a letter and its accents, an emoji and its parts.
const GRAPHEMES = new Intl.Segmenter();

/** A value as one line of JSON that does not steer a terminal either; whoever reads it as JSON gets the same value. */
export function jsonLine(value: unknown): string {
  return `${visible(JSON.stringify(value))}\n`;
}

/** How many columns the text takes. */
export const columns = (text: string): number => stringWidth(text);

/** The text, filled up with spaces. */
export function padded(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - columns(text)));
}

/** The text, cut to a width, with `…` where something is missing. */
export function cut(text: string, width: number): string {
  if (columns(text) <= width) {
    return text;
  }
  let kept = '';
  let sum = 0;
  for (const { segment } of GRAPHEMES.segment(text)) {
    sum += columns(segment);
    if (sum > width - 1) {
      break;
    }
    kept += segment;
  }
  return width <= 0 ? '' : `${kept}…`;
}

/** The same, with the middle missing: names of machines differ at their ends. */
export function cutMiddle(text: string, width: number): string {
  if (columns(text) <= width) {
    return text;
  }
  if (width <= 1) {
    return cut(text, width);
  }
  const atEnd = Math.floor((width - 1) / 2);
  let end = '';
  let sum = 0;
  for (const { segment } of [...GRAPHEMES.segment(text)].reverse()) {
    sum += columns(segment);
    if (sum > atEnd) {
      break;
    }
    end = segment + end;
  }
  // What `cut` leaves ends in the sign for what is missing.
  return cut(text, width - columns(end)) + end;
}

/** The text in lines of a width; a word that is longer stands alone, and is not cut. */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && columns(last) + 1 + columns(word) <= width) {
      lines.splice(-1, 1, `${last} ${word}`);
    } else {
      lines.push(word);
    }
  }
  return lines;
}
