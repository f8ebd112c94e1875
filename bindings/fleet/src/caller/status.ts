/** What a fleet is doing, for who looks at it. */
import { Kvm } from '@nats-io/kv';
import { LeaseStore } from '../store/lease-store.js';
import { type Fleet, partsOf } from './fleet.js';

/** One vCenter of a fleet. */
export interface VCenterStatus {
  readonly vcenter: string;
  /** The worker that serves it; null where nobody does. */
  readonly owner: string | null;
  /** Open waits. */
  readonly waits: number;
  /** Requests and cancels that are in the queue. */
  readonly queued: number;
}

/** A fleet at one moment. */
export interface FleetStatus {
  readonly workers: readonly string[];
  readonly vcenters: readonly VCenterStatus[];
}

/** Looks at the leases, the states and the queue. Callers need leave to read them. */
export async function fleetStatus(fleet: Fleet): Promise<FleetStatus> {
  const { js, jsm, names } = await partsOf(fleet);
  const leases = new LeaseStore(await new Kvm(js).open(names.leaseBucket), jsm, names);
  const board = await leases.board();
  const count = async (stream: string, vcenterOf: (subject: string) => string): Promise<Map<string, number>> => {
    const { state } = await jsm.streams.info(stream, { subjects_filter: '>' });
    const counts = new Map<string, number>();
    for (const [subject, messages] of Object.entries(state.subjects ?? {})) {
      const vcenter = vcenterOf(subject);
      counts.set(vcenter, (counts.get(vcenter) ?? 0) + messages);
    }
    return counts;
  };
  const waits = await count(`KV_${names.stateBucket}`, (subject) => subject.split('.')[2] ?? '');
  const queued = await count(names.requestStream, (subject) => names.waitOf(subject).vcenter);
  const configured = [...board.workers.values()].flatMap(({ value }) => value.vcenters);
  const all = new Set([...configured, ...board.leases.keys(), ...waits.keys(), ...queued.keys()]);
  return {
    workers: [...board.workers.keys()].sort(),
    vcenters: [...all].sort().map((vcenter) => ({
      vcenter,
      owner: board.leases.get(vcenter)?.value.name ?? null,
      waits: waits.get(vcenter) ?? 0,
      queued: queued.get(vcenter) ?? 0,
    })),
  };
}
