/** The states of open waits: every write names the revision that it replaces. Read from the leader, never from a follower. */
import type { JetStreamManager } from '@nats-io/jetstream';
import type { KV } from '@nats-io/kv';
import type { FleetNames, WaitName } from '../messages/names.js';
import { stateKey } from '../messages/names.js';
import { readState, type WaitState } from '../messages/wait-state.js';
import { isBusy, isDeleted, isMissing, isOtherRevision } from './errors.js';

/** A value of the bucket. */
export interface StoredText {
  readonly text: string;
  readonly revision: number;
  /** By the broker's clock. */
  readonly storedAt: Date;
}

/** What stands in the bucket after a write. */
export interface StoredState {
  readonly state: WaitState;
  readonly revision: number;
}

const BUSY_MS = 50;

/** The states of one fleet. */
export class WaitStore {
  readonly #kv: KV;
  readonly #jsm: JetStreamManager;
  readonly #names: FleetNames;

  constructor(kv: KV, jsm: JetStreamManager, names: FleetNames) {
    this.#kv = kv;
    this.#jsm = jsm;
    this.#names = names;
  }

  /** The waits of a vCenter that are open. */
  async list(vcenter: string): Promise<string[]> {
    const start = `$KV.${this.#names.stateBucket}.${vcenter}.`;
    const info = await this.#jsm.streams.info(`KV_${this.#names.stateBucket}`, { subjects_filter: `${start}*` });
    return Object.keys(info.state.subjects ?? {}).map((subject) => subject.slice(start.length));
  }

  /** Undefined where there is none, or none any more. */
  async read(wait: WaitName): Promise<StoredText | undefined> {
    try {
      const entry = await this.#kv.get(stateKey(wait));
      return entry === null || entry.operation !== 'PUT'
        ? undefined
        : { text: entry.string(), revision: entry.revision, storedAt: entry.created };
    } catch (error) {
      if (isMissing(error)) {
        return undefined;
      }
      throw error;
    }
  }

  /** Puts the state of a wait that begins. Undefined where there is one already. */
  create(state: WaitState): Promise<StoredState | undefined> {
    return this.#write(state, () => this.#kv.create(stateKey(state), JSON.stringify(state)));
  }

  /** Replaces the state that has this revision. Undefined where another has been written: the wait is another's. */
  update(state: WaitState, revision: number): Promise<StoredState | undefined> {
    return this.#write(state, () => this.#kv.update(stateKey(state), JSON.stringify(state), revision));
  }

  /** Removes the state that has this revision and no other, without a trace: the revision is the message's number. */
  async remove(revision: number): Promise<void> {
    try {
      await this.#jsm.streams.deleteMessage(`KV_${this.#names.stateBucket}`, revision, false);
    } catch (error) {
      if (!isDeleted(error)) {
        throw error;
      }
    }
  }

  async #write(state: WaitState, write: () => Promise<number>): Promise<StoredState | undefined> {
    for (;;) {
      try {
        return { state, revision: await write() };
      } catch (error) {
        if (isOtherRevision(error)) {
          return await this.#ownWrite(state);
        }
        if (!isBusy(error)) {
          throw error;
        }
        await new Promise((resolve) => setTimeout(resolve, BUSY_MS));
      }
    }
  }

  /** A write whose answer was lost is in the way of the same one tried again. */
  async #ownWrite({ owner, write, request, ...wait }: WaitState): Promise<StoredState | undefined> {
    const stored = await this.read(wait);
    const read = stored === undefined ? undefined : readState(stored.text);
    if (stored === undefined || read === undefined || !('state' in read)) {
      return undefined;
    }
    const isOwn = read.state.owner === owner && read.state.write === write && read.state.request === request;
    return isOwn ? { state: read.state, revision: stored.revision } : undefined;
  }
}
