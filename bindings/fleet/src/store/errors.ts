/** What JetStream's refusals mean. */
import { JetStreamApiCodes, JetStreamApiError } from '@nats-io/jetstream';

const STREAM_NAME_IN_USE = 10058;
const MISSING: ReadonlySet<number> = new Set([
  JetStreamApiCodes.NoMessageFound,
  JetStreamApiCodes.StreamNotFound,
  JetStreamApiCodes.ConsumerNotFound,
]);

/** Another value stands there: final. */
export function isOtherRevision(error: unknown): boolean {
  return error instanceof JetStreamApiError && error.code === JetStreamApiCodes.StreamWrongLastSequence;
}

/** Another write is on its way: what becomes of it is not known yet. */
export function isBusy(error: unknown): boolean {
  return error instanceof JetStreamApiError && error.code === JetStreamApiCodes.StreamWrongLastSequenceUnknown;
}

/** Nothing is there: no such message, stream or consumer. */
export function isMissing(error: unknown): boolean {
  return error instanceof JetStreamApiError && MISSING.has(error.code);
}

/** It was made before, in another way. */
export function isThere(error: unknown): boolean {
  return error instanceof JetStreamApiError && error.code === STREAM_NAME_IN_USE;
}
