/**
 * The shapes that cross the package's border. All are plain JSON; the names are those of the recording and report
 * formats, which `docs/formats.md` of the repository describes field by field, with JSON Schemas. What the values mean, and
 * the rules D1 to D18 and P1 to P8 by which they come about, is in `docs/behaviour.md` there.
 *
 * "Server time" is vCenter's clock, as RFC 3339 text in UTC with three digits after the second; "host time" is the
 * caller's monotonic clock, in milliseconds since the start of the run. The two are never compared.
 */

/** How far the customization of a VM has come. Exhaustive, spelled as published in 2011. */
export type CustomizationStatus =
  | 'VmNotStarted'
  | 'CustomizationNotStarted'
  | 'CustomizationStarted'
  | 'CustomizationSucceeded'
  | 'CustomizationFailed';

/**
 * Why a VM is no longer waited for; absent while it is. It never changes the status that the VM had reached.
 *
 * - `completed`: customization has succeeded or failed
 * - `notStarted`: no power-on was found, and none is waited for
 * - `timedOut`: the deadline came first
 * - `vmRemoved`: the VM is gone
 * - `cancelled`: the caller ended the wait
 * - `unobservable`: the VM's events could not be read; the row's `error` says why
 */
export type Conclusion = 'completed' | 'notStarted' | 'timedOut' | 'vmRemoved' | 'cancelled' | 'unobservable';

/**
 * The likely reason that a VM gets no further. May grow.
 *
 * - `notRead`: there was no complete read for a while, or none at all: nothing can be said of the guest
 * - `poweredOff`: it was powered on, and is off or suspended
 * - `poweredOnEarlier`: it runs, and was powered on before the window; the row's `windowOpensAt` says where that opens
 * - `neverPoweredOn`: no power-on was seen, and it does not run as far as is known
 * - `nothingPending`: it was powered on, and no customization is pending
 * - `pendingNotStarted`: it was powered on, and a customization is pending
 * - `notStarted`: it was powered on, and whether a customization is pending is not known
 * - `startedNoResult`: customization started, and no result came
 * - `notReady`: customization succeeded, and the guest that is waited for is not ready
 * - `notFound`: no VM of that name has appeared; only in reports of the command, in rows without a `vm` (`--wait-for-vm`)
 */
export type Hint =
  | 'notRead'
  | 'poweredOff'
  | 'poweredOnEarlier'
  | 'neverPoweredOn'
  | 'nothingPending'
  | 'pendingNotStarted'
  | 'notStarted'
  | 'startedNoResult'
  | 'notReady'
  | 'notFound';

/** A VM to watch. A name is a label, never an identity: VMs are renamed, and names repeat. */
export interface VmRef {
  /** The value of the managed object reference, such as `vm-101`. */
  readonly vm: string;
  /** The name to report; without it the one in the VM's events is used. */
  readonly name?: string | null;
}

/** The first failure of an attempt, in the order of events. */
export interface Failure {
  /** The event type without prefix, such as `CustomizationSysprepFailed`; `TOOLSDEPLOYPKG_FAILED` from guest info. */
  readonly type: string;
  /** The reason code, such as `customizationDisabled` (vSphere 7.0 and later). */
  readonly reason: string | null;
  /** Where the guest keeps the log. */
  readonly logLocation: string | null;
  /** Of a `CustomizationSysprepFailed`. */
  readonly sysprepVersion: string | null;
  /** Of a `CustomizationSysprepFailed`. */
  readonly systemVersion: string | null;
  /** vCenter's text, in the language of the session. */
  readonly message: string | null;
  /** `Event.key`. */
  readonly eventKey: number | null;
  /** A text was longer than 4 KiB and was cut. */
  readonly truncated?: true;
}

/** Why the events of a VM could not be read. */
export interface RowError {
  /** What kind of failure it was. */
  readonly kind: ReadFailureKind;
  /** What the source said. */
  readonly message: string;
}

