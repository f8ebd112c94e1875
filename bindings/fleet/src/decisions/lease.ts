/** What a worker does about the lease of one vCenter. Leases keep two from working; correctness does not rest on them. */
import { rendezvous } from './rendezvous.js';

/** A process: a worker that starts anew under the same name is another. */
export interface WorkerId {
  readonly name: string;
  readonly instance: string;
}

/**
 * How a worker is.
 *
 * - `alive`: it answers
 * - `silent`: its process is there and does not answer; it keeps what it has until its leases end, and gets nothing new
 * - `gone`: nobody is there to answer
 */
export type Condition = 'alive' | 'silent' | 'gone';

/** A worker of the fleet, as registered. */
export interface WorkerView extends WorkerId {
  /** The vCenters it is configured for. */
  readonly vcenters: readonly string[];
  readonly condition: Condition;
}

/** What is known of one vCenter. */
export interface LeaseSituation {
  readonly vcenter: string;
  readonly me: WorkerId;
  /** Null: nobody has it. */
  readonly holder: WorkerId | null;
  /** Whether this process serves it. */
  readonly serving: boolean;
  /** This process is about to end. */
  readonly leaving: boolean;
  /** All workers that are registered, this one among them. */
  readonly workers: readonly WorkerView[];
}

/**
 * - `leave`: nothing is to be done
 * - `keep`: it is ours, and stays so
 * - `create`: nobody has it, and it is for this worker
 * - `take`: it was of a process that is gone, and is for this worker
 * - `release`: it is ours, and for another: hand it over in order
 * - `drop`: another has it: stop without a word
 */
export type LeaseDecision = 'leave' | 'keep' | 'create' | 'take' | 'release' | 'drop';

export function decideLease({ vcenter, me, holder, serving, leaving, workers }: LeaseSituation): LeaseDecision {
  const owner = ownerOf(vcenter, workers, leaving ? me.name : undefined);
  const forMe = owner === me.name;
  if (holder === null) {
    if (serving) {
      // It ran out while the brokers were away, and nobody else has taken it.
      return forMe ? 'create' : 'release';
    }
    return forMe ? 'create' : 'leave';
  }
  if (holder.name === me.name && holder.instance === me.instance) {
    return forMe || (owner === undefined && !leaving) ? 'keep' : 'release';
  }
  if (serving) {
    return 'drop';
  }
  return forMe && isGone(holder, workers) ? 'take' : 'leave';
}

/** The worker that should serve it. */
export function ownerOf(vcenter: string, workers: readonly WorkerView[], except?: string): string | undefined {
  const able = workers.filter(
    ({ name, condition, vcenters }) => name !== except && condition === 'alive' && vcenters.includes(vcenter),
  );
  return rendezvous(
    vcenter,
    able.map(({ name }) => name),
  );
}

/** Whether that process is no more: nobody answers for it, or another of its name is registered. */
function isGone(holder: WorkerId, workers: readonly WorkerView[]): boolean {
  const registered = workers.find(({ name }) => name === holder.name);
  // Without a registration there is only its lease to go by.
  return registered !== undefined && (registered.condition === 'gone' || registered.instance !== holder.instance);
}
