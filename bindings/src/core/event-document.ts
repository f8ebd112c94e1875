/** What a host may hand over as events. */

import { WireError } from '../errors.js';
import { decodeText, utf16Of } from '../util/decode-text.js';
import { describe } from '../util/describe.js';
import { tagOf } from '../util/fields.js';
import { jsonText } from './validate.js';

/**
 * One document of events: the body as fetched, SOAP or JSON (bytes are the fast path), the same as text, or an array of
 * VI JSON objects. Bytes are UTF-8, or UTF-16 as Windows PowerShell writes it.
 */
export type EventDocument = Uint8Array | ArrayBuffer | string | readonly object[];

const encoder = new TextEncoder();

/**
 * Whether it is bytes, by what it is rather than by its class: those of another realm are as good.
 * @internal
 */
export function isBytes(value: unknown): value is Uint8Array | ArrayBuffer {
  return ArrayBuffer.isView(value) || ['ArrayBuffer', 'SharedArrayBuffer'].includes(tagOf(value));
}

/**
 * Whether the text of a document is made here, and no place in it means anything to the caller.
 * @internal
 */
export function isMade(document: unknown): boolean {
  return typeof document === 'object' && !isBytes(document);
}

/**
 * The bytes of a document, as UTF-8.
 * @param what - names the document in messages
 * @throws {@link WireError} when it is none
 * @internal
 */
export function toBytes(document: EventDocument, what = 'the document of events'): Uint8Array {
  const refused = (why: string): WireError => new WireError('wireNotEvents', `${what} cannot be used: ${why}`);
  if (typeof document === 'string') {
    return encoder.encode(document);
  }
  if (Array.isArray(document)) {
    return encoder.encode(jsonText(document, refused));
  }
  if (!isBytes(document)) {
    throw refused(`it is ${describe(document)}, and has to be bytes, text or an array of objects`);
  }
  const { buffer, byteOffset, byteLength } = ArrayBuffer.isView(document)
    ? document
    : { buffer: document, byteOffset: 0, byteLength: document.byteLength };
  try {
    // Also tells a detached buffer, which would pass for no events at all.
    const bytes = new Uint8Array(buffer, byteOffset, byteLength);
    return utf16Of(bytes) === undefined ? bytes : encoder.encode(decodeText(bytes));
  } catch {
    throw refused('its buffer is detached: it was transferred to another thread, so pass a copy');
  }
}