/** The row of one VM in a report. Under `published` rules it has the first four fields only. */
export interface VmRow {
  /** The value of the managed object reference. */
  readonly vm: string;
  /** The name as given, else as the events have it. */
  readonly name: string | null;
  /** The name was longer than 4 KiB and was cut; it ends in `…`. */
  readonly nameTruncated?: true;
  /** How far the customization has come. */
  readonly customizationStatus: CustomizationStatus;
  /** Why the VM is no longer waited for; absent while it is. */
  readonly conclusion?: Conclusion;
  /** The current attempt, 0 while there is none. */
  readonly attempt?: number;
  /** Server time of the power-on that the attempt began with. */
  readonly poweredOnAt?: string | null;
  /** Server time at which customization started. */
  readonly startedAt?: string | null;
  /** Server time of the result. */
  readonly finishedAt?: string | null;
  /** Server time at which the guest was ready; absent while it is not, and where that is not waited for. */
  readonly readyAt?: string;
  /** What went wrong in the guest. */
  readonly failure?: Failure | null;
  /** The likely reason that the VM gets no further. */
  readonly hint?: Hint | null;
  /** Server time at which the window of the VM opens; with the hint `poweredOnEarlier` only. */
  readonly windowOpensAt?: string;
  /** A result had been told that later changed. */
  readonly revised?: true;
  /** Guest info tells another result than the events. */
  readonly guestInfoDisagrees?: true;
  /** Why the VM is `unobservable`. */
  readonly error?: RowError;
}

/** One step of one VM. The transitions of a VM form a chain that ends at the status of its row. */
export interface Transition {
  /**
   * Its number in the run, from 0 on. It counts those that are no longer kept, and a run that is resumed goes on with it.
   */
  readonly n: number;
  /** The value of the managed object reference. */
  readonly vm: string;
  /** The name of the VM as it was known then. */
  readonly name: string | null;
  /** The status before. */
  readonly from: CustomizationStatus;
  /** The status after. */
  readonly to: CustomizationStatus;
  /** Host time, milliseconds since the start of the run. */
  readonly atMs: number;
  /** `Event.key` of the event that caused it; null for an inferred step and for guest info. */
  readonly eventKey: number | null;
  /** The attempt it belongs to, from 1 on. */
  readonly attempt: number;
  /** No event said so: a result without a start implies the start. */
  readonly inferred?: true;
}

/** What to do about a VM that failed or gets no further. */
export interface WhatToDo {
  /** What it is about: the reason or the type of a failure, or a hint. The same for the same advice. */
  readonly about: string;
  /** What is wrong, in a few words. */
  readonly headline: string;
  /** Why, in one sentence. */
  readonly cause: string;
  /** One to three things to do, in their order; commands are in backticks. */
  readonly steps: readonly string[];
  /** Where the guest keeps its log: as the event says, else where guests usually do; absent where no log would help. */
  readonly logPath?: string;
  /** Where the facts are from: an address, or a section of this project's documentation. */
  readonly source: string;
}

/** What a run has come to: one row per VM asked for, in the order asked for. */
export interface Report {
  readonly format: 'vm-customization-report/1';
  /** Host time at which the run ended, milliseconds since its start; null while it goes on. */
  readonly endedAtMs: number | null;
  readonly vms: readonly VmRow[];
  readonly transitions: readonly Transition[];
  /** How many of the oldest transitions are no longer kept; absent when none. */
  readonly transitionsDropped?: number;
  /** How many of the events fed in were ignored, by reason. */
  readonly ignored?: Readonly<Record<string, number>>;
  /** What became of the reads. */
  readonly reading: Reading;
  /**
   * What to do about its VMs, once for each kind of trouble. The core says nothing of it: the command and the workers of a
   * fleet write it, with `withWhatToDo`.
   */
  readonly whatToDo?: readonly (WhatToDo & { readonly vms: readonly string[] })[];
}

/** What became of the reads: it tells a run that saw nothing from one of VMs that are not done. */
export interface Reading {
  /** Host time of the last complete read, milliseconds since the start of the run; null when there was none. */
  readonly lastReadAtMs: number | null;
  /** What reads, and log-ins, have failed with since then; null when none did. */
  readonly failure: ReadingFailure | null;
}

/** Reads, and log-ins, that failed in a row. */
export interface ReadingFailure {
  /** The kind of the latest. */
  readonly kind: ReadFailureKind;
  /** What the source said of the latest. */
  readonly message: string;
  /** The message was longer than 4 KiB and was cut. */
  readonly truncated?: true;
  /** Host time of the first, milliseconds since the start of the run. */
  readonly sinceMs: number;
  /** How many there were. */
  readonly count: number;
}

