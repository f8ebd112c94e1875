/** A wait under way: fed by a source, shown by a model, recorded, and kept for a reload. */
import {
  type CustomizationWatch,
  type EventSummary,
  Monitor,
  type MonitorOptions,
  type Progress,
  type ReadFailureKind,
  Recorder,
  type Recording,
  type Report,
  type RunInput,
  resumeCustomization,
  type Snapshot,
  summarizeEvents,
  type VmRef,
  type WatchOptions,
  watchCustomization,
} from 'vm-customization';
import { eventsOf, followWatch, RunModel, TIMELINE_EVENT_TYPES } from 'vm-customization/element';
import { ReadingLog } from '../../../bindings/src/page-server/reading-log.js';
import type { LiveSource } from '../sources/source.js';
import { messageOf } from '../ui/dom.js';
import { ASK_EVERY_MS, type Freshness, isSilent, type LiveState } from './freshness.js';

const TICK_MS = 1_000;
/** Failures of a read as a whole that end a run (D13). */
const LASTING: ReadonlySet<ReadFailureKind> = new Set(['noPermission', 'notFound', 'fatal']);
/** Of a page that runs for weeks this much is kept to go back to; then recording stops. */
const RECORDED_BYTES = 32 * 2 ** 20;
/** Marks kept for a reload: more would not fit beside the rows of many VMs, and take long to write. */
const MARKS_KEPT = 4_000;
/** A recording kept for a reload: browsers keep 5 MiB of a page, and writing holds it up. */
const KEPT_BYTES = 2 * 2 ** 20;

/** What a reload needs to go on. Plain data; no credential. */
export interface SavedRun {
  readonly startedAt: string;
  readonly savedAtMs: number;
  /** When vCenter answered last: milliseconds since 1970 on this computer's clock. */
  readonly heardAtMs: number;
  readonly vms: readonly VmRef[];
  readonly options: MonitorOptions;
  readonly snapshot: Snapshot;
  readonly marks: readonly EventSummary[];
  /** Absent where it is too large. */
  readonly recording?: Recording;
  readonly recordingBytes?: number;
}

/** What of a source a run needs. */
export type RunSource = Omit<LiveSource, 'address' | 'title' | 'host'>;

/** Tells `state` when `state` or `trouble` has changed. Of one that is `lost` another run may go on from {@link LiveRun.save}. */
export class LiveRun<Source extends RunSource = LiveSource> extends EventTarget {
  readonly source: Source;
  readonly model = new RunModel();
  readonly options: MonitorOptions;
  readonly #saved: SavedRun | undefined;
  readonly #watch: CustomizationWatch;
  readonly #stop = new AbortController();
  readonly #recorder = new Recorder({ maxBytes: RECORDED_BYTES });
  #state: LiveState = 'opening';
  readonly #log = new ReadingLog();
  #trouble = '';
  /** Stays until a look-up succeeds, whatever the reads do. */
  #lookUpTrouble = '';
  #startedAt: string | undefined;
  #fullAtMs: number | undefined;
  #vms: readonly VmRef[];
  /** How long the run had gone on when this part of it began. */
  #offsetMs = 0;
  /** Host time at which vCenter answered last, before a reload too; that of the first question where it never did. */
  #heardAtMs: number;
  /** Host time of the first question that has no answer yet. */
  #askedAtMs: number | undefined;
  /** Host time for which the model was told the time. */
  #flushedAtMs: number;
  /** The rows are as they were saved: no read has completed since. */
  #isBehind: boolean;
  /**
   * Since a failure that may be for good: the state before it, and the inputs since. They count for nothing if it is, so
   * that rows keep their status and a recording goes on.
   */
  #doubt: { readonly snapshot: Snapshot | undefined; readonly inputs: RunInput[] } | undefined;

