/** `--wait-for-vm`: VMs that are made while the command waits. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { startSimulator } from '../simulators/simulator.mjs';
import { jsonOf, runCommand, startCommand } from './command.mjs';

const folder = mkdtempSync(join(tmpdir(), 'vm-customization-appearing-'));
after(() => rmSync(folder, { recursive: true }));

const QUICK = ['--wait-for-vm', '--poll-interval', '0.3'];
const rowsOf = (report) =>
  report.vms.map(({ vm, name, customizationStatus, conclusion, hint }) => [
    typeof vm,
    name,
    customizationStatus,
    conclusion,
    hint,
  ]);

for (const kind of ['vcsim', 'fake']) {
  describe(`VMs that are not there yet, on the ${kind} simulator`, { concurrency: 3 }, () => {
    const simulator = async (context) => {
      const server = await startSimulator({ kind });
      context.after(async () => {
        const { count } = await server.do({ do: 'sessions' });
        await server.stop();
        assert.equal(count, 0, 'a session was left behind');
      });
      return server;
    };
    const clone = (server, name) =>
      server.do({ do: 'clone', template: server.vms[0].name, name, customize: true, powerOn: true });

    test('are looked for by name and by pattern, and told of in the order asked for', async (context) => {
      const server = await simulator(context);
      await clone(server, 'web-1');
      const record = join(folder, `${kind}.json`);
      const running = startCommand([...QUICK, '--record', record, 'late-*', 'web-1', 'web-2'], { server });
      // The one that is there has its result while others are looked for.
      await running.prints(/'web-1' has successfully completed/);
      await running.prints(/no VM yet fits 'late-\*', 'web-2': looking for it until the time is up/, 'stderr');
      await clone(server, 'web-2');
      await running.prints(/'web-2' has successfully completed/);
      await clone(server, 'late-b');
      const run = await running.done;
      assert.equal(run.status, 0, run.stderr);
      assert.match(
        run.stdout,
        /^late-b +CustomizationSucceeded +\d\d:\d\d\nweb-1 +CustomizationSucceeded +\d\d:\d\d\nweb-2 +CustomizationSucceeded +\d\d:\d\d$/m,
      );
      assert.match(run.stderr, /3 of 3 succeeded/);
      // A recording of each lot, and each plays.
      const lines = readFileSync(record, 'utf8').trimEnd().split('\n');
      assert.deepEqual(
        lines.map((line) => JSON.parse(line).vms.map(({ name }) => name)),
        [['web-1'], ['web-2'], ['late-b']],
      );
      const played = await runCommand(['replay', record]);
      assert.deepEqual(
        played.stdout
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line).vms[0].customizationStatus),
        ['CustomizationSucceeded', 'CustomizationSucceeded', 'CustomizationSucceeded'],
      );
    });

    test('have one report, with the transitions as they were told', async (context) => {
      const server = await simulator(context);
      const [first] = server.vms;
      const running = startCommand(['--json', ...QUICK, 'web-1', first.name], { server });
      await server.do({ do: 'powerOn', vm: first.vm });
      await running.prints(/CustomizationNotStarted/);
      await clone(server, 'web-1');
      await running.prints(/"web-1".*CustomizationSucceeded/);
      await server.do({ do: 'post', vm: first.vm, event: 'CustomizationSucceeded' });
      const run = await running.done;
      assert.equal(run.status, 0, run.stderr);
      const { transitions, report } = jsonOf(run);
      assert.deepEqual(
        report.transitions,
        transitions.map(({ serverTime: _, ...transition }) => transition),
      );
      assert.deepEqual(
        transitions.map(({ n }) => n),
        transitions.map((_, index) => index),
      );
      assert.deepEqual(rowsOf(report), [
        ['string', 'web-1', 'CustomizationSucceeded', 'completed', null],
        ['string', first.name, 'CustomizationSucceeded', 'completed', null],
      ]);
      assert.ok(report.endedAtMs >= transitions.at(-1).atMs);
    });

    test('have a row with their name where they never come, and status 2', async (context) => {
      const server = await simulator(context);
      await clone(server, 'web-1');
      const run = await runCommand(['--json', ...QUICK, '--timeout', '1', 'web-1', 'never-*'], { server });
      assert.equal(run.status, 2, run.stderr);
      const { report } = jsonOf(run);
      assert.deepEqual(rowsOf(report), [
        ['string', 'web-1', 'CustomizationSucceeded', 'completed', null],
        ['object', 'never-*', 'VmNotStarted', 'timedOut', 'notFound'],
      ]);
      assert.equal(report.vms[1].vm, null);
      const alone = await runCommand([...QUICK, '--timeout', '0.5', 'never'], { server });
      assert.equal(alone.status, 2, alone.stderr);
      assert.match(alone.stdout, /^No VM that fits 'never' has appeared in time\n/);
      assert.match(alone.stdout, /^never +VmNotStarted +timed out; no VM that fits has appeared$/m);
    });
  });
}

describe('--wait-for-vm', { concurrency: 3 }, () => {
  const simulator = async (context) => {
    const server = await startSimulator({ kind: 'fake' });
    context.after(() => server.stop());
    return server;
  };

  test('opens the window when the command starts, however late a VM is found', async (context) => {
    const server = await simulator(context);
    const running = startCommand([...QUICK, '--lookback', '1s', 'web-1'], { server });
    // Found 5 s later, when a window of its own would have opened after its power-on.
    await running.prints(/no VM yet fits 'web-1'/, 'stderr');
    const before = await server.do({ do: 'clone', template: server.vms[0].name, name: 'web-1', powerOn: true });
    await server.do({ do: 'post', vm: before.vm, event: 'CustomizationSucceeded' });
    const run = await running.done;
    assert.equal(run.status, 0, run.stderr);
  });

  test('waits for the power-on of what has appeared', async (context) => {
    const server = await simulator(context);
    const running = startCommand([...QUICK, '--heartbeat', '4s', 'web-1'], { server });
    const { vm } = await server.do({ do: 'clone', template: server.vms[0].name, name: 'web-1' });
    await running.prints(/still waiting for web-1.*\n.*still waiting/s, 'stderr');
    await server.do({ do: 'powerOn', vm });
    await running.prints(/Start monitoring customization process for vm 'web-1'/);
    await server.do({ do: 'post', vm, event: 'CustomizationSucceeded' });
    assert.equal((await running.done).status, 0);
  });

  test('ends at Ctrl-C, with a row for what was looked for', async (context) => {
    const server = await simulator(context);
    const running = startCommand([...QUICK, server.vms[0].name, 'never'], { server });
    await running.prints(/no VM yet fits 'never'/, 'stderr');
    running.kill('SIGINT');
    const run = await running.done;
    assert.equal(run.status, 2, run.stderr);
    assert.match(run.stdout, /^never +VmNotStarted +cancelled; no VM that fits has appeared$/m);
  });

  test('is no cure for a template or for a name that two VMs have, which are told at once', async (context) => {
    const server = await simulator(context);
    for (const { vm } of server.vms.slice(0, 2)) {
      await server.do({ do: 'rename', vm, name: 'web-1' });
    }
    const run = await runCommand([...QUICK, 'web-1', 'never'], { server });
    assert.equal(run.status, 4);
    assert.match(run.stderr, /'web-1' fits 2 VMs/);
  });

  test('is not kept in the file of --state, and has no effect under published rules', async (context) => {
    const state = await runCommand(['--wait-for-vm', '--state', join(folder, 'state'), 'a']);
    assert.equal(state.status, 3);
    assert.match(state.stderr, /--wait-for-vm cannot be kept in the file of --state/);
    const server = await simulator(context);
    const published = await runCommand(['--wait-for-vm', '--rules', 'published', '--timeout', '0.2', 'never'], {
      server,
    });
    assert.equal(published.status, 4);
    assert.match(published.stderr, /takes only --timeout: --wait-for-vm will have no effect/);
  });
});
