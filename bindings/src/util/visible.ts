/** Characters that steer what they stand in, made visible. */

// Controls of C0 and C1, the direction of text, and what has no width or ends a line in some programs.
const STEERING = /[\p{Cc}\p{Bidi_Control}\u200B-\u200D\u2028\u2029\u2060-\u2064\u206A-\u206F\uFEFF\uFFF9-\uFFFB]/gu;

/** The text with each such character as JSON writes it, such as `\u202e`: it moves, recolours and reorders nothing. */
export function visible(text: string): string {
  return text.replace(STEERING, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** The text on one line, with whatever would move the cursor, recolour or reorder it made visible. */
export function sanitizeForTerminal(text: string): string {
  return visible(text.replace(/\r?\n|\t/g, ' '));
}
