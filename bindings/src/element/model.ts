import type {
  CustomizationStatus,
  EventKind,
  EventSummary,
  MonitorOptions,
  Report,
  RunUpdate,
  Transition,
  VmRef,
  VmRow,
} from '../types.js';
import { addMark, type Mark, markOf } from './marks.js';
import { isStuck } from './needs.js';
import { STATUS_LABELS, STATUSES } from './words.js';

const MARKS_PER_VM = 64;
const TRANSITIONS_KEPT = 1_000;
const READS_KEPT = 500;
const TYPE_NAMES_KEPT = 500;

/** A read, at host time. */
export interface ReadMark {
  /** Milliseconds since the start of the run. */
  readonly atMs: number;
  readonly ok: boolean;
}

/** What a {@link RunModel} tells when it has changed. */
export class RunModelChange extends Event {
  /** The VMs whose rows or marks changed; null: everything. */
  readonly vms: readonly string[] | null;
  /** What happened just now. What a view is told when it begins, or after a step back in time, is not news. */
  readonly transitions: readonly Transition[];

  constructor(vms: readonly string[] | null, transitions: readonly Transition[] = []) {
    super('change');
    this.vms = vms;
    this.transitions = transitions;
  }
}

/** What is known of one VM. A view may keep what it works out beside it, by this object. */
export interface ModelEntry {
  readonly row: VmRow;
  /** Its place in the order asked for. */
  readonly order: number;
  /** By time. */
  readonly marks: readonly Mark[];
  /** Server times of the current attempt, milliseconds since 1970. */
  readonly poweredOnMs: number | null;
  readonly startedMs: number | null;
  readonly finishedMs: number | null;
  readonly readyMs: number | null;
  /** Its result is from before the run began, and was found by looking back. */
  readonly isEarlier: boolean;
  /** It is waited for, and its customization gets no further. */
  readonly isStuck: boolean;
  /** It succeeded, and is waited for until its guest is ready. */
  readonly awaitsReady: boolean;
  /** Counts the changes of this entry. */
  readonly version: number;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
interface Entry extends Mutable<ModelEntry> {
  readonly marks: Mark[];
}

/**
 * All that a view shows of one run, for `<vm-customization-status>` and for what a page shows beside it.
 *
 * It decides nothing: statuses, attempts and failures are those of the rows it is given. Each input costs as much as it
 * brings, and is told by one {@link RunModelChange} event; views draw at most once per frame. Bounded: 64 marks per VM
 * (the newest), 1,000 transitions, 500 reads.
 *
 * ```ts
 * const model = new RunModel();
 * model.begin(playback.startedAt, playback.vms);
 * model.update(playback.seek(60_000));
 * ```
 */
export class RunModel extends EventTarget {
  readonly #entries = new Map<string, Entry>();
  readonly #counts: Record<CustomizationStatus, number> = noCounts();
  readonly #earlier: Record<CustomizationStatus, number> = noCounts();
  #stuck = 0;
  readonly #typeNames = new Map<string, string>();
  #inOrder: Entry[] = [];
  #transitions: Transition[] = [];
  #reads: ReadMark[] = [];
  #startedAt: string | null = null;
  #startedMs: number | null = null;
  #lookbackSeconds: number | null = null;
  #nowMs = 0;
  #ended = false;
  #axisEndMs: number | null = null;
  #earliestMs = Number.POSITIVE_INFINITY;
  #latestMs = Number.NEGATIVE_INFINITY;
  #transitionsTold = 0;
  #hasReady = false;
  #waitsForReady = false;
  #report: Report | null = null;
  /** How far the server's clock is ahead of this computer's, by the latest time that a report has. */
  #aheadMs = 0;

  /**
   * Forgets everything; a run of these VMs begins at this server time.
   * @param options - of the run: how far back it looks is said where nothing was seen, and whether a guest that it waits for is ready
   * @throws TypeError for what is no list of VMs
   */
  begin(startedAt: string, vms: readonly VmRef[], options: MonitorOptions = {}): void {
    checkVms(vms);
    this.#order(new Set());
    this.#forget();
    this.#startedAt = startedAt;
    this.#startedMs = timeOf(startedAt);
    this.#lookbackSeconds = options.lookbackSeconds ?? null;
    this.#waitsForReady = (options.ready ?? null) !== null;
    this.#report = null;
    this.#nowMs = 0;
    this.#ended = false;
    this.#axisEndMs = null;
    this.#place(vms);
    this.#tell(null);
  }

