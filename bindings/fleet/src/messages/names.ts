/** What a fleet has in NATS, by name. All begin with the fleet's prefix. */

/** Names of a wait, a vCenter, a worker: one token of a subject. */
const TOKEN = /^[A-Za-z0-9_-]{1,64}$/;

/** Whether it may name a wait, a vCenter or a worker. */
export function isToken(text: string): boolean {
  return TOKEN.test(text);
}

/** A wait, as subjects and keys have it. */
export interface WaitName {
  readonly vcenter: string;
  readonly id: string;
}

/** The names of one fleet. */
export class FleetNames {
  readonly requestStream: string;
  readonly eventStream: string;
  readonly resultStream: string;
  readonly stateBucket: string;
  readonly leaseBucket: string;
  readonly #prefix: string;

  constructor(prefix: string) {
    const upper = prefix.toUpperCase();
    this.#prefix = prefix;
    this.requestStream = `${upper}_REQUESTS`;
    this.eventStream = `${upper}_EVENTS`;
    this.resultStream = `${upper}_RESULTS`;
    this.stateBucket = `${prefix}_state`;
    this.leaseBucket = `${prefix}_lease`;
  }

  /** Where a wait is asked for. */
  request({ vcenter, id }: WaitName): string {
    return `${this.#prefix}.wait.${vcenter}.${id}`;
  }

  /** Where a wait is cancelled. */
  cancel({ vcenter, id }: WaitName): string {
    return `${this.#prefix}.cancel.${vcenter}.${id}`;
  }

  /** The wait that a request, or a cancel, is of; what its id looks like is for the reader to judge. */
  waitOf(subject: string): WaitName & { readonly kind: 'wait' | 'cancel' } {
    const [, kind, vcenter = '', id = ''] = subject.split('.');
    return { kind: kind === 'cancel' ? 'cancel' : 'wait', vcenter, id };
  }

  /** The n-th transition of a wait. */
  transition({ vcenter, id }: WaitName, n: number | '*'): string {
    return `${this.#prefix}.event.${vcenter}.${id}.${n}`;
  }

  /** The result of a wait. */
  result({ vcenter, id }: WaitName): string {
    return `${this.#prefix}.result.${vcenter}.${id}`;
  }

  /** The answer to a request whose id another request has: by the SHA-256 of its message, as hex. */
  refusal({ vcenter, id }: WaitName, digest: string): string {
    return `${this.#prefix}.refused.${vcenter}.${id}.${digest}`;
  }

  /** Where a worker says that it is there. */
  alive(worker: string): string {
    return `${this.#prefix}.alive.${worker}`;
  }

  /** What the subjects begin with on which workers are answered. */
  get workerInbox(): string {
    return `${this.#prefix}.inbox`;
  }

  /** The subjects of each stream. */
  get subjects(): Readonly<Record<'requests' | 'events' | 'results', string[]>> {
    const of = (...kinds: string[]): string[] => kinds.map((kind) => `${this.#prefix}.${kind}`);
    return {
      requests: of('wait.*.*', 'cancel.*.*'),
      events: of('event.*.*.*'),
      results: of('result.*.*', 'refused.*.*.*'),
    };
  }
}

/** The key of a wait's state. */
export function stateKey({ vcenter, id }: WaitName): string {
  return `${vcenter}.${id}`;
}
