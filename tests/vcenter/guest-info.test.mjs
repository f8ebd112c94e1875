/** The second signal over the wire: what both simulators say of their guests, and what the command makes of it. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { connectVCenter, waitForCustomization } from '../../bindings/dist/node.js';
import { jsonOf, runCommand } from '../command/command.mjs';
import { startProxy } from '../simulators/proxy.mjs';
import { startSimulator } from '../simulators/simulator.mjs';

const signal = new AbortController().signal;

async function simulator(context, kind, ...args) {
  const server = await startSimulator({ kind, args });
  context.after(() => server.stop());
  const proxy = await startProxy(server.url);
  context.after(() => proxy.stop());
  return { server, proxy, front: { ...server, url: proxy.url } };
}

async function session(context, { url, user, password }, protocol = 'soap') {
  const vcenter = await connectVCenter({ server: url, user, password, insecure: true, environment: {}, protocol });
  context.after(() => vcenter.close());
  return vcenter;
}

const readsOf = ({ exchanges }) =>
  exchanges.filter(({ method, request }) => method === 'RetrievePropertiesEx' && request.includes('pendingCustom'));

for (const kind of ['vcsim', 'fake']) {
  describe(`guest info from the ${kind} simulator`, { concurrency: 2 }, () => {
    test('is had of all VMs with one request', async (context) => {
      const { server, proxy, front } = await simulator(context, kind, '-vms', '60');
      const [pending, done, untouched] = server.vms;
      for (const { vm } of [pending, done]) await server.do({ do: 'customize', vm });
      await server.do({ do: 'powerOn', vm: done.vm });
      const vcenter = await session(context, front);
      const source = vcenter.events();
      const infos = await source.readGuestInfo(
        server.vms.map(({ vm }) => vm),
        { signal },
      );
      assert.equal(readsOf(proxy).length, 1);
      assert.equal(infos.length, 60);
      const of = ({ vm }) => infos.find((info) => info.vm === vm);
      assert.equal(of(pending).pendingCustomization, true);
      assert.equal(of(pending).customizationStatus, 'TOOLSDEPLOYPKG_PENDING');
      assert.equal(of(done).pendingCustomization, false);
      assert.equal(of(done).customizationStatus, 'TOOLSDEPLOYPKG_SUCCEEDED');
      assert.ok(Date.parse(of(done).startTime) <= Date.parse(of(done).endTime));
      assert.equal(of(untouched).pendingCustomization, false);
    });

    for (const protocol of kind === 'fake' ? ['soap', 'vi-json'] : ['soap']) {
      test(`tells the power and when it came, over ${protocol}`, async (context) => {
        const { server, front } = await simulator(context, kind, '-vms', '2');
        const [off, on] = server.vms;
        const vcenter = await session(context, front, protocol);
        const before = await vcenter.serverTime();
        await server.do({ do: 'powerOn', vm: on.vm });
        const source = vcenter.events();
        const infos = await source.readGuestInfo([off.vm, on.vm], { signal });
        const of = ({ vm }) => infos.find((info) => info.vm === vm);
        assert.equal(of(off).powerState, 'poweredOff');
        assert.equal(of(off).bootTime, undefined);
        assert.equal(of(on).powerState, 'poweredOn');
        // vcsim has it in the summary alone.
        if (kind === 'vcsim') return;
        assert.ok(Math.abs(Date.parse(of(on).bootTime) - before.getTime()) < 60_000, of(on).bootTime);
      });
    }

    test('without a session is no guest info, though the server may answer 200', async (context) => {
      const { server, proxy, front } = await simulator(context, kind);
      const vcenter = await session(context, front);
      const source = vcenter.events();
      await server.do({ do: 'expireSessions' });
      const reading = source.readGuestInfo([server.vms[0].vm], { signal });
      await assert.rejects(reading, { kind: 'notAuthenticated', fault: 'NotAuthenticated' });
      assert.equal(proxy.exchanges.at(-1).status, kind === 'vcsim' ? 200 : 500);
      // A look-up opens another.
      await assert.rejects(vcenter.findVms(['vm-0']), { name: 'LookupError' });
    });

    test('leaves out VMs that are gone, and those that may not be read', async (context) => {
      const { server, proxy, front } = await simulator(context, kind);
      const [good, gone, hidden] = server.vms;
      const vcenter = await session(context, front);
      const source = vcenter.events();
      await server.do({ do: 'destroy', vm: gone.vm });
      await server.do({ do: 'customize', vm: hidden.vm });
      proxy.refuseVm(hidden.vm);
      const vms = [gone, hidden, good].map(({ vm }) => vm);
      const infos = await source.readGuestInfo(vms, { signal });
      assert.deepEqual(
        infos.map(({ vm }) => vm),
        [good.vm],
      );
    });

    test('gives the result where the events of it are missing', async (context) => {
      const { server, proxy, front } = await simulator(context, kind);
      const [{ name: template }] = server.vms;
      for (const name of ['web-1', 'web-2']) {
        const { vm } = await server.do({ do: 'clone', template, name, customize: true });
        if (name === 'web-2') await server.do({ do: 'removeNic', vm });
        await server.do({ do: 'powerOn', vm });
      }
      // As if vCenter had pruned them.
      const rewrite = (text) => text.replace(/"(?:vim25:)?Customization\w+"/g, '"VmRenamedEvent"');
      proxy.add({ method: 'QueryEvents', rewrite });
      const vcenter = await session(context, front);
      const found = await vcenter.findVms(['web-*']);
      const { vms } = await waitForCustomization(vcenter.events(), found.vms, { timeoutSeconds: 20 });
      assert.deepEqual(
        vms.map(({ customizationStatus }) => customizationStatus),
        ['CustomizationSucceeded', 'CustomizationFailed'],
      );
      assert.deepEqual([vms[1].failure.type, vms[1].failure.message], ['TOOLSDEPLOYPKG_FAILED', 'NicSettingMismatch']);
    });

    test('that is refused warns once, and costs nothing', async (context) => {
      const { server, proxy, front } = await simulator(context, kind);
      const [{ name: template }] = server.vms;
      const { vm } = await server.do({ do: 'clone', template, name: 'web-1' });
      await server.do({ do: 'powerOn', vm });
      await server.do({ do: 'post', vm, event: 'CustomizationSucceeded', afterMs: 500 }).catch(() => undefined);
      const when = ({ text }) => text.includes('pendingCustom');
      proxy.add({ method: 'RetrievePropertiesEx', when, fault: 'SystemError' });
      const run = await runCommand(['--json', '--protocol', 'soap', '--poll-interval', '0.2', 'web-1'], {
        server: front,
      });
      assert.equal(run.status, 0, run.stderr);
      assert.equal(run.stderr.match(/SystemError/g).length, 1, run.stderr);
      assert.match(run.stderr, /RetrievePropertiesEx: SystemError.*; going on with the events alone/);
    });
  });
}

describe('guest info over VI JSON', () => {
  test('is the same as over SOAP, also with one request', async (context) => {
    const { server } = await simulator(context, 'fake', '-vms', '60');
    const [pending, done] = server.vms;
    for (const { vm } of [pending, done]) await server.do({ do: 'customize', vm });
    await server.do({ do: 'powerOn', vm: done.vm });
    const vms = server.vms.map(({ vm }) => vm);
    const answers = [];
    for (const protocol of ['soap', 'vi-json']) {
      const vcenter = await session(context, server, protocol);
      const source = vcenter.events();
      answers.push(await source.readGuestInfo(vms, { signal }));
      assert.equal((await server.do({ do: 'requests' })).count.RetrievePropertiesEx, answers.length);
    }
    const millisecond = (time) => (time ? new Date(time).toISOString() : time);
    const comparable = (infos) =>
      infos.map((info) => ({
        ...info,
        startTime: millisecond(info.startTime),
        endTime: millisecond(info.endTime),
        bootTime: millisecond(info.bootTime),
      }));
    assert.deepEqual(comparable(answers[1]), comparable(answers[0]));
    assert.equal(answers[1].find(({ vm }) => vm === done.vm).customizationStatus, 'TOOLSDEPLOYPKG_SUCCEEDED');
  });
});

describe('hints of the command', { concurrency: 2 }, () => {
  test('come from what the guests say: a specification that is pending, and one that is not', async (context) => {
    const { server, front } = await simulator(context, 'fake');
    const [pending, none] = server.vms;
    for (const { vm } of [pending, none]) await server.do({ do: 'powerOn', vm });
    // A specification that Tools do not pick up.
    await server.do({ do: 'guestInfo', vm: pending.vm, pending: true });
    const args = ['--timeout', '1', pending.name, none.name];
    const table = await runCommand(args, { server: front });
    assert.equal(table.status, 2);
    assert.match(table.stdout, new RegExp(`^${pending.name} .*timed out; a customization is pending, but`, 'm'));
    assert.match(table.stdout, new RegExp(`^${none.name} .*timed out; it was powered on, but no customization`, 'm'));
    const json = await runCommand(['--json', ...args], { server: front });
    assert.deepEqual(
      jsonOf(json).report.vms.map(({ hint }) => hint),
      ['pendingNotStarted', 'nothingPending'],
    );
  });

  test('do not blame Tools while the VM is off, nor call it off while it runs', async (context) => {
    const { server, front } = await simulator(context, 'fake', '-vms', '3');
    const [failed, runs, off] = server.vms;
    await server.do({ do: 'customize', vm: failed.vm });
    // The power-on failed: only its beginning is told.
    await server.do({ do: 'post', vm: failed.vm, event: 'VmStartingEvent' });
    await server.do({ do: 'powerOn', vm: runs.vm });
    const since = new Date(Date.now() + 3_600_000).toISOString();
    const hints = async (...args) => {
      const { stdout } = await runCommand(['--json', '--timeout', '1', ...args], { server: front });
      return jsonOf({ stdout }).report.vms.map(({ hint }) => hint);
    };
    assert.deepEqual(await hints(failed.name), ['poweredOff']);
    assert.deepEqual(await hints('--since', since, runs.name, off.name), ['poweredOnEarlier', 'neverPoweredOn']);
  });
});

describe('a release without guest.customizationInfo', () => {
  test('is asked for what it has, once it has said so', async (context) => {
    const { server, proxy, front } = await simulator(context, 'fake', '-api-version', '7.0.1.0');
    await server.do({ do: 'customize', vm: server.vms[0].vm });
    const vcenter = await session(context, front);
    const source = vcenter.events();
    const vms = server.vms.map(({ vm }) => vm);
    for (const _ of [1, 2]) {
      const [first, ...others] = await source.readGuestInfo(vms, { signal });
      assert.deepEqual(first, { vm: vms[0], pendingCustomization: true, powerState: 'poweredOff' });
      assert.ok(others.every((info) => info.pendingCustomization === false));
    }
    assert.deepEqual(
      readsOf(proxy).map(({ status }) => status),
      [500, 200, 200],
    );
  });
});