  /**
   * Rows that changed, and transitions. A `reset` forgets marks and reads as well: what is known at the time gone back
   * to is told again by {@link events} and {@link read}.
   */
  update(update: RunUpdate): void {
    this.#nowMs = update.atMs;
    this.#ended = update.ended;
    this.#report = null;
    if (update.reset) {
      this.#forget();
      this.#replaceRows(update.rows);
    } else {
      for (const row of update.rows) {
        this.#setRow(row);
      }
    }
    this.#addTransitions(update.transitions);
    this.#tell(update.reset ? null : update.rows.map(({ vm }) => vm), update.reset ? [] : update.transitions);
  }

  /** Events for the timelines; those of other VMs, and those that have no mark there, are left out. */
  events(events: readonly EventSummary[]): void {
    const changed = new Set<string>();
    for (const event of events) {
      const entry = event.vm === null ? undefined : this.#entries.get(event.vm);
      const mark = entry && markOf(event);
      if (entry !== undefined && mark !== undefined && addMark(entry.marks, this.#shared(mark), MARKS_PER_VM)) {
        this.#reach(mark.timeMs);
        entry.version += 1;
        changed.add(entry.row.vm);
      }
    }
    if (changed.size > 0) {
      this.#tell([...changed]);
    }
  }

  /** A read came to its end at this host time. */
  read(read: ReadMark): void {
    push(this.#reads, [read], READS_KEPT);
    this.#tell([]);
  }

  /** Time goes on: milliseconds since the start of the run. */
  tick(nowMs: number): void {
    if (nowMs !== this.#nowMs) {
      this.#nowMs = nowMs;
      this.#tell([]);
    }
  }

  /**
   * A whole report in place of updates. It does not say when the run began: without {@link begin} the time axis is that
   * of the rows, and while the run goes on now is this computer's clock, or what the report knows of a later time.
   */
  report(report: Report): void {
    checkReport(report);
    const told = (report.transitionsDropped ?? 0) + report.transitions.length;
    const isFirst = this.#entries.size === 0;
    const fresh = told - this.#transitionsTold;
    const news = isFirst || fresh <= 0 ? [] : report.transitions.slice(-fresh);
    this.#ended = report.endedAtMs !== null;
    this.#nowMs = report.endedAtMs ?? this.#nowMs;
    const changed = this.#replaceRows(report.vms);
    this.#transitions = report.transitions.slice(-TRANSITIONS_KEPT);
    this.#transitionsTold = told;
    this.#report = report;
    this.#aheadMs = Math.max(0, this.#latestMs - Date.now());
    this.#tell(changed, news);
  }

  /** The report that is shown; null where there is none, or updates have come since. */
  get lastReport(): Report | null {
    return this.#report;
  }

  /** Whether time goes on by itself, not by {@link tick}: a report is shown of a run that goes on. */
  get runsOn(): boolean {
    return this.#report !== null && !this.#ended && this.#startedMs === null;
  }

  /**
   * From here on these VMs, in this order. What is known of those that stay is kept.
   * @throws TypeError for what is no list of VMs
   */
  setVms(vms: readonly VmRef[]): void {
    checkVms(vms);
    this.#report = null;
    this.#place(vms);
    this.#tell(null);
  }

  /** Server time at host time 0; null while unknown. */
  get startedAt(): string | null {
    return this.#startedAt;
  }

  /** How far back the run looks for power-ons; null where it was not said. */
  get lookbackSeconds(): number | null {
    return this.#lookbackSeconds;
  }

  /** Host time, milliseconds since the start of the run. */
  get nowMs(): number {
    return this.#nowMs;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Host time up to which the time axis reaches at least: the end of a recording. Null: up to now. */
  get axisEndMs(): number | null {
    return this.#axisEndMs;
  }

  set axisEndMs(value: number | null) {
    this.#axisEndMs = value;
    this.#tell([]);
  }

  /** How many VMs have come how far. */
  get counts(): Readonly<Record<CustomizationStatus, number>> {
    return this.#counts;
  }

  /** How many of them have a result of before the run began. */
  get earlier(): Readonly<Record<CustomizationStatus, number>> {
    return this.#earlier;
  }

  /** How many are waited for and get no further. */
  get stuck(): number {
    return this.#stuck;
  }

  /** How many VMs there are. */
  get size(): number {
    return this.#entries.size;
  }

  /** The rows, in the order asked for. */
  get rows(): readonly VmRow[] {
    return this.#inOrder.map(({ row }) => row);
  }

  /** What is known of each VM, in the order asked for. Not to be changed; it changes with the model. */
  get entries(): readonly ModelEntry[] {
    return this.#inOrder;
  }

  entry(vm: string): ModelEntry | undefined {
    return this.#entries.get(vm);
  }

  row(vm: string): VmRow | undefined {
    return this.#entries.get(vm)?.row;
  }

  /** The marks of a VM by time: those of its events, and what its row alone tells of. */
  marks(vm: string): readonly Mark[] {
    const entry = this.#entries.get(vm);
    return entry === undefined ? [] : marksOf(entry);
  }

  /** The newest 1,000, newest last. */
  get transitions(): readonly Transition[] {
    return this.#transitions;
  }

  /** The newest 500, newest last. */
  get reads(): readonly ReadMark[] {
    return this.#reads;
  }

  /**
   * The time that counts as host time 0 on the axis, milliseconds since 1970. Null while nothing is known.
   *
   * Drawing is the one place where a host time is put on the server's clock, as start + elapsed: a mark for a read then
   * stands about where it belongs. Nothing is decided by it.
   */
  get originMs(): number | null {
    return this.#startedMs ?? (Number.isFinite(this.#earliestMs) ? this.#earliestMs : null);
  }

  /** Whether the run waits for guests to be ready: it was said, or some guest was. */
  get hasReady(): boolean {
    return this.#hasReady || this.#waitsForReady;
  }

  /** Now on the server's clock, for drawing; of a report without a start see {@link report}, once it has ended the latest time. */
  get serverNowMs(): number | null {
    if (this.#startedMs !== null) {
      return this.#startedMs + this.#nowMs;
    }
    return this.runsOn ? Date.now() + this.#aheadMs : this.latestMs;
  }

  /** The earliest time that any row or mark has; null while there is none. */
  get earliestMs(): number | null {
    return Number.isFinite(this.#earliestMs) ? this.#earliestMs : null;
  }

  /** The latest, likewise. */
  get latestMs(): number | null {
    return Number.isFinite(this.#latestMs) ? this.#latestMs : null;
  }

  #tell(vms: readonly string[] | null, transitions: readonly Transition[] = []): void {
    this.dispatchEvent(new RunModelChange(vms, transitions));
  }

  /** What was told before, but for the VMs. */
  #forget(): void {
    this.#transitions = [];
    this.#transitionsTold = 0;
    this.#reads = [];
    this.#earliestMs = Number.POSITIVE_INFINITY;
    this.#latestMs = Number.NEGATIVE_INFINITY;
    this.#hasReady = false;
    this.#typeNames.clear();
    for (const entry of this.#entries.values()) {
      entry.marks.length = 0;
      entry.version += 1;
      this.#reachRow(entry);
    }
  }

  #place(vms: readonly VmRef[]): void {
    const kept = new Set<string>();
    for (const { vm, name } of vms) {
      if (!kept.has(vm)) {
        kept.add(vm);
        const entry = this.#entries.get(vm);
        if (entry === undefined) {
          // Every chain of transitions begins there.
          this.#add({ vm, name: name ?? null, customizationStatus: 'VmNotStarted' });
        } else if (name !== undefined && name !== null && name !== entry.row.name) {
          this.#replace(entry, { ...entry.row, name });
        }
      }
    }
    this.#order(kept);
  }

  /** Exactly these rows. Answers the VMs that changed, or null when there are others than before or in another order. */
  #replaceRows(rows: readonly VmRow[]): readonly string[] | null {
    const before = this.#inOrder;
    const sameVms = before.length === rows.length && rows.every((row, i) => before[i]?.row.vm === row.vm);
    const changed = rows.filter((row, i) => this.#setRow(row, sameVms ? before[i] : undefined)).map(({ vm }) => vm);
    if (sameVms) {
      return changed;
    }
    this.#order(new Set(rows.map(({ vm }) => vm)));
    return null;
  }

  /** Answers whether that changed anything. */
  #setRow(row: VmRow, entry = this.#entries.get(row.vm)): boolean {
    if (entry === undefined) {
      this.#add(row);
      return true;
    }
    if (sameRow(entry.row, row)) {
      return false;
    }
    this.#replace(entry, row);
    return true;
  }

  #add(row: VmRow): void {
    const entry: Entry = {
      row,
      order: this.#inOrder.length,
      marks: [],
      poweredOnMs: null,
      startedMs: null,
      finishedMs: null,
      readyMs: null,
      isEarlier: false,
      isStuck: false,
      awaitsReady: false,
      version: 0,
    };
    this.#entries.set(row.vm, entry);
    this.#inOrder.push(entry);
    this.#readRow(entry);
    this.#count(entry, 1);
  }

