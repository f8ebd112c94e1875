/** Which of the two a file is that people open: recordings, or events. */

/** Whether a text is of the project's own formats, one value or one a line, rather than a document of events. */
export function holdsRecordings(text: string): boolean {
  return /"format"\s*:\s*"vm-customization-/.test(text);
}
