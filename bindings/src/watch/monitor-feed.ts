/** What goes into the machine of a run: fed in a fixed order, recorded, and told of on the way. */
import { toBytes } from '../core/event-document.js';
import type { Monitor } from '../core/monitor.js';
import { VmCustomizationError, WireError } from '../errors.js';
import type { EventPage } from '../source/event-source.js';
import type { GuestInfo, ReadFailure, Update, VmRef } from '../types.js';
import type { Progress, RunInput } from './progress.js';

/** What a feed needs. */
export interface MonitorFeedSetup {
  readonly monitor: Monitor;
  /** Whether the machine knows nothing yet: it was not restored. */
  readonly fresh: boolean;
  readonly tell: (progress: Progress) => void;
  readonly record: (input: RunInput) => void;
}

/** What became of a page: the updates, in order, and why it was no complete answer. */
export interface FedPage {
  readonly updates: readonly Update[];
  readonly failure: ReadFailure | undefined;
  /** What of the guests made no sense. */
  readonly guestFailure: string | undefined;
}

/** Feeds one machine. Times are milliseconds of host time since the start of the run; one that goes back is clamped. */
export class MonitorFeed {
  readonly #setup: MonitorFeedSetup;
  /** Whether there was no answer yet to a machine that knows nothing. */
  #fresh: boolean;
  #lastMs = 0;

  constructor(setup: MonitorFeedSetup) {
    this.#setup = setup;
    this.#fresh = setup.fresh;
  }

  /** When the machine was fed last. */
  get lastMs(): number {
    return this.#lastMs;
  }

