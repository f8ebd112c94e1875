/** Plays recordings. */

import { guarded } from './core-handle.js';
import { toBytes } from './event-document.js';
import { core } from './wasm/loader.js';

/**
 * Plays one recording, or several as newline-delimited JSON, and answers their reports as newline-delimited JSON, in
 * order. A line that cannot be read gives `{"error":{"code":…,"message":…}}` in its place.
 */
export function replay(recordings: Uint8Array | string): string {
  const bytes = toBytes(recordings, 'what is to be played');
  return guarded(() => core().replay(bytes));
}
