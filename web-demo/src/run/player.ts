/** Plays a recording into a model: by the clock, event by event, or to any moment. */
import type { VmRow } from 'vm-customization';
import { RunModel } from 'vm-customization/element';
import type { Change, Opened, Place, Position } from '../sources/playback-messages.js';
import type { RemotePlayback } from '../sources/remote-playback.js';
import { messageOf } from '../ui/dom.js';
import type { ReportFormat } from '../ui/export.js';

/**
 * Tells `change` when the position or what it does has changed, and `error` with the message when that goes wrong.
 *
 * The position is where it was sent last; the model comes after, as fast as the recording can be played. Of several
 * positions asked for meanwhile the last counts.
 */
export class Player extends EventTarget {
  readonly model = new RunModel();
  /** The recording as JSON text; undefined where it is too large to be kept, or to be in a link. */
  readonly recordingText: string | undefined;
  /** Beyond this there is nothing, or nothing yet. */
  readonly endMs: number;
  readonly #remote: RemotePlayback;
  readonly #eventTimes: Float64Array;
  #eventsTold = 0;
  #positionMs = 0;
  /** What the model shows. */
  #shown: Position = { eventsTold: 0, lastEvent: undefined };
  /** Where to go next. */
  #wanted: Place | undefined;
  #going: Promise<void> | undefined;
  #speed = 10;
  #frame: number | undefined;
  #isDisposed = false;

  /**
   * @param remote - what plays it; it is closed with the player
   * @param endMs - what was recorded so far of a run that goes on
   */
  constructor(remote: RemotePlayback, opened: Opened, endMs?: number) {
    super();
    const { startedAt, options, eventTimes, text } = opened;
    this.#remote = remote;
    this.#eventTimes = eventTimes;
    this.recordingText = text;
    this.endMs = Math.min(opened.endMs, endMs ?? Number.POSITIVE_INFINITY);
    // The VMs come with their rows.
    this.model.begin(startedAt, [], options);
    this.model.axisEndMs = this.endMs;
  }

  /** What is played, as JSON text. */
  recording(): Promise<Blob> {
    return this.#remote.recording();
  }

  get positionMs(): number {
    return this.#positionMs;
  }

  get playing(): boolean {
    return this.#frame !== undefined;
  }

  /** It has been sent to where the model is not yet. */
  get isBehind(): boolean {
    return this.#going !== undefined;
  }

  get speed(): number {
    return this.#speed;
  }

  set speed(value: number) {
    this.#speed = value;
    this.#tell();
  }

  get eventCount(): number {
    return this.#eventTimes.length;
  }

  /** How many events are told at the position. */
  get eventsTold(): number {
    return this.#eventsTold;
  }

  /** What the model shows. */
  get shown(): Position {
    return this.#shown;
  }

  /** The report at the position, as a file. */
  report(format: ReportFormat): Promise<Blob> {
    return this.#remote.report(format);
  }

  /** To this moment, with all that was told by then. Resolves when the model has come to where it was sent last. */
  seek(atMs: number): Promise<void> {
    const to = Math.min(Math.max(0, atMs), this.endMs);
    return this.#go({ atMs: to }, countUntil(this.#eventTimes, to), to);
  }

  /** One event forth or back. */
  step(by: 1 | -1): void {
    this.pause();
    const index = this.#eventsTold - 1 + by;
    const atMs = index < 0 ? 0 : (this.#eventTimes[index] ?? Number.POSITIVE_INFINITY);
    if (index >= -1 && atMs <= this.endMs) {
      void this.#go({ event: index }, index + 1, atMs);
    }
  }

  play(): void {
    if (this.#frame !== undefined) {
      return;
    }
    if (this.#positionMs >= this.endMs) {
      void this.seek(0);
    }
    let last = performance.now();
    const next = (now: number): void => {
      this.#frame = requestAnimationFrame(next);
      if (this.isBehind) {
        return;
      }
      const atMs = this.#positionMs + Math.max(0, now - last) * this.#speed;
      last = now;
      if (atMs >= this.endMs) {
        this.pause();
      }
      void this.seek(atMs);
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
    this.#isDisposed = true;
    this.#remote.close();
  }

  #go(to: Place, eventsTold: number, positionMs: number): Promise<void> {
    this.#wanted = to;
    this.#eventsTold = eventsTold;
    this.#positionMs = positionMs;
    this.#going ??= this.#follow();
    this.#tell();
    return this.#going;
  }

  async #follow(): Promise<void> {
    try {
      while (this.#wanted !== undefined) {
        const to = this.#wanted;
        this.#wanted = undefined;
        const rows: VmRow[] = [];
        this.#shown = await this.#remote.seek(to, (change) => this.#show(change, rows));
      }
    } catch (error) {
      if (!this.#isDisposed) {
        this.pause();
        this.dispatchEvent(new ErrorEvent('error', { message: messageOf(error) }));
      }
    }
    this.#going = undefined;
    this.#tell();
  }

  /** @param rows - of this position, as far as they have come: they are shown together, never beside those of another */
  #show({ rows: more, update, events, reads }: Change, rows: VmRow[]): void {
    rows.push(...more);
    if (update !== undefined) {
      this.model.update({ ...update, rows });
    }
    if (events.length > 0) {
      this.model.events(events);
    }
    for (const read of reads) {
      this.model.read(read);
    }
  }

  #tell(): void {
    this.dispatchEvent(new Event('change'));
  }
}

/** How many come at or before this time. */
function countUntil(times: Float64Array, atMs: number): number {
  let [from, to] = [0, times.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((times[middle] ?? 0) <= atMs) {
      from = middle + 1;
    } else {
      to = middle;
    }
  }
  return from;
}
