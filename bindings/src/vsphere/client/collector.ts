/**
 * Events as they come: one `EventHistoryCollector` for all VMs, whose `latestPage` is watched by a long poll. The page is
 * small and rings the bell; what it does not hold is read on from the collector.
 */

import { eventKeys } from '../../core/event-keys.js';
import { PushUnavailableError, ReadError, VimFaultError, WireError } from '../../errors.js';
import { Backoff } from '../../source/backoff.js';
import type { EventPage } from '../../source/event-source.js';
import { Pace } from '../../source/pace.js';
import type { LinkedController } from '../../util/abort.js';
import { deferred } from '../../util/deferred.js';
import { isRefusal } from '../api/faults.js';
import type { CallContext, EventFilter, MoRef, Updates } from '../api/types.js';
import { pageSize } from './event-query.js';
import { cleanUp, uncancellable } from './removal.js';
import type { ServerObjects } from './server-objects.js';
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

// A server waits until there is something to tell. What comes back sooner than this with nothing new is of something
// broken, which must not be asked without a pause.
const EARLY_MS = (MAX_WAIT_SECONDS * 1000) / 2;

// What is read on at a time is a burst. A server that has always more of it is answered with a read.
const MOST_READS = 100;

/** An object whose events are collected, alone or with all below it. */
export type Scope = NonNullable<EventFilter['entity']>;

/** Which events are collected. */
export interface Collected {
  /** Objects that all VMs are below: the first whose events the account may read is taken. */
  readonly scopes: (context: CallContext) => AsyncIterable<Scope>;
  readonly types: readonly string[];
  /** Server time. */
  readonly since: string;
}

/** What one long poll has brought, and the version to go on from. */
interface Answer {
  readonly updates: Updates | undefined;
  readonly version: string;
  /** It could have waited for something to tell. */
  readonly early: boolean;
}

/** The collector of one push. What it creates on the server it also removes, however it ends. */
export class Collector {
  readonly #api: VimClient;
  readonly #collected: Collected;
  readonly #objects: ServerObjects;
  readonly #scope = deferred<Scope | undefined>();
  #collector: MoRef | undefined;
  #propertyCollector: MoRef | undefined;
  #waiting = false;
  readonly #pace = new Pace();
  #latest: ReadonlySet<number> = new Set();
  #toldSinceRead = 0;

  /** @param objects - of all pushes of the client */
  constructor(api: VimClient, collected: Collected, objects: ServerObjects) {
    this.#api = api;
    this.#objects = objects;
    this.#collected = collected;
  }

  /** What it was made on, once it is made; undefined when it ends before. */
  get scope(): Promise<Scope | undefined> {
    return this.#scope.promise;
  }

  /**
   * The pages, for ever. The first comes when nothing is missed any more.
   * @param controller - ends them; aborted when they have ended, so that no poll is begun then
   * @throws {@link PushUnavailableError} where the server has no collector for us
   */
  async *events(controller: LinkedController): AsyncGenerator<EventPage, void, undefined> {
    const { signal } = controller;
    try {
      const collector = await this.#create(signal);
      const propertyCollector = await this.#watch(collector, signal);
      const backoff = new Backoff();
      let next = this.#wait(propertyCollector, '', 0, signal);
      let isFirst = true;
      // The first answer, and the rest of one that was cut short, may hold no event.
      let mayBeEmpty = true;
      for (;;) {
        const { updates, version, early } = await next;
        const keys = this.#keysOf(updates?.body);
        const goesOn = !early || (isFirst && updates !== undefined) || keys.some((key) => !this.#latest.has(key));
        if (goesOn) {
          backoff.reset();
        }
        const pauseMs = goesOn ? this.#nextPause() : backoff.next();
        // Before anything is done with the answer: what happens meanwhile is then on its way already.
        next = this.#wait(propertyCollector, version, pauseMs, signal);
        if (updates !== undefined) {
          yield { events: updates.body };
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
      controller.abort(new Error('the push is over'));
      this.#scope.resolve(undefined);
      await this.#remove();
    }
  }

  /** One long poll, after a pause; on one session there may be no other beside it. */
  #wait(propertyCollector: MoRef, version: string, pauseMs: number, signal: AbortSignal): Promise<Answer> {
    const waiting = async (): Promise<Answer> => {
      await this.#pause(pauseMs, signal);
      this.#waiting = true;
      const options = { maxWaitSeconds: MAX_WAIT_SECONDS };
      const begin = this.#api.clock.now();
      const updates = await this.#api.waitForUpdatesEx(propertyCollector, version, options, { signal });
      // Not reset by a failure: a wait that was aborted goes on in the server.
      this.#waiting = false;
      const early = this.#api.clock.now() - begin < EARLY_MS;
      return { updates, version: updates?.version ?? version, early };
    };
    const answer = waiting();
    // It may fail while the answer before it is still being looked at, or when nobody waits for it any more.
    answer.catch(() => undefined);
    return answer;
  }

  /** A server that has something new at every request must not be asked as fast as it answers. */
  #nextPause(): number {
    return this.#pace.next(this.#api.clock.now());
  }

  async #pause(ms: number, signal: AbortSignal): Promise<void> {
    if (ms > 0) {
      await this.#api.clock.sleep(ms, signal);
    }
    signal.throwIfAborted();
  }

