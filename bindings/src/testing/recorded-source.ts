import { replay } from '../core/replay.js';
import { summarizeEvents } from '../core/summarize-events.js';
import { ReadError, WireError } from '../errors.js';
import type { CallOptions, EventPage, EventSource } from '../source/event-source.js';
import type { EventQuery, GuestInfo, ReadFailure, Recording, RecordingStep } from '../types.js';
import type { Clock } from '../util/clock.js';
import { checkKnown, isObject, unusable } from '../util/fields.js';
import { timesOf } from './scripted-source.js';
import { STEPPED_CLOCK, SteppedClock } from './stepped-clock.js';

/** How a {@link recordedSource} is made. */
export interface RecordedSourceOptions {
  /** The clock of the wait. Default: a new {@link SteppedClock}. */
  readonly clock?: SteppedClock;
}

/** What {@link recordedSource} answers. */
export interface RecordedSource extends EventSource {
  /** To be passed to the wait. */
  readonly clock: SteppedClock;
}

// So long the answer about guests waits for a step; the wait itself waits no longer for it.
const GUEST_PATIENCE_MS = 1_000;

/**
 * An event source that answers as the recording has it, when the recording has it: a read is answered by the next step that
 * ends one, a page or a failure, as soon as it is due; a log-in by the next `loggedIn` or failure; what came between the reads
 * is pushed. After the last step there is nothing new, and every read is answered at once. A wait with the options of the
 * recording comes to where {@link replay} comes.
 *
 * The recording begins when the source is made, so `requestedSecondsAgo`, which is in the times of the steps already, is not given again.
 * What the host of the recording did, `vms` and `cancel`, is left to the host of the wait. A wait with `timeoutSeconds: null`
 * whose recording ends before all VMs are concluded does not end.
 *
 * ```ts
 * const recording = JSON.parse(await readFile('run.json', 'utf8'));
 * const source = recordedSource(recording);
 * const { clock } = source;
 * const report = await clock.drive(waitForCustomization(source, recording.vms, { ...recording.options, clock }));
 * ```
 * @throws `OptionsError` that names the option
 * @throws `WireError` (`invalidRecording`) when it cannot be played; the message names the place
 */
export function recordedSource(recording: Recording, options: RecordedSourceOptions = {}): RecordedSource {
  if (!isObject(recording) || Array.isArray(recording)) {
    throw unusable('the recording', recording, { give: 'give a Recording, an object; read a text by JSON.parse' });
  }
  checkKnown('a recorded source', options, { clock: STEPPED_CLOCK });
  replay(recording);
  const { clock = new SteppedClock() } = options;
  const { elapsedMs, serverTime } = timesOf(clock, recording.startedAt);
  const course = new Course(recording, clock, elapsedMs);
  // A wait for guests that are ready takes no source that cannot tell.
  const isReadyWaitedFor = (recording.options?.ready ?? null) !== null;
  return {
    clock,
    serverTime,
    readEvents: (query, call) => course.read(query, call),
    logIn: (call) => course.logIn(call),
    readTimeoutMs: course.lastMs + 1,
    ...(course.tellsOfGuests || isReadyWaitedFor
      ? { readGuestInfo: (vms, call): Promise<readonly GuestInfo[]> => course.guests(vms, call) }
      : {}),
    ...(course.pushes ? { pushEvents: (_query, call): AsyncGenerator<EventPage> => course.push(call) } : {}),
  };
}

/** One thing that a recording tells. */
type Told = { readonly atMs: number } & (
  | { readonly type: 'page'; readonly text: string; readonly complete: boolean }
  | { readonly type: 'failure'; readonly failure: ReadFailure }
  | { readonly type: 'loggedIn' }
  | { readonly type: 'guestInfo'; readonly infos: readonly GuestInfo[] }
);

