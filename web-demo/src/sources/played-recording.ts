/** A recording that is played: what is different at each position that is gone to. */
import { type EventSummary, type MonitorOptions, Playback, type Report, type RunUpdate } from 'vm-customization';
// The package's entry with the element in it is for pages alone.
import { eventsOf, type ReadMark, RunModel } from '../../../bindings/src/element/model.js';
import type { Change, Opened, Place, Position } from './playback-messages.js';

/** So many rows or events the page takes in a few milliseconds. */
const MOST_PER_CHANGE = 2_000;

interface Told {
  readonly atMs: number;
  readonly event: EventSummary;
}

export class PlayedRecording {
  readonly head: Omit<Opened, 'text'>;
  readonly #playback: Playback;
  readonly #events: readonly Told[];
  readonly #reads: readonly ReadMark[];
  /** What the page shows. */
  readonly #model = new RunModel();
  #eventsTold = 0;
  #readsTold = 0;

  /**
   * @param text - JSON text
   * @param options - of that recording
   * @throws WireError `invalidRecording`
   */
  constructor(text: string, options: MonitorOptions) {
    this.#playback = new Playback(text);
    const { startedAt, vms, endMs, inputs } = this.#playback;
    this.#events = inputs.flatMap(({ atMs, events }) => events.map((event) => ({ atMs, event })));
    this.#reads = inputs
      .filter(({ kind, complete }) => (kind === 'events' && complete) || kind === 'readFailed')
      .map(({ atMs, kind }) => ({ atMs, ok: kind === 'events' }));
    this.#model.begin(startedAt, vms, options);
    const eventTimes = Float64Array.from(this.#events, ({ atMs }) => atMs);
    this.head = { startedAt, options, endMs, eventTimes };
  }

  /** The report at the position. */
  report(): Report {
    return this.#playback.report();
  }

  /** @param tell - takes what is different to where it was last */
  seek(to: Place, tell: (change: Change) => void): Position {
    const update = 'event' in to ? this.#playback.seekEvent(to.event) : this.#playback.seek(to.atMs);
    const eventsTold = 'event' in to ? to.event + 1 : countUntil(this.#events, to.atMs);
    this.#take(update, eventsTold, countUntil(this.#reads, 'event' in to ? update.atMs : to.atMs), tell);
    return { eventsTold, lastEvent: this.#events[eventsTold - 1]?.event };
  }

  #take(update: RunUpdate, eventsTold: number, readsTold: number, tell: (change: Change) => void): void {
    const isBack = eventsTold < this.#eventsTold || readsTold < this.#readsTold;
    const isAnew = isBack || update.reset;
    const events = this.#events.slice(isAnew ? 0 : this.#eventsTold, eventsTold).map(({ event }) => event);
    const reads = this.#reads.slice(isAnew ? 0 : this.#readsTold, readsTold);
    this.#eventsTold = eventsTold;
    this.#readsTold = readsTold;
    const model = this.#model;
    if (isBack && !update.reset) {
      // What was drawn of the time after it has to go, though no row has changed.
      const { vms, transitions } = this.#playback.report();
      model.update({ ...update, reset: true, rows: vms, transitions });
    } else {
      model.update(update);
    }
    model.events(events);
    for (const read of reads) {
      model.read(read);
    }
    const { rows, ...rest } = update;
    if (!isAnew && [rows, rest.transitions, events, reads].every(({ length }) => length <= MOST_PER_CHANGE)) {
      tell({ rows, update: rest, events, reads });
      return;
    }
    for (const part of partsOf(model.rows)) {
      tell({ rows: part, events: [], reads: [] });
    }
    const { transitions } = model;
    tell({ rows: [], update: { ...rest, reset: true, transitions }, events: [], reads: model.reads });
    // Of any number of events a model keeps so many for each VM: those are told, not all that there were.
    for (const part of partsOf(model.entries.flatMap(eventsOf))) {
      tell({ rows: [], events: part, reads: [] });
    }
  }
}

function* partsOf<T>(items: readonly T[]): Generator<readonly T[]> {
  for (let from = 0; from < items.length; from += MOST_PER_CHANGE) {
    yield items.slice(from, from + MOST_PER_CHANGE);
  }
}

/** How many come at or before this time. */
function countUntil(items: readonly { readonly atMs: number }[], atMs: number): number {
  let [from, to] = [0, items.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((items[middle]?.atMs ?? 0) <= atMs) {
      from = middle + 1;
    } else {
      to = middle;
    }
  }
  return from;
}
