/** Times of vCenter's clock that callers hand over. */
import { type Field, tagOf } from './fields.js';

/** A time of vCenter's clock. The core reads the text; this much tells what could never be one. */
export const SERVER_TIME: Field = {
  fits: (value) => (typeof value === 'string' ? /(?:z|[+-]\d\d:\d\d)$/i.test(value) : isServerTime(value)),
  give: "give a server time with an offset, such as '2026-03-01T10:00:00Z', or a Date",
};

/** Whether it is a date that the core can take; also one of another realm, such as a frame or a test runner's. */
export function isServerTime(time: unknown): time is Date {
  if (tagOf(time) !== 'Date') {
    return false;
  }
  const year = (time as Date).getUTCFullYear();
  return year >= 1970 && year <= 9999;
}
