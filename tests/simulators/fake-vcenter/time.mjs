/** Server times, in nanoseconds since 1970 as bigints: a JavaScript Date keeps milliseconds only. */

const PATTERN = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9})\d*)?(Z|[+-]\d\d:\d\d)?$/;

/**
 * Reads an xsd:dateTime; one without an offset is taken as UTC, as vCenter does.
 *
 * @param {string} text
 * @returns {bigint|undefined} undefined when it is none
 */
export function parseTime(text) {
  const match = PATTERN.exec(text);
  if (!match) return undefined;
  const [, whole, fraction = '', offset = 'Z'] = match;
  const ms = Date.parse(`${whole}${offset}`);
  return Number.isNaN(ms) ? undefined : BigInt(ms) * 1_000_000n + BigInt(fraction.padEnd(9, '0'));
}

/** A time as vCenter writes it: UTC, microseconds. */
export function formatTime(ns) {
  const second = new Date(Number(ns / 1_000_000_000n) * 1000).toISOString().slice(0, 19);
  const micros = (ns % 1_000_000_000n) / 1000n;
  return `${second}.${String(micros).padStart(6, '0')}Z`;
}