  /** @param saved - goes on from there, not from the beginning */
  constructor(source: Source, options: MonitorOptions, saved?: SavedRun) {
    super();
    this.source = source;
    this.options = { ...source.options, ...options };
    this.#saved = saved;
    this.#vms = saved?.vms ?? source.vms;
    this.#heardAtMs = saved === undefined ? performance.now() : saved.heardAtMs - performance.timeOrigin;
    this.#askedAtMs = this.#heardAtMs;
    this.#flushedAtMs = this.#heardAtMs;
    this.#isBehind = saved !== undefined && saved.vms.length > 0;
    if (saved === undefined) {
      this.model.setVms(source.vms);
    } else {
      showSaved(this.model, saved);
    }
    const follower = followWatch(this.model, summarizeEvents, () => requestAnimationFrame(flush));
    const record = (input: RunInput): void => {
      this.#recorder.take(input);
      if (this.#fullAtMs === undefined && this.#recorder.incomplete !== undefined && input.type !== 'begin') {
        this.#fullAtMs = input.atMs;
        this.dispatchEvent(new Event('state'));
      }
    };
    const take = (input: RunInput): void => {
      follower.onInput(input);
      if (this.#doubt === undefined) {
        record(input);
      } else {
        this.#doubt.inputs.push(input);
      }
    };
    const told: WatchOptions = {
      alsoRead: TIMELINE_EVENT_TYPES,
      ...(source.clock === undefined ? {} : { clock: source.clock }),
      onProgress: (progress) => {
        if (progress.type === 'started') {
          this.#begun(progress.serverTime, take);
        }
        this.#settleDoubt(progress, record);
        follower.onProgress(progress);
        this.#noteState(progress);
      },
      onInput: (input) => {
        this.#noteDoubt(input);
        take(input.type === 'begin' ? input : { ...input, atMs: input.atMs + this.#offsetMs });
      },
    };
    this.#watch =
      saved === undefined
        ? watchCustomization(source.events, source.vms, { ...this.options, ...told })
        : resumeCustomization(source.events, saved.snapshot, told);
    const watch = this.#watch;
    const flush = (): void => {
      if (this.#stop.signal.aborted || this.#isOver || this.#doubt !== undefined) {
        return;
      }
      if (this.#isSilent) {
        this.#standStill();
        return;
      }
      follower.flush(watch);
      this.#flushedAtMs = performance.now();
    };
    const ticking = setInterval(flush, TICK_MS);
    this.#stop.signal.addEventListener('abort', () => clearInterval(ticking));
    void watch.report
      .then(
        (report) => {
          if (this.#stop.signal.aborted) {
            return;
          }
          const { failure } = report.reading;
          if (this.#doubt !== undefined && failure !== null && LASTING.has(failure.kind)) {
            this.#standStill();
            this.#set('lost', failure.message);
          } else {
            follower.finish(report);
            this.#set('ended', '');
          }
        },
        (error: unknown) => this.#set('ended', messageOf(error)),
      )
      .finally(() => clearInterval(ticking));
    void this.#keepAsking();
    if (source.lookUp !== undefined) {
      void this.#followVms(source.lookUp);
    }
  }

  get state(): LiveState {
    return this.#state;
  }

  /** What keeps the source from being read; empty where nothing does. */
  get trouble(): string {
    const all = this.#isOver ? [this.#trouble] : [this.#trouble, this.#lookUpTrouble];
    return all.filter(Boolean).join('; ');
  }

  /** How fresh the rows are. */
  get freshness(): Freshness {
    const now = performance.now();
    if (this.#state === 'ended') {
      return { kind: 'timeless' };
    }
    if (!this.#isSilent) {
      return { kind: 'fresh', ageMs: now - this.#heardAtMs };
    }
    const { originMs } = this.model;
    const isKnown = originMs !== null && (this.#startedAt !== undefined || this.#saved !== undefined);
    return {
      kind: 'stale',
      asOfMs: isKnown ? originMs + this.#asOfMs : null,
      forMs: now - this.#heardAtMs,
      reason: this.trouble,
      needsLogIn: this.needsLogIn,
    };
  }

  /** Whether vCenter refused the log-in: to try it again by itself might lock the account. */
  get needsLogIn(): boolean {
    return this.#state === 'lost' && this.source.isLogInRefused?.() === true;
  }

  get #isSilent(): boolean {
    const contact = { heardAtMs: this.#heardAtMs, askedAtMs: this.#askedAtMs, isLost: this.#state === 'lost' };
    return isSilent(contact, performance.now());
  }

  get #isOver(): boolean {
    return this.#state === 'ended' || this.#state === 'lost';
  }

  /** Host time since the start of the run at which vCenter answered last. */
  get #asOfMs(): number {
    return Math.max(0, this.model.nowMs - Math.max(0, this.#flushedAtMs - this.#heardAtMs));
  }

  /** Puts bars and times back to when vCenter answered last. */
  #standStill(): void {
    this.model.tick(this.#asOfMs);
    this.#flushedAtMs = this.#heardAtMs;
  }

  /** When the recording reached its bound: it goes no further. */
  get fullAtMs(): number | undefined {
    return this.#fullAtMs;
  }

  /** What came before a reload could not be kept, and without it what comes after it says nothing. */
  get isRecordingLost(): boolean {
    return this.#saved !== undefined && this.#saved.recording === undefined;
  }

  /** All that was fed in so far, before a reload too; undefined where that could not be kept. */
  recording(): Recording | undefined {
    const recording = this.#recorder.recording();
    const before = this.#saved?.recording;
    if (recording === undefined || this.isRecordingLost) {
      return undefined;
    }
    return before === undefined ? recording : { ...before, steps: [...before.steps, ...recording.steps] };
  }

  /** As it stands; undefined before it has begun. */
  report(): Report | undefined {
    const snapshot = this.#snapshot() ?? this.#saved?.snapshot;
    return snapshot && reportOfState({ snapshot, startedAt: this.#startedAt ?? this.#saved?.startedAt ?? '' });
  }

  /** The state; undefined before the run has begun. */
  #snapshot(): Snapshot | undefined {
    if (this.#doubt !== undefined) {
      return this.#doubt.snapshot;
    }
    if (this.#startedAt === undefined) {
      return undefined;
    }
    try {
      return this.#watch.snapshot();
    } catch {
      // A run that could not be used.
      return undefined;
    }
  }

  /** For a reload; undefined before it has begun. Without what is too large to be kept. */
  save(): SavedRun | undefined {
    const snapshot = this.#snapshot();
    if (snapshot === undefined) {
      return this.#saved;
    }
    const recordingBytes = (this.#saved?.recordingBytes ?? 0) + this.#recorder.bytes;
    const recording = recordingBytes > KEPT_BYTES || this.#fullAtMs !== undefined ? undefined : this.recording();
    return {
      startedAt: this.#startedAt ?? '',
      savedAtMs: this.model.nowMs,
      heardAtMs: performance.timeOrigin + this.#heardAtMs,
      vms: this.#vms,
      options: this.options,
      snapshot,
      marks: this.model.entries.flatMap(eventsOf).slice(0, MARKS_KEPT),
      ...(recording === undefined ? {} : { recording, recordingBytes }),
    };
  }

  /** Ends it. @param close - gives back what the source holds, too */
  async stop(close: boolean): Promise<void> {
    this.#stop.abort();
    this.#watch.cancel();
    await this.#watch.report.catch(() => undefined);
    if (close) {
      await this.source.close();
    }
  }

  /** A run that was resumed is the same run to those who look: its times go on from its first start. */
  #begun(serverTime: string, take: (input: RunInput) => void): void {
    const saved = this.#saved;
    this.#startedAt = saved?.startedAt ?? serverTime;
    if (saved !== undefined) {
      const { startedAt, vms, options } = saved;
      // The time in between on vCenter's clock; for drawing and recording only.
      this.#offsetMs = Math.max(0, Date.parse(serverTime) - Date.parse(startedAt));
      take({ type: 'begin', recording: { format: 'vm-customization-recording/1', startedAt, vms, options } });
      showSaved(this.model, saved);
    }
  }

  async #followVms(lookUp: NonNullable<LiveSource['lookUp']>): Promise<void> {
    const { signal } = this.#stop;
    const isOver = (): boolean => signal.aborted || this.#isOver;
    while (!isOver()) {
      await new Promise((resolve) => setTimeout(resolve, lookUp.everyMs));
      try {
        const vms = isOver() ? this.#vms : await lookUp.find(signal);
        if (!isOver() && !sameVms(vms, this.#vms)) {
          this.#vms = vms;
          await this.#watch.setVms(vms);
          this.model.setVms(vms);
        }
        this.#setLookUpTrouble('');
      } catch (error) {
        if (!isOver()) {
          this.#setLookUpTrouble(`looking for VMs: ${messageOf(error)}`);
        }
      }
    }
  }

  /** Asks for the time and for nothing else: between two reads a vCenter without news looks like one that hangs. */
  async #keepAsking(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted && !this.#isOver) {
      await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
      if (signal.aborted || this.#isOver || this.#startedAt === undefined) {
        continue;
      }
      this.#askedAtMs ??= performance.now();
      const call = new AbortController();
      const late = setTimeout(() => call.abort(), ASK_EVERY_MS);
      try {
        await this.source.events.serverTime({ signal: AbortSignal.any([signal, call.signal]) });
        // One that tells its time and lets nobody read is not readable.
        if (this.#state === 'live' || this.#state === 'reading') {
          this.#heard();
        }
      } catch {
        // The watch meets the same, and says what it is.
      } finally {
        clearTimeout(late);
      }
    }
  }

  #heard(): void {
    if (!this.#isBehind) {
      this.#heardAtMs = performance.now();
      this.#askedAtMs = undefined;
    }
  }

  /** Keeps the state of before a failure that may be for good: it is told of before the machine takes it. */
  #noteDoubt(input: RunInput): void {
    if (input.type === 'readFailed' && input.failure.vm === undefined && input.failure.kind !== 'transient') {
      this.#doubt ??= { snapshot: this.#snapshot(), inputs: [] };
    }
  }

  /** It was not for good: what came since counts. */
  #settleDoubt(progress: Progress, record: (input: RunInput) => void): void {
    if ((progress.type === 'read' || progress.type === 'loggedIn') && this.#doubt !== undefined) {
      const { inputs } = this.#doubt;
      this.#doubt = undefined;
      for (const input of inputs) {
        record(input);
      }
    }
  }