/** What a recording tells, and how far it was told. */
class Course {
  readonly #clock: Clock;
  readonly #elapsedMs: () => number;
  readonly #isPublished: boolean;
  readonly #told: readonly Told[];
  /** The first that no answer has told. Guest info and pushes are apart from it: they may be told twice. */
  #next = 0;
  #openReads = 0;
  /** When the last step is. */
  readonly lastMs: number;

  constructor(recording: Recording, clock: Clock, elapsedMs: () => number) {
    this.#clock = clock;
    this.#elapsedMs = elapsedMs;
    this.#isPublished = recording.options?.rules === 'published';
    this.#told = recording.steps.flatMap(toldBy);
    this.lastMs = recording.steps.at(-1)?.atMs ?? 0;
  }

  get tellsOfGuests(): boolean {
    return this.#told.some(({ type }) => type === 'guestInfo');
  }

  /** Whether events came otherwise than in the answer to a read, whose parts have one time. */
  get pushes(): boolean {
    const isOfRead = (index: number): boolean =>
      this.#told.slice(index).find(endsRead)?.atMs === this.#told[index]?.atMs;
    return !this.#isPublished && this.#told.some((told, index) => isPartial(told) && !isOfRead(index));
  }

  async read({ reason }: EventQuery, { signal }: CallOptions): Promise<EventPage> {
    if (reason === 'push') {
      // The one that closes the gap before a push, which has none here.
      return { events: [] };
    }
    // A pass of the published rules takes what is there at its time, and waits for nothing.
    const isDue = ({ atMs }: Told): boolean => atMs <= this.#elapsedMs();
    const index = this.#find((told) => endsRead(told) && (!this.#isPublished || isDue(told)));
    if (!this.#isPublished) {
      this.#openReads += 1;
      await this.#comeTo(index, signal).finally(() => {
        this.#openReads -= 1;
      });
    }
    const end = this.#told[index];
    const first = this.#next;
    this.#next = Math.max(first, index + 1);
    if (end?.type === 'failure') {
      // A page that broke off is the failure and its part of the events.
      const isPart = end.failure.kind === 'transient' && isPartial(this.#told[index - 1]);
      if (isPart && this.#told[index - 1]?.atMs === end.atMs && first < index) {
        return { ...this.#page(first), complete: false };
      }
      throw readErrorOf(end.failure);
    }
    const rest = this.#told.slice(this.#next);
    const stop = rest.findIndex((told) => !isDue(told) || isFailedRead(told));
    this.#next = stop === -1 ? this.#told.length : this.#next + stop;
    return this.#page(first);
  }

  async logIn({ signal }: CallOptions): Promise<void> {
    const index = this.#find((told) => told.type === 'loggedIn' || endsRead(told));
    await this.#comeTo(index, signal);
    const end = this.#told[index];
    // A page is for the next read.
    if (end?.type === 'loggedIn' || end?.type === 'failure') {
      this.#next = Math.max(this.#next, index + 1);
    }
    if (end?.type === 'failure') {
      throw readErrorOf(end.failure);
    }
  }

  async *push({ signal }: CallOptions): AsyncGenerator<EventPage> {
    const from = this.#next;
    yield { events: [] };
    for (const [index, told] of this.#told.entries()) {
      if (index < from) {
        continue;
      }
      await this.#comeTo(index, signal);
      if (told.type === 'page') {
        yield { events: told.text };
      } else if (isLostSession(told) && this.#next <= index && this.#openReads === 0) {
        this.#next = index + 1;
        throw readErrorOf(told.failure);
      }
    }
    await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  }

  async guests(vms: readonly string[], { signal }: CallOptions): Promise<readonly GuestInfo[]> {
    const soon = this.#told.findIndex(({ atMs }) => atMs > this.#elapsedMs());
    const left = (this.#told[soon]?.atMs ?? 0) - this.#elapsedMs();
    if (this.#told[soon]?.type === 'guestInfo' && left < GUEST_PATIENCE_MS) {
      await this.#comeTo(soon, signal);
    }
    // Guests are asked before the events are read, and what they said is recorded with those.
    const page = this.#find((told) => told.type === 'page' && told.complete);
    const isTold = ({ atMs }: Told, index: number): boolean =>
      atMs <= this.#elapsedMs() || (index < page && atMs === this.#told[page]?.atMs);
    const newest = new Map<string, GuestInfo>();
    for (const told of this.#told.filter(isTold)) {
      for (const info of told.type === 'guestInfo' ? told.infos : []) {
        newest.set(info.vm, merged(newest.get(info.vm), info));
      }
    }
    return vms.flatMap((vm) => newest.get(vm) ?? []);
  }

  /** The index of the first that was not told and fits; -1 when there is none. */
  #find(fits: (told: Told) => boolean): number {
    return this.#told.findIndex((told, index) => index >= this.#next && fits(told));
  }

  /** Waits until it is due; for the last step when there is none. */
  async #comeTo(index: number, signal: AbortSignal): Promise<void> {
    const atMs = this.#told[index]?.atMs ?? this.lastMs;
    await this.#clock.sleep(atMs - this.#elapsedMs(), signal);
    signal.throwIfAborted();
  }

  /** All events up to the next, as a server has them, and the refusals that are new. */
  #page(first: number): EventPage {
    const told = this.#told.slice(0, this.#next);
    const [events = [], ...more] = told.flatMap((each) => (each.type === 'page' ? [each.text] : []));
    const failures = told.slice(first).flatMap((each) => (isRefusal(each) ? [each.failure] : []));
    return { events, more, failures };
  }
}