  /**
   * Feeds an answer to a read.
   *
   * @param own - of a read that the machine did not ask for: it adds to what is known, and completes nothing
   */
  page(page: EventPage, guests: readonly GuestInfo[], own: boolean, now: number): FedPage {
    const documents = [page.events, ...(page.more ?? [])].map((document) => toBytes(document));
    const refusals = page.failures ?? [];
    const updates: Update[] = [];
    // An event tells more than the guest does of the same thing, so events come first. But at the start there is no
    // attempt yet that the guest's word could be taken for, and it is there when the first events end the wait.
    const guestsFirst = this.#fresh;
    this.#fresh = false;
    let guestFailure: string | undefined;
    const feedGuests = (): void => {
      const fed = this.guests(guests, now);
      for (const update of fed.updates) {
        updates.push(update);
      }
      guestFailure = fed.failure;
    };
    if (guestsFirst) {
      feedGuests();
    }
    let failure: ReadFailure | undefined =
      page.complete === false ? { kind: 'transient', message: 'the source could not read to the end' } : undefined;
    let counted = false;
    const more = own || refusals.length > 0 || (guests.length > 0 && !guestsFirst);
    for (const [index, document] of documents.entries()) {
      const last = index === documents.length - 1;
      const complete = last && !more && failure === undefined;
      try {
        const update = this.#document(document, complete, now);
        updates.push(update);
        if (update.ingested?.failure !== undefined) {
          failure = update.ingested.failure;
          counted = complete;
        }
      } catch (error) {
        failure = wireFailure('an answer could not be understood', error);
      }
    }
    for (const refusal of refusals) {
      updates.push(this.failure(refusal, now));
    }
    if (!guestsFirst) {
      feedGuests();
    }
    if (failure !== undefined) {
      if (!counted) {
        updates.push(this.failure(failure, now));
      }
    } else if (more && !own) {
      updates.push(this.#document(toBytes([]), true, now));
    }
    return { updates, failure, guestFailure };
  }

  /** Feeds what was pushed, and answers why it could not be understood. The read that follows brings that. */
  pushed(page: EventPage, now: number): Pick<FedPage, 'updates' | 'failure'> {
    const documents = [page.events, ...(page.more ?? [])]
      .filter((document) => !Array.isArray(document) || document.length > 0)
      .map((document) => toBytes(document))
      .filter((bytes) => bytes.length > 0);
    let failure: ReadFailure | undefined;
    const updates: Update[] = [];
    for (const document of documents) {
      try {
        const update = this.#document(document, false, now);
        updates.push(update);
        failure = update.ingested?.failure ?? failure;
      } catch (error) {
        failure = wireFailure('what was pushed could not be understood', error);
      }
    }
    if (failure !== undefined) {
      updates.push(this.failure(failure, now));
    }
    return { updates, failure };
  }

  /** Feeds what is known of guests; one that makes no sense is left out. */
  guests(infos: readonly GuestInfo[], now: number): { updates: readonly Update[]; failure: string | undefined } {
    const [first, ...others] = infos;
    if (first === undefined) {
      return { updates: [], failure: undefined };
    }
    const atMs = this.#advance(now);
    try {
      const update = this.#setup.monitor.handleGuestInfo(infos, atMs);
      this.#setup.record({ type: 'guestInfo', infos, atMs });
      return { updates: [update], failure: undefined };
    } catch (error) {
      if (others.length === 0) {
        return { updates: [], failure: nonsense(`the guest of ${first.vm}`, error) };
      }
      const each = infos.map((info) => this.guests([info], now));
      return {
        updates: each.flatMap(({ updates }) => updates),
        failure: each.find(({ failure }) => failure !== undefined)?.failure,
      };
    }
  }

  /** Feeds the answer to a read of properties; one that makes no sense is none. */
  answer(number: number, infos: readonly GuestInfo[], now: number): { update?: Update; failure?: string } {
    const atMs = this.#advance(now);
    try {
      const update = this.#setup.monitor.handleGuestAnswer(number, infos, atMs);
      if (infos.length > 0) {
        this.#setup.record({ type: 'guestInfo', infos, atMs });
      }
      return { update };
    } catch (error) {
      return { failure: nonsense('the guests', error) };
    }
  }

  /** Feeds a read or a log-in that failed. */
  failure(failure: ReadFailure, now: number): Update {
    const atMs = this.#advance(now);
    this.#setup.record({ type: 'readFailed', failure, atMs });
    const update = this.#setup.monitor.handleReadFailed(failure, atMs);
    // What keeps the reading as a whole is told from the update.
    if (failure.vm !== undefined && update.reading === undefined) {
      this.#setup.tell({ type: 'readFailed', failure });
    }
    return update;
  }

  /** Feeds a log-in that succeeded. */
  loggedIn(now: number): Update {
    const atMs = this.#advance(now);
    this.#setup.tell({ type: 'loggedIn' });
    this.#setup.record({ type: 'loggedIn', atMs });
    return this.#setup.monitor.handleLoggedIn(atMs);
  }

  /** Takes other VMs. */
  vms(vms: readonly VmRef[], serverTime: string, now: number): Update {
    const atMs = this.#advance(now);
    const update = this.#setup.monitor.setVms(vms, serverTime, atMs);
    this.#setup.record({ type: 'vms', vms, serverTime, atMs });
    return update;
  }

  /** Tells the machine the time. */
  timeout(now: number): Update {
    return this.#setup.monitor.handleTimeout(this.#advance(now));
  }

  /** Ends the run. */
  cancel(now: number): Update {
    const atMs = this.#advance(now);
    this.#setup.record({ type: 'cancel', atMs });
    return this.#setup.monitor.cancel(atMs);
  }

  #document(document: Uint8Array, complete: boolean, now: number): Update {
    const atMs = this.#advance(now);
    const update = this.#setup.monitor.handleEvents(document, complete, atMs);
    this.#setup.record({ type: 'events', document, complete, atMs });
    if (update.ingested !== undefined) {
      this.#setup.tell({ type: 'ingested', ingested: update.ingested });
    }
    return update;
  }

  #advance(now: number): number {
    this.#lastMs = Math.max(this.#lastMs, now);
    return this.#lastMs;
  }
}

/** What is wrong with guest info that cannot be taken. */
function nonsense(whose: string, error: unknown): string {
  if (!(error instanceof VmCustomizationError) || error.code !== 'invalidInput') {
    throw error;
  }
  return `what is known of ${whose} makes no sense: ${error.message}`;
}

function wireFailure(what: string, error: unknown): ReadFailure {
  if (!(error instanceof WireError)) {
    throw error;
  }
  return { kind: error.kind, message: `${what}: ${error.message}` };
}
