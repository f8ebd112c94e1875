/** Which of the other workers are there: each is asked every second. That nobody is there to answer is known at once. */
import { type NatsConnection, RequestError, type Subscription } from '@nats-io/transport-node';
import type { Condition, WorkerId } from '../decisions/lease.js';
import { PeerCondition, type ProbeOutcome } from '../decisions/peer-condition.js';
import type { FleetNames } from '../messages/names.js';

const TIMEOUT_MS = 900;

/**
 * Makes sure that no other process answers by this worker's name: the two would take each other's leases without end.
 * @throws when one does
 */
export async function claimName(connection: NatsConnection, names: FleetNames, name: string): Promise<void> {
  const answer = await connection.request(names.alive(name), '', { timeout: TIMEOUT_MS }).catch(() => undefined);
  if (answer !== undefined) {
    throw new Error(`another worker is called ${name}: give each a name of its own`);
  }
}

/** The workers that this one asks, and that ask it. */
export class Peers {
  readonly #connection: NatsConnection;
  readonly #names: FleetNames;
  readonly #answers: Subscription;
  /** By instance: a worker that starts anew is another. */
  readonly #conditions = new Map<string, PeerCondition>();

  constructor(connection: NatsConnection, names: FleetNames, me: WorkerId) {
    this.#connection = connection;
    this.#names = names;
    this.#answers = connection.subscribe(names.alive(me.name), {
      callback: (error, message) => {
        if (error === null) {
          message.respond(me.instance);
        }
      },
    });
  }

  /** Asks these, and forgets the others. */
  async probe(workers: readonly WorkerId[]): Promise<void> {
    const instances = new Set(workers.map(({ instance }) => instance));
    for (const instance of this.#conditions.keys()) {
      if (!instances.has(instance)) {
        this.#conditions.delete(instance);
      }
    }
    await Promise.all(
      workers.map(async ({ name, instance }) => {
        const condition = this.#conditions.get(instance) ?? new PeerCondition();
        this.#conditions.set(instance, condition);
        condition.tell(await this.#ask(name, instance));
      }),
    );
  }

  condition({ instance }: WorkerId): Condition {
    return this.#conditions.get(instance)?.condition ?? 'alive';
  }

  close(): void {
    this.#answers.unsubscribe();
  }

  async #ask(name: string, instance: string): Promise<ProbeOutcome> {
    try {
      const answer = await this.#connection.request(this.#names.alive(name), '', { timeout: TIMEOUT_MS });
      // Another process of its name has taken its place.
      return answer.string() === instance ? 'answered' : 'noResponders';
    } catch (error) {
      const isEmpty = error instanceof RequestError && error.isNoResponders();
      return isEmpty ? 'noResponders' : 'timedOut';
    }
  }
}
