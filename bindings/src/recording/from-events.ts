/** A recording out of events that nobody recorded. */

import { guarded } from '../core/core-handle.js';
import { type EventDocument, toBytes } from '../core/event-document.js';
import { limits } from '../core/limits.js';
import { summarizeEvents } from '../core/summarize-events.js';
import { core } from '../core/wasm/loader.js';
import { WireError } from '../errors.js';
import type { EventSummary, Recording, VmRef } from '../types.js';
import { describe } from '../util/describe.js';

interface TimedEvent {
  /** As a recording holds it. */
  readonly event: object;
  readonly summary: EventSummary;
}

/**
 * Makes a recording of events in any wire form, newline-delimited JSON too, to be played event by event. It begins with
 * the first event; each event is a step of its own at its own time, and its VMs are those with an event of interest, in
 * order of appearance. Events of other VMs and items without a time are left out.
 *
 * ```ts
 * const playback = new Playback(recordingFromEvents([await file.text()]));
 * ```
 *
 * @throws {@link WireError} when a document cannot be read, or no event of interest is in any (`wireNotEvents`)
 */
export function recordingFromEvents(documents: readonly EventDocument[]): Recording {
  if (!Array.isArray(documents)) {
    throw new WireError('wireNotEvents', `the documents are ${describe(documents)}: pass an array of documents`);
  }
  const all = documents.flatMap(eventsOf);
  const watched = new Map<string, VmRef>();
  for (const { summary } of all) {
    if (summary.vm !== null && summary.kind !== null && !watched.has(summary.vm)) {
      watched.set(summary.vm, { vm: summary.vm });
    }
  }
  const events = all
    .filter(({ summary }) => summary.vm !== null && watched.has(summary.vm))
    .sort((left, right) => timeOf(left) - timeOf(right));
  const first = events[0];
  if (first === undefined) {
    throw new WireError(
      'wireNotEvents',
      `none of the ${all.length} events is of interest: there has to be a power-on, a removal, or an event of customization that names its VM`,
    );
  }
  const startedAt = first.summary.createdTime;
  const steps = events.map((event) => ({ atMs: timeOf(event) - timeOf(first), events: [event.event] }));
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

function eventsOf(document: EventDocument): readonly TimedEvent[] {
  const bytes = toBytes(document);
  const items = JSON.parse(guarded(() => core().eventsToJson(bytes))) as (object | null)[];
  return paired(items.filter((item) => item !== null));
}

// An event of a type that no vCenter has.
const MARK = { _typeName: 'EndOfOneItem', createdTime: '1970-01-01T00:00:00Z' };

/** Each event with its summary, where it has one. Summaries leave out what has none, so marks between tell what is whose. */
function paired(events: readonly object[]): readonly TimedEvent[] {
  const summaries = summarizeEvents(events);
  if (summaries.length === events.length) {
    return summaries.map((summary, at) => ({ event: events[at] as object, summary }));
  }
  const pairs: TimedEvent[] = [];
  let before: EventSummary | undefined;
  for (const summary of summarizeEvents(events.flatMap((event, at) => [event, { ...MARK, key: at }]))) {
    if (summary.type !== MARK._typeName) {
      before = summary;
    } else if (before !== undefined) {
      pairs.push({ event: events[summary.key as number] as object, summary: before });
      before = undefined;
    }
  }
  return pairs;
}

function timeOf({ summary }: TimedEvent): number {
  return Date.parse(summary.createdTime);
}
