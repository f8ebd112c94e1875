/** What is told of waits. A subject is written once, whoever writes it and however often. */
import type { JetStreamClient, JetStreamManager, StoredMsg } from '@nats-io/jetstream';
import { headers } from '@nats-io/transport-node';
import type { Transition } from 'vm-customization';
import type { FleetNames, WaitName } from '../messages/names.js';
import {
  CLOUD_EVENT,
  type RefusalEvent,
  type ResultEvent,
  refusalEvent,
  resultEvent,
  transitionEvent,
  type WaitError,
  type WaitOutcome,
} from '../messages/wait-event.js';
import { isBusy, isMissing, isOtherRevision } from './errors.js';

/** What a wait was of. */
export interface About {
  readonly instanceUuid?: string | undefined;
  readonly request?: string | undefined;
}

/** The events and results of one fleet. */
export class WaitEvents {
  readonly #js: JetStreamClient;
  readonly #jsm: JetStreamManager;
  readonly #names: FleetNames;

  constructor(js: JetStreamClient, jsm: JetStreamManager, names: FleetNames) {
    this.#js = js;
    this.#jsm = jsm;
    this.#names = names;
  }

  transition(wait: WaitName, transition: Transition): Promise<boolean> {
    return this.#once(this.#names.transition(wait, transition.n), transitionEvent(wait, transition, new Date()));
  }

  /** Answers whether it is the first: the wait has that result, and no other. */
  result(wait: WaitName, outcome: WaitOutcome, about: About): Promise<boolean> {
    return this.#once(this.#names.result(wait), resultEvent(wait, outcome, about, new Date()));
  }

  refusal(wait: WaitName, digest: string, error: WaitError): Promise<boolean> {
    return this.#once(this.#names.refusal(wait, digest), refusalEvent(wait, digest, error, new Date()));
  }

  readResult(wait: WaitName): Promise<ResultEvent | undefined> {
    return this.#read<ResultEvent>(this.#names.resultStream, this.#names.result(wait));
  }

  readRefusal(wait: WaitName, digest: string): Promise<RefusalEvent | undefined> {
    return this.#read<RefusalEvent>(this.#names.resultStream, this.#names.refusal(wait, digest));
  }

  async readTransition(wait: WaitName, n: number): Promise<Transition | undefined> {
    const event = await this.#read<{ readonly data: { readonly transition: Transition } }>(
      this.#names.eventStream,
      this.#names.transition(wait, n),
    );
    return event?.data.transition;
  }

  async #once(subject: string, event: object): Promise<boolean> {
    const described = headers();
    described.set('Content-Type', CLOUD_EVENT);
    for (;;) {
      try {
        await this.#js.publish(subject, JSON.stringify(event), {
          headers: described,
          expect: { lastSubjectSequence: 0 },
        });
        return true;
      } catch (error) {
        if (isOtherRevision(error)) {
          return false;
        }
        if (!isBusy(error)) {
          throw error;
        }
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async #read<Event>(stream: string, subject: string): Promise<Event | undefined> {
    let message: StoredMsg | null;
    try {
      message = await this.#jsm.streams.getMessage(stream, { last_by_subj: subject });
    } catch (error) {
      if (isMissing(error)) {
        return undefined;
      }
      throw error;
    }
    return message === null ? undefined : message.json<Event>();
  }
}
