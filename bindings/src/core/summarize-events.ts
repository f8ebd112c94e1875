/** Events for views. */

import type { EventSummary } from '../types.js';
import { guarded } from './core-handle.js';
import { type EventDocument, isMade, toBytes } from './event-document.js';
import { core } from './wasm/loader.js';

/**
 * The events of a document in any wire form, in the document's order: what a log or an axis of time shows. Items without
 * a type or a usable time are left out; an empty document has none.
 *
 * ```ts
 * watchCustomization(source, vms, {
 *   onInput: (input) => input.type === 'events' && show(summarizeEvents(input.document)),
 * });
 * ```
 *
 * @throws {@link WireError} when the document cannot be read or holds no events by its shape
 */
export function summarizeEvents(document: EventDocument): readonly EventSummary[] {
  const bytes = toBytes(document);
  return JSON.parse(guarded(() => core().summarizeEvents(bytes), isMade(document))) as EventSummary[];
}