  async #create(signal: AbortSignal): Promise<MoRef> {
    const { scopes, types, since } = this.#collected;
    const size = await pageSize(this.#api, PAGE_SIZE, uncancellable());
    let refused: unknown;
    for await (const entity of scopes(uncancellable())) {
      try {
        const filter = { entity, beginTime: since, types, ...size };
        this.#collector = await this.#made((context) => this.#api.createCollectorForEvents(filter, context), signal);
        this.#scope.resolve(entity);
        return this.#collector;
      } catch (error) {
        if (!isRefusal(error)) {
          throw error;
        }
        refused = error;
      }
    }
    const message = `${this.#api.host}: this account may not read the events of all VMs at once`;
    throw new PushUnavailableError(message, { cause: refused });
  }

  async #watch(collector: MoRef, signal: AbortSignal): Promise<MoRef> {
    const propertyCollector = await this.#made((context) => this.#api.createPropertyCollector(context), signal);
    this.#propertyCollector = propertyCollector;
    const watched = { ref: collector, paths: ['latestPage'] };
    // It goes with its property collector: this need not be let finish.
    await this.#api.createFilter(propertyCollector, watched, { signal }).catch((error: unknown) => {
      throw unavailable(error, this.#api.host);
    });
    return propertyCollector;
  }

  async #made(make: (context: CallContext) => Promise<MoRef>, signal: AbortSignal): Promise<MoRef> {
    try {
      return await this.#objects.make(make, signal);
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
    for (let reads = 0; reads < MOST_READS; reads += 1) {
      await this.#pause(this.#nextPause(), signal);
      const body = await this.#api.readNextEvents(collector, READ_SIZE, { signal });
      const before = read.size;
      for (const key of this.#keysOf(body)) {
        read.add(key);
      }
      // The end, or the same page again: the position does not move on.
      if (read.size === before) {
        break;
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

  #keysOf(body: Uint8Array = new Uint8Array()): number[] {
    try {
      return eventKeys(body).filter((key) => key !== null);
    } catch (error) {
      const why = error instanceof WireError ? error.message : '';
      throw new ReadError('transient', `${this.#api.host}: what was pushed could not be read: ${why}`, {
        cause: error,
      });
    }
  }

  async #remove(): Promise<void> {
    const [api, propertyCollector, collector] = [this.#api, this.#propertyCollector, this.#collector];
    const unwatch = async (): Promise<void> => {
      if (propertyCollector !== undefined) {
        if (this.#waiting) {
          await cleanUp((context) => api.cancelWaitForUpdates(propertyCollector, context), api.clock);
        }
        await this.#objects.remove((context) => api.destroyPropertyCollector(propertyCollector, context));
      }
    };
    const discard = async (): Promise<void> => {
      if (collector !== undefined) {
        await this.#objects.remove((context) => api.destroyCollector(collector, context));
      }
    };
    // Side by side: the end of a command has less than a second.
    await Promise.all([discard(), unwatch()]);
  }
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
