/**
 * Waits of a fleet on three real brokers and a simulated vCenter: a worker is killed in the middle, another ends in order, and each
 * wait has one result, which is the truth.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { cancelWait, fleetStatus, requestWait, waitResult, watchWait } from '../../bindings/fleet/dist/index.js';
import { startFleet } from './lib/fleet.mjs';

const SCHEMAS = new URL('../../docs/schemas/', import.meta.url);
const ajv = new Ajv2020({ allowUnionTypes: true, strictTypes: true });
for (const name of ['recording', 'report', 'wait-request', 'wait-event']) {
  ajv.addSchema(JSON.parse(readFileSync(new URL(`${name}.schema.json`, SCHEMAS), 'utf8')));
}
const isEvent = ajv.getSchema('wait-event.schema.json');

const OPTIONS = { waitForPowerOn: true, timeoutSeconds: 120 };

/** The value of a key, as soon as it is there. */
async function kept(kv, key) {
  for (;;) {
    const entry = await kv.get(key);
    if (entry !== null) return entry.json();
    await sleep(50);
  }
}

describe('a fleet of two workers', () => {
  let fleet;
  let caller;
  let vcenter;
  let workers;
  let unknown;
  let unknownToo;
  const refs = (...at) => at.map((index) => ({ vm: vcenter.vms[index].vm, name: vcenter.vms[index].name }));
  const succeed = async (index) => {
    await vcenter.do({ do: 'customize', vm: vcenter.vms[index].vm });
    await vcenter.do({ do: 'powerOn', vm: vcenter.vms[index].vm });
  };
  const all = async (transitions) => {
    const list = [];
    for await (const transition of transitions) list.push(transition);
    return list;
  };
  const owner = async () => {
    for (;;) {
      const { vcenters } = await fleetStatus(caller);
      const name = vcenters.find((row) => row.vcenter === 'east')?.owner;
      const worker = workers.find((one) => one.name === name && one.child.exitCode === null);
      if (worker !== undefined && worker.child.signalCode === null) return worker;
      await sleep(100);
    }
  };

  before(async () => {
    fleet = await startFleet({ simulator: ['-vms', '24', '-max-collectors', '1000'] });
    vcenter = fleet.vcenters.get('east');
    workers = [fleet.startWorker('a', { leaseSeconds: 5 }), fleet.startWorker('b', { leaseSeconds: 5 })];
    await Promise.all(workers.map((worker) => worker.told('started')));
    caller = await fleet.connect();
  });

  after(() => fleet?.stop());

  it('gives the report of a wait, and its transitions as they come, as CloudEvents', async () => {
    const wait = await requestWait(caller, { vcenter: 'east', id: 'plain', vms: refs(0), options: OPTIONS });
    const transitions = all(watchWait(caller, wait));
    await (await owner()).told('request', (entry) => entry.wait === 'plain');
    await succeed(0);
    const report = await waitResult(caller, wait);
    assert.equal(report.vms[0].customizationStatus, 'CustomizationSucceeded');
    assert.deepEqual(await transitions, report.transitions);

    const jsm = await jetstreamManager(caller.connection);
    for (const [stream, subject] of [
      ['VMC_RESULTS', 'vmc.result.east.plain'],
      ['VMC_EVENTS', 'vmc.event.east.plain.0'],
    ]) {
      const message = await jsm.streams.getMessage(stream, { last_by_subj: subject });
      assert.equal(message.header.get('Content-Type'), 'application/cloudevents+json');
      assert.ok(isEvent(message.json()), `${subject}: ${ajv.errorsText(isEvent.errors)}`);
    }
  });

  it('loses nothing when a worker is killed in the middle, though each request comes three times', async () => {
    const ask = () => requestWait(caller, { vcenter: 'east', id: 'killed', vms: refs(1, 2), options: OPTIONS });
    const wait = await ask();
    const transitions = all(watchWait(caller, wait));
    await succeed(1);
    const victim = await owner();
    for await (const { to } of watchWait(caller, wait)) if (to === 'CustomizationSucceeded') break;
    victim.child.kill('SIGKILL');
    await victim.exited;
    await ask();
    await jetstream(caller.connection).publish(
      'vmc.wait.east.killed',
      JSON.stringify({ vms: refs(1, 2), options: OPTIONS }),
    );
    const survivor = workers.find((worker) => worker !== victim);
    // Where the victim was about to hand over, the other has it already.
    await survivor.told('leaseBegun', ({ vcenter: name }) => name === 'east');
    await succeed(2);
    const report = await waitResult(caller, wait);
    assert.deepEqual(
      report.vms.map(({ customizationStatus }) => customizationStatus),
      ['CustomizationSucceeded', 'CustomizationSucceeded'],
    );
    assert.deepEqual(await transitions, report.transitions);
    const jsm = await jetstreamManager(caller.connection);
    const { state } = await jsm.streams.info('VMC_RESULTS', { subjects_filter: 'vmc.result.east.killed' });
    assert.deepEqual(state.subjects, { 'vmc.result.east.killed': 1 });
    workers = [survivor, fleet.startWorker(victim.name, { leaseSeconds: 5 })];
    await workers[1].told('started');
  });

  it('waits on for a guest that settles when its worker is killed', async () => {
    const [{ vm }] = refs(20);
    const options = { ...OPTIONS, ready: 'guestOperations', settleSeconds: 6 };
    const wait = await requestWait(caller, { vcenter: 'east', id: 'settling', vms: refs(20), options });
    // It looks ready with its success, and reboots when nobody is looking.
    await succeed(20);
    const victim = await owner();
    for await (const { to } of watchWait(caller, wait)) if (to === 'CustomizationSucceeded') break;
    await sleep(1_000);
    victim.child.kill('SIGKILL');
    await victim.exited;
    await vcenter.do({ do: 'guestInfo', vm, toolsRunningStatus: 'guestToolsNotRunning', guestOperationsReady: false });
    const survivor = workers.find((worker) => worker !== victim);
    await survivor.told('waitResumed', (entry) => entry.wait === 'settling');
    const { time } = await vcenter.do({ do: 'serverTime' });
    await vcenter.do({ do: 'guestInfo', vm, toolsRunningStatus: 'guestToolsRunning', guestOperationsReady: true });
    const report = await waitResult(caller, wait);
    const [row] = report.vms;
    assert.deepEqual([row.customizationStatus, row.conclusion], ['CustomizationSucceeded', 'completed']);
    assert.ok(Date.parse(row.readyAt) > Date.parse(time), `${row.readyAt} is after ${time}`);
    workers = [survivor, fleet.startWorker(victim.name, { leaseSeconds: 5 })];
    await workers[1].told('started');
  });

  it('hands over in order when a worker is told to end, and leaves no session of it', async () => {
    const wait = await requestWait(caller, { vcenter: 'east', id: 'handed-over', vms: refs(3), options: OPTIONS });
    const leaving = await owner();
    await leaving.told('request', (entry) => entry.wait === 'handed-over');
    const staying = workers.find((worker) => worker !== leaving);
    // With those that killed workers have left.
    const { count: before } = await vcenter.do({ do: 'sessions' });
    leaving.child.kill('SIGTERM');
    assert.equal(await leaving.exited, 0);
    await staying.told('waitResumed', (entry) => entry.wait === 'handed-over');
    await succeed(3);
    const report = await waitResult(caller, wait);
    assert.equal(report.vms[0].customizationStatus, 'CustomizationSucceeded');
    // That of the worker that ended is gone, and the one that goes on has its own.
    const { count } = await vcenter.do({ do: 'sessions' });
    assert.equal(count, before);
    workers = [staying];
  });

  it('answers another request of an id that is taken, during the wait and after it, and the first stands', async () => {
    const first = await requestWait(caller, { vcenter: 'east', id: 'twice', vms: refs(4), options: OPTIONS });
    const ask = () => requestWait(caller, { vcenter: 'east', id: 'twice', vms: refs(5), options: OPTIONS });
    const conflict = { name: 'WaitFailedError', code: 'idConflict' };
    await assert.rejects(waitResult(caller, await ask()), conflict);
    await succeed(4);
    assert.equal((await waitResult(caller, first)).vms[0].vm, refs(4)[0].vm);
    await assert.rejects(waitResult(caller, await ask()), conflict);
  });

  it('answers another request of an id that has its result with a conflict from the first look on', async () => {
    const other = { vcenter: 'east', id: 'twice', vms: refs(4, 5), options: OPTIONS };
    await assert.rejects(waitResult(caller, await requestWait(caller, other)), { code: 'idConflict' });
  });

  it('lets the first request of an id stand when a worker dies that has taken it, and a second comes to the next', async () => {
    for (const worker of workers) {
      worker.child.kill('SIGTERM');
      await worker.exited;
    }
    const first = await requestWait(caller, { vcenter: 'east', id: 'dead', vms: refs(8), options: OPTIONS });
    const unusable = await requestWait(caller, { vcenter: 'east', id: 'dead-too', vms: [], options: OPTIONS });
    // As one that is killed after the message has reached it.
    const consumer = await jetstream(caller.connection).consumers.get('VMC_REQUESTS', 'vc-east');
    const taken = new Set();
    while (!(taken.has('vmc.wait.east.dead') && taken.has('vmc.wait.east.dead-too'))) {
      taken.add((await consumer.next()).subject);
    }
    const second = await requestWait(caller, { vcenter: 'east', id: 'dead', vms: refs(9), options: OPTIONS });
    const usable = await requestWait(caller, { vcenter: 'east', id: 'dead-too', vms: refs(9), options: OPTIONS });
    const broken = '{"vms":7}';
    await jetstream(caller.connection).publish('vmc.wait.east.dead', broken);

    workers = [fleet.startWorker('c', { leaseSeconds: 5 })];
    const conflict = { name: 'WaitFailedError', code: 'idConflict' };
    await assert.rejects(waitResult(caller, second), conflict);
    await assert.rejects(waitResult(caller, usable), conflict);
    const digest = createHash('sha256').update(broken).digest('hex');
    await assert.rejects(waitResult(caller, { vcenter: 'east', id: 'dead', digest }), conflict);
    await assert.rejects(waitResult(caller, unusable), { code: 'invalidRequest' });
    await succeed(8);
    const report = await waitResult(caller, first);
    assert.deepEqual(
      report.vms.map(({ vm }) => vm),
      refs(8).map(({ vm }) => vm),
    );
    const js = await jetstreamManager(caller.connection);
    const { state } = await js.streams.info('VMC_RESULTS', { subjects_filter: 'vmc.refused.east.dead.*' });
    assert.equal(Object.keys(state.subjects).length, 2);
    // It takes a while until nobody will come for these.
    unknown = await requestWait(caller, { vcenter: 'nowhere', id: 'lost', vms: [{ vm: 'vm-1' }] });
    unknownToo = await requestWait(caller, { vcenter: 'nowhere', id: 'lost', vms: [{ vm: 'vm-2' }] });
  });

  it('cancels a wait, also by a cancel that came before its request', async () => {
    const wait = await requestWait(caller, { vcenter: 'east', id: 'cancelled', vms: refs(6), options: OPTIONS });
    await cancelWait(caller, wait);
    assert.equal((await waitResult(caller, wait)).vms[0].conclusion, 'cancelled');

    const early = { vcenter: 'east', id: 'cancelled-early' };
    await cancelWait(caller, early);
    await sleep(300);
    await requestWait(caller, { ...early, vms: refs(6), options: OPTIONS });
    assert.equal((await waitResult(caller, early)).vms[0].conclusion, 'cancelled');
  });

  it('takes a cancel after the result for what it is: too late', async () => {
    await cancelWait(caller, { vcenter: 'east', id: 'plain' });
    const [worker] = workers;
    const { answer } = await worker.told('cancel', (entry) => entry.wait === 'plain');
    assert.equal(answer, 'tooLate');
    const report = await waitResult(caller, { vcenter: 'east', id: 'plain' });
    assert.equal(report.vms[0].conclusion, 'completed');
  });

  it('answers a request that cannot be done with a result that says why', async () => {
    const js = jetstream(caller.connection);
    await js.publish('vmc.wait.east.not-json', '{');
    await js.publish('vmc.wait.east.bad~id', JSON.stringify({ vms: refs(6) }));
    await assert.rejects(waitResult(caller, { vcenter: 'east', id: 'not-json' }), { code: 'invalidRequest' });
    const jsm = await jetstreamManager(caller.connection);
    const [worker] = workers;
    await worker.told('request', (entry) => entry.wait === 'bad~id');
    const message = await jsm.streams.getMessage('VMC_RESULTS', { last_by_subj: 'vmc.result.east.bad~id' });
    assert.ok(isEvent(message.json()), ajv.errorsText(isEvent.errors));
  });

  it('leaves alone the state of a later release, and removes that of a wait that has its result', async () => {
    const kv = await new Kvm(caller.connection).open('vmc_state');
    const wait = { vcenter: 'east', id: 'ended' };
    await requestWait(caller, { ...wait, vms: refs(10), options: OPTIONS });
    const ended = await kept(kv, 'east.ended');
    await succeed(10);
    await waitResult(caller, wait);
    while ((await kv.get('east.ended')) !== null) await sleep(50);

    const later = JSON.stringify({ v: 2, id: 'later', vcenter: 'east' });
    await kv.create('east.later', later);
    // As a worker leaves it that dies after it has told the result.
    await kv.create('east.ended', JSON.stringify({ ...ended, owner: 'dead/1' }));
    const [worker] = workers;
    await worker.told('waitLeftAlone', (entry) => entry.wait === 'later');
    while ((await kv.get('east.ended')) !== null) await sleep(50);
    assert.ok(!worker.log.some((entry) => entry.event === 'waitResumed' && entry.wait === 'ended'));
    assert.equal((await kv.get('east.later')).string(), later);
  });

  it('goes on with a password that was changed, and sends one that was refused once for each change of its file', async () => {
    const wait = await requestWait(caller, { vcenter: 'east', id: 'rotated', vms: refs(7), options: OPTIONS });
    const [worker] = workers;
    await worker.told('request', (entry) => entry.wait === 'rotated');
    const file = join(fleet.folder, 'east.password');
    const right = readFileSync(file, 'utf8');
    await vcenter.do({ do: 'setPassword', password: 'changed' });
    await vcenter.do({ do: 'expireSessions' });
    await worker.told('vcenterFailed', ({ message }) => /refuses the password/.test(message));
    const refused = async () => (await vcenter.do({ do: 'logIns' })).refusedLogIns;
    for (const [at, password] of [undefined, 'wrong\n'].entries()) {
      if (password !== undefined) writeFileSync(file, password);
      while ((await refused()) === at) await sleep(100);
      await sleep(3_000);
      assert.equal(await refused(), at + 1);
    }
    writeFileSync(file, 'changed\n');
    await succeed(7);
    const report = await waitResult(caller, wait);
    assert.equal(report.vms[0].customizationStatus, 'CustomizationSucceeded');
    writeFileSync(file, right);
  });

  it('refuses requests for a vCenter that no worker knows, and takes them out of the queue', async () => {
    await assert.rejects(waitResult(caller, unknown), { code: 'unknownVCenter' });
    await assert.rejects(waitResult(caller, unknownToo), { code: 'idConflict' });
    const isThere = async () => (await fleetStatus(caller)).vcenters.some((row) => row.vcenter === 'nowhere');
    while (await isThere()) await sleep(100);
  });
});