  #replace(entry: Entry, row: VmRow): void {
    this.#count(entry, -1);
    entry.row = row;
    entry.version += 1;
    this.#readRow(entry);
    this.#count(entry, 1);
  }

  #count({ row, isEarlier, isStuck }: Entry, by: 1 | -1): void {
    this.#counts[row.customizationStatus] += by;
    this.#earlier[row.customizationStatus] += isEarlier ? by : 0;
    this.#stuck += isStuck ? by : 0;
  }

  /** Removes all others. */
  #order(vms: ReadonlySet<string>): void {
    for (const [vm, entry] of this.#entries) {
      if (!vms.has(vm)) {
        this.#entries.delete(vm);
        this.#count(entry, -1);
      }
    }
    this.#inOrder = [];
    for (const vm of vms) {
      const entry = this.#entries.get(vm);
      if (entry !== undefined) {
        entry.order = this.#inOrder.length;
        this.#inOrder.push(entry);
      }
    }
  }

  #readRow(entry: Entry): void {
    const { poweredOnAt, startedAt, finishedAt, readyAt, customizationStatus, conclusion } = entry.row;
    entry.poweredOnMs = timeOf(poweredOnAt);
    entry.startedMs = timeOf(startedAt);
    entry.finishedMs = timeOf(finishedAt);
    entry.readyMs = timeOf(readyAt);
    entry.isEarlier = entry.finishedMs !== null && this.#startedMs !== null && entry.finishedMs < this.#startedMs;
    entry.isStuck = isStuck(entry.row);
    entry.awaitsReady =
      this.#waitsForReady &&
      customizationStatus === 'CustomizationSucceeded' &&
      conclusion === undefined &&
      entry.readyMs === null;
    this.#reachRow(entry);
  }

  #reachRow({ poweredOnMs, startedMs, finishedMs, readyMs }: Entry): void {
    this.#hasReady ||= readyMs !== null;
    for (const timeMs of [poweredOnMs, startedMs, finishedMs, readyMs]) {
      if (timeMs !== null) {
        this.#reach(timeMs);
      }
    }
  }

  #reach(timeMs: number): void {
    this.#earliestMs = Math.min(this.#earliestMs, timeMs);
    this.#latestMs = Math.max(this.#latestMs, timeMs);
  }

  #addTransitions(transitions: readonly Transition[]): void {
    this.#transitionsTold += transitions.length;
    push(this.#transitions, transitions, TRANSITIONS_KEPT);
  }

  /** A type's name is kept once, not once per event: hundreds of thousands of marks share a few. */
  #shared(mark: Mark): Mark {
    if (mark.type === null) {
      return mark;
    }
    const type = this.#typeNames.get(mark.type);
    if (type === undefined) {
      if (this.#typeNames.size >= TYPE_NAMES_KEPT) {
        this.#typeNames.clear();
      }
      this.#typeNames.set(mark.type, mark.type);
      return mark;
    }
    return { ...mark, type };
  }
}