/** What a run is asked to do. What is left out takes the default. */
export interface MonitorOptions {
  /** `default`, or `published`: the PowerCLI script of 2011 exactly, which takes no option but `timeoutSeconds`. */
  readonly rules?: 'default' | 'published' | undefined;
  /** The deadline for all VMs, in seconds of host time from the start; null waits for ever. Default 600. */
  readonly timeoutSeconds?: number | null | undefined;
  /** How long before the start a power-on still counts, in seconds of server time. Default 300. */
  readonly lookbackSeconds?: number | undefined;
  /**
   * A server time taken before the power-on, as a Date or RFC 3339 text with an offset; used in place of `lookbackSeconds`.
   */
  readonly since?: string | Date | undefined;
  /** Seconds of host time between two reads. Default 15; 60 where the source pushes events. */
  readonly pollIntervalSeconds?: number | undefined;
  /** Keep waiting for VMs that were not powered on. Default false. */
  readonly waitForPowerOn?: boolean | undefined;
  /** What a power-on after the start means: a new attempt unless there is a result, nothing, or always a new attempt. */
  readonly attempts?: 'follow' | 'first' | 'reopen' | undefined;
  /** Seconds of host time without a transition after which a row gets a hint. Default 600. */
  readonly stuckAfterSeconds?: number | undefined;
  /**
   * What a guest must be before a VM that succeeded is done: `tools` waits until VMware Tools run, `guestOperations` until
   * the guest takes guest operations as well. Null takes success for enough. Not under `published` rules. Default null.
   */
  readonly ready?: 'tools' | 'guestOperations' | null | undefined;
  /**
   * Seconds of host time for which a guest has to go on being ready, since a Linux guest reboots right after its success.
   * Default 30.
   */
  readonly settleSeconds?: number | undefined;
}

/**
 * Why a read is asked for. May grow. `push` is after what a push may have missed, `safety` beside one, of which nothing is
 * known to be missing.
 */
export type ReadReason =
  | 'start'
  | 'poll'
  | 'retry'
  | 'loggedIn'
  | 'vmDropped'
  | 'deadline'
  | 'pass'
  | 'restored'
  | 'vmsChanged'
  | 'push'
  | 'safety'
  | (string & {});

/** A read that the machine asks for: the answer is every matching event, in any order. */
export interface EventQuery {
  /** The VMs to read, by the value of their managed object reference. */
  readonly vms: readonly string[];
  /** Server time; events created then or later. */
  readonly since: string;
  /** Every concrete event type of interest, without prefix. */
  readonly types: readonly string[];
  /** The most events to ask for at a time. A page as full as this is not the end. */
  readonly maxCount: number;
  /** Why it is asked for. */
  readonly reason: ReadReason;
  /** Milliseconds after which the answer is of no more use; null for no such bound. */
  readonly timeoutMs: number | null;
}

/** A read of properties that the machine asks for (`ready`). The answer says what is known of each VM. */
export interface GuestInfoQuery {
  /** Its number, which goes with the answer. */
  readonly number: number;
  /** The VMs to read, by the value of their managed object reference. */
  readonly vms: readonly string[];
}

/** When to call the machine again, and why. */
export interface Deadline {
  /** Host time in milliseconds. */
  readonly atMs: number;
  /** Why. May grow. */
  readonly reason: 'read' | 'retry' | 'deadline' | 'lastRead' | 'pass' | 'stuck' | 'guestInfo' | (string & {});
}

/** Something the machine tells, or asks its host to do. */
export type Output =
  | { readonly type: 'transition'; readonly transition: Transition }
  | { readonly type: 'concluded'; readonly row: VmRow }
  | { readonly type: 'stuck'; readonly vm: string; readonly hint: Hint }
  | { readonly type: 'read'; readonly query: EventQuery }
  | { readonly type: 'readGuestInfo'; readonly query: GuestInfoQuery }
  | { readonly type: 'logIn' };

/** What became of the events of one document. */
export interface Ingested {
  /** How many the machine took. */
  readonly accepted: number;
  /** How many it ignored, by reason. */
  readonly ignored: Readonly<Record<string, number>>;
  /** The first 100 items that could not be understood; the others were taken all the same. Absent when none. */
  readonly bad?: readonly { readonly place: string; readonly message: string }[];
  /**
   * Why the document completes nothing: its last line is cut off. Where it was fed as complete, that has counted as this
   * failed read. Absent where it is whole.
   */
  readonly failure?: ReadFailure;
}

/** What one call of a {@link Monitor} answers. */
export interface Update {
  /** In the order in which they came about. */
  readonly outputs: readonly Output[];
  /** When to call `handleTimeout`; null when there is nothing to wait for by the clock. */
  readonly deadline: Deadline | null;
  /** The run is over; what is fed in from here on changes nothing. */
  readonly ended: boolean;
  /** What the report says of the reading, where this input has changed that. */
  readonly reading?: Reading;
  /** Of `handleEvents` only. */
  readonly ingested?: Ingested;
}

/** The kinds of failure to read. None of them is ever a result of customization. */
export type ReadFailureKind = 'notAuthenticated' | 'noPermission' | 'notFound' | 'transient' | 'fatal';