  #noteState(progress: Progress): void {
    const hasAnswered = this.#log.take(progress);
    if (progress.type === 'read') {
      this.#isBehind = false;
    }
    if (hasAnswered) {
      this.#heard();
    }
    const { state, trouble } = this.#log.reading;
    this.#set(state, trouble);
  }

  #setLookUpTrouble(trouble: string): void {
    if (trouble !== this.#lookUpTrouble) {
      this.#lookUpTrouble = trouble;
      this.dispatchEvent(new Event('state'));
    }
  }

  #set(state: LiveState, trouble: string): void {
    if (state !== this.#state || trouble !== this.#trouble) {
      this.#state = state;
      this.#trouble = trouble;
      this.dispatchEvent(new Event('state'));
    }
  }
}

/** The last state of a run, before it can go on. */
export function showSaved(model: RunModel, saved: SavedRun): void {
  model.begin(saved.startedAt, saved.vms, saved.options);
  model.report(reportOfState(saved));
  model.events(saved.marks);
  model.tick(saved.savedAtMs);
}

/** The report of a state. */
export function reportOfState({ snapshot, startedAt }: Pick<SavedRun, 'snapshot' | 'startedAt'>): Report {
  const monitor = Monitor.restore(snapshot, startedAt, 0);
  try {
    return monitor.report();
  } finally {
    monitor.dispose();
  }
}

function sameVms(left: readonly VmRef[], right: readonly VmRef[]): boolean {
  return (
    left.length === right.length && left.every(({ vm, name }, i) => vm === right[i]?.vm && name === right[i]?.name)
  );
}
