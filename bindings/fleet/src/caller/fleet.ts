/** The fleet, as a caller has it. */
import { type JetStreamClient, type JetStreamManager, jetstream } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import { FleetNames, isToken, type WaitName } from '../messages/names.js';
import type { WaitError } from '../messages/wait-event.js';
import { WaitEvents } from '../store/wait-events.js';

/** A connection to the fleet's NATS, of `@nats-io/transport-node`; its owner closes it. */
export interface Fleet {
  readonly connection: NatsConnection;
  /** As in the workers' configuration. Default `vmc`. */
  readonly prefix?: string;
  /** What the subjects of JetStream's API begin with: of callers whose account imports it. Default `$JS.API`. */
  readonly apiPrefix?: string | undefined;
}

/** A wait that was asked for. It may be kept as JSON, and used from anywhere. */
export interface WaitRef {
  /** The vCenter, by its name in the workers' configuration. */
  readonly vcenter: string;
  readonly id: string;
  /** SHA-256 of the message that asked for it, as hex: by it the answer to a request whose id is another's is found. */
  readonly digest?: string;
  /** What was asked for, as results name it: by it the result of another request of the id is told from its own. */
  readonly request?: string;
}

/** What a caller may do about a wait that has no report. */
export class WaitFailedError extends Error {
  override readonly name = 'WaitFailedError';
  /** Stable, for programs: `invalidRequest`, `unknownVCenter`, `otherVCenter`, `idConflict` or `internal`; may grow. */
  readonly code: string;

  constructor({ code, message }: WaitError) {
    super(message);
    this.code = code;
  }
}

/** What the calls of a caller work with. */
export interface Parts {
  readonly js: JetStreamClient;
  readonly jsm: JetStreamManager;
  readonly names: FleetNames;
  readonly events: WaitEvents;
}

/** Looks at what was handed over. */
export async function partsOf({ connection, prefix = 'vmc', apiPrefix }: Fleet): Promise<Parts> {
  const js = jetstream(connection, apiPrefix === undefined ? {} : { apiPrefix });
  const jsm = await js.jetstreamManager(false);
  const names = new FleetNames(prefix);
  return { js, jsm, names, events: new WaitEvents(js, jsm, names) };
}

/** @throws a TypeError that names what is not of the form of a name */
export function checkWait({ vcenter, id }: WaitName): void {
  for (const [what, text] of [
    ['vcenter', vcenter],
    ['id', id],
  ] as const) {
    if (typeof text !== 'string' || !isToken(text)) {
      throw new TypeError(`${what} is ${JSON.stringify(text)}: give 1 to 64 of A-Z, a-z, 0-9, _ and -`);
    }
  }
}
