/** A worker of the fleet: one process that watches the waits of the vCenters it serves. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { jetstream } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import type { NatsConnection } from '@nats-io/transport-node';
import type { WorkerConfig } from '../config/config.js';
import { ownerOf } from '../decisions/lease.js';
import { FleetNames } from '../messages/names.js';
import { natsConnector } from '../store/connection.js';
import { LeaseStore } from '../store/lease-store.js';
import { RequestQueue } from '../store/request-queue.js';
import { ensureTopology } from '../store/topology.js';
import { WaitEvents } from '../store/wait-events.js';
import { WaitStore } from '../store/wait-store.js';
import { Door } from './door.js';
import { serveHttp } from './http.js';
import { type Log, messageOf } from './log.js';
import { Metrics } from './metrics.js';
import { Ownership } from './ownership.js';
import { claimName, Peers } from './peers.js';
import { pauseFor, retry } from './retry.js';
import { VCenterService } from './vcenter-service.js';

const TURN_MS = 1_000;
// A write to a stream that has no leader yet, or no more, is not answered: it is tried again.
const ANSWER_MS = 2_000;
const DOOR_MS = 5_000;
const UNHEALTHY_AFTER_MS = 30_000;
const LEAVE_MS = 20_000;

/** Runs a worker until the signal is aborted, and then hands over what it serves. */
export async function runWorker(config: WorkerConfig, log: Log, signal: AbortSignal): Promise<void> {
  // What a worker is answered has states in it: it goes where callers cannot listen.
  const inbox = new FleetNames(config.prefix).workerInbox;
  const connection = await retry(
    natsConnector(config.nats, { name: `vm-customization-worker ${config.name}`, inbox }),
    signal,
    (error) => log.warn('natsFailed', { message: messageOf(error) }),
  );
  try {
    await work(connection, config, log, signal);
  } finally {
    await connection.close();
  }
}

async function work(connection: NatsConnection, config: WorkerConfig, log: Log, signal: AbortSignal): Promise<void> {
  const me = { name: config.name, instance: randomUUID() };
  const names = new FleetNames(config.prefix);
  await retry(
    () => claimName(connection, names, me.name),
    signal,
    (error) => log.error('nameTaken', { message: messageOf(error) }),
  );
  const js = jetstream(connection, { timeout: ANSWER_MS });
  const jsm = await js.jetstreamManager(false);
  const failed = (error: unknown): void => log.warn('retried', { what: 'topology', message: messageOf(error) });
  await retry(() => ensureTopology(js, jsm, { ...config, names }), signal, failed);

  const kvm = new Kvm(js);
  const metrics = new Metrics();
  const events = new WaitEvents(js, jsm, names);
  const setup = {
    names,
    js,
    jsm,
    events,
    metrics,
    log,
    queue: new RequestQueue(jsm, names),
    store: new WaitStore(await kvm.open(names.stateBucket), jsm, names),
    owner: `${me.name}/${me.instance}`,
    maxWaits: config.maxWaitsPerVCenter,
  };
  const peers = new Peers(connection, names, me);
  const ownership = new Ownership({
    me,
    vcenters: Object.keys(config.vcenters),
    leaseSeconds: config.leaseSeconds,
    leases: new LeaseStore(await kvm.open(names.leaseBucket), jsm, names),
    peers,
    metrics,
    log,
    serve: (vcenter) => {
      const about = config.vcenters[vcenter];
      if (about === undefined) {
        throw new Error(`${vcenter} is not configured`);
      }
      return new VCenterService(vcenter, about, setup);
    },
  });
  const door = new Door(jsm, names, setup);

  let lastTurn = performance.now();
  const http =
    config.http === undefined
      ? undefined
      : await serveHttp(config.http, metrics, () =>
          performance.now() - lastTurn > UNHEALTHY_AFTER_MS ? 'the brokers do not answer' : undefined,
        );
  log.info('started', { ...me, vcenters: Object.keys(config.vcenters).length, httpPort: http?.port });

  let doorAt = performance.now() + DOOR_MS;
  while (!signal.aborted) {
    try {
      await ownership.turn();
      lastTurn = performance.now();
      if (lastTurn >= doorAt && ownerOf('', ownership.workers.map(anyVCenter)) === me.name) {
        doorAt = lastTurn + DOOR_MS;
        await door.look(new Set(ownership.workers.flatMap(({ vcenters }) => vcenters)), lastTurn);
      }
    } catch (error) {
      log.warn('turnFailed', { message: messageOf(error) });
    }
    await pauseFor(TURN_MS, signal).catch(() => undefined);
  }

  log.info('ending');
  // Brokers that are away would keep it for ever; what is not handed over is taken over.
  const left = ownership.leave().catch((error: unknown) => log.warn('notLeft', { message: messageOf(error) }));
  await Promise.race([left, sleep(LEAVE_MS, undefined, { ref: false })]);
  // Else what goes on trying keeps the process for ever.
  await ownership.abandon();
  peers.close();
  http?.close();
  log.info('ended');
}

/** The door is kept by one worker, as if it were a vCenter that all are configured for. */
function anyVCenter<Worker>(worker: Worker): Worker & { readonly vcenters: readonly string[] } {
  return { ...worker, vcenters: [''] };
}
