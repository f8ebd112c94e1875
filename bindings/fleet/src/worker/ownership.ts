/** Which vCenters this worker serves: looked at every second, by what the leases say and who is there. */
import { decideLease, type LeaseDecision, type WorkerId, type WorkerView } from '../decisions/lease.js';
import type { LeaseBoard, LeaseStore } from '../store/lease-store.js';
import { type Log, messageOf } from './log.js';
import type { Metrics } from './metrics.js';
import type { Peers } from './peers.js';
import type { VCenterService } from './vcenter-service.js';

/** Its surroundings. */
export interface OwnershipSetup {
  readonly me: WorkerId;
  readonly vcenters: readonly string[];
  readonly leaseSeconds: number;
  readonly leases: LeaseStore;
  readonly peers: Peers;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly serve: (vcenter: string) => VCenterService;
}

interface Served {
  readonly service: VCenterService;
  revision: number;
}

// A worker that comes is seen to stay before anything is handed over to it.
const RELEASE_AFTER_TURNS = 3;
// So many renewals fit into a lease.
const RENEWALS = 5;

export class Ownership {
  readonly #setup: OwnershipSetup;
  readonly #served = new Map<string, Served>();
  readonly #busy = new Map<string, Promise<void>>();
  readonly #unwanted = new Map<string, number>();
  readonly #ending = new Set<Promise<void>>();
  #registration: number | undefined;
  #renewedAt = Number.NEGATIVE_INFINITY;
  #leaving = false;
  #workers: readonly WorkerView[] = [];

  constructor(setup: OwnershipSetup) {
    this.#setup = setup;
  }

  /** The workers of the fleet, as seen last. */
  get workers(): readonly WorkerView[] {
    return this.#workers;
  }

  /** What is served, by vCenter. */
  get served(): ReadonlyMap<string, { readonly service: VCenterService }> {
    return this.#served;
  }

  /** One look: asks who is there, reads the leases, and does what follows. Rejects when the brokers do not answer. */
  async turn(): Promise<void> {
    const { leases, peers, me, leaseSeconds } = this.#setup;
    const now = performance.now();
    if (now - this.#renewedAt >= (leaseSeconds * 1000) / RENEWALS) {
      await this.#renew();
      this.#renewedAt = now;
    }
    const board = await leases.board();
    const others = [...board.workers.values()].map(({ value }) => value).filter(({ name }) => name !== me.name);
    await peers.probe(others);
    this.#workers = [
      { ...me, vcenters: this.#setup.vcenters, condition: 'alive' },
      ...others.map((worker) => ({ ...worker, condition: peers.condition(worker) })),
    ];
    await Promise.all(this.#setup.vcenters.map((vcenter) => this.#decide(vcenter, board)));
  }

  /** Hands everything over, and leaves the fleet. */
  async leave(): Promise<void> {
    this.#leaving = true;
    await Promise.all([...this.#served.keys()].map((vcenter) => this.#act(vcenter, 'release', undefined)));
    await Promise.all(this.#ending);
    if (this.#registration !== undefined) {
      await this.#setup.leases.unregister(this.#setup.me.name, this.#registration);
    }
  }

  /** Lets go of what could not be handed over. */
  async abandon(): Promise<void> {
    await Promise.all([...this.#served.values()].map(({ service }) => service.drop()));
  }

  async #renew(): Promise<void> {
    const { me, vcenters, leases } = this.#setup;
    const registration = { ...me, vcenters };
    // One of a former life is in the way until it is replaced.
    this.#registration =
      (await leases.register(registration, this.#registration)) ??
      (await leases.register(registration, (await leases.board()).workers.get(me.name)?.revision));
    await Promise.all(
      [...this.#served].map(async ([vcenter, served]) => {
        const revision = await leases.hold(vcenter, me, served.revision);
        // Where it is another's, or has ended, the board tells.
        served.revision = revision ?? served.revision;
      }),
    );
  }

  async #decide(vcenter: string, { leases }: LeaseBoard): Promise<void> {
    if (this.#busy.has(vcenter)) {
      return;
    }
    const served = this.#served.get(vcenter);
    const told = leases.get(vcenter);
    // The board may be of before the lease that is held.
    const isOld = served !== undefined && told !== undefined && told.revision < served.revision;
    const held = isOld ? { value: this.#setup.me, revision: served.revision } : told;
    const decision = decideLease({
      vcenter,
      me: this.#setup.me,
      holder: held?.value ?? null,
      serving: served !== undefined,
      leaving: this.#leaving,
      workers: this.#workers,
    });
    const turns = decision === 'release' ? (this.#unwanted.get(vcenter) ?? 0) + 1 : 0;
    this.#unwanted.set(vcenter, turns);
    if (decision !== 'release' || turns >= RELEASE_AFTER_TURNS) {
      await this.#act(vcenter, decision, held?.revision);
    }
  }

  /** Does one thing at a time for each vCenter. Ends of service go on beside the turns. */
  async #act(vcenter: string, decision: LeaseDecision, revision: number | undefined): Promise<void> {
    const served = this.#served.get(vcenter);
    switch (decision) {
      case 'leave':
        return;
      case 'keep':
        if (served === undefined && revision !== undefined) {
          this.#serve(vcenter, revision, 'kept');
        }
        return;
      case 'create':
      case 'take':
        await this.#hold(vcenter, decision, revision);
        return;
      case 'drop':
      case 'release':
        if (served !== undefined) {
          this.#end(vcenter, served, decision);
        }
    }
  }

  async #hold(vcenter: string, how: 'create' | 'take', revision: number | undefined): Promise<void> {
    const held = await this.#setup.leases.hold(vcenter, this.#setup.me, how === 'take' ? revision : undefined);
    const served = this.#served.get(vcenter);
    if (held === undefined) {
      return;
    }
    if (served === undefined) {
      this.#serve(vcenter, held, how === 'take' ? 'taken' : 'created');
    } else {
      served.revision = held;
    }
  }

  #serve(vcenter: string, revision: number, how: 'taken' | 'created' | 'kept'): void {
    const { metrics, log, serve } = this.#setup;
    this.#served.set(vcenter, { service: serve(vcenter), revision });
    metrics.leases.set({ vcenter }, 1);
    metrics.takeOvers.inc({ vcenter, how });
    log.info('leaseBegun', { vcenter, how });
  }

  #end(vcenter: string, served: Served, how: 'drop' | 'release'): void {
    const { leases, metrics, log } = this.#setup;
    const ended = async (): Promise<void> => {
      await served.service[how]();
      if (how === 'release') {
        await leases.letGo(vcenter, served.revision);
      }
    };
    const ending = ended()
      .catch((error: unknown) => log.warn('leaseNotEnded', { vcenter, message: messageOf(error) }))
      .finally(() => {
        this.#served.delete(vcenter);
        this.#busy.delete(vcenter);
        this.#ending.delete(ending);
        metrics.leases.set({ vcenter }, 0);
        log.info('leaseEnded', { vcenter, how });
      });
    this.#busy.set(vcenter, ending);
    this.#ending.add(ending);
  }
}
