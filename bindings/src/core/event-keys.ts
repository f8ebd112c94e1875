/** The keys of the events in a document, which tell them apart. */
import { guarded } from './core-handle.js';
import { core } from './wasm/loader.js';

/**
 * One for each item, in any wire form; null for one without.
 * @throws `WireError` when the document cannot be read
 * @internal
 */
export function eventKeys(document: Uint8Array): readonly (number | null)[] {
  return document.length === 0 ? [] : (JSON.parse(guarded(() => core().eventKeys(document))) as (number | null)[]);
}
