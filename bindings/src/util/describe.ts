/** Values in messages. */

/** A value in a message: short, on one line, and never failing. */
export function describe(value: unknown): string {
  if (typeof value === 'string') {
    return value.length > 60 ? `the text '${value.slice(0, 60)}…'` : `the text '${value}'`;
  }
  if (typeof value === 'function') {
    return 'a function';
  }
  if (typeof value === 'object' && value !== null) {
    return Array.isArray(value) ? 'an array' : `an object (${Object.prototype.toString.call(value).slice(8, -1)})`;
  }
  return typeof value === 'bigint' ? `${value}n` : String(value);
}
