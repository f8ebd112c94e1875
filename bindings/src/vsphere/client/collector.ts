/**
 * Events as they come: one `EventHistoryCollector` for all VMs, whose `latestPage` is watched by a long poll. The page is
 * small and rings the bell; what it does not hold is read on from the collector.
 */

import { guarded } from '../../core/core-handle.js';
import { core } from '../../core/wasm/loader.js';
import { ConnectionError, PushUnavailableError, ReadError, VimFaultError } from '../../errors.js';
import { Backoff } from '../../source/backoff.js';
import type { EventPage } from '../../source/event-source.js';
import type { EventFilter, MoRef, Updates } from '../api/types.js';
import { pageSize } from './event-query.js';
import { cleanUp, uncancellable } from './removal.js';
import type { VimClient } from './vim-client.js';

// vCenter's own default. The simulator sends a whole page per event: with 1,000 events a page a burst of 500 takes 18 s.
const PAGE_SIZE = 10;

// The most that one `ReadNextEvents` may ask for.
const READ_SIZE = 1_000;

// The position in the collector is moved on at least this often: a server forgets old events, and with the one that the
// position is at, the position.
const READ_ON_AFTER = 500;

// Below the minute after which proxies and firewalls take a silent connection for dead.
const MAX_WAIT_SECONDS = 50;

// A server waits until there is something to tell. What comes back sooner than this with nothing is of something broken,
// which must not be asked without a pause.
const EARLY_MS = (MAX_WAIT_SECONDS * 1000) / 2;

// Of 32 collectors that a whole server has.
const MOST_LOSSES = 2;

/** How often in a row the server was asked for a collector and its answer did not arrive. */
export interface Losses {
  inARow: number;
}

/** An object whose events are collected, alone or with all below it. */
export type Scope = NonNullable<EventFilter['entity']>;

/** Which events are collected. */
export interface Collected {
  /** The same events, more widely and more narrowly: the first that the account may read is taken. */
  readonly scopes: readonly Scope[];
  readonly types: readonly string[];
  /** Server time. */
  readonly since: string;
}

/** What one long poll has brought, and the version to go on from. */
interface Answer {
  readonly updates: Updates | undefined;
  readonly version: string;
  /** It told nothing, and could have waited. */
  readonly early: boolean;
}

/** The collector of one push. What it creates on the server it also removes, however it ends. */
export class Collector {
  readonly #api: VimClient;
  readonly #collected: Collected;
  readonly #losses: Losses;
  #collector: MoRef | undefined;
  #propertyCollector: MoRef | undefined;
  #waiting = false;
  #latest: ReadonlySet<number> = new Set();
  #toldSinceRead = 0;

  /** @param losses - of all pushes of the session */
  constructor(api: VimClient, collected: Collected, losses: Losses = { inARow: 0 }) {
    this.#api = api;
    this.#losses = losses;
    this.#collected = collected;
  }

  /**
   * The pages, for ever. The first comes when nothing is missed any more.
   * @throws {@link PushUnavailableError} where the server has no collector for us
   */
  async *events(signal: AbortSignal): AsyncGenerator<EventPage, void, undefined> {
    try {
      signal.throwIfAborted();
      const collector = await this.#create();
      signal.throwIfAborted();
      const propertyCollector = await this.#watch(collector);
      let next = this.#wait(propertyCollector, '', signal);
      let isFirst = true;
      // The first answer, and the rest of one that was cut short, may hold no event.
      let mayBeEmpty = true;
      const backoff = new Backoff();
      for (;;) {
        const { updates, version, early } = await next;
        if (!early) {
          backoff.reset();
        } else {
          await this.#api.clock.sleep(backoff.next(), signal);
          signal.throwIfAborted();
        }
        // Before anything is done with the answer: what happens meanwhile is then on its way already.
        next = this.#wait(propertyCollector, version, signal);
        if (updates !== undefined) {
          yield { events: updates.body };
          const keys = keysOf(updates.body);
          if (keys.length > 0) {
            yield* this.#complete(collector, keys, isFirst, signal);
          } else if (!mayBeEmpty) {
            throw new ReadError('transient', `${this.#api.host}: the event collector has gone`);
          }
          isFirst = false;
          mayBeEmpty = updates.truncated;
        }
      }
    } finally {
      await this.#remove();
    }
  }