/** A read that failed, as a whole or for one VM. */
export interface ReadFailure {
  readonly kind: ReadFailureKind;
  /** The VM it concerns; absent when it concerns the read as a whole. */
  readonly vm?: string;
  /** For people; without credentials. */
  readonly message?: string;
}

/**
 * Guest info: `guest.customizationInfo`, `config.tools.pendingCustomization`, `runtime.powerState`, `runtime.bootTime`,
 * `guest.toolsRunningStatus` and `guest.guestOperationsReady` of one VM.
 */
export interface GuestInfo {
  readonly vm: string;
  /** Such as `TOOLSDEPLOYPKG_RUNNING`. */
  readonly customizationStatus?: string | null;
  /** Server time. */
  readonly startTime?: string | null;
  /** Server time. */
  readonly endTime?: string | null;
  readonly errorMsg?: string | null;
  /** Whether `config.tools.pendingCustomization` is set; absent is unknown. */
  readonly pendingCustomization?: boolean | null;
  /** `poweredOn`, `poweredOff` or `suspended`; others are unknown. */
  readonly powerState?: string | null;
  /** Server time at which it was powered on last. */
  readonly bootTime?: string | null;
  /** `guestToolsRunning`, `guestToolsNotRunning` or `guestToolsExecutingScripts`. */
  readonly toolsRunningStatus?: string | null;
  /** Whether it takes guest operations. */
  readonly guestOperationsReady?: boolean | null;
}

/** The state of a run as versioned plain data, for {@link Monitor.restore}. Its fields are the core's own business. */
export interface Snapshot {
  readonly [field: string]: unknown;
}

/**
 * One input of a run. `atMs` is host time since the start; it never decreases from step to step.
 *
 * `vms` with `serverTime`: from then on these VMs are watched, as with {@link Monitor.setVms}.
 */
export type RecordingStep = { readonly atMs: number } & (
  | { readonly events: readonly unknown[]; readonly complete?: false }
  | { readonly readFailed: ReadFailure }
  | { readonly loggedIn: true }
  | { readonly guestInfo: GuestInfo | readonly GuestInfo[] }
  | { readonly vms: readonly VmRef[]; readonly serverTime: string }
  | { readonly cancel: true }
);

/** Everything that was fed into a run, so that it can be played again anywhere with the same outcome. */
export interface Recording {
  readonly format: 'vm-customization-recording/1';
  /** Server time at host time 0. */
  readonly startedAt: string;
  readonly vms: readonly VmRef[];
  readonly options: MonitorOptions;
  readonly steps: readonly RecordingStep[];
}

/**
 * What an event means to the machine. `powerOn` is a `VmStartingEvent`, a `VmPoweredOnEvent` or one of their subclasses
 * `VmUnsupportedStartingEvent`, `DrsVmPoweredOnEvent` and `VmRestartedOnAlternateHostEvent`; `removed` is a
 * `VmRemovedEvent`.
 */
export type EventKind = 'powerOn' | 'started' | 'succeeded' | 'failed' | 'removed';

/** One event of a document, as far as a view shows it. Texts are cut at 4 KiB. */
export interface EventSummary {
  /** The value of the managed object reference of its VM; null when it names none. */
  readonly vm: string | null;
  /** The name that the VM had. */
  readonly name: string | null;
  /** `Event.key`; null when it has none, or one that is no 32-bit number. */
  readonly key: number | null;
  /** Server time. */
  readonly createdTime: string;
  /** The event type without prefix. */
  readonly type: string;
  /** What it means to the machine; null: nothing, such as a reboot or a rename. */
  readonly kind: EventKind | null;
}

/** How a run has changed since the last update, for views. */
export interface RunUpdate {
  /** Host time of this state, milliseconds since the start of the run. */
  readonly atMs: number;
  /** The run is over. */
  readonly ended: boolean;
  /** `rows` are all rows, in order, and `transitions` all that are kept: forget what was told before. */
  readonly reset: boolean;
  /** The rows that have changed, in order; all of them after a `reset`. */
  readonly rows: readonly VmRow[];
  /** The new transitions, oldest first; all of them after a `reset`. */
  readonly transitions: readonly Transition[];
}

/** One input of a recording, as a {@link Playback} feeds it. A step that holds several things is several inputs. */
export interface PlaybackInput {
  /** Host time, milliseconds since the start of the run. */
  readonly atMs: number;
  readonly kind: 'events' | 'guestInfo' | 'readFailed' | 'loggedIn' | 'cancel' | 'vms';
  /** Its events, in the order of the document; empty for the other kinds. */
  readonly events: readonly EventSummary[];
  /** Whether a page of events completes an observation; it means nothing for the other kinds. */
  readonly complete: boolean;
}
