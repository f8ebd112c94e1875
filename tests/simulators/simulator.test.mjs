import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import { after, before, describe, test } from 'node:test';
import { until } from '../until.mjs';
import { startConnectProxy } from './connect-proxy.mjs';
import { startFakeVCenter } from './fake-vcenter/server.mjs';
import { startProxy } from './proxy.mjs';
import { call, eventsOf, logIn, login, queryEvents, request, retrieve } from './raw-soap.mjs';
import { startSimulator } from './simulator.mjs';

const LIFE = ['VmStartingEvent', 'VmPoweredOnEvent', 'CustomizationStartedEvent', 'CustomizationSucceeded'];

for (const kind of ['vcsim', 'fake']) {
  describe(`the ${kind} simulator`, () => {
    let simulator;
    let client;
    before(async () => {
      simulator = await startSimulator({ kind, args: ['-vms', '3'] });
      client = await logIn(simulator);
    });
    after(() => simulator.stop());

    test('tells how to reach it and which VMs it has', () => {
      assert.match(simulator.url, /^https:\/\/127\.0\.0\.1:\d+\/sdk$/);
      assert.match(simulator.thumbprint, /^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
      assert.deepEqual(
        simulator.vms.map(({ name, path }) => [name, path]),
        [0, 1, 2].map((i) => [`DC0_H0_VM${i}`, `/DC0/vm/DC0_H0_VM${i}`]),
      );
    });

    test('lets nobody in with a wrong password', async () => {
      const refused = await call(simulator, login(simulator.user, 'wrong'));
      assert.equal(refused.status, 500);
      assert.match(refused.text, /<InvalidLoginFault\b[^>]*type="InvalidLogin"/);
    });

    test('answers a call without a session with NotAuthenticated', async () => {
      const refused = await call(simulator, queryEvents(simulator.vms[0].vm, LIFE));
      assert.equal(refused.status, 500);
      assert.match(refused.text, /<NotAuthenticatedFault\b[^>]*type="NotAuthenticated"/);
    });

    test('answers an unknown method with a fault', async () => {
      const refused = await client(request('NoSuchMethod', '', 'EventManager'));
      assert.equal(refused.status, 500);
      assert.match(refused.text, /Fault>/);
    });

    test('carries a clone with a spec from power-on to success', async () => {
      const clone = { do: 'clone', template: 'DC0_H0_VM0', name: 'web-1', customize: true, powerOn: true };
      const { vm } = await simulator.do(clone);
      const page = eventsOf(await client(queryEvents(vm, LIFE)));
      assert.deepEqual(page.map(({ type }) => type).reverse(), LIFE);
      assert.deepEqual(new Set(page.map((event) => event.vm)), new Set([vm]));
    });

    test('posts any event for a VM, with its fields', async () => {
      const { vm } = simulator.vms[1];
      const fields = { sysprepVersion: '5.1', systemVersion: '5.2', reason: 'because', logLocation: '/var/log/x' };
      await simulator.do({ do: 'post', event: 'CustomizationSysprepFailed', vm, fields });
      const [event] = eventsOf(await client(queryEvents(vm, ['CustomizationSysprepFailed'])));
      for (const [name, value] of Object.entries(fields)) {
        assert.match(event.text, new RegExp(`<${name}>${value}</${name}>`));
      }
      await assert.rejects(
        simulator.do({ do: 'post', event: 'CustomizationFailed', vm, fields: { reasonn: 'mistyped' } }),
        /unknown field "reasonn"/,
      );
    });

    test('runs a delayed command later, and others meanwhile', async () => {
      const { vm } = simulator.vms[2];
      const order = [];
      const late = simulator
        .do({ do: 'post', event: 'VmStartingEvent', vm, afterMs: 150 })
        .then(() => order.push('late'));
      await simulator.do({ do: 'serverTime' }).then(() => order.push('at once'));
      assert.equal(eventsOf(await client(queryEvents(vm, ['VmStartingEvent']))).length, 0);
      await late;
      assert.deepEqual(order, ['at once', 'late']);
      assert.equal(eventsOf(await client(queryEvents(vm, ['VmStartingEvent']))).length, 1);
    });

    test('fails the customization of a VM that lost its NIC', async () => {
      const { vm } = simulator.vms[2];
      await simulator.do({ do: 'customize', vm });
      await simulator.do({ do: 'removeNic', vm });
      await simulator.do({ do: 'powerOn', vm });
      const [event] = eventsOf(await client(queryEvents(vm, ['CustomizationNetworkSetupFailed'])));
      assert.match(event.text, /<reason>NicSettingMismatch<\/reason>/);
    });

    test('keeps two VMs of one name apart', async () => {
      await simulator.do({ do: 'createFolder', path: '/DC0/vm/prod' });
      const { vm } = await simulator.do({ do: 'clone', template: 'DC0_H0_VM0', name: 'twin' });
      const other = await simulator.do({ do: 'clone', template: 'DC0_H0_VM0', name: 'twin', folder: '/DC0/vm/prod' });
      assert.notEqual(vm, other.vm);
      await assert.rejects(simulator.do({ do: 'powerOn', vm: 'twin' }), /2 VMs have this name/);
      await simulator.do({ do: 'powerOn', vm: '/DC0/vm/prod/twin' });
      assert.equal(eventsOf(await client(queryEvents(other.vm, ['VmStartingEvent']))).length, 1);
      assert.equal(eventsOf(await client(queryEvents(vm, ['VmStartingEvent']))).length, 0);
    });

    test('keeps a slash in a name as vCenter does', async () => {
      const clone = { do: 'clone', template: 'DC0_H0_VM1', name: 'a/b', customize: true, powerOn: true };
      const { vm } = await simulator.do(clone);
      const { vms } = await simulator.do({ do: 'listVms' });
      assert.equal(vms.find((row) => row.vm === vm).path, '/DC0/vm/a%2fb');
      assert.match(eventsOf(await client(queryEvents(vm, LIFE)))[0].text, /<vm><name>a%2fb<\/name>/);
    });

    test('destroys and renames', async () => {
      await simulator.do({ do: 'rename', vm: 'DC0_H0_VM0', name: 'renamed' });
      await simulator.do({ do: 'destroy', vm: 'renamed' });
      const { vms } = await simulator.do({ do: 'listVms' });
      assert.equal(
        vms.some(({ vm }) => vm === simulator.vms[0].vm),
        false,
      );
      await assert.rejects(simulator.do({ do: 'powerOn', vm: 'never-there' }), /vm "never-there": not found/);
    });

    test('gives the newest ten events when no number is asked for, and refuses more than a thousand', async () => {
      const { vm } = simulator.vms[1];
      for (let i = 0; i < 12; i += 1) await simulator.do({ do: 'post', event: 'VmStartingEvent', vm });
      const all = eventsOf(await client(queryEvents(vm, ['VmStartingEvent'], '<maxCount>1000</maxCount>')));
      assert.equal(all.length, 12);
      const ten = eventsOf(await client(queryEvents(vm, ['VmStartingEvent'])));
      assert.deepEqual(
        ten.map(({ key }) => key),
        all.slice(0, 10).map(({ key }) => key),
      );
      assert.ok(all[0].key > all[1].key);
      const refused = await client(queryEvents(vm, ['VmStartingEvent'], '<maxCount>1001</maxCount>'));
      assert.match(refused.text, /<InvalidArgumentFault\b[^>]*type="InvalidArgument"/);
    });

    test('counts the calls and sessions of others, and ends these', async () => {
      const earlier = (await simulator.do({ do: 'requests' })).count.QueryEvents;
      await client(queryEvents(simulator.vms[1].vm, LIFE));
      assert.equal((await simulator.do({ do: 'requests' })).count.QueryEvents, earlier + 1);
      assert.deepEqual((await simulator.do({ do: 'sessions' })).users, [simulator.user]);
      await simulator.do({ do: 'expireSessions' });
      assert.equal((await simulator.do({ do: 'sessions' })).count, 0);
      assert.match((await client(queryEvents(simulator.vms[1].vm, LIFE))).text, /NotAuthenticated/);
      client = await logIn(simulator);
      assert.equal((await client(queryEvents(simulator.vms[1].vm, LIFE))).status, 200);
    });

    test('ends idle sessions when told so, and itself when stopped', async () => {
      const other = await startSimulator({ kind, args: ['-vms', '1', '-session-timeout', '100ms'] });
      const idle = await logIn(other);
      await until(async () => (await other.do({ do: 'sessions' })).count === 0);
      assert.match((await idle(queryEvents(other.vms[0].vm, LIFE))).text, /NotAuthenticated/);
      const open = other.do({ do: 'serverTime', afterMs: 60_000 });
      await other.stop();
      await assert.rejects(open, /ended/);
      await assert.rejects(other.do({ do: 'serverTime' }), /ended/);
      await assert.rejects(call(other, login('a', 'b')), /ECONNREFUSED/);
    });

    test('tells what was open when it dies, and ends with the signal it was given', async () => {
      const stopped = new AbortController();
      const other = await startSimulator({ kind, args: ['-vms', '1'], signal: stopped.signal });
      stopped.abort();
      await assert.rejects(other.do({ do: 'serverTime', afterMs: 60_000 }), /ended/);
      const killed = await startSimulator({ kind, args: ['-vms', '1'] });
      const open = killed.do({ do: 'serverTime', afterMs: 60_000 });
      process.kill(killed.pid, 'SIGTERM');
      await assert.rejects(open, /the \w+ simulator ended/);
      await killed.stop();
    });

    test('is a host without an event history when asked to be', async () => {
      const host = await startSimulator({ kind, args: ['-vms', '1', '-esx'] });
      try {
        const ofHost = (text) =>
          text.replace('>SessionManager<', '>ha-sessionmgr<').replace('>EventManager<', '>ha-eventmgr<');
        const ask = await logIn(host, ofHost);
        const text = ofHost(queryEvents(host.vms[0].vm, LIFE));
        assert.match((await ask(text)).text, /<NotImplementedFault\b[^>]*type="NotImplemented"/);
      } finally {
        await host.stop();
      }
    });

    test('says what was wrong when it cannot start', async () => {
      await assert.rejects(startSimulator({ kind, args: ['-no-such-flag'] }), /no-such-flag/);
    });
  });
}

describe('the simulated vCenter of ours', () => {
  async function fake(options, use) {
    const server = await startFakeVCenter({ vms: 2, ...options });
    try {
      return await use(server, await logIn(server));
    } finally {
      await server.stop();
    }
  }

  test('has a clock of its own', () =>
    fake({ clockOffsetMs: 600_000 }, async (server, client) => {
      const answer = await client(request('CurrentTime', '', 'ServiceInstance'));
      const ahead = Date.parse(/<returnval>(.*)<\/returnval>/.exec(answer.text)[1]) - Date.now();
      assert.ok(Math.abs(ahead - 600_000) < 5000, `${ahead}`);
      await server.do({ do: 'setClock', offsetMs: 0 });
      assert.ok(Math.abs(Date.parse((await server.do({ do: 'serverTime' })).time) - Date.now()) < 5000);
    }));

  test('lets keys wrap to negative, and takes a key and a time with an event', () =>
    fake({ firstKey: 2147483647 }, async (server, client) => {
      const [{ vm }] = server.vms;
      await server.do({ do: 'powerOn', vm });
      const fields = { key: 77, createdTime: '2020-01-02T03:04:05.503999Z' };
      await server.do({ do: 'post', event: 'CustomizationSucceeded', vm, fields });
      const page = eventsOf(await client(queryEvents(vm, [...LIFE, 'VmBrandNewEvent'])));
      assert.deepEqual(
        page.map(({ key }) => key),
        [-2147483648, 2147483647, 77],
      );
      assert.match(page[2].text, /<createdTime>2020-01-02T03:04:05\.503999Z<\/createdTime>/);
      await server.do({ do: 'post', event: 'VmBrandNewEvent', vm, fields: { shiny: 'yes' } });
      assert.match((await client(queryEvents(vm, ['VmBrandNewEvent']))).text, /<shiny>yes<\/shiny>/);
    }));

  test('finds no subclasses by an eventTypeId unless told to', async () => {
    for (const [matchBaseTypes, count] of [
      [false, 0],
      [true, 1],
    ]) {
      await fake({ matchBaseTypes }, async (server, client) => {
        const [{ vm }] = server.vms;
        await server.do({ do: 'post', event: 'CustomizationUnknownFailure', vm });
        assert.equal(eventsOf(await client(queryEvents(vm, ['CustomizationFailed']))).length, count);
      });
    }
  });

  test('refuses what may not be read, and drops its events from what may', () =>
    fake({}, async (server, client) => {
      const [first, second] = server.vms;
      for (const { vm } of server.vms) await server.do({ do: 'powerOn', vm });
      await server.do({ do: 'deny', entity: first.vm });
      assert.match((await client(queryEvents(first.vm, LIFE))).text, /type="NoPermission"/);
      const parent = eventsOf(await client(queryEvents('group-v3', LIFE, '', 'Folder')));
      assert.deepEqual(new Set(parent.map(({ vm }) => vm)), new Set([second.vm]));
      const named = await client(retrieve('VirtualMachine', first.vm, ['name', 'runtime.powerState']));
      assert.equal(named.text.match(/<missingSet>/g).length, 2);
      await server.do({ do: 'deny', entity: '/' });
      assert.match((await client(queryEvents('group-d1', LIFE, '', 'Folder'))).text, /type="NoPermission"/);
      await server.do({ do: 'allow', entity: first.vm });
      assert.equal(eventsOf(await client(queryEvents(first.vm, LIFE))).length, 2);
      await server.do({ do: 'powerOff', vm: second.vm });
      await server.do({ do: 'destroy', vm: second.vm });
      assert.match((await client(queryEvents(second.vm, LIFE))).text, /type="ManagedObjectNotFound"/);
    }));

  test('looks VMs up through a view, a page at a time', () =>
    fake({ vms: 5, propertyPageSize: 2 }, async (server, client) => {
      const made = await client(
        request(
          'CreateContainerView',
          '<container type="Folder">group-d1</container><type>VirtualMachine</type><recursive>true</recursive>',
          'ViewManager',
        ),
      );
      const view = /<returnval type="ContainerView">(.*)<\/returnval>/.exec(made.text)[1];
      const names = [];
      let page = await client(retrieve('ContainerView', view, ['name', 'parent'], 'view'));
      for (;;) {
        names.push(
          ...[...page.text.matchAll(/<name>name<\/name><val xsi:type="xsd:string">(.*?)<\/val>/g)].map(
            ([, name]) => name,
          ),
        );
        const token = /<token>(.*)<\/token>/.exec(page.text)?.[1];
        if (!token) break;
        page = await client(request('ContinueRetrievePropertiesEx', `<token>${token}</token>`, 'PropertyCollector'));
      }
      assert.deepEqual(
        names,
        server.vms.map(({ name }) => name),
      );
      assert.equal((await client(request('DestroyView', '', 'ContainerView', view))).status, 200);
      assert.match((await client(request('DestroyView', '', 'ContainerView', view))).text, /ManagedObjectNotFound/);
    }));

  test('refuses requests that a vCenter would not understand', () =>
    fake({}, async (server, client) => {
      const [{ vm }] = server.vms;
      const good = queryEvents(vm, LIFE, '<maxCount>5</maxCount>');
      assert.equal((await client(good)).status, 200);
      for (const [what, broken] of [
        ['not well-formed', good.replace('</filter>', '')],
        ['an undeclared prefix', good.replace('<filter>', '<x:filter>').replace('</filter>', '</x:filter>')],
        [
          'a field out of order',
          good.replace('<maxCount>5</maxCount>', '').replace('<filter>', '<filter><maxCount>5</maxCount>'),
        ],
        ['an unknown field', good.replace('<filter>', '<filter><nonsense>1</nonsense>')],
        ['a missing field', good.replace('<recursion>all</recursion>', '')],
        [
          'a time that is none',
          good.replace('<eventTypeId>', '<time><beginTime>today</beginTime></time><eventTypeId>'),
        ],
        ['no namespace', good.replace(' xmlns="urn:vim25"', '')],
      ]) {
        const refused = await client(broken);
        assert.equal(refused.status, 500, what);
        assert.match(refused.text, /type="InvalidRequest"/, what);
      }
      const old = await client(good, { soapaction: '"urn:vim25/6.0"' });
      assert.match(old.text, /unexpected element maxCount \(API version 6\.0\)/);
      assert.match((await client(request('Logout', '', 'EventManager'))).text, /type="MethodNotFound"/);
    }));
});

for (const kind of ['vcsim', 'fake'])
  describe(`the proxy in front of the ${kind} simulator`, () => {
    let server;
    let proxy;
    let client;
    before(async () => {
      server = await startSimulator({ kind, args: ['-vms', '2'] });
      for (const { vm } of server.vms) await server.do({ do: 'powerOn', vm });
      proxy = await startProxy(server.url);
      client = await logIn({ ...server, url: proxy.url });
    });
    after(async () => {
      await proxy.stop();
      await server.stop();
    });
    const query = () => client(queryEvents(server.vms[0].vm, LIFE));

    test('passes on and counts', async () => {
      assert.equal(eventsOf(await query()).length, 2);
      assert.equal(proxy.requests.QueryEvents.count, 1);
      assert.ok(proxy.requests.QueryEvents.responseBytes > 1000);
    });

    test('goes without a reset, which Node waits for at its exit where TLS is ending', async (context) => {
      const resets = context.mock.method(net.Socket.prototype, 'resetAndDestroy');
      await proxy.close();
      assert.equal(resets.mock.callCount(), 0);
      await assert.rejects(query());
      await proxy.open();
      assert.equal((await query()).status, 200);
    });

    test('refuses one VM, in its events, in a parent and at the look-up', async () => {
      const [{ vm: refused }, { vm: other }] = server.vms;
      const rule = proxy.refuseVm(refused);
      assert.match((await query()).text, /<NoPermissionFault\b/);
      const parent = eventsOf(await client(queryEvents('group-d1', LIFE, '', 'Folder')));
      assert.deepEqual(new Set(parent.map(({ vm }) => vm)), new Set([other]));
      const missing = await client(retrieve('VirtualMachine', refused, ['name']));
      assert.match(missing.text, /<missingSet><path>name<\/path><fault><fault xmlns:x="[^"]*" x:type="NoPermission">/);
      assert.doesNotMatch((await client(retrieve('VirtualMachine', other, ['name']))).text, /missingSet/);
      rule.remove();
      const gone = proxy.refuseVm(refused, { fault: 'ManagedObjectNotFound', lookUp: 'fault' });
      assert.match((await query()).text, /<ManagedObjectNotFoundFault\b/);
      assert.match((await client(retrieve('VirtualMachine', refused, ['name']))).text, /<ManagedObjectNotFoundFault\b/);
      gone.remove();
      assert.equal(eventsOf(await query()).length, 2);
    });

    test('refuses what is above the VMs', async () => {
      const rule = proxy.refuseParent();
      assert.match((await client(queryEvents('group-d1', LIFE, '', 'Folder'))).text, /<NoPermissionFault\b/);
      assert.equal((await query()).status, 200);
      rule.remove();
    });

    test('answers nothing, half, garbage, an HTML page or for ever', async () => {
      const once = { method: 'QueryEvents', times: 1 };
      proxy.add({ ...once, reset: true });
      await assert.rejects(query(), /ECONNRESET|socket hang up/);
      proxy.add({ ...once, half: true });
      await assert.rejects(query(), /aborted|ECONNRESET/);
      proxy.add({ ...once, garbage: true });
      assert.equal((await query()).status, 200);
      proxy.add({ ...once, status: 503 });
      assert.match((await query()).text, /<html>/);
      for (const action of [{ hang: true }, { endless: true }]) {
        proxy.add({ ...once, ...action });
        const signal = AbortSignal.timeout(150);
        await assert.rejects(client(queryEvents(server.vms[0].vm, LIFE), {}, signal), /abort/i);
      }
      proxy.add({ ...once, delayMs: 120 });
      const asked = performance.now();
      assert.equal(eventsOf(await query()).length, 2);
      assert.ok(performance.now() - asked >= 119);
      proxy.clear();
    });

    test('is gone, and comes back on the same port', async () => {
      await proxy.close();
      await assert.rejects(query(), /ECONNREFUSED/);
      await proxy.open();
      assert.equal(eventsOf(await query()).length, 2);
    });

    test('presents the certificate it is given', async () => {
      const front = await startProxy(server.url, server);
      try {
        const ca = readFileSync(server.certificate);
        const answer = await call({ url: front.url }, login(server.user, server.password), {}, undefined, { ca });
        assert.equal(answer.status, 200);
      } finally {
        await front.stop();
      }
    });
  });

describe('the forward proxy', () => {
  test('tunnels to a server for who has the password', async () => {
    const proxy = await startConnectProxy({ user: 'u', password: 'p' });
    const server = await startFakeVCenter({ vms: 1 });
    try {
      const { host } = new URL(server.url);
      assert.equal((await connect(proxy, host)).statusCode, 407);
      const basic = `Basic ${Buffer.from('u:p').toString('base64')}`;
      assert.equal((await connect(proxy, host, { 'proxy-authorization': basic })).statusCode, 200);
      assert.deepEqual([proxy.connections, proxy.refused], [[host], 1]);
    } finally {
      await proxy.stop();
      await server.stop();
    }
  });
});

function connect(proxy, host, headers = {}) {
  return new Promise((resolve, reject) => {
    http
      .request({ host: '127.0.0.1', port: proxy.port, method: 'CONNECT', path: host, headers })
      .on('connect', (response, socket) => {
        socket.destroy();
        resolve(response);
      })
      .on('error', reject)
      .end();
  });
}
