/** The streams and buckets of a fleet, made where they are missing. What is there stays as its operator has it. */
import {
  AckPolicy,
  type ConsumerInfo,
  DiscardPolicy,
  type JetStreamClient,
  type JetStreamManager,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import { nanos } from '@nats-io/transport-node';
import type { FleetNames } from '../messages/names.js';
import { isMissing, isThere } from './errors.js';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const MIB = 1024 * 1024;

/** How long a request may be with its worker before it is given to another. */
const ACK_WAIT_MS = 10_000;
// Cancels that have come before their requests are pending, and are not to be in the way of others.
const MAX_ACK_PENDING = { request: 200, cancel: 2_000 };

/** What is to be made, and how. */
export interface TopologyOptions {
  readonly names: FleetNames;
  readonly replicas: number;
  readonly leaseSeconds: number;
}

/** Makes what is missing. */
export async function ensureTopology(
  js: JetStreamClient,
  jsm: JetStreamManager,
  { names, replicas, leaseSeconds }: TopologyOptions,
): Promise<void> {
  const { requests, events, results } = names.subjects;
  const common = { storage: StorageType.File, num_replicas: replicas, allow_direct: true };
  const streams: (Partial<StreamConfig> & { name: string })[] = [
    {
      ...common,
      name: names.requestStream,
      subjects: requests,
      retention: RetentionPolicy.Workqueue,
      discard: DiscardPolicy.New,
      max_bytes: 256 * MIB,
      duplicate_window: nanos(2 * MINUTE_MS),
    },
    { ...common, name: names.eventStream, subjects: events, max_age: nanos(7 * DAY_MS) },
    { ...common, name: names.resultStream, subjects: results, max_age: nanos(30 * DAY_MS) },
  ];
  for (const stream of streams) {
    await made(
      () => jsm.streams.info(stream.name),
      () => jsm.streams.add(stream),
    );
  }
  const kvm = new Kvm(js);
  const kv = { storage: StorageType.File, replicas, history: 1 };
  await made(
    () => jsm.streams.info(`KV_${names.stateBucket}`),
    () => kvm.create(names.stateBucket, { ...kv, allow_direct: false }),
  );
  await made(
    () => jsm.streams.info(`KV_${names.leaseBucket}`),
    // A direct read of a lease may be of a moment ago; whoever takes one names the revision.
    () => kvm.create(names.leaseBucket, { ...kv, ttl: leaseSeconds * 1000, markerTTL: 5_000, allow_direct: true }),
  );
}

/** The durable consumer of the requests, or the cancels, of one vCenter. */
export async function ensureConsumer(
  jsm: JetStreamManager,
  names: FleetNames,
  kind: 'request' | 'cancel',
  vcenter: string,
): Promise<ConsumerInfo> {
  const durable = kind === 'request' ? `vc-${vcenter}` : `cancel-${vcenter}`;
  return made(
    () => jsm.consumers.info(names.requestStream, durable),
    () =>
      jsm.consumers.add(names.requestStream, {
        durable_name: durable,
        filter_subject: names[kind]({ vcenter, id: '*' }),
        ack_policy: AckPolicy.Explicit,
        ack_wait: nanos(ACK_WAIT_MS),
        max_ack_pending: MAX_ACK_PENDING[kind],
        max_deliver: -1,
        // What is acknowledged is gone from the stream: a consumer that forgets has nothing given twice but what was on its way.
        mem_storage: true,
      }),
  );
}

/** Makes it unless it is there; several workers may be about to. */
async function made<Info>(look: () => Promise<Info>, make: () => Promise<unknown>): Promise<Info> {
  try {
    return await look();
  } catch (error) {
    if (!isMissing(error)) {
      throw error;
    }
  }
  try {
    await make();
  } catch (error) {
    if (!isThere(error)) {
      throw error;
    }
  }
  return await look();
}
