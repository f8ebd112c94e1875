/** `--state`: a run that goes on after the process that began it is gone. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { after, describe, test } from 'node:test';
import { startSimulator } from '../simulators/simulator.mjs';
import { jsonOf, runCommand, startCommand } from './command.mjs';

const folder = mkdtempSync(join(tmpdir(), 'vm-customization-state-'));
after(() => rmSync(folder, { recursive: true }));

let files = 0;
const newFile = () => {
  files += 1;
  return join(folder, `run-${files}.state`);
};
const QUICK = ['--json', '--poll-interval', '0.3'];

async function simulator(context, options = {}) {
  const server = await startSimulator(options);
  context.after(() => server.stop());
  return server;
}

const post = (server, vm, event) => server.do({ do: 'post', vm, event });
const statusOf = (run) => jsonOf(run).report.vms.map(({ customizationStatus }) => customizationStatus);

/** Waits until the file holds a snapshot of which this is true; it is written a little after the change. */
async function written(file, test) {
  for (let tries = 0; tries < 200; tries += 1) {
    if (existsSync(file) && test(readFileSync(file, 'utf8'))) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.fail(`${file} was not written`);
}

/** A run that was begun and has seen the power-on. */
async function begun(server, file, args, vm = server.vms[0]) {
  await server.do({ do: 'powerOn', vm: vm.vm });
  const running = startCommand([...QUICK, '--state', file, ...args], { server });
  await running.prints(/CustomizationNotStarted/);
  await written(file, (text) => text.includes('CustomizationNotStarted'));
  return running;
}

describe('a run with --state', { concurrency: 2 }, () => {
  test('goes on after a crash, without its VMs being named again, and says when it is finished', async (context) => {
    const server = await simulator(context);
    const [{ name, vm }] = server.vms;
    const file = newFile();
    const first = await begun(server, file, [name]);
    first.kill('SIGKILL');
    assert.equal((await first.done).killedBy, 'SIGKILL');
    await post(server, vm, 'CustomizationStartedEvent');
    await post(server, vm, 'CustomizationSucceeded');

    const second = await runCommand([...QUICK, '--state', file], { server });
    assert.equal(second.status, 0, second.stderr);
    assert.match(second.stderr, /going on with the run of --state .*: its VMs, its rules and its time limit hold/);
    const { transitions, report } = jsonOf(second);
    assert.deepEqual(
      transitions.map(({ to }) => to),
      ['CustomizationStarted', 'CustomizationSucceeded'],
      'what was told before is not told again',
    );
    assert.deepEqual(
      report.transitions.map(({ to }) => to),
      ['CustomizationNotStarted', 'CustomizationStarted', 'CustomizationSucceeded'],
    );
    assert.equal(report.vms[0].name, name);

    // No server is needed to say so.
    const third = await runCommand(['--json', '--state', file, name]);
    assert.equal(third.status, 0);
    assert.match(third.stderr, /is finished: remove the file to begin another/);
    assert.deepEqual(jsonOf(third).report, report);
    const table = await runCommand(['--state', file]);
    assert.match(table.stdout, new RegExp(`^${name} +CustomizationSucceeded +\\d\\d:\\d\\d$`, 'm'));
  });

  test('goes on after Ctrl-C', async (context) => {
    const server = await simulator(context);
    const [{ name, vm }] = server.vms;
    const file = newFile();
    const first = await begun(server, file, [name]);
    first.kill('SIGINT');
    const interrupted = await first.done;
    assert.equal(interrupted.status, 2);
    assert.equal(jsonOf(interrupted).report.vms[0].conclusion, 'cancelled');
    assert.match(interrupted.stderr, /interrupted: start again with --state .* to go on/);
    await post(server, vm, 'CustomizationSucceeded');
    const second = await runCommand([...QUICK, '--state', file, name], { server });
    assert.deepEqual(statusOf(second), ['CustomizationSucceeded']);
  });

  test('counts the time in between, and still sees what happened in it', async (context) => {
    const server = await simulator(context);
    const [good, slow] = server.vms;
    await server.do({ do: 'powerOn', vm: slow.vm });
    const file = newFile();
    const first = await begun(server, file, ['--timeout', '2', good.name, slow.name]);
    first.kill('SIGKILL');
    await first.done;
    await post(server, good.vm, 'CustomizationSucceeded');
    await new Promise((resolve) => setTimeout(resolve, 2500));
    const second = await runCommand([...QUICK, '--state', file], { server });
    assert.equal(second.status, 2);
    assert.ok(second.ms < 3000, `${second.ms} ms`);
    assert.deepEqual(
      jsonOf(second).report.vms.map(({ customizationStatus, conclusion }) => [customizationStatus, conclusion]),
      [
        ['CustomizationSucceeded', 'completed'],
        ['CustomizationNotStarted', 'timedOut'],
      ],
    );
  });

  test('goes on although a VM of it was removed in between', async (context) => {
    const server = await simulator(context);
    const [gone, good] = server.vms;
    await server.do({ do: 'powerOn', vm: good.vm });
    const file = newFile();
    const first = await begun(server, file, [gone.name, good.name], gone);
    first.kill('SIGKILL');
    await first.done;
    await server.do({ do: 'powerOff', vm: gone.vm });
    await server.do({ do: 'destroy', vm: gone.vm });
    await post(server, good.vm, 'CustomizationSucceeded');
    const second = await runCommand([...QUICK, '--state', file], { server });
    assert.deepEqual(
      jsonOf(second).report.vms.map(({ conclusion }) => conclusion),
      ['vmRemoved', 'completed'],
    );
  });

  test('leaves one file that only its owner can read, without credentials, and nothing beside it', async (context) => {
    const server = await simulator(context);
    const own = mkdtempSync(join(folder, 'own-'));
    const file = join(own, 'state');
    writeFileSync(file, '', { mode: 0o644 });
    const running = await begun(server, file, [server.vms[0].name]);
    assert.deepEqual(readdirSync(own), ['state']);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    await post(server, server.vms[0].vm, 'CustomizationSucceeded');
    assert.equal((await running.done).status, 0);
    assert.deepEqual(readdirSync(own), ['state']);
    const text = readFileSync(file, 'utf8');
    for (const secret of [server.password, server.user]) assert.ok(!text.includes(secret));
    assert.doesNotMatch(text, /vmware_soap_session|vmware-api-session-id/);
  });

  test('is not recorded from its middle on', async (context) => {
    const server = await simulator(context);
    const [{ name, vm }] = server.vms;
    const file = newFile();
    const record = join(folder, 'record.json');
    const first = await begun(server, file, ['--record', record, name]);
    first.kill('SIGTERM');
    await first.done;
    const before = readFileSync(record, 'utf8');
    await post(server, vm, 'CustomizationSucceeded');
    const second = await runCommand([...QUICK, '--state', file, '--record', record], { server });
    assert.equal(second.status, 0);
    assert.match(second.stderr, /--record .* will not be written/);
    const both = await runCommand(['--state', file, '--record', `${folder}/./${basename(file)}`, name], { server });
    assert.equal(both.status, 3);
    assert.match(both.stderr, /--state and --record name the same file/);
    assert.match(readFileSync(file, 'utf8'), /vm-customization-state/);
    assert.equal(readFileSync(record, 'utf8'), before);
  });
});

describe('a file that --state cannot use', { concurrency: 2 }, () => {
  const refused = async (content, args, message, server) => {
    const file = newFile();
    writeFileSync(file, content);
    const run = await runCommand(['--state', file, ...args], server === undefined ? {} : { server });
    assert.equal(run.status, 3, run.stderr);
    assert.match(run.stderr, message);
    assert.ok(run.stderr.includes('--state'), run.stderr);
    assert.equal(run.stdout, '');
    assert.equal(readFileSync(file, 'utf8'), content, 'it is left as it is');
  };

  test('is an error that says why and what to do, with status 3', async () => {
    const state = (more) => JSON.stringify({ format: 'vm-customization-state/1', server: 'vc', names: ['a'], ...more });
    const fix = /remove the file to begin anew, or give another path/;
    for (const content of ['nonsense', 'null', '[]', '{}', state({}), state({ snapshot: { version: 99 } })]) {
      await refused(content, ['a'], fix);
    }
  });

  test('is one of other VMs, or of another vCenter', async (context) => {
    const [server, other] = [await simulator(context), await simulator(context, { kind: 'fake' })];
    const file = newFile();
    const running = await begun(server, file, [server.vms[0].name]);
    running.kill('SIGKILL');
    await running.done;
    const content = readFileSync(file, 'utf8');
    await refused(content, ['someone-else'], /holds the run of other VMs \(DC0_H0_VM0\)/, server);
    await refused(content, [], /holds a run on another vCenter \(127\.0\.0\.1:\d+\)/, other);
  });

  test('is one that cannot be read or written', async (context) => {
    const server = await simulator(context);
    const missing = await runCommand(['--state', join(folder, 'no', 'such', 'file'), 'a'], { server });
    assert.equal(missing.status, 3);
    assert.match(missing.stderr, /--state .* cannot be written \(ENOENT\)/);
    const directory = await runCommand(['--state', folder, 'a'], { server });
    assert.equal(directory.status, 3);
    assert.match(directory.stderr, /--state .* cannot be read \(EISDIR\)/);
    const nothing = await runCommand(['--state', newFile()], { server });
    assert.equal(nothing.status, 3);
    assert.match(nothing.stderr, /no VM was given/);
  });
});
