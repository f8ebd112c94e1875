import { tagOf } from './fields.js';

/** Whether it is an error: of this realm, or of another such as that of a frame or around a test runner's. */
export function isError(value: unknown): value is Error {
  return value instanceof Error || tagOf(value) === 'Error';
}
