/** Events of a vCenter, as the run loop wants them. */

import { VimFaultError } from '../../errors.js';
import type {
  CallOptions,
  EventPage,
  EventPush,
  EventSource,
  GuestCallOptions,
  GuestReading,
} from '../../source/event-source.js';
import type { EventQuery, ReadFailure } from '../../types.js';
import { linkedTo } from '../../util/abort.js';
import { isRefusal } from '../api/faults.js';
import type { CallContext, MoRef } from '../api/types.js';
import { checkAccess } from './access.js';
import type { Scope } from './collector.js';
import { type EntityQuery, OverflowError, queryEvents } from './event-query.js';
import { EventScopes } from './event-scopes.js';
import { GuestInfoReader } from './guest-info.js';
import type { OpenCollectors } from './open-collectors.js';
import type { SessionRenewal } from './session-renewal.js';
import type { VimClient } from './vim-client.js';

// As many as a browser opens to one host; more would only queue in the server.
const PARALLEL = 4;

// Every request has a bound of its own; this one is for a read of hundreds of VMs one by one.
const READ_TIMEOUT_MS = 120_000;

/** What a source works with. */
export interface VimEventSourceSetup {
  readonly renewal: SessionRenewal;
  /** Of the session, which ends them before itself. */
  readonly openCollectors: OpenCollectors;
  /** Whether its VMs are those of many watches, which come and go: a push is to hold them all from the first on. */
  readonly forMany?: boolean;
  /** Told once when the events have to be read VM by VM. */
  readonly warn?: ((message: string) => void) | undefined;
}

/** Reads events with one query on a common parent where the account may, else with one per VM. */
export class VimEventSource implements Required<EventSource> {
  readonly readTimeoutMs = READ_TIMEOUT_MS;
  readonly #api: VimClient;
  readonly #setup: VimEventSourceSetup;
  readonly #scopes: EventScopes;
  readonly #guests: GuestInfoReader;
  #warned = false;

  constructor(api: VimClient, setup: VimEventSourceSetup) {
    this.#api = api;
    this.#setup = setup;
    this.#scopes = new EventScopes(api);
    this.#guests = new GuestInfoReader(api);
  }

  serverTime({ signal }: CallOptions): Promise<Date> {
    return this.#api.currentTime({ signal });
  }

  logIn({ signal }: CallOptions): Promise<void> {
    return this.#setup.renewal.renew({ signal });
  }

  readGuestInfo(
    vms: readonly string[],
    { signal, readiness = false }: GuestCallOptions,
  ): Promise<readonly GuestReading[]> {
    return this.#guests.read(vms, readiness, { signal });
  }

  pushEvents(query: EventQuery, { signal }: CallOptions): EventPush {
    const { types, since } = query;
    const scopes = (context: CallContext): AsyncIterable<Scope> => this.#pushScopes(query.vms, context);
    const { events, scope } = this.#setup.openCollectors.begin({ scopes, types, since }, signal);
    return {
      [Symbol.asyncIterator]: () => events,
      setVms: async (vms, call) => {
        const object = (await scope)?.ref;
        return object !== undefined && this.#scopes.hold(object, vms, call);
      },
    };
  }

  async readEvents(query: EventQuery, { signal }: CallOptions): Promise<EventPage> {
    if (query.vms.length < 2) {
      return this.#readOneByOne(query, signal);
    }
    for await (const parent of this.#scopes.above(query.vms, { signal })) {
      try {
        return await this.#readTogether(query, parent, signal);
      } catch (error) {
        if (error instanceof OverflowError) {
          return this.#readOneByOne(query, signal);
        }
        if (!isRefusal(error)) {
          throw error;
        }
      }
    }
    if (!this.#warned) {
      this.#warned = true;
      this.#setup.warn?.(`the events of all VMs at once may not be read on ${this.#api.host}: reading them VM by VM`);
    }
    return this.#readOneByOne(query, signal);
  }

  async *#pushScopes(vms: readonly string[], context: CallContext): AsyncGenerator<Scope, void, undefined> {
    const [vm] = vms;
    const alone: readonly Scope[] =
      vm !== undefined && vms.length === 1 ? [{ ref: { type: 'VirtualMachine', value: vm }, recursion: 'self' }] : [];
    // One VM by itself is the narrowest question.
    if (alone.length === 0 || this.#setup.forMany) {
      for await (const ref of this.#scopes.above(vms, context)) {
        yield { ref, recursion: 'all' };
      }
    }
    yield* alone;
  }

  async #readTogether(query: EventQuery, parent: MoRef, signal: AbortSignal): Promise<EventPage> {
    const pages = await queryEvents(this.#api, this.#entityQuery(query, parent, 'all'), { signal });
    // The answer leaves out what may not be read, without a word.
    return pageOf(pages, await checkAccess(this.#api, query.vms, { signal }));
  }

  async #readOneByOne(query: EventQuery, outer: AbortSignal): Promise<EventPage> {
    const pages: Uint8Array[][] = query.vms.map(() => []);
    const failures: ReadFailure[] = [];
    const rest = query.vms.entries();
    // The first request that fails for good ends the others: the read as a whole has failed.
    const controller = linkedTo(outer);
    const { signal } = controller;

    const worker = async (): Promise<void> => {
      for (const [index, vm] of rest) {
        const entity = { type: 'VirtualMachine', value: vm };
        try {
          pages[index] = await queryEvents(this.#api, this.#entityQuery(query, entity, 'self'), { signal });
        } catch (error) {
          if (!isRefusal(error)) {
            throw error;
          }
          if (error.object !== undefined && error.object !== vm) {
            // Of something else that is not there nothing follows for this VM.
            throw new VimFaultError('transient', error.fault, error.message, error.object);
          }
          failures.push({ kind: error.kind, vm, message: error.message });
        }
      }
    };

    try {
      await Promise.all(Array.from({ length: PARALLEL }, worker));
    } finally {
      controller.release();
      controller.abort();
    }
    return pageOf(pages.flat(), failures);
  }

  #entityQuery(query: EventQuery, entity: MoRef, recursion: 'self' | 'all'): EntityQuery {
    return { entity, recursion, types: query.types, since: query.since, maxCount: query.maxCount };
  }
}

function pageOf(pages: readonly Uint8Array[], failures: readonly ReadFailure[]): EventPage {
  const [events = [], ...more] = pages;
  return { events, more, failures };
}
