/** One question for events, and what to do when its answer is as full as it may be. */

import { eventKeys } from '../../core/event-keys.js';
import { ReadError } from '../../errors.js';
import type { CallContext, EventFilter, MoRef } from '../api/types.js';
import type { VimClient } from './vim-client.js';

/** Which events of which object. */
export interface EntityQuery {
  readonly entity: MoRef;
  /** The object alone, or everything below it. */
  readonly recursion: 'self' | 'all';
  readonly types: readonly string[];
  /** Server time; inclusive, as all bounds here. */
  readonly since: string;
  readonly maxCount: number;
}

/** The time range of one question, in milliseconds since 1970 of server time; `to` is open at first. */
interface Range {
  readonly from: number;
  readonly to: number | undefined;
}

// No event takes fewer bytes than this, so that a shorter page cannot be full and need not be looked into.
const SHORTEST_EVENT_BYTES = 100;

// More than a vCenter posts of these types in any window that makes sense, the empty halves included.
const MAX_QUERIES = 256;

/** A page stays full however short the time asked for: the events of one millisecond, or too many of them at all. */
export class OverflowError extends ReadError {
  override readonly name = 'OverflowError';

  constructor(message: string) {
    super('transient', message, { code: 'tooManyEvents' });
  }
}

/**
 * All events that match, as the bodies came, oldest first. `QueryEvents` has no continuation, and which events a full
 * page leaves out is documented nowhere: the time range is split until no page is full.
 */
export async function queryEvents(api: VimClient, query: EntityQuery, context: CallContext): Promise<Uint8Array[]> {
  const pages: Uint8Array[] = [];
  let queries = 0;

  async function read(range: Range): Promise<void> {
    queries += 1;
    if (queries > MAX_QUERIES) {
      throw new OverflowError(
        `${api.host}: more events since ${query.since} than ${MAX_QUERIES} queries for ${query.maxCount} can tell apart: look back less far, or watch fewer VMs at a time`,
      );
    }
    const page = await ask(api, query, range, context);
    if (!isFull(page, query.maxCount)) {
      pages.push(page);
      return;
    }
    // Events that come after this moment are the next read's.
    const to = range.to ?? (await api.currentTime(context)).getTime();
    if (to - range.from <= 1) {
      const at = new Date(range.from).toISOString();
      throw new OverflowError(
        `${api.host}: more than ${query.maxCount} events within a millisecond of ${at}, which no query can tell apart`,
      );
    }
    const middle = Math.floor((range.from + to) / 2);
    await read({ from: range.from, to: middle });
    await read({ from: middle, to: range.to === undefined ? undefined : to });
  }

  await read({ from: Date.parse(query.since), to: undefined });
  return pages;
}

async function ask(api: VimClient, query: EntityQuery, range: Range, context: CallContext): Promise<Uint8Array> {
  const filter: EventFilter = {
    entity: { ref: query.entity, recursion: query.recursion },
    beginTime: new Date(range.from).toISOString(),
    ...(range.to === undefined ? {} : { endTime: new Date(range.to).toISOString() }),
    types: query.types,
    ...(await pageSize(api, query.maxCount, context)),
  };
  return api.queryEvents(filter, context);
}

/** As a part of a filter: the field came with vSphere 6.5, and older servers refuse what they do not know. */
export async function pageSize(
  api: VimClient,
  maxCount: number,
  context: CallContext,
): Promise<Pick<EventFilter, 'maxCount'>> {
  const { apiVersion } = await api.serviceContent(context);
  const [major = 0, minor = 0] = apiVersion.split('.').map(Number);
  return major > 6 || (major === 6 && minor >= 5) ? { maxCount } : {};
}

function isFull(page: Uint8Array, maxCount: number): boolean {
  return page.length >= maxCount * SHORTEST_EVENT_BYTES && eventKeys(page).length >= maxCount;
}
