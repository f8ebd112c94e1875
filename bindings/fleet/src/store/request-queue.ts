/** The requests that wait for their answers, as the stream has them. Read from the leader, never from a follower. */
import type { JetStreamManager, MsgRequest, StoredMsg } from '@nats-io/jetstream';
import type { FleetNames } from '../messages/names.js';
import { isDeleted, isMissing } from './errors.js';

/** A request of the stream. */
export interface StoredRequest {
  /** Its number in the stream. */
  readonly sequence: number;
  readonly message: Uint8Array;
  /** By the broker's clock. */
  readonly storedAt: Date;
}

/** The queue of one fleet. */
export class RequestQueue {
  readonly #jsm: JetStreamManager;
  readonly #names: FleetNames;

  constructor(jsm: JetStreamManager, names: FleetNames) {
    this.#jsm = jsm;
    this.#names = names;
  }

  /** The first message of a subject: what has its answer is not there any more. */
  async first(subject: string): Promise<StoredRequest | undefined> {
    // The server takes it for a read of the leader as well; the types have it for others only.
    const query = { seq: 1, next_by_subj: subject } as MsgRequest;
    let found: StoredMsg | null;
    try {
      found = await this.#jsm.streams.getMessage(this.#names.requestStream, query);
    } catch (error) {
      if (isMissing(error)) {
        return undefined;
      }
      throw error;
    }
    return found === null ? undefined : { sequence: found.seq, message: found.data, storedAt: found.time };
  }

  /** Takes a message out of the queue. */
  async remove(sequence: number): Promise<void> {
    try {
      await this.#jsm.streams.deleteMessage(this.#names.requestStream, sequence);
    } catch (error) {
      if (!isDeleted(error)) {
        throw error;
      }
    }
  }
}
