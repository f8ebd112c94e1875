/** One question for events, and what to do when its answer is as full as it may be. */

import { ReadError } from '../errors.js';
import { guarded } from '../monitor.js';
import { core } from '../wasm/loader.js';
import type { CallContext, VimClient } from './client.js';
import { element, type MoRef, reference } from './xml.js';

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
export async function queryEvents(client: VimClient, query: EntityQuery, context: CallContext): Promise<Uint8Array[]> {
  const pages: Uint8Array[] = [];
  let queries = 0;

  async function read(range: Range): Promise<void> {
    queries += 1;
    if (queries > MAX_QUERIES) {
      throw new OverflowError(
        `${client.host}: more events since ${query.since} than ${MAX_QUERIES} queries for ${query.maxCount} can tell apart: look back less far, or watch fewer VMs at a time`,
      );
    }
    const page = await ask(client, query, range, context);
    if (!isFull(page, query.maxCount)) {
      pages.push(page);
      return;
    }
    // Events that come after this moment are the next read's.
    const to = range.to ?? Math.max((await client.currentTime(context)).getTime(), range.from + 1);
    if (to - range.from <= 1) {
      const at = new Date(range.from).toISOString();
      throw new OverflowError(
        `${client.host}: more than ${query.maxCount} events within a millisecond of ${at}, which no query can tell apart`,
      );
    }
    const middle = Math.floor((range.from + to) / 2);
    await read({ from: range.from, to: middle });
    await read({ from: middle, to: range.to === undefined ? undefined : to });
  }

  await read({ from: Date.parse(query.since), to: undefined });
  return pages;
}

async function ask(client: VimClient, query: EntityQuery, range: Range, context: CallContext): Promise<Uint8Array> {
  const { eventManager } = await client.serviceContent(context);
  const time =
    element('beginTime', new Date(range.from).toISOString()) +
    (range.to === undefined ? '' : element('endTime', new Date(range.to).toISOString()));
  // In the order of the schema: vCenter refuses any other.
  const filter =
    `<filter><entity>${reference('entity', query.entity)}${element('recursion', query.recursion)}</entity>` +
    `<time>${time}</time><disableFullMessage>false</disableFullMessage>` +
    query.types.map((type) => element('eventTypeId', type)).join('') +
    `${await maxCount(client, query, context)}</filter>`;
  return client.call('QueryEvents', eventManager, filter, context);
}

async function maxCount(client: VimClient, query: EntityQuery, context: CallContext): Promise<string> {
  const { apiVersion } = await client.serviceContent(context);
  const [major = 0, minor = 0] = apiVersion.split('.').map(Number);
  // The field came with vSphere 6.5; older servers refuse what they do not know.
  return major > 6 || (major === 6 && minor >= 5) ? element('maxCount', String(query.maxCount)) : '';
}

function isFull(page: Uint8Array, maxCount: number): boolean {
  if (page.length < maxCount * SHORTEST_EVENT_BYTES) {
    return false;
  }
  const events = JSON.parse(guarded(() => core().eventsToJson(page))) as unknown[];
  return events.length >= maxCount;
}
