/** Events of a vCenter over SOAP, as the run loop wants them. */
import { linkedTo } from '../abort.js';
import { VimFaultError } from '../errors.js';
import type { CallOptions, EventPage, EventSource } from '../source.js';
import type { EventQuery, ReadFailure } from '../types.js';
import { checkAccess } from './access.js';
import type { Credentials, VimClient } from './client.js';
import { type EntityQuery, OverflowError, queryEvents } from './event-query.js';
import type { MoRef } from './xml.js';

// As many as a browser opens to one host; more would only queue in the server.
const PARALLEL = 4;

// Every request has a bound of its own; this one is for a read of hundreds of VMs one by one.
const READ_TIMEOUT_MS = 120_000;

/** Reads events with one query on a common parent where the account may, else with one per VM. */
export class SoapEventSource implements EventSource {
  readonly readTimeoutMs = READ_TIMEOUT_MS;
  readonly #client: VimClient;
  readonly #credentials: Credentials | undefined;
  readonly #parents: MoRef[];
  readonly #warn: (message: string) => void;

  /**
   * @param parents - objects above all VMs, to be tried in this order
   * @param warn - told once when a parent's events may not be read
   */
  constructor(
    client: VimClient,
    credentials: Credentials | undefined,
    parents: readonly MoRef[],
    warn: (message: string) => void = () => undefined,
  ) {
    this.#client = client;
    this.#credentials = credentials;
    this.#parents = [...parents];
    this.#warn = warn;
  }

  serverTime({ signal }: CallOptions): Promise<Date> {
    return this.#client.currentTime({ signal });
  }

  async logIn({ signal }: CallOptions): Promise<void> {
    if (this.#credentials === undefined) {
      throw new VimFaultError('fatal', 'NotAuthenticated', `${this.#client.host}: the session given has ended`);
    }
    await this.#client.login(this.#credentials, { signal });
  }

  async readEvents(query: EventQuery, { signal }: CallOptions): Promise<EventPage> {
    for (let parent = this.#parents[0]; parent !== undefined && query.vms.length > 1; parent = this.#parents[0]) {
      try {
        return await this.#readTogether(query, parent, signal);
      } catch (error) {
        if (error instanceof OverflowError) {
          break;
        }
        if (!(error instanceof VimFaultError) || (error.kind !== 'noPermission' && error.kind !== 'notFound')) {
          throw error;
        }
        this.#parents.shift();
        if (this.#parents.length === 0) {
          this.#warn(`the events of all VMs at once may not be read on ${this.#client.host}: reading them VM by VM`);
        }
      }
    }
    return this.#readOneByOne(query, signal);
  }

  async #readTogether(query: EventQuery, parent: MoRef, signal: AbortSignal): Promise<EventPage> {
    const pages = await queryEvents(this.#client, this.#entityQuery(query, parent, 'all'), { signal });
    // The answer leaves out what may not be read, without a word.
    return pageOf(pages, await checkAccess(this.#client, query.vms, { signal }));
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
          pages[index] = await queryEvents(this.#client, this.#entityQuery(query, entity, 'self'), { signal });
        } catch (error) {
          if (!(error instanceof VimFaultError) || (error.kind !== 'noPermission' && error.kind !== 'notFound')) {
            throw error;
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
