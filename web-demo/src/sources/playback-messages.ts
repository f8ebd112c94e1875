/** What the page and the worker that plays a recording tell each other. */
import type { EventSummary, MonitorOptions, RunUpdate, VmRow } from 'vm-customization';
import type { ReadMark } from 'vm-customization/element';
import type { ReportFormat } from '../ui/export.js';
import type { Given } from './given.js';

/** A larger recording is asked for again after a reload, and is in no link. Bytes of JSON text. */
export const LARGEST_KEPT = 2 * 2 ** 20;

/** How far the reading of files is: bytes that were read, and then nothing more to count. */
export interface Reading {
  readonly bytes: number;
  readonly of: number;
}

/** One recording that can be opened. */
export interface Offered {
  readonly name: string;
  /** When it began, and some of its VMs. */
  readonly about: string;
}

/** What does not change while a recording is played. */
export interface Opened {
  readonly startedAt: string;
  readonly options: MonitorOptions;
  /** When the run ends, milliseconds of host time since its start. */
  readonly endMs: number;
  /** When each event was told, by host time, in order. */
  readonly eventTimes: Float64Array;
  /** The recording as JSON text, where that is no larger than what is kept. */
  readonly text: string | undefined;
}

/** A position: a time, or an event, after which nothing was told; -1 is the start. */
export type Place = { readonly atMs: number } | { readonly event: number };

/** A part of what is different at a position. */
export interface Change {
  /** Those of the update that comes with the last of them. */
  readonly rows: readonly VmRow[];
  /** Before all events. */
  readonly update?: Omit<RunUpdate, 'rows'>;
  readonly events: readonly EventSummary[];
  readonly reads: readonly ReadMark[];
}

/** What is told at a position. */
export interface Position {
  /** How many events were told. */
  readonly eventsTold: number;
  /** The last of them. */
  readonly lastEvent: EventSummary | undefined;
}

/** Each call: what goes with it, what is told while it is at work, and what it answers. */
export interface Calls {
  /** Loads the core from this address. */
  start: { of: string; part: never; answer: undefined };
  /** Reads recordings, or events that together make one. */
  read: { of: readonly Given[]; part: Reading; answer: readonly Offered[] };
  /** Opens the recording of this number; from here on it is what is played. */
  open: { of: number; part: never; answer: Opened };
  seek: { of: Place; part: Change; answer: Position };
  /** The report at the position, as a file. */
  report: { of: ReportFormat; part: never; answer: Blob };
  /** What is played, as JSON text. */
  recording: { of: undefined; part: never; answer: Blob };
  /** What a recording, of any run, holds of one VM, packed for a link; undefined where it is too large for one. */
  evidence: { of: { readonly recording: Blob; readonly vm: string }; part: never; answer: string | undefined };
}

export type Call = { [Name in keyof Calls]: { readonly call: Name; readonly of: Calls[Name]['of'] } }[keyof Calls];

/** Parts of the call that is at work, and its end. Calls are answered in their order. */
export type Answer = { readonly part: unknown } | { readonly answer: unknown } | { readonly problem: string };