const knownMarks = new WeakMap<ModelEntry, { version: number; marks: readonly Mark[] }>();

/** The marks of an entry by time: those of its events, and of what its row alone tells, as guest info or a report does. */
export function marksOf(entry: ModelEntry): readonly Mark[] {
  let known = knownMarks.get(entry);
  if (known?.version !== entry.version) {
    known = { version: entry.version, marks: withRow(entry) };
    knownMarks.set(entry, known);
  }
  return known.marks;
}

function withRow(entry: ModelEntry): readonly Mark[] {
  const isFailure = entry.row.customizationStatus === 'CustomizationFailed';
  const ofRow: readonly (readonly [number | null, Mark['kind']])[] = [
    [entry.poweredOnMs, 'powerOn'],
    [entry.startedMs, 'started'],
    [entry.finishedMs, isFailure ? 'failed' : 'succeeded'],
    [entry.readyMs, 'ready'],
  ];
  const more: Mark[] = [];
  for (const [timeMs, kind] of ofRow) {
    if (timeMs !== null && !entry.marks.some((mark) => mark.timeMs === timeMs && mark.kind === kind)) {
      more.push({ timeMs, kind, type: null, key: null });
    }
  }
  return more.length === 0 ? [...entry.marks] : [...entry.marks, ...more].sort((a, b) => a.timeMs - b.timeMs);
}