const isPartial = (told: Told | undefined): boolean => told?.type === 'page' && !told.complete;
const isFailure = (told: Told): told is Extract<Told, { type: 'failure' }> => told.type === 'failure';
const isRefusal = (told: Told): told is Extract<Told, { type: 'failure' }> =>
  isFailure(told) && told.failure.vm !== undefined;
const isFailedRead = (told: Told): boolean => isFailure(told) && !isRefusal(told);
const isLostSession = (told: Told): told is Extract<Told, { type: 'failure' }> =>
  isFailure(told) && told.failure.kind === 'notAuthenticated';
const endsRead = (told: Told): boolean => (told.type === 'page' && told.complete) || isFailedRead(told);

function readErrorOf({ kind, message }: ReadFailure): ReadError {
  return new ReadError(kind, message ?? 'the read failed in the recording');
}

/** What is known of a guest: what is left out leaves what was known, but times and texts are those of one status. */
function merged(before: GuestInfo | undefined, info: GuestInfo): GuestInfo {
  const { startTime: _start, endTime: _end, errorMsg: _message, ...others } = { ...before };
  const known = info.customizationStatus === undefined ? before : others;
  // Only answers to some reads say whether a guest is ready.
  return { toolsRunningStatus: null, guestOperationsReady: null, ...known, ...info };
}

/** What a step tells, in the order in which a player feeds it. */
function toldBy(step: RecordingStep): Told[] {
  const { atMs } = step;
  const told: Told[] = [];
  if ('events' in step) {
    // A page may be one document as text, too.
    const text = typeof step.events === 'string' ? step.events : JSON.stringify(step.events);
    try {
      summarizeEvents(text);
      told.push({ atMs, type: 'page', text, complete: step.complete !== false });
    } catch (error) {
      // As a player does: a page that is no observation is a read that failed.
      const kind = error instanceof WireError ? error.kind : 'transient';
      told.push({ atMs, type: 'failure', failure: { kind, message: String(error) } });
    }
  }
  if ('guestInfo' in step) {
    told.push({ atMs, type: 'guestInfo', infos: [step.guestInfo].flat() });
  }
  if ('readFailed' in step) {
    told.push({ atMs, type: 'failure', failure: step.readFailed });
  }
  if ('loggedIn' in step) {
    told.push({ atMs, type: 'loggedIn' });
  }
  return told;
}
