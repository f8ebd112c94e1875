import deflated from 'embedded:core';
import { Buffer } from 'node:buffer';
import { inflateRawSync } from 'node:zlib';

/** Unpacks the core inside the bundle at once. */
export function unpack(): BufferSource {
  return inflateRawSync(Buffer.from(deflated, 'base64'));
}
