/** Waiting for guests that are ready, over the wire and by the command: against both simulators. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { connectVCenter, OptionsError, waitForCustomization } from '../../bindings/dist/node.js';
import { jsonOf, runCommand } from '../command/command.mjs';
import { startProxy } from '../simulators/proxy.mjs';
import { startSimulator } from '../simulators/simulator.mjs';

const TOOLS = 'guest.toolsRunningStatus';
const OPERATIONS = 'guest.guestOperationsReady';

async function simulator(context, kind) {
  const server = await startSimulator({ kind, args: [] });
  context.after(() => server.stop());
  return server;
}

async function session(context, { url, user, password }, protocol = 'soap') {
  const vcenter = await connectVCenter({ server: url, user, password, insecure: true, environment: {}, protocol });
  context.after(() => vcenter.close());
  return vcenter;
}

/** Says what a guest tells of itself: each simulator is told in its own way. */
async function stage({ kind, server }, vm, { tools, operations }) {
  if (kind === 'fake') {
    await server.do({ do: 'guestInfo', vm, toolsRunningStatus: tools, guestOperationsReady: operations });
    return;
  }
  await server.do({ do: 'setProperty', vm, property: TOOLS, value: tools });
  await server.do({ do: 'setProperty', vm, property: OPERATIONS, value: operations });
}

const RUNNING = { tools: 'guestToolsRunning', operations: true };
const BOOTING = { tools: 'guestToolsNotRunning', operations: false };

/** A VM whose customization succeeds as it is powered on. */
async function customized(server, name, { vm: template }) {
  const { vm } = await server.do({ do: 'clone', template, name, customize: true });
  await server.do({ do: 'powerOn', vm });
  return { vm, name };
}

const readsOf = ({ exchanges }) =>
  exchanges.filter(({ method, request }) => method === 'RetrievePropertiesEx' && request.includes(TOOLS));

for (const [kind, protocol] of [
  ['vcsim', 'soap'],
  ['fake', 'soap'],
  ['fake', 'vi-json'],
]) {
  describe(`guests of the ${kind} simulator over ${protocol}`, { concurrency: 2 }, () => {
    test('are waited for while they reboot after their success', async (context) => {
      const server = await simulator(context, kind);
      const proxy = await startProxy(server.url);
      context.after(() => proxy.stop());
      const web = await customized(server, 'web-1', server.vms[0]);
      const db = await customized(server, 'db-1', server.vms[0]);
      await stage({ kind, server }, web.vm, RUNNING);
      await stage({ kind, server }, db.vm, RUNNING);
      const vcenter = await session(context, { ...server, url: proxy.url }, protocol);
      let rebooted;
      const onProgress = async ({ type, transition }) => {
        // It looks ready, reboots, and is there again.
        if (type !== 'transition' || transition.vm !== web.vm || transition.to !== 'CustomizationSucceeded') return;
        await stage({ kind, server }, web.vm, BOOTING);
        rebooted = new Promise((resolve) => setTimeout(resolve, 2_000)).then(() =>
          stage({ kind, server }, web.vm, RUNNING),
        );
      };
      const options = { ready: 'guestOperations', settleSeconds: 6, timeoutSeconds: 60, onProgress };
      const { vms } = await waitForCustomization(vcenter.events(), [web, db], options);
      await rebooted;
      assert.deepEqual(
        vms.map(({ customizationStatus, conclusion }) => [customizationStatus, conclusion]),
        [
          ['CustomizationSucceeded', 'completed'],
          ['CustomizationSucceeded', 'completed'],
        ],
      );
      const [webReady, dbReady] = vms.map(({ readyAt }) => Date.parse(readyAt));
      assert.ok(webReady >= dbReady, `${vms[0].readyAt} is not before ${vms[1].readyAt}`);
      assert.ok(webReady - Date.parse(vms[0].finishedAt) >= 6_000, 'it had to settle');
      if (protocol === 'soap') {
        const both = readsOf(proxy).filter(({ request }) => request.includes(web.vm) && request.includes(db.vm));
        assert.ok(both.length > 0, 'one request for both');
      }
    });

    test('that are not ready in time make the command end with 2, and say so', async (context) => {
      const server = await simulator(context, kind);
      const { vm, name } = await customized(server, 'web-1', server.vms[0]);
      await stage({ kind, server }, vm, { tools: 'guestToolsRunning', operations: false });
      const args = ['--protocol', protocol, '--timeout', '3', '--settle', '0', name];
      const late = await runCommand(['--ready', 'guest-operations', ...args], { server });
      assert.equal(late.status, 2, late.stderr);
      assert.match(
        late.stdout,
        /^web-1 +CustomizationSucceeded +00:\d\d +timed out; customization succeeded, but the guest is not/m,
      );
      assert.match(late.stderr, /^1 of 1 succeeded, 1 not ready$/m);
      const ready = await runCommand(['--json', '--ready', 'tools', ...args], { server });
      assert.equal(ready.status, 0, ready.stderr);
      assert.match(jsonOf(ready).report.vms[0].readyAt, /^\d{4}-.*Z$/);
      const table = await runCommand(['--ready', 'tools', ...args], { server });
      assert.match(table.stdout, /^VM +CustomizationStatus +Elapsed +Ready at$/m);
      assert.match(table.stdout, /^VM 'web-1' is ready$/m);
    });
  });
}