const OWN_KINDS: ReadonlySet<string> = new Set<EventKind>(['powerOn', 'started', 'succeeded', 'failed', 'removed']);

/** The events of a VM's marks, to be told to another model by {@link RunModel.events}. */
export function eventsOf({ row: { vm }, marks }: ModelEntry): readonly EventSummary[] {
  return marks.flatMap(({ timeMs, kind, type, key }) =>
    type === null
      ? []
      : {
          vm,
          name: null,
          key,
          createdTime: new Date(timeMs).toISOString(),
          type,
          kind: OWN_KINDS.has(kind) ? (kind as EventKind) : null,
        },
  );
}

const VMS = "`vms` must be an array such as [{ vm: 'vm-101' }]";

/** Hosts without types hand over whatever a server answered. */
function areVms(vms: unknown): vms is readonly VmRef[] {
  return (
    Array.isArray(vms) && vms.every((vm) => typeof (vm?.vm || 0) === 'string' && typeof (vm.name ?? '') === 'string')
  );
}

function checkVms(vms: unknown): void {
  if (!areVms(vms)) {
    throw new TypeError(VMS);
  }
}

function checkReport(report: unknown): void {
  const { vms, transitions } = (report ?? {}) as Partial<Report>;
  let wrong = areVms(vms) ? '' : VMS;
  wrong ||= Array.isArray(transitions) ? '' : 'its `transitions` is no array';
  wrong ||= vms?.every((row) => Object.hasOwn(STATUS_LABELS, row.customizationStatus))
    ? ''
    : 'some of its `vms` has no known `customizationStatus`';
  if (wrong) {
    throw new TypeError(`\`report\` must be a report, or null for nothing: ${wrong}`);
  }
}

function noCounts(): Record<CustomizationStatus, number> {
  return Object.fromEntries(STATUSES.map((status) => [status, 0])) as Record<CustomizationStatus, number>;
}

function timeOf(text: string | null | undefined): number | null {
  const timeMs = text === null || text === undefined ? Number.NaN : Date.parse(text);
  return Number.isNaN(timeMs) ? null : timeMs;
}

function push<T>(kept: T[], more: readonly T[], limit: number): void {
  for (const item of more) {
    kept.push(item);
  }
  if (kept.length > limit) {
    kept.splice(0, kept.length - limit);
  }
}

function sameRow(a: VmRow, b: VmRow): boolean {
  return (
    a === b ||
    (a.customizationStatus === b.customizationStatus &&
      a.name === b.name &&
      a.conclusion === b.conclusion &&
      a.attempt === b.attempt &&
      a.poweredOnAt === b.poweredOnAt &&
      a.startedAt === b.startedAt &&
      a.finishedAt === b.finishedAt &&
      a.readyAt === b.readyAt &&
      a.hint === b.hint &&
      a.revised === b.revised &&
      a.guestInfoDisagrees === b.guestInfoDisagrees &&
      JSON.stringify(a.failure ?? null) === JSON.stringify(b.failure ?? null) &&
      JSON.stringify(a.error ?? null) === JSON.stringify(b.error ?? null))
  );
}
