/** Durations as people write them. */
import { UsageError } from './usage.js';

const UNITS = { h: 3600, m: 60, s: 1 } as const;
const FORM = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s)?$/;

/**
 * `90`, `90s`, `10m`, `1h30m` in seconds; undefined stays so.
 * @param or - what else may be given, at the end of the error
 * @throws {@link UsageError} that names the option
 */
export function seconds(flag: string, text: string | undefined, or = ''): number | undefined {
  if (text === undefined) {
    return undefined;
  }
  if (/^\d+(?:\.\d+)?$/.test(text)) {
    return Number(text);
  }
  const parts = text === '' ? null : FORM.exec(text.toLowerCase());
  if (parts === null) {
    throw new UsageError(`${flag} is '${text}': give seconds, or a duration such as 90s, 10m or 1h30m${or}`);
  }
  const [, hours = '0', minutes = '0', rest = '0'] = parts;
  return Number(hours) * UNITS.h + Number(minutes) * UNITS.m + Number(rest) * UNITS.s;
}
