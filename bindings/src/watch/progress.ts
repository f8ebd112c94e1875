/** What a watch tells while it goes on. */
import type {
  EventQuery,
  GuestInfo,
  Hint,
  Ingested,
  ReadFailure,
  Recording,
  Transition,
  VmRef,
  VmRow,
} from '../types.js';

/** Something that happened during a watch. May grow. */
export type Progress =
  /** The run begins; this is vCenter's clock. */
  | { readonly type: 'started'; readonly serverTime: string }
  /** A VM has got one step further. */
  | { readonly type: 'transition'; readonly transition: Transition }
  /** A VM is no longer waited for, for now: a later event may still change its row. */
  | { readonly type: 'concluded'; readonly row: VmRow }
  /** A VM that is waited for has got no further for long; this is the likely reason. */
  | { readonly type: 'stuck'; readonly vm: string; readonly hint: Hint }
  /** A read begins. */
  | { readonly type: 'reading'; readonly query: EventQuery }
  /** A read was complete: nothing keeps events from being read, and `reading.failure` of the report is null. */
  | { readonly type: 'read' }
  /** A document was taken. */
  | { readonly type: 'ingested'; readonly ingested: Ingested }
  /**
   * A read, a log-in or the question for the time failed; `failure.kind` says whether it is tried again. It is what
   * `reading.failure` of the report says from here until the next `read`; with a `vm`, that VM alone is not read any more.
   */
  | { readonly type: 'readFailed'; readonly failure: ReadFailure }
  /** What the guests say of themselves cannot be read: events alone count. Told once; it is tried again all the same. */
  | { readonly type: 'guestInfoFailed'; readonly message: string }
  /** The session was gone and is there again. */
  | { readonly type: 'loggedIn' }
  /** Events come as they happen, from here on. */
  | { readonly type: 'pushing' }
  /**
   * Events no longer come by themselves; that is tried again, and they are read meanwhile. `inARow` counts the failures
   * since they came for a while; a session that was lost is none.
   */
  | { readonly type: 'pushFailed'; readonly failure: ReadFailure; readonly inARow: number }
  /** Events will not come by themselves: they are read from time to time. Told once. */
  | { readonly type: 'pushUnavailable'; readonly message: string };

/** Everything fed into the machine, for a recording. */
export type RunInput =
  | { readonly type: 'begin'; readonly recording: Omit<Recording, 'steps'> }
  | { readonly type: 'events'; readonly document: Uint8Array; readonly complete: boolean; readonly atMs: number }
  | { readonly type: 'readFailed'; readonly failure: ReadFailure; readonly atMs: number }
  | { readonly type: 'loggedIn'; readonly atMs: number }
  | { readonly type: 'guestInfo'; readonly infos: readonly GuestInfo[]; readonly atMs: number }
  | { readonly type: 'vms'; readonly vms: readonly VmRef[]; readonly serverTime: string; readonly atMs: number }
  | { readonly type: 'cancel'; readonly atMs: number };
