/** What a host brings: where events come from. */
import type { EventDocument } from './document.js';
import type { EventQuery, ReadFailure } from './types.js';

/** What accompanies each call of a source. */
export interface CallOptions {
  /** Aborted when the answer is no longer wanted: a time-out, a newer read, the end of the wait. */
  readonly signal: AbortSignal;
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
 * and is tried again until the wait ends.
 */
export interface EventSource {
  /** vCenter's clock (`CurrentTime`), never the host's own. */
  serverTime(options: CallOptions): Promise<Date>;
  /** Every event that matches. A page as full as `query.maxCount` is not the end: the source reads on. */
  readEvents(query: EventQuery, options: CallOptions): Promise<EventPage>;
  /** Logs in again after a `notAuthenticated`. Without it a lost session ends the wait. */
  logIn?(options: CallOptions): Promise<void>;
  /**
   * Milliseconds that one `readEvents` may take where the query sets no bound. Default 30,000. A source that bounds each
   * of its own requests and makes many of them for one read sets more.
   */
  readonly readTimeoutMs?: number;
}