  /** One long poll; on one session there may be no other beside it. */
  #wait(propertyCollector: MoRef, version: string, signal: AbortSignal): Promise<Answer> {
    const waiting = async (): Promise<Answer> => {
      signal.throwIfAborted();
      this.#waiting = true;
      const options = { maxWaitSeconds: MAX_WAIT_SECONDS };
      const begin = this.#api.clock.now();
      try {
        const updates = await this.#api.waitForUpdatesEx(propertyCollector, version, options, { signal });
        // Not reset by a failure: a wait that was aborted goes on in the server.
        this.#waiting = false;
        const early = updates === undefined && this.#api.clock.now() - begin < EARLY_MS;
        return { updates, version: updates?.version ?? version, early };
      } catch (error) {
        throw signal.aborted ? error : cancelledByServer(error);
      }
    };
    const answer = waiting();
    // It may fail while the answer before it is still being looked at, or when nobody waits for it any more.
    answer.catch(() => undefined);
    return answer;
  }

  async #create(): Promise<MoRef> {
    const { scopes, types, since } = this.#collected;
    const context = uncancellable();
    let refused: unknown;
    for (const entity of scopes) {
      try {
        const size = await pageSize(this.#api, PAGE_SIZE, context);
        const filter = { entity, beginTime: since, types, ...size };
        this.#collector = await this.#api.createCollectorForEvents(filter, context);
        this.#losses.inARow = 0;
        return this.#collector;
      } catch (error) {
        this.#countLoss(error);
        if (!(error instanceof VimFaultError) || (error.kind !== 'noPermission' && error.kind !== 'notFound')) {
          throw unavailable(error, this.#api.host);
        }
        refused = error;
      }
    }
    const message = `${this.#api.host}: this account may not read the events of all VMs at once`;
    throw new PushUnavailableError(message, { cause: refused });
  }

  /** An answer that was lost is a collector that nobody can remove before the session ends. */
  #countLoss(error: unknown): void {
    if (!isLost(error)) {
      this.#losses.inARow = 0;
      return;
    }
    this.#losses.inARow += 1;
    if (this.#losses.inARow >= MOST_LOSSES) {
      const message = `${error.message} (${this.#losses.inARow} times in a row; each may have left an event collector on the server, so no more are made)`;
      throw new PushUnavailableError(message, { cause: error });
    }
  }

  async #watch(collector: MoRef): Promise<MoRef> {
    const context = uncancellable();
    try {
      this.#propertyCollector = await this.#api.createPropertyCollector(context);
      await this.#api.createFilter(this.#propertyCollector, { ref: collector, paths: ['latestPage'] }, context);
      return this.#propertyCollector;
    } catch (error) {
      throw unavailable(error, this.#api.host);
    }
  }

  /** What came beside the events of an answer, of which there are at most the newest. */
  async *#complete(
    collector: MoRef,
    keys: readonly number[],
    isFirst: boolean,
    signal: AbortSignal,
  ): AsyncGenerator<EventPage, void, undefined> {
    const fresh = keys.filter((key) => !this.#latest.has(key));
    // A page with room left, or with an event that was known before, holds all that is newer.
    const gap = !isFirst && keys.length >= PAGE_SIZE && fresh.length === keys.length;
    this.#latest = new Set(keys);
    this.#toldSinceRead += new Set(fresh).size;
    if (gap || this.#toldSinceRead >= READ_ON_AFTER) {
      yield* this.#readOn(collector, gap, signal);
    }
  }

  /** Everything from the position in the collector to its end. */
  async *#readOn(collector: MoRef, gap: boolean, signal: AbortSignal): AsyncGenerator<EventPage, void, undefined> {
    const read = new Set<number>();
    for (;;) {
      const body = await this.#api.readNextEvents(collector, READ_SIZE, { signal });
      const keys = keysOf(body);
      if (keys.length === 0) {
        break;
      }
      for (const key of keys) {
        read.add(key);
      }
      yield { events: body };
    }
    this.#toldSinceRead = 0;
    // An empty answer is no proof of the end: the position may be lost, or lie before events that may not be seen.
    if (gap && [...this.#latest].some((key) => !read.has(key))) {
      yield { events: [], complete: false };
    }
    this.#latest = new Set([...this.#latest, ...read]);
  }

  async #remove(): Promise<void> {
    const [api, propertyCollector, collector] = [this.#api, this.#propertyCollector, this.#collector];
    const unwatch = async (): Promise<void> => {
      if (propertyCollector !== undefined) {
        if (this.#waiting) {
          await cleanUp((context) => api.cancelWaitForUpdates(propertyCollector, context), api.clock);
        }
        await cleanUp((context) => api.destroyPropertyCollector(propertyCollector, context), api.clock);
      }
    };
    const discard = async (): Promise<void> => {
      if (collector !== undefined) {
        await cleanUp((context) => api.destroyCollector(collector, context), api.clock);
      }
    };
    // Side by side: the end of a command has less than a second.
    await Promise.all([discard(), unwatch()]);
  }
}

function keysOf(body: Uint8Array): number[] {
  if (body.length === 0) {
    return [];
  }
  const keys = JSON.parse(guarded(() => core().eventKeys(body))) as readonly (number | null)[];
  return keys.filter((key) => key !== null);
}

/** Faults after which there is no use in asking again are told apart from those that may pass. */
function unavailable(error: unknown, host: string): unknown {
  if (!(error instanceof VimFaultError)) {
    return error;
  }
  if (error.fault === 'InvalidState') {
    const message = `${host} has no event collector left for us (InvalidState): others hold all that its option event.maxCollectors allows`;
    return new PushUnavailableError(message, { cause: error });
  }
  return error.kind === 'fatal' ? new PushUnavailableError(error.message, { cause: error }) : error;
}

// With these the request has not got to the server.
const NOT_SENT: readonly unknown[] = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'];

/** Whether the server may have done what it was asked for, and only its answer is missing. */
function isLost(error: unknown): error is ConnectionError {
  if (!(error instanceof ConnectionError) || !['connection', 'timeout', 'tooLarge'].includes(error.code)) {
    return false;
  }
  const code = error.cause instanceof Error ? (error.cause as { code?: unknown }).code : undefined;
  return !NOT_SENT.includes(code);
}

/** A poll that nobody here has cancelled was cancelled with its session; the fault does not say so. */
function cancelledByServer(error: unknown): unknown {
  return error instanceof VimFaultError && error.fault === 'RequestCanceled'
    ? new ReadError('notAuthenticated', error.message, { cause: error })
    : error;
}
