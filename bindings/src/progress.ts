/** What a watch tells while it goes on. */
import type { EventQuery, Ingested, ReadFailure, Recording, Transition, VmRow } from './types.js';

/** Something that happened during a watch. May grow. */
export type Progress =
  /** The run begins; this is vCenter's clock. */
  | { readonly type: 'started'; readonly serverTime: string }
  /** A VM has got one step further. */
  | { readonly type: 'transition'; readonly transition: Transition }
  /** A VM is no longer waited for, for now: a later event may still change its row. */
  | { readonly type: 'concluded'; readonly row: VmRow }
  /** A read begins. */
  | { readonly type: 'reading'; readonly query: EventQuery }
  /** A read was complete. */
  | { readonly type: 'read' }
  /** A document was taken. */
  | { readonly type: 'ingested'; readonly ingested: Ingested }
  /** A read, a log-in or the question for the time failed; `failure.kind` says whether it is tried again. */
  | { readonly type: 'readFailed'; readonly failure: ReadFailure }
  /** The session was gone and is there again. */
  | { readonly type: 'loggedIn' };

/** Everything fed into the machine, for a recording. */
export type RunInput =
  | { readonly type: 'begin'; readonly recording: Omit<Recording, 'steps'> }
  | { readonly type: 'events'; readonly document: Uint8Array; readonly complete: boolean; readonly atMs: number }
  | { readonly type: 'readFailed'; readonly failure: ReadFailure; readonly atMs: number }
  | { readonly type: 'loggedIn'; readonly atMs: number }
  | { readonly type: 'cancel'; readonly atMs: number };
