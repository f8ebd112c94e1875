/** What JetStream's refusals mean. */
import { JetStreamApiCodes, JetStreamApiError } from '@nats-io/jetstream';

const STREAM_NAME_IN_USE = 10058;
// What the first deletion of a message is not answered with, and a second one is: the other of the two is in the text.
const SEQUENCE_NOT_FOUND = 10043;
const DELETE_FAILED = 10057;
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

/** The message to be deleted is not in the stream: it was deleted before, and the answer to that may have been lost. */
export function isDeleted(error: unknown): boolean {
  return (
    error instanceof JetStreamApiError &&
    (error.code === SEQUENCE_NOT_FOUND ||
      (error.code === DELETE_FAILED && /^(?:no message found|stream store EOF)$/.test(error.message)))
  );
}

/** It was made before, in another way. */
export function isThere(error: unknown): boolean {
  return error instanceof JetStreamApiError && error.code === STREAM_NAME_IN_USE;
}
