/**
 * The demo of a fleet: three brokers, four workers, twelve waits on three simulated vCenters. One worker is killed on the way. The exit status is
 * 0 when every VM came out as staged.
 */
import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fleetStatus, requestWait, waitResult } from '../../bindings/fleet/dist/index.js';
import { startFleet } from '../fleet/lib/fleet.mjs';
import { optionsOf } from './options.mjs';

const USAGE = `usage: cargo xtask demo --fleet

  --fleet   workers that share vCenters over NATS; one is killed on the way
  --help    this text`;
const OPTIONS = { waitForPowerOn: true, timeoutSeconds: 120 };
const VCENTERS = ['east', 'west', 'north'];
const VMS = 4;

optionsOf(USAGE, { fleet: { type: 'boolean' } });
const begun = Date.now();
const say = (text) => console.log(`${((Date.now() - begun) / 1000).toFixed(1).padStart(5)} s  ${text}`);

const interruption = new AbortController();
// As many calls listen as there are waits.
setMaxListeners(0, interruption.signal);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => interruption.abort());
}
const fleet = await startFleet({ vcenters: VCENTERS });
try {
  process.exitCode = (await demo()) ? 0 : 1;
} catch (error) {
  if (!interruption.signal.aborted) throw error;
  process.exitCode = 130;
} finally {
  await fleet.stop();
}

async function demo() {
  say(`three brokers: ${fleet.nats.servers.join(', ')}`);
  const workers = ['ann', 'ben', 'cat', 'dan'].map((name) => fleet.startWorker(name));
  await Promise.all(workers.map((worker) => worker.told('started')));
  const caller = await fleet.connect();
  const owners = async () => (await fleetStatus(caller)).vcenters.map(({ vcenter, owner }) => ({ vcenter, owner }));
  while ((await owners()).filter(({ owner }) => owner !== null).length < VCENTERS.length) await wait(200);
  // Those that came later have got their share.
  await wait(6000);
  for (const { vcenter, owner } of await owners()) say(`${owner} serves ${vcenter}`);

  const waits = VCENTERS.flatMap((vcenter) =>
    fleet.vcenters
      .get(vcenter)
      .vms.slice(0, VMS)
      .map((vm, at) => ({ vcenter, vm, fails: at === VMS - 1 })),
  );
  const results = waits.map(async ({ vcenter, vm }) => {
    const id = `demo-${vm.name}`;
    const asked = await requestWait(caller, { vcenter, id, vms: [{ vm: vm.vm, name: vm.name }], options: OPTIONS });
    const { vms } = await waitResult(caller, asked, { signal: interruption.signal });
    say(`${vcenter} ${vm.name}: ${vms[0].customizationStatus}`);
    return vms[0];
  });
  results.forEach((result) => void result.catch(() => undefined));
  await wait(1000);
  say(`${waits.length} waits are asked for; the VMs are powered on`);
  const staged = waits.map(async ({ vcenter, vm, fails }, at) => {
    const stage = fleet.vcenters.get(vcenter);
    await stage.do({ do: 'powerOn', vm: vm.vm });
    await wait(500 + at * 400);
    await stage.do({ do: 'post', event: 'CustomizationStartedEvent', vm: vm.vm, fields: {} });
    await wait(2000);
    const event = fails ? 'CustomizationFailed' : 'CustomizationSucceeded';
    await stage.do({ do: 'post', event, vm: vm.vm, fields: fails ? { reason: 'customizationDisabled' } : {} });
  });
  staged.forEach((stage) => void stage.catch(() => undefined));

  await wait(2500);
  const [{ owner }] = await owners();
  const victim = workers.find(({ name }) => name === owner);
  victim.child.kill('SIGKILL');
  say(`${owner} is killed`);
  for (const worker of workers.filter((one) => one !== victim)) {
    worker
      .told('leaseBegun', ({ how }) => how === 'taken')
      .then(({ vcenter }) => say(`${worker.name} has taken over ${vcenter}`))
      .catch(() => undefined);
  }

  const rows = await Promise.all(results);
  await Promise.all(staged);
  console.log('\nvCenter  VM            CustomizationStatus');
  for (const [at, { vcenter }] of waits.entries()) {
    console.log(`${vcenter.padEnd(7)}  ${rows[at].name.padEnd(12)}  ${rows[at].customizationStatus}`);
  }
  const isRight = ({ fails }, at) =>
    rows[at].customizationStatus === (fails ? 'CustomizationFailed' : 'CustomizationSucceeded');
  const right = waits.filter(isRight).length;
  console.log(`\n${right} of ${waits.length} came out as staged`);
  return right === waits.length;
}

function wait(ms) {
  return sleep(ms, undefined, { signal: interruption.signal });
}
