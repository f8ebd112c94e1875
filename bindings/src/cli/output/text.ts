/** Text on a terminal: what it takes in columns, and nothing in it that could steer the terminal. */

// Control characters, and those that change the direction of text or cannot be seen.
const STEERING = /[\p{Cc}\u200B-\u200F\u2028-\u202E\u2060-\u2069\uFEFF\uFFF9-\uFFFB]/gu;
const COMBINING = /\p{Mn}|\p{Me}|\p{Cf}/u;
const WIDE =
  /[\u1100-\u115F\u2E80-\u303E\u3041-\u33FF\u3400-\u4DBF\u4E00-\u9FFF\uA000-\uA4CF\uA960-\uA97F\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6]|[\u{1F300}-\u{1F64F}\u{1F680}-\u{1F6FF}\u{1F900}-\u{1FAFF}\u{20000}-\u{3FFFD}]/u;

/** The text on one line, with characters that would move the cursor, recolour or reorder made visible as U+FFFD. */
export function sanitizeForTerminal(text: string): string {
  return text.replace(/\r?\n|\t/g, ' ').replace(STEERING, '\uFFFD');
}

/** How many columns the text takes. */
export function columns(text: string): number {
  let sum = 0;
  for (const character of text) {
    sum += columnsOf(character);
  }
  return sum;
}

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
  for (const character of text) {
    sum += columnsOf(character);
    if (sum > width - 1) {
      break;
    }
    kept += character;
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
  for (const character of [...text].reverse()) {
    sum += columnsOf(character);
    if (sum > atEnd) {
      break;
    }
    end = character + end;
  }
  // What `cut` leaves ends in the sign for what is missing.
  return cut(text, width - columns(end)) + end;
}

function columnsOf(character: string): number {
  if (COMBINING.test(character)) {
    return 0;
  }
  return WIDE.test(character) ? 2 : 1;
}
