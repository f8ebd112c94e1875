/** Who serves which vCenter, and which workers there are: keys that end by themselves unless they are renewed. */
import type { JetStreamManager, StoredMsg } from '@nats-io/jetstream';
import type { KV } from '@nats-io/kv';
import type { WorkerId } from '../decisions/lease.js';
import type { FleetNames } from '../messages/names.js';
import { isBusy, isOtherRevision } from './errors.js';

/** A registered worker. */
export interface Registration extends WorkerId {
  readonly vcenters: readonly string[];
}

/** A key and what it says. */
export interface Held<Value> {
  readonly value: Value;
  readonly revision: number;
}

/** All that the bucket says, of a moment ago. */
export interface LeaseBoard {
  readonly leases: ReadonlyMap<string, Held<WorkerId>>;
  readonly workers: ReadonlyMap<string, Held<Registration>>;
}

const WORKER = 'worker.';
const LEASE = 'vcenter.';
// As many as one answer has.
const MAX_KEYS = 1024;
const ANSWER_MS = 500;
const ATTEMPTS = 4;

/** The keys of one fleet. */
export class LeaseStore {
  readonly #kv: KV;
  readonly #jsm: JetStreamManager;
  readonly #bucket: string;
  /** What subjects of keys begin with. */
  readonly #start: string;

  constructor(kv: KV, jsm: JetStreamManager, names: FleetNames) {
    this.#kv = kv;
    this.#jsm = jsm;
    this.#bucket = names.leaseBucket;
    this.#start = `$KV.${names.leaseBucket}.`;
  }

  /** All keys, in one request; of a moment ago. */
  async board(): Promise<LeaseBoard> {
    const leases = new Map<string, Held<WorkerId>>();
    const workers = new Map<string, Held<Registration>>();
    for (const message of await this.#messages()) {
      const key = message.subject.slice(this.#start.length);
      if (message.data.length === 0) {
        // What marks a key that has ended.
        continue;
      }
      if (key.startsWith(WORKER)) {
        workers.set(key.slice(WORKER.length), { value: message.json<Registration>(), revision: message.seq });
      } else if (key.startsWith(LEASE)) {
        leases.set(key.slice(LEASE.length), { value: message.json<WorkerId>(), revision: message.seq });
      }
    }
    return { leases, workers };
  }

  /** The last message of each key. A replica that is behind does not answer: another is asked. */
  async #messages(): Promise<StoredMsg[]> {
    const query = { multi_last: [`${this.#start}>`], batch: MAX_KEYS };
    for (let attempt = 1; ; attempt += 1) {
      const answer = await this.#jsm.direct.getLastMessagesFor(`KV_${this.#bucket}`, query);
      const late = setTimeout(() => answer.stop(new Error('the leases cannot be read')), ANSWER_MS);
      try {
        const messages: StoredMsg[] = [];
        for await (const message of answer) {
          messages.push(message);
        }
        return messages;
      } catch (error) {
        if (isNoneThere(error)) {
          return [];
        }
        if (attempt === ATTEMPTS) {
          throw error;
        }
      } finally {
        clearTimeout(late);
      }
    }
  }

  register(worker: Registration, revision: number | undefined): Promise<number | undefined> {
    return this.#put(`${WORKER}${worker.name}`, worker, revision);
  }

  /**
   * Takes or renews a lease.
   * @param revision - of the lease that it replaces; undefined where there is none
   * @returns the revision; undefined where another is there
   */
  hold(vcenter: string, { name, instance }: WorkerId, revision: number | undefined): Promise<number | undefined> {
    return this.#put(`${LEASE}${vcenter}`, { name, instance }, revision);
  }

  letGo(vcenter: string, revision: number): Promise<void> {
    return this.#delete(`${LEASE}${vcenter}`, revision);
  }

  unregister(name: string, revision: number): Promise<void> {
    return this.#delete(`${WORKER}${name}`, revision);
  }

  async #put(key: string, value: WorkerId, revision: number | undefined): Promise<number | undefined> {
    const text = JSON.stringify(value);
    try {
      return await (revision === undefined ? this.#kv.create(key, text) : this.#kv.update(key, text, revision));
    } catch (error) {
      if (!(isOtherRevision(error) || isBusy(error))) {
        throw error;
      }
    }
    const entry = await this.#kv.get(key);
    if (entry === null) {
      return undefined;
    }
    if (entry.length === 0) {
      // What marks a key that has ended stands in the way of a new one, and says at which revision.
      return revision === undefined ? await this.#kv.update(key, text, entry.revision) : undefined;
    }
    // So does a write whose answer was lost.
    return entry.json<WorkerId>().instance === value.instance ? entry.revision : undefined;
  }

  async #delete(key: string, revision: number): Promise<void> {
    try {
      await this.#kv.delete(key, { previousSeq: revision });
    } catch (error) {
      if (!isOtherRevision(error)) {
        throw error;
      }
    }
  }
}

function isNoneThere(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 404;
}
