/**
 * What a fleet of workers costs: waits a second, memory for each wait that is open, writes for each wait. Three brokers with
 * `sync_interval: always`, simulated vCenters and everything else are on this machine.
 *
 *   node tests/bench/fleet.mjs
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { jetstreamManager } from '@nats-io/jetstream';
import { requestWait } from '../../bindings/fleet/dist/index.js';
import { startFleet } from '../fleet/lib/fleet.mjs';
import { makeCertificate } from '../simulators/certificate.mjs';
import { startFakeVCenter } from '../simulators/fake-vcenter/server.mjs';
import { bytes, machine, ms, quantile, table, write } from './lib/report.mjs';

const VCENTERS = 20;
const WORKERS = 4;
const WAITS = 2000;
const OPEN = 500;
const STREAMS = ['VMC_REQUESTS', 'VMC_EVENTS', 'VMC_RESULTS', 'KV_vmc_state'];

const throughput = await withFleet({ vcenters: VCENTERS, workers: WORKERS, vms: WAITS / VCENTERS }, measureThroughput);
const memory = await withFleet({ vcenters: 1, workers: 1, vms: OPEN }, measureMemory);
write(
  'fleet',
  `## A fleet of workers

${table(
  ['', ''],
  [
    [`waits a second, ${WORKERS} workers, ${VCENTERS} vCenters`, throughput.perSecond.toFixed(0)],
    ['writes to streams and buckets for each wait', throughput.writes.toFixed(1)],
    ['events and result in the streams for each wait, on each broker', bytes(throughput.kept)],
    ['event → result stored, one at a time, median', ms(memory.latency)],
    [`memory of a worker for each of ${OPEN} open waits on one vCenter`, bytes(memory.perWait)],
  ],
)}

${machine()}. Three brokers on the same disk with \`sync_interval: always\`, the simulated vCenters and the workers share the machine. Waits a second: ${WAITS} waits for one VM
each, whose result is there when they are asked for, three transitions each; from the first request to the last result. Writes are counted by the brokers. Memory is the resident set,
after the waits have begun against before. The latency is from posting the event on the simulator to the broker's stamp of the result.`,
);

async function withFleet({ vcenters, workers: count, vms }, measure) {
  const { certificate, key, thumbprint } = makeCertificate();
  const fleet = await startFleet({
    vcenters: Array.from({ length: vcenters }, (_, at) => `vc${at}`),
    simulate: async () => ({ thumbprint, ...(await startFakeVCenter({ vms, maxCollectors: 2000, certificate, key })) }),
    worker: { http: { port: 0 } },
  });
  try {
    const workers = Array.from({ length: count }, (_, at) => fleet.startWorker(`w${at}`));
    await Promise.all(workers.map((worker) => worker.told('started')));
    // The vCenters have found their workers.
    await sleep(8000);
    const caller = await fleet.connect();
    return await measure(fleet, caller, workers);
  } finally {
    await fleet.stop();
  }
}

async function measureThroughput(fleet, caller) {
  const jsm = await jetstreamManager(caller.connection);
  const waits = [...fleet.vcenters].flatMap(([name, vcenter]) => vcenter.vms.map(({ vm }) => ({ name, vcenter, vm })));
  for (const { vcenter, vm } of waits) {
    await vcenter.do({ do: 'customize', vm });
    await vcenter.do({ do: 'powerOn', vm });
  }
  const before = await sequences(jsm);
  const begun = performance.now();
  // As they would come: no more on their way at a time than a stream takes well.
  const next = waits.values();
  const ask = async () => {
    for (const { name, vm } of next) await requestWait(caller, { vcenter: name, vms: [{ vm }] });
  };
  await Promise.all(Array.from({ length: 64 }, ask));
  while ((await jsm.streams.info('VMC_RESULTS')).state.messages < waits.length) await sleep(20);
  const seconds = (performance.now() - begun) / 1000;
  const kept = await Promise.all(['VMC_EVENTS', 'VMC_RESULTS'].map((stream) => jsm.streams.info(stream)));
  return {
    perSecond: waits.length / seconds,
    writes: ((await sequences(jsm)) - before) / waits.length,
    kept: kept.reduce((sum, { state }) => sum + state.bytes, 0) / waits.length,
  };
}

/** How many messages were ever written. */
async function sequences(jsm) {
  const infos = await Promise.all(STREAMS.map((stream) => jsm.streams.info(stream)));
  return infos.reduce((sum, { state }) => sum + state.last_seq, 0);
}

async function measureMemory(fleet, caller, [worker]) {
  const jsm = await jetstreamManager(caller.connection);
  const vcenter = fleet.vcenters.get('vc0');
  const options = { waitForPowerOn: true, timeoutSeconds: 3600 };
  const ask = (vm) => requestWait(caller, { vcenter: 'vc0', id: vm, vms: [{ vm }], options });
  const [first, ...others] = vcenter.vms;
  await ask(first.vm);
  await sleep(3000);
  const before = await resident(worker);
  for (const { vm } of others) await ask(vm);
  await sleep(15_000);
  const perWait = ((await resident(worker)) - before) / others.length;

  const latencies = [];
  for (const { vm } of vcenter.vms.slice(0, 100)) {
    await vcenter.do({ do: 'powerOn', vm });
    await sleep(100);
    const postedAt = Date.now();
    await vcenter.do({ do: 'post', event: 'CustomizationSucceeded', vm, fields: {} });
    for (;;) {
      const found = await jsm.streams
        .getMessage('VMC_RESULTS', { last_by_subj: `vmc.result.vc0.${vm}` })
        .catch(() => null);
      if (found !== null) {
        latencies.push(found.time.getTime() - postedAt);
        break;
      }
      await sleep(20);
    }
  }
  return { perWait, latency: quantile(latencies, 0.5) };
}

async function resident(worker) {
  const { httpPort } = await worker.told('started');
  const text = await (await fetch(`http://127.0.0.1:${httpPort}/metrics`)).text();
  return Number(/^process_resident_memory_bytes (\S+)$/m.exec(text)[1]);
}
