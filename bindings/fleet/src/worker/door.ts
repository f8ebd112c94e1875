/** Requests for vCenters that no worker knows: they are refused, since nobody else would ever take them. */
import type { JetStreamManager } from '@nats-io/jetstream';
import type { FleetNames } from '../messages/names.js';
import { isMissing } from '../store/errors.js';
import type { WaitEvents } from '../store/wait-events.js';
import { type Log, logged } from './log.js';

/** A worker that knows the vCenter may be about to come. */
const PATIENCE_MS = 20_000;

export class Door {
  readonly #jsm: JetStreamManager;
  readonly #names: FleetNames;
  readonly #events: WaitEvents;
  readonly #log: Log;
  /** Since when each subject was seen, by host time. */
  #seen = new Map<string, number>();

  constructor(jsm: JetStreamManager, names: FleetNames, events: WaitEvents, log: Log) {
    this.#jsm = jsm;
    this.#names = names;
    this.#events = events;
    this.#log = log;
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

  async #refuse(subject: string): Promise<void> {
    const { kind, ...wait } = this.#names.waitOf(subject);
    const stream = this.#names.requestStream;
    try {
      const message = await this.#jsm.streams.getMessage(stream, { last_by_subj: subject });
      if (message === null) {
        return;
      }
      if (kind === 'wait') {
        const text = `no worker is configured for the vCenter ${wait.vcenter}`;
        await this.#events.result(wait, { error: { code: 'unknownVCenter', message: text } }, {});
      }
      await this.#jsm.streams.deleteMessage(stream, message.seq);
      this.#log.warn('unknownVCenter', { ...logged(wait), kind });
    } catch (error) {
      if (!isMissing(error)) {
        throw error;
      }
    }
  }
}
