/**
 * What the WebAssembly core offers: JSON text or bytes in, JSON text out, times as milliseconds of the host's
 * monotonic clock. Written by hand so that the published types do not depend on generated ones; `loader.ts` makes the
 * compiler compare the two.
 */

/** One run of the state machine. Every call that changes it answers a step as JSON. */
export interface RawMonitor {
  /** Drains what is queued; called once after construction. */
  drain(): string;
  /** Takes a document of events in any wire form; an empty array holds no events. */
  handleEvents(document: Uint8Array, complete: boolean, nowMs: number): string;
  /** Takes guest info, one object or an array of objects; of an answer to a read of properties with that one's number. */
  handleGuestInfo(json: string, nowMs: number, answers?: number | null): string;
  /** Takes what went wrong with the open read. */
  handleReadFailed(json: string, nowMs: number): string;
  /** Says that the session is there again. */
  handleLoggedIn(nowMs: number): string;
  /** Watches other VMs from now on. */
  setVms(vmsJson: string, serverNow: string, nowMs: number): string;
  /** Says that the deadline last named has come. */
  handleTimeout(nowMs: number): string;
  /** Ends the run with the rows it has. */
  cancel(nowMs: number): string;
  /** The report as of the last input, as JSON. */
  report(): string;
  /** Rows as a JSON array: of the VMs of a JSON array of `VmRef`s, of all VMs where it is empty text. */
  rows(vmsJson: string): string;
  /** The state as JSON, for `RawMonitor.restore`. */
  snapshot(): string;
  /** Gives the memory back; no call may follow. */
  free(): void;
}

/** One recording, played interactively. */
export interface RawPlayback {
  /** What does not change, as JSON. */
  head(): string;
  /** The state at a time, as a `RunUpdate`. */
  seek(atMs: number): string;
  /** The state after an event, as a `RunUpdate`; a negative index is the start. */
  seekEvent(index: number): string;
  /** The report at the present position, as JSON. */
  report(): string;
  /** Gives the memory back; no call may follow. */
  free(): void;
}

/** The constructors of {@link RawMonitor}. */
export interface RawMonitorConstructor {
  new (configJson: string, nowMs: number): RawMonitor;
  /** Goes on from a snapshot. */
  restore(snapshotJson: string, serverNow: string, nowMs: number, timeDownCounts: boolean): RawMonitor;
}

/** The initialised core. */
export interface CoreModule {
  /** One run of the state machine. */
  RawMonitor: RawMonitorConstructor;
  /** One recording, played interactively. */
  RawPlayback: new (
    recording: Uint8Array,
  ) => RawPlayback;
  /** Plays one recording or NDJSON of them; answers one report a line. */
  replay(input: Uint8Array): string;
  /** A recording without steps, as JSON: of `vms`, `options` and `serverNow`. */
  recordingHead(configJson: string): string;
  /** The step of a recording that feeds a document of events in any wire form, as JSON. */
  recordingEvents(document: Uint8Array, complete: boolean, atMs: number): string;
  /** The step of a recording that feeds another input, as JSON: from the same with what the format does not have. */
  recordingStep(stepJson: string): string;
  /** The limits and defaults, as JSON. */
  limits(): string;
  /** The items of a document of events in any wire form for a recording made of them, as JSON: `EventItems`. */
  itemsToJson(document: Uint8Array): string;
  /** Tells the events of a document in any wire form as a JSON array for views. */
  summarizeEvents(document: Uint8Array): string;
  /** The keys of the items of a document in any wire form, as a JSON array; null for one without. */
  eventKeys(document: Uint8Array): string;
  /**
   * Turns a SOAP answer into JSON: name, type, attributes, text and children of each element; where `levels` is given, only
   * of those so many levels below the root.
   */
  soapTree(document: Uint8Array, levels?: number): string;
}
