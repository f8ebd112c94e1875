/** Mistakes on the command line. */

/** What was asked for makes no sense, or something needed is missing: exit status 3. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
