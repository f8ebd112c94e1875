/** A recording out of events that nobody recorded. */

import { type EventDocument, toBytes } from '../core/event-document.js';
import { type EventItem, type EventItems, eventItems } from '../core/event-items.js';
import { limits } from '../core/limits.js';
import { WireError } from '../errors.js';
import type { EventSummary, Recording, VmRef } from '../types.js';
import { decodeText } from '../util/decode-text.js';
import { describe } from '../util/describe.js';
import { lackOf, otherForm } from './other-forms.js';

/** An item that has a time. */
type TimedEvent = EventItem & { readonly summary: EventSummary };

/**
 * Makes a recording of events in any wire form, newline-delimited JSON too, to be played event by event. It begins with
 * the first event; each event is a step of its own at its own time, and its VMs are those of which the machine takes an
 * event, in order of appearance. Events of other VMs are left out; what lacks a key, a type or a time is told with the first
 * event, so that a report counts it.
 *
 * ```ts
 * const playback = new Playback(recordingFromEvents([await file.text()]));
 * ```
 *
 * @throws {@link WireError} when a document cannot be read, when its events lack what the machine needs, or when no event
 *   of interest is in any (`wireNotEvents`); where the form is known, it says what it is and how to get one that can be read
 */
export function recordingFromEvents(documents: readonly EventDocument[]): Recording {
  if (!Array.isArray(documents)) {
    throw new WireError('wireNotEvents', `the documents are ${describe(documents)}: pass an array of documents`);
  }
  const items = documents.flatMap((document, index) =>
    itemsOf(document, documents.length === 1 ? 'the document' : `document ${index + 1}`),
  );
  const all = items.filter((item): item is TimedEvent => item.summary !== undefined);
  const watched = new Map<string, VmRef>();
  for (const { summary } of all) {
    if (summary.vm !== null && summary.kind !== null && !watched.has(summary.vm)) {
      watched.set(summary.vm, { vm: summary.vm });
    }
  }
  const events = all
    .filter(({ summary }) => summary.vm !== null && watched.has(summary.vm) && summary.key !== null)
    .sort((left, right) => timeOf(left) - timeOf(right));
  const unusable = items.filter(({ summary }) => summary === undefined || summary.key === null);
  const first = events[0];
  if (first === undefined) {
    throw new WireError('wireNotEvents', noneOfInterest(items.length));
  }
  const startedAt = first.summary.createdTime;
  const steps = events.map((event) => ({
    atMs: timeOf(event) - timeOf(first),
    // The machine is told of what it cannot take as well: it counts what it leaves out.
    events: [event, ...(event === first ? unusable : [])].map((item) => item.event),
  }));
  const { maxAtMs } = limits();
  if ((steps.at(-1)?.atMs ?? 0) > maxAtMs) {
    throw new WireError('wireNotEvents', `the events lie more than ${maxAtMs} ms apart: leave out the ones far off`);
  }
  return {
    format: 'vm-customization-recording/1',
    startedAt,
    vms: [...watched.values()],
    options: { attempts: 'reopen', timeoutSeconds: null, waitForPowerOn: true, since: startedAt },
    steps,
  };
}

function noneOfInterest(count: number): string {
  const wanted = 'there has to be a power-on, a removal, or an event of customization that names its VM';
  switch (count) {
    case 0:
      return `there are no events, and so none of interest: ${wanted}`;
    case 1:
      return `the one event is not of interest: ${wanted}`;
    default:
      return `none of the ${count} events is of interest: ${wanted}`;
  }
}

function itemsOf(document: EventDocument, what: string): EventItems['items'] {
  const bytes = toBytes(document);
  let found: EventItems;
  try {
    found = eventItems(document);
  } catch (error) {
    if (!(error instanceof WireError)) {
      throw error;
    }
    const known = error.code === 'wireFault' ? undefined : formOf(bytes);
    throw known === undefined
      ? new WireError(error.code, error.message.replace('the document', what), { cause: error })
      : new WireError('wireNotEvents', `${what} ${known}`, { cause: error });
  }
  const why = (found.items.length === 0 ? formOf(bytes) : undefined) ?? lackOf(found);
  if (why !== undefined) {
    throw new WireError('wireNotEvents', `${what} ${why}`);
  }
  return found.items;
}

function formOf(bytes: Uint8Array): string | undefined {
  const text = decodeText(bytes);
  const form = otherForm(text);
  if (form !== undefined || !text.trimStart().startsWith('{')) {
    return form;
  }
  try {
    // One object by itself has to be an event; as an item it may lack what makes it one.
    return lackOf(eventItems(`[${text}]`));
  } catch {
    return undefined;
  }
}

function timeOf({ summary }: TimedEvent): number {
  return Date.parse(summary.createdTime);
}
