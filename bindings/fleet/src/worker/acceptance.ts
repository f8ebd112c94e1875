/**
 * What becomes of a request. The first of an id stands: it is the one with the lowest number in the stream of requests, whoever takes it, in
 * whichever order they come, and whoever dies on the way.
 */
import { type FleetNames, isToken, type WaitName } from '../messages/names.js';
import type { WaitError } from '../messages/wait-event.js';
import { messageDigest, readRequest, requestDigest, requestIdentity } from '../messages/wait-request.js';
import { newState, readState } from '../messages/wait-state.js';
import type { RequestQueue, StoredRequest } from '../store/request-queue.js';
import type { WaitEvents } from '../store/wait-events.js';
import type { StoredState, WaitStore } from '../store/wait-store.js';

/**
 * What a request came to.
 *
 * - `accepted`: the wait begins
 * - `repeated`: the wait was asked for before
 * - `conflict`: its id is another's
 * - `refused`: it cannot be done
 * - `kept`: a later release has the wait, and is to answer
 */
export type Answer = 'accepted' | 'repeated' | 'conflict' | 'refused' | 'kept';

/** A request that was looked at. */
export interface Answered {
  readonly answer: Answer;
  /** The wait that is to be watched now. */
  readonly begun?: StoredState;
}

/** Where requests, states and results are. */
export interface AcceptanceSetup {
  readonly names: FleetNames;
  readonly queue: Pick<RequestQueue, 'first'>;
  readonly store: Pick<WaitStore, 'create' | 'read' | 'remove'>;
  readonly events: Pick<WaitEvents, 'readResult' | 'result' | 'refusal'>;
  /** This process, as states name it. */
  readonly owner: string;
}

/** What the id of a wait is taken by; `later` is what only a later release can read. */
type Holder = { readonly request: string | undefined } | 'later';

export class Acceptance {
  readonly #setup: AcceptanceSetup;

  constructor(setup: AcceptanceSetup) {
    this.#setup = setup;
  }

  /**
   * Answers a request of the queue, and before it the first of its id, where that is another that is still there: whoever had taken it may be dead. A request leaves the
   * queue when its answer stands, so one that is in nobody's hands is never passed over. All of it may be done again.
   */
  async take(wait: WaitName, request: StoredRequest): Promise<Answered[]> {
    const { queue, names } = this.#setup;
    const first = await queue.first(names.request(wait));
    const earlier = first !== undefined && first.sequence < request.sequence ? [first] : [];
    const answered: Answered[] = [];
    for (const one of [...earlier, request]) {
      answered.push(await this.#answer(wait, one));
    }
    return answered;
  }

  /** Answers that a request cannot be done, unless its id is taken. */
  async refuse(wait: WaitName, request: StoredRequest, error: WaitError): Promise<Answered> {
    const { events } = this.#setup;
    const identity = requestIdentity(request.message, wait.id);
    for (;;) {
      const holder = await this.#holder(wait);
      if (holder !== undefined) {
        return await this.#taken(wait, request, identity, holder);
      }
      if (await events.result(wait, { error }, { request: identity })) {
        return { answer: 'refused' };
      }
    }
  }

  async #answer(wait: WaitName, asked: StoredRequest): Promise<Answered> {
    const { store, owner } = this.#setup;
    const request = readRequest(new TextDecoder().decode(asked.message), wait.id);
    if ('problem' in request || !isToken(wait.id)) {
      const message = 'problem' in request ? request.problem : `the id ${wait.id} is not of A-Z, a-z, 0-9, _ and -`;
      return this.refuse(wait, asked, { code: 'invalidRequest', message });
    }
    const identity = requestDigest(request);
    for (;;) {
      const { sequence, storedAt } = asked;
      const about = { request: sequence, requestedAt: storedAt.toISOString() };
      const created = await store.create(newState(wait, request, about, owner));
      // A wait that has ended lost its state after it got its result: looked at in this order, one of them is there.
      const holder = created === undefined ? await this.#holder(wait) : await this.#ended(wait);
      if (holder !== undefined) {
        if (created !== undefined) {
          await store.remove(created.revision);
        }
        return await this.#taken(wait, asked, identity, holder);
      }
      if (created !== undefined) {
        return { answer: 'accepted', begun: created };
      }
    }
  }

  async #taken(wait: WaitName, { message }: StoredRequest, identity: string, holder: Holder): Promise<Answered> {
    if (holder === 'later') {
      return { answer: 'kept' };
    }
    if (holder.request === undefined || holder.request === identity) {
      return { answer: 'repeated' };
    }
    const text = `the wait ${wait.id} was asked for before, with other VMs or options: give this one another id`;
    await this.#setup.events.refusal(wait, messageDigest(message), { code: 'idConflict', message: text });
    return { answer: 'conflict' };
  }

  /** The state is read first, and the result counts first: beside a result it is one that is about to be removed. */
  async #holder(wait: WaitName): Promise<Holder | undefined> {
    const stored = isToken(wait.id) ? await this.#setup.store.read(wait) : undefined;
    const ended = await this.#ended(wait);
    if (stored === undefined || ended !== undefined) {
      return ended;
    }
    const read = readState(stored.text);
    return 'unreadable' in read ? 'later' : { request: requestDigest(read.state) };
  }

  async #ended(wait: WaitName): Promise<Holder | undefined> {
    const result = await this.#setup.events.readResult(wait);
    return result === undefined ? undefined : { request: result.data.request };
  }
}
