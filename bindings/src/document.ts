/** What a host may hand over as events. */

/**
 * One document of events: the body as fetched, SOAP or JSON (bytes are the fast path), the same as text, or an array of
 * VI JSON objects.
 */
export type EventDocument = Uint8Array | string | readonly object[];

const encoder = new TextEncoder();

/**
 * The bytes of a document.
 * @internal
 */
export function toBytes(document: EventDocument): Uint8Array {
  if (document instanceof Uint8Array) {
    return document;
  }
  return encoder.encode(typeof document === 'string' ? document : JSON.stringify(document));
}
