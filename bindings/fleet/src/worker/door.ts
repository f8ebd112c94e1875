/** Requests for vCenters that no worker knows: they are refused, since nobody else would ever take them. */
import type { JetStreamManager } from '@nats-io/jetstream';
import type { FleetNames } from '../messages/names.js';
import type { RequestQueue } from '../store/request-queue.js';
import { Acceptance, type AcceptanceSetup } from './acceptance.js';
import { type Log, logged } from './log.js';

/** A worker that knows the vCenter may be about to come. */
const PATIENCE_MS = 20_000;

/** Its surroundings. */
export interface DoorSetup extends AcceptanceSetup {
  readonly queue: RequestQueue;
  readonly log: Log;
}

export class Door {
  readonly #jsm: JetStreamManager;
  readonly #names: FleetNames;
  readonly #acceptance: Acceptance;
  readonly #queue: RequestQueue;
  readonly #log: Log;
  /** Since when each subject was seen, by host time. */
  #seen = new Map<string, number>();

  constructor(jsm: JetStreamManager, names: FleetNames, setup: DoorSetup) {
    this.#jsm = jsm;
    this.#names = names;
    this.#acceptance = new Acceptance(setup);
    this.#queue = setup.queue;
    this.#log = setup.log;
  }

  /**
   * Looks at what is in the queue.
   * @param known - the vCenters of all workers
   */
  async look(known: ReadonlySet<string>, nowMs: number): Promise<void> {
    const info = await this.#jsm.streams.info(this.#names.requestStream, { subjects_filter: '>' });
    const seen = new Map<string, number>();
    for (const subject of Object.keys(info.state.subjects ?? {})) {
      if (!known.has(this.#names.waitOf(subject).vcenter)) {
        seen.set(subject, this.#seen.get(subject) ?? nowMs);
      }
    }
    this.#seen = seen;
    for (const [subject, since] of seen) {
      if (nowMs - since >= PATIENCE_MS) {
        await this.#refuse(subject);
      }
    }
  }

  /** The first of that subject; the next look has the next. */
  async #refuse(subject: string): Promise<void> {
    const { kind, ...wait } = this.#names.waitOf(subject);
    const message = await this.#queue.first(subject);
    if (message === undefined) {
      return;
    }
    if (kind === 'wait') {
      const text = `no worker is configured for the vCenter ${wait.vcenter}`;
      await this.#acceptance.refuse(wait, message, { code: 'unknownVCenter', message: text });
    }
    await this.#queue.remove(message.sequence);
    this.#log.warn('unknownVCenter', { ...logged(wait), kind });
  }
}
