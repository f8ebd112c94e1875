/** Plays a recording into a model: by the clock, event by event, or to any moment. */
import { type EventSummary, Playback, type Recording, type RunUpdate } from 'vm-customization';
import { RunModel } from 'vm-customization/element';
import type { PackedRecording } from '../sources/files.js';

interface Told {
  readonly atMs: number;
  readonly event: EventSummary;
}

/** Tells `change` when the position or what it does has changed. */
export class Player extends EventTarget {
  readonly model = new RunModel();
  readonly #given: Recording | PackedRecording;
  /** Beyond this there is nothing, or nothing yet. */
  readonly endMs: number;
  readonly #playback: Playback;
  readonly #events: readonly Told[];
  readonly #reads: readonly { readonly atMs: number; readonly ok: boolean }[];
  #eventsTold = 0;
  #readsTold = 0;
  #positionMs = 0;
  #speed = 10;
  #frame: number | undefined;

  /**
   * @param endMs - what was recorded so far of a run that goes on
   * @throws WireError `invalidRecording`
   */
  constructor(recording: Recording | PackedRecording, endMs?: number) {
    super();
    this.#given = recording;
    this.#playback = new Playback('bytes' in recording ? recording.bytes : recording);
    this.endMs = Math.min(this.#playback.endMs, endMs ?? Number.POSITIVE_INFINITY);
    const { inputs, startedAt, vms } = this.#playback;
    this.#events = inputs.flatMap(({ atMs, events }) => events.map((event) => ({ atMs, event })));
    this.#reads = inputs
      .filter(({ kind, complete }) => (kind === 'events' && complete) || kind === 'readFailed')
      .map(({ atMs, kind }) => ({ atMs, ok: kind === 'events' }));
    this.model.begin(startedAt, vms, recording.options);
    this.model.axisEndMs = this.endMs;
    this.seek(0);
  }

  /** What is played. Of a large one it takes its time. */
  get recording(): Recording {
    const given = this.#given;
    return 'bytes' in given ? (JSON.parse(new TextDecoder().decode(given.bytes)) as Recording) : given;
  }

  get positionMs(): number {
    return this.#positionMs;
  }

  get playing(): boolean {
    return this.#frame !== undefined;
  }

  get speed(): number {
    return this.#speed;
  }

  set speed(value: number) {
    this.#speed = value;
    this.#tell();
  }

  get eventCount(): number {
    return this.#events.length;
  }

  /** How many events were told at the position. */
  get eventsTold(): number {
    return this.#eventsTold;
  }

  /** The last event that was told. */
  get lastEvent(): EventSummary | undefined {
    return this.#events[this.#eventsTold - 1]?.event;
  }

  /** The report at the position. */
  report(): ReturnType<Playback['report']> {
    return this.#playback.report();
  }

  /** To this moment, with all that was told by then. */
  seek(atMs: number): void {
    const to = Math.min(Math.max(0, atMs), this.endMs);
    this.#apply(this.#playback.seek(to), countUntil(this.#events, to), to);
  }

  /** One event forth or back. */
  step(by: 1 | -1): void {
    this.pause();
    const index = this.#eventsTold - 1 + by;
    const atMs = this.#events[index]?.atMs;
    if (index < -1 || index >= this.#events.length || (atMs ?? 0) > this.endMs) {
      return;
    }
    const update = this.#playback.seekEvent(index);
    this.#apply(update, index + 1, update.atMs);
  }

  play(): void {
    if (this.#frame !== undefined) {
      return;
    }
    if (this.#positionMs >= this.endMs) {
      this.seek(0);
    }
    let last = performance.now();
    const next = (now: number): void => {
      const atMs = this.#positionMs + Math.max(0, now - last) * this.#speed;
      last = now;
      this.#frame = atMs >= this.endMs ? undefined : requestAnimationFrame(next);
      this.seek(atMs);
    };
    this.#frame = requestAnimationFrame(next);
    this.#tell();
  }

  pause(): void {
    if (this.#frame !== undefined) {
      cancelAnimationFrame(this.#frame);
      this.#frame = undefined;
      this.#tell();
    }
  }

  dispose(): void {
    this.pause();
    this.#playback.dispose();
  }

  #apply(update: RunUpdate, eventsTold: number, positionMs: number): void {
    const readsTold = countUntil(this.#reads, positionMs);
    const isBack = eventsTold < this.#eventsTold || readsTold < this.#readsTold;
    if (isBack && !update.reset) {
      // What was drawn of the time after it has to go, though no row has changed.
      const { vms, transitions } = this.#playback.report();
      this.model.update({ ...update, reset: true, rows: vms, transitions });
    } else {
      this.model.update(update);
    }
    const anew = isBack || update.reset;
    const events = this.#events.slice(anew ? 0 : this.#eventsTold, eventsTold);
    if (events.length > 0) {
      this.model.events(events.map(({ event }) => event));
    }
    for (const read of this.#reads.slice(anew ? 0 : this.#readsTold, readsTold)) {
      this.model.read(read);
    }
    this.#eventsTold = eventsTold;
    this.#readsTold = readsTold;
    this.#positionMs = positionMs;
    this.#tell();
  }

  #tell(): void {
    this.dispatchEvent(new Event('change'));
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
