/** The items of a document of events, one by one. */

import { WireError } from '../errors.js';
import type { EventSummary } from '../types.js';
import { guarded } from './core-handle.js';
import { type EventDocument, isMade, toBytes } from './event-document.js';
import { core } from './wasm/loader.js';

/** One item, as a recording holds it and as views show it. An array of the events of some is a document. */
export interface EventItem {
  readonly event: {
    readonly _typeName?: string;
    readonly key?: number | string;
    readonly createdTime?: string;
    readonly vm?: { readonly vm: { readonly value: string } };
  };
  /** Absent where it has no type or no usable time. */
  readonly summary?: EventSummary;
}

/** All of a document, and how many the machine would pass over, by reason. */
export interface EventItems {
  readonly items: readonly EventItem[];
  readonly ignored: Readonly<Record<string, number>>;
}

/**
 * Takes a document apart, of any wire form.
 * @throws {@link WireError} when it cannot be read, or holds no events by its shape
 * @internal
 */
export function eventItems(document: EventDocument): EventItems {
  const bytes = toBytes(document);
  return JSON.parse(guarded(() => core().itemsToJson(bytes), isMade(document))) as EventItems;
}

/**
 * The items of a document; undefined where it can only be passed on as a whole: it cannot be read, or holds something that
 * is no event.
 * @internal
 */
export function separableItems(document: EventDocument): readonly EventItem[] | undefined {
  try {
    const { items, ignored } = eventItems(document);
    const isObservation = items.length === 0 || items.some(({ summary }) => summary !== undefined);
    return ignored.malformed === undefined && isObservation ? items : undefined;
  } catch (error) {
    if (error instanceof WireError) {
      return undefined;
    }
    throw error;
  }
}

/**
 * A document of some items.
 * @internal
 */
export function documentOf(items: readonly EventItem[]): EventDocument {
  return JSON.stringify(items.map(({ event }) => event));
}

/**
 * The VM that an item names.
 * @internal
 */
export function vmOf({ event }: EventItem): string | undefined {
  return event.vm?.vm.value;
}
