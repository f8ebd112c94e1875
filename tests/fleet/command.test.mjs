/** The command for callers without JavaScript, and who may do what by the account file of the documents: one broker. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import { nkeys } from '@nats-io/transport-node';
import { cancelWait, connectNats, fleetStatus, requestWait, waitResult } from '../../bindings/fleet/dist/index.js';
import { until } from '../until.mjs';
import { COMMAND, startFleet } from './lib/fleet.mjs';

const ACCOUNTS = readFileSync(new URL('../../docs/fleet/accounts.conf', import.meta.url), 'utf8');
/** Where callers and operators have JetStream's API, by that file. */
const API = 'vmc.api';
const MOST_WAITS = 3;
const OPTIONS = '{"waitForPowerOn":true,"timeoutSeconds":60}';

const run = (args) =>
  new Promise((resolve) => {
    execFile(process.execPath, [COMMAND, ...args], { timeout: 60_000 }, (error, stdout, stderr) => {
      resolve({ status: error === null ? 0 : error.code, stdout, stderr });
    });
  });

describe('the command, and the account file', () => {
  const roles = Object.fromEntries(['worker', 'caller', 'operator'].map((role) => [role, nkeys.createUser()]));
  const seeds = Object.fromEntries(
    Object.entries(roles).map(([role, pair]) => [role, new TextDecoder().decode(pair.getSeed())]),
  );
  let fleet;
  let worker;
  let vcenter;
  let caller;
  let operator;
  const succeed = async (index) => {
    await vcenter.do({ do: 'customize', vm: vcenter.vms[index].vm });
    await vcenter.do({ do: 'powerOn', vm: vcenter.vms[index].vm });
  };

  before(async () => {
    const variables = Object.entries(roles).map(
      ([role, pair]) => `VMC_${role.toUpperCase()}: "${pair.getPublicKey()}"\n`,
    );
    fleet = await startFleet({ brokers: 1, accounts: [...variables, ACCOUNTS].join(''), seeds, apiPrefix: API });
    vcenter = fleet.vcenters.get('east');
    worker = fleet.startWorker('only', { http: { port: 0 }, logLevel: 'debug', maxWaitsPerVCenter: MOST_WAITS });
    await worker.told('serving');
    caller = fleet.configOf('caller');
    operator = fleet.configOf('operator');
  });

  after(() => fleet?.stop());

  it('asks for a wait, and ends with the status of its report', async () => {
    const { vm, name } = vcenter.vms[0];
    const asked = run(['request', '--config', caller, '--id', 'one', 'east', `${vm}=${name}`, '--options', OPTIONS]);
    await worker.told('request', ({ wait }) => wait === 'one');
    await succeed(0);
    const { status, stdout } = await asked;
    assert.equal(status, 0);
    assert.match(stdout, new RegExp(`^${name} +CustomizationSucceeded +completed$`, 'm'));
    const again = await run(['result', '--config', caller, 'east', 'one', '--json']);
    assert.equal(again.status, 0);
    assert.equal(JSON.parse(again.stdout).format, 'vm-customization-report/1');
  });

  it('tells a failure, and a wait that was cancelled, by its status', async () => {
    const failing = vcenter.vms[1].vm;
    const asked = run(['request', '--config', caller, '--id', 'two', 'east', failing, '--options', OPTIONS]);
    await worker.told('request', ({ wait }) => wait === 'two');
    await vcenter.do({ do: 'powerOn', vm: failing });
    await vcenter.do({ do: 'post', event: 'CustomizationFailed', vm: failing, fields: {} });
    const failed = await asked;
    assert.equal(failed.status, 1);
    assert.match(failed.stdout, /^VM +CustomizationStatus +Conclusion +Reason$/m);
    assert.match(
      failed.stdout,
      new RegExp(`^${vcenter.vms[1].name} +CustomizationFailed +completed +CustomizationFailed`, 'm'),
    );
    assert.match(failed.stdout, new RegExp(`\n\n.*: ${vcenter.vms[1].name}\n  .*\n  1. .*\n(?:.*\n)*  See: https://`));
    const { whatToDo } = JSON.parse((await run(['result', '--config', caller, 'east', 'two', '--json'])).stdout);
    assert.deepEqual(
      whatToDo.map(({ about, vms }) => [about, vms]),
      [['CustomizationFailed', [failing]]],
    );

    const { vm } = vcenter.vms[2];
    const { stdout } = await run(['request', '--config', caller, 'east', vm, '--no-wait', '--options', OPTIONS]);
    const id = stdout.trim();
    assert.equal((await run(['cancel', '--config', caller, 'east', id])).status, 0);
    assert.equal((await run(['result', '--config', caller, 'east', id])).status, 2);
  });

  it('tells what cannot be used, and what cannot be reached, by their statuses', async () => {
    for (const [args, status, text] of [
      [['reqest', '--config', caller], 3, /reqest is no command/],
      [['request', 'east', 'vm-1'], 3, /--config is missing/],
      [['request', '--config', caller, 'east'], 3, /needs a vCenter and VMs/],
      [['request', '--config', caller, 'ea.st', 'vm-1'], 3, /ea\.st names no vCenter/],
      [['cancel', '--config', caller, 'east', 'one', '--json'], 3, /--json is no option of cancel/],
      [['status', '--config', `${caller}.none`], 3, /cannot be read \(ENOENT\)/],
      [
        ['request', '--config', caller, 'east', 'vm-1', '--options', '{"timeout":1}'],
        3,
        /options\.timeout is no option/,
      ],
      [
        ['result', '--config', fleet.writeConfig('nobody.json', { nats: { servers: ['127.0.0.1:1'] } }), 'east', 'one'],
        4,
        /NATS: /,
      ],
    ]) {
      const answer = await run(args);
      assert.equal(answer.status, status, `${args.join(' ')}: ${answer.stderr}`);
      assert.match(answer.stderr, text);
    }
  });

  it('shows who serves what', async () => {
    const { status, stdout } = await run(['status', '--config', operator]);
    assert.equal(status, 0);
    assert.match(stdout, /^workers: only$/m);
    assert.match(stdout, /^east +only +0 +0$/m);
    const { vcenters } = JSON.parse((await run(['status', '--config', operator, '--json'])).stdout);
    assert.deepEqual(vcenters, [{ vcenter: 'east', owner: 'only', waits: 0, queued: 0 }]);
  });

  it('answers on /healthz and /metrics', async () => {
    const { httpPort } = await worker.told('started');
    const at = (path) => fetch(`http://127.0.0.1:${httpPort}${path}`);
    assert.deepEqual(await (await at('/healthz')).json(), { status: 'ok' });
    const metrics = await (await at('/metrics')).text();
    assert.match(metrics, /^vmc_requests_total\{vcenter="east",answer="accepted"\} \d+$/m);
    assert.match(metrics, /^vmc_vcenter_owned\{vcenter="east"\} 1$/m);
    assert.equal((await at('/other')).status, 404);
  });

  it('lets callers tell nothing in the name of a worker, and read nothing of the workers', async () => {
    const asking = await fleet.connect('caller');
    const { connection } = asking;
    const js = jetstream(connection, { timeout: 1000 });
    for (const subject of [
      'vmc.result.east.forged',
      'vmc.event.east.one.9',
      '$KV.vmc_state.east.one',
      '$KV.vmc_lease.x',
    ]) {
      await assert.rejects(js.publish(subject, '{}'), /[Pp]ermission/, subject);
    }
    const jsm = await jetstreamManager(connection, { checkAPI: false, timeout: 1000, apiPrefix: API });
    const reads = ['KV_vmc_state', 'KV_vmc_lease', 'VMC_REQUESTS'];
    for (const stream of reads) await assert.rejects(jsm.streams.getMessage(stream, { seq: 1 }), undefined, stream);
    await assert.rejects(jsm.streams.purge('VMC_RESULTS'));
    // What a broker answers goes where the request says: with leave to ask alone, it must not get into a stream of the workers.
    const told = ['vmc.result.east.forged', 'vmc.event.east.one.9', '$KV.vmc_state.east.forged'];
    for (const reply of told) connection.publish('vmc.cancel.east.one', '', { reply });
    connection.publish('vmc.api.STREAM.MSG.GET.VMC_RESULTS', '{"seq":1}', { reply: '$KV.vmc_lease.vcenter.east' });
    await connection.flush();
    const trusted = await jetstreamManager((await fleet.connect('worker')).connection);
    for (const [stream, subject] of [
      ['VMC_RESULTS', told[0]],
      ['VMC_EVENTS', told[1]],
      ['KV_vmc_state', told[2]],
    ]) {
      assert.equal(await trusted.streams.getMessage(stream, { last_by_subj: subject }), null, subject);
    }
    const lease = await trusted.streams.getMessage('KV_vmc_lease', { last_by_subj: '$KV.vmc_lease.vcenter.east' });
    assert.equal(lease.json().name, 'only');
    const heard = [];
    connection.subscribe('_INBOX.>', { callback: (_, message) => heard.push(message) });
    const refused = (subject) =>
      new Promise((resolve) => connection.subscribe(subject, { callback: (error) => resolve(error?.message) }));
    assert.match(await refused('vmc.inbox.>'), /[Pp]ermission/);
    const wait = { vcenter: 'east', id: 'one' };
    assert.equal((await waitResult(asking, wait)).vms[0].conclusion, 'completed');
    // The worker reads the board of leases every second.
    await sleep(2500);
    assert.ok(
      heard.length > 0 && !heard.some((message) => /KV_vmc_|\$KV/.test(`${message.headers} ${message.string()}`)),
    );
  });

  it('lets workers ask for nothing, and operators change nothing', async () => {
    const worker = jetstream((await fleet.connect('worker')).connection, { timeout: 1000 });
    for (const subject of ['vmc.wait.east.mine', 'vmc.cancel.east.one']) {
      await assert.rejects(worker.publish(subject, '{}'), /[Pp]ermission/, subject);
    }
    const { connection } = await fleet.connect('operator');
    const js = jetstream(connection, { timeout: 1000 });
    for (const subject of [
      'vmc.wait.east.mine',
      'vmc.cancel.east.one',
      'vmc.result.east.mine',
      '$KV.vmc_state.east.one',
    ]) {
      await assert.rejects(js.publish(subject, '{}'), /[Pp]ermission/, subject);
    }
    const jsm = await jetstreamManager(connection, { checkAPI: false, timeout: 1000, apiPrefix: API });
    await assert.rejects(jsm.streams.getMessage('KV_vmc_state', { seq: 1 }));
    await assert.rejects(jsm.streams.delete('VMC_REQUESTS'));
  });

  it('lets no second worker begin under a name that is taken', async () => {
    const second = fleet.startWorker('only');
    const { message } = await second.told('nameTaken');
    assert.match(message, /another worker is called only/);
    second.child.kill('SIGTERM');
    await second.exited;
    assert.ok(!second.log.some(({ event }) => event === 'started'));
  });

  it('lets in nobody without a key', async () => {
    await assert.rejects(connectNats({ servers: fleet.nats.servers }, 'nobody'), /[Aa]uthorization/);
  });

  it('keeps in the queue what is more than a worker takes, and takes it when there is room', async () => {
    const asking = await fleet.connect('caller');
    const options = { timeoutSeconds: 600, waitForPowerOn: true };
    const vms = [{ vm: vcenter.vms[3].vm }];
    const ids = ['first', 'second', 'third', 'fourth'];
    for (const id of ids) await requestWait(asking, { vcenter: 'east', id, vms, options });
    const accepted = (id) => worker.told('request', ({ wait, answer }) => wait === id && answer === 'accepted');
    await Promise.all(ids.slice(0, MOST_WAITS).map(accepted));
    // Longer than a look into the queue: whoever is to cancel has begun another.
    await sleep(2500);
    const looking = await fleet.connect('operator');
    const { vcenters } = await fleetStatus(looking);
    assert.deepEqual(vcenters, [{ vcenter: 'east', owner: 'only', waits: MOST_WAITS, queued: 1 }]);
    await cancelWait(asking, { vcenter: 'east', id: 'first' });
    await accepted('fourth');
    for (const id of ids) await cancelWait(asking, { vcenter: 'east', id });
    for (const id of ids) await waitResult(asking, { vcenter: 'east', id });
  });

  it('has no secret in what workers store, tell and log', async () => {
    const asking = await fleet.connect('caller');
    // One that is open: its state is in the bucket.
    const { vm } = vcenter.vms[3];
    const wait = await requestWait(asking, {
      vcenter: 'east',
      id: 'open',
      vms: [{ vm }],
      options: { timeoutSeconds: 600, waitForPowerOn: true },
    });
    await worker.told('request', (entry) => entry.wait === wait.id);
    const { connection } = await fleet.connect('worker');
    const states = await new Kvm(jetstream(connection)).open('vmc_state');
    // What is replaced while it is read is passed over.
    await until(async () => (await states.get('east.open'))?.json().snapshot !== undefined, 'a run in the bucket');
    const jsm = await jetstreamManager(connection);
    const texts = [worker.log.map((entry) => JSON.stringify(entry)).join('\n'), worker.stderr()];
    for await (const { config, state } of jsm.streams.list()) {
      for (let seq = state.first_seq; seq <= state.last_seq; seq += 1) {
        const message = await jsm.streams.getMessage(config.name, { seq }).catch(() => null);
        if (message !== null) texts.push(`${message.subject} ${message.string()}`);
      }
    }
    assert.ok(
      texts.some((text) => text.startsWith('$KV.vmc_state.east.open ')),
      'the state was read',
    );
    for (const secret of [vcenter.password, ...Object.values(seeds)]) {
      assert.ok(!texts.some((text) => text.includes(secret)));
    }
  });
});