for (const protocol of ['soap', 'vi-json']) {
  describe(`a server that does not tell whether guests are ready, over ${protocol}`, { concurrency: 2 }, () => {
    for (const path of [TOOLS, OPERATIONS]) {
      test(`makes \`ready\` an error that names ${path}`, async (context) => {
        const server = await simulator(context, 'fake');
        await server.do({ do: 'lackProperty', path });
        const vcenter = await session(context, server, protocol);
        const wait = waitForCustomization(vcenter.events(), [server.vms[0]], {
          ready: 'tools',
          waitForPowerOn: true,
          timeoutSeconds: 30,
        });
        await assert.rejects(wait, (error) => error instanceof OptionsError && error.message.includes(path));
        // Nothing else needs it.
        const { vms } = await waitForCustomization(vcenter.events(), [server.vms[0]]);
        assert.equal(vms[0].conclusion, 'notStarted');
      });
    }

    test('for want of System.Read is not waited for, and the row says why', async (context) => {
      const server = await simulator(context, 'fake');
      const hidden = await customized(server, 'web-1', server.vms[0]);
      const shown = await customized(server, 'web-2', server.vms[0]);
      await server.do({ do: 'denyRead', vm: hidden.vm });
      const vcenter = await session(context, server, protocol);
      const { vms } = await waitForCustomization(vcenter.events(), [hidden, shown], {
        ready: 'tools',
        settleSeconds: 0,
        timeoutSeconds: 30,
      });
      assert.deepEqual(
        vms.map(({ customizationStatus, conclusion }) => [customizationStatus, conclusion]),
        [
          ['CustomizationSucceeded', 'unobservable'],
          ['CustomizationSucceeded', 'completed'],
        ],
      );
      assert.equal(vms[0].error.kind, 'noPermission');
      assert.match(vms[0].error.message, /System\.Read/);
      const run = await runCommand(['--ready', 'tools', '--settle', '0', '--protocol', protocol, 'web-1'], { server });
      assert.equal(run.status, 2, run.stderr);
      assert.match(run.stdout, /^web-1 +CustomizationSucceeded +.*System\.Read/m);
    });
  });
}

describe('a vCenter that several watches share', () => {
  test('is asked once for all whether guests are ready', async (context) => {
    const server = await simulator(context, 'fake');
    const proxy = await startProxy(server.url);
    context.after(() => proxy.stop());
    const vms = [];
    for (const name of ['web-1', 'web-2', 'web-3']) vms.push(await customized(server, name, server.vms[0]));
    const vcenter = await session(context, { ...server, url: proxy.url });
    const shared = vcenter.shared();
    const reports = await Promise.all(
      vms.map((vm) =>
        waitForCustomization(shared, [vm], { ready: 'tools', settleSeconds: 0, timeoutSeconds: 30, push: false }),
      ),
    );
    for (const { vms: rows } of reports) assert.equal(rows[0].conclusion, 'completed');
    const asked = readsOf(proxy).map(({ request }) => vms.filter(({ vm }) => request.includes(`>${vm}<`)).length);
    // With the first read of the events, and at their results.
    assert.deepEqual(asked, [3, 3]);
  });
});

test('the option --settle needs --ready', async () => {
  const run = await runCommand(['--settle', '10', 'web-1'], {
    server: { url: 'https://127.0.0.1:9', user: '', password: '' },
  });
  assert.equal(run.status, 3);
  assert.match(run.stderr, /--settle .*give --ready too/);
});
