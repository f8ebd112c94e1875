/** What a host brings: where events come from. */
import type { EventDocument } from '../core/event-document.js';
import type { EventQuery, GuestInfo, ReadFailure } from '../types.js';

/** What accompanies each call of a source. */
export interface CallOptions {
  /** Aborted when the answer is no longer wanted: a time-out, a newer read, the end of the wait. */
  readonly signal: AbortSignal;
}

/** What accompanies the question to guests. */
export interface GuestCallOptions extends CallOptions {
  /**
   * `toolsRunningStatus` and `guestOperationsReady` are wanted too: the wait has the option `ready`. A source whose server does
   * not have them throws an `OptionsError`, which ends the wait.
   */
  readonly readiness?: boolean;
}

/** What was read of one guest. */
export interface GuestReading extends GuestInfo {
  /**
   * Why the account may not read its properties, for people. A VM that succeeded is then not waited for any longer: it is
   * `unobservable`, for this reason.
   */
  readonly noPermission?: string;
}

/** The answer to one read. */
export interface EventPage {
  /** The events, oldest first when there are several documents; the order within one does not matter. */
  readonly events: EventDocument;
  /** Further documents of the same read. */
  readonly more?: readonly EventDocument[];
  /**
   * False when the source could not read to the end. What is there is taken; the rest is asked for again after a while.
   * Default true.
   */
  readonly complete?: boolean;
  /**
   * VMs whose events were refused (`noPermission`) or that are gone (`notFound`), each with `vm`. They alone are
   * concluded; the others are waited for. Anything that may work in a while is not for here: throw it.
   */
  readonly failures?: readonly ReadFailure[];
}

/** The events of some VMs as they come: what `pushEvents` answers. */
export interface EventPush extends AsyncIterable<EventPage> {
  /**
   * Other VMs are watched from now on. Answers whether their events come from here on too; where that is not so, or
   * cannot be asked, the push is ended and begun again when VMs were added.
   */
  setVms?(vms: readonly string[], options: CallOptions): Promise<boolean>;
}

/**
 * Where events come from. A web page with its own back end needs a few lines:
 *
 * ```ts
 * const source: EventSource = {
 *   serverTime: async ({ signal }) => new Date(await (await fetch('/vc/time', { signal })).text()),
 *   readEvents: async (query, { signal }) => {
 *     const answer = await fetch('/vc/events', { method: 'POST', body: JSON.stringify(query), signal });
 *     return { events: new Uint8Array(await answer.arrayBuffer()) };
 *   },
 * };
 * ```
 *
 * What a call throws decides what happens next: a {@link ReadError} by its `kind`; anything else counts as `transient`
 * and is tried again until the wait ends. A `TypeError` and its kin, which are mistakes of a program, are besides told once
 * by `process.emitWarning` or, where there is none, `console.warn`. An answer to a read that is no {@link EventPage} counts as `transient` too: it
 * says nothing of the VMs. A source without a required method is refused at once, with an `OptionsError`.
 */
export interface EventSource {
  /** vCenter's clock (`CurrentTime`), never the host's own. */
  serverTime(options: CallOptions): Promise<Date>;
  /** Every event that matches. A page as full as `query.maxCount` is not the end: the source reads on. */
  readEvents(query: EventQuery, options: CallOptions): Promise<EventPage>;
  /**
   * What the guests of these VMs say of their customization (vSphere 7.0.2 and later), in one request where that can be
   * done: a second signal where events are missing, the ground for hints, and how the option `ready` is met. VMs of which nothing
   * is known are left out. What it throws is told once and never ends the wait.
   */
  readGuestInfo?(vms: readonly string[], options: GuestCallOptions): Promise<readonly GuestReading[]>;
  /** Logs in again after a `notAuthenticated`. Without it a lost session ends the wait. */
  logIn?(options: CallOptions): Promise<void>;
  /**
   * Events as they come, beside the reads. The first page, which may be empty, says that from here on nothing is missed:
   * one more read then closes the gap. More events than asked for, and the same ones again, do no harm. What it throws,
   * or its end, never ends the wait: it is called again after 1, 2, 4 … 30 s, and after a log-in at once. A
   * page with `complete: false` says that something is missing, and is followed by a read; a
   * `PushUnavailableError` says that it need not be tried again. When its signal is aborted it cleans up by itself.
   */
  pushEvents?(query: EventQuery, options: CallOptions): EventPush;
  /**
   * Milliseconds that one `readEvents` may take where the query sets no bound. Default 30,000. A source that bounds each
   * of its own requests and makes many of them for one read sets more.
   */
  readonly readTimeoutMs?: number;
}
