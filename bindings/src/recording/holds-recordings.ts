/** Which of the two a file is that people open: recordings, or events. */

import { checkValue, type Field, isText } from '../util/fields.js';

const TEXT: Field = {
  fits: isText,
  give: 'give the text of the file, such as that which decodeText answers',
  code: 'invalidInput',
};

/**
 * Whether a text is of the project's own formats, one value or one a line, rather than a document of events.
 * @throws {@link OptionsError} (`invalidInput`) for what is no text
 */
export function holdsRecordings(text: string): boolean {
  checkValue('text', text, TEXT);
  return /"format"\s*:\s*"vm-customization-/.test(text);
}
