/** The command against the vCenter simulator: what a user sees when things go well, and when they do not. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { startProxy } from '../simulators/proxy.mjs';
import { startSimulator } from '../simulators/simulator.mjs';
import { markUnreadable } from '../simulators/soap-rewrite.mjs';
import { SOON_MS, until } from '../until.mjs';
import { jsonOf, runCommand, startCommand } from './command.mjs';

const folder = mkdtempSync(join(tmpdir(), 'vm-customization-scenarios-'));
after(() => rmSync(folder, { recursive: true }));

const QUICK = ['--poll-interval', '0.3'];

/** A simulator for one test, stopped with it; every session but its own must be gone by then. */
async function simulator(context, ...args) {
  const server = await startSimulator({ args });
  context.after(async () => {
    const { count } = await server.do({ do: 'sessions' });
    await server.stop();
    assert.equal(count, 0, 'a session was left behind');
  });
  return server;
}

/** A proxy for one test, in front of the simulator. */
async function proxyOf(context, server) {
  const proxy = await startProxy(server.url);
  context.after(() => proxy.stop());
  return { proxy, front: { ...server, url: proxy.url } };
}

const post = (server, vm, event, fields) => server.do({ do: 'post', vm, event, ...(fields ? { fields } : {}) });
const powerOn = (server, vm) => server.do({ do: 'powerOn', vm });
const rowsOf = ({ report }) =>
  report.vms.map(({ name, customizationStatus, conclusion }) => [name, customizationStatus, conclusion]);

async function cloneTwo(server) {
  const [{ name: template }] = server.vms;
  for (const name of ['web-1', 'web-2']) {
    await server.do({ do: 'clone', template, name, customize: true, powerOn: true });
  }
}

describe('customization that goes well', { concurrency: 2 }, () => {
  test('two VMs cloned with a specification and powered on: the lines, the table and status 0', async (context) => {
    const server = await simulator(context);
    await cloneTwo(server);
    const run = await runCommand(['--timeout', '600', 'web-1', 'web-2'], { server });
    assert.equal(
      run.stdout,
      [
        "Start monitoring customization process for vm 'web-1'",
        "Customization for VM 'web-1' has started",
        "Customization for VM 'web-1' has successfully completed",
        "Start monitoring customization process for vm 'web-2'",
        "Customization for VM 'web-2' has started",
        "Customization for VM 'web-2' has successfully completed",
        '',
        'VM     CustomizationStatus     Elapsed',
        '--     -------------------     -------',
        'web-1  CustomizationSucceeded  00:00',
        'web-2  CustomizationSucceeded  00:00',
        '',
      ].join('\n'),
    );
    assert.match(run.stderr, /^waiting for web-1, web-2 on 127\.0\.0\.1:\d+, for 10:00 at most\n2 of 2 succeeded\n$/);
    assert.equal(run.status, 0);
  });

  // What follows every 15 s is in `tests/wire`, on a clock that is stepped.
  test('the same under the published rules: the steps of the first pass, and no more by the deadline', async (context) => {
    const server = await simulator(context);
    await cloneTwo(server);
    const run = await runCommand(['--rules', 'published', '--timeout', '1', '--attempts', 'first', '--json', 'web-*'], {
      server,
    });
    assert.equal(run.status, 2);
    const { transitions, report } = jsonOf(run);
    assert.deepEqual(rowsOf({ report }), [
      ['web-1', 'CustomizationStarted', 'timedOut'],
      ['web-2', 'CustomizationStarted', 'timedOut'],
    ]);
    assert.deepEqual(
      transitions.map(({ atMs }) => atMs),
      [0, 0, 0, 0],
    );
    assert.match(run.stderr, /--rules published takes only --timeout: --attempts will have no effect/);
  });

  test('as JSON: a transition a line, the report last and on one line', async (context) => {
    const server = await simulator(context);
    await cloneTwo(server);
    const run = await runCommand(['--json', 'web-1'], { server });
    const { transitions, report } = jsonOf(run);
    assert.deepEqual(
      transitions.map(({ serverTime, ...transition }) => transition),
      report.transitions,
    );
    const fields = ['n', 'vm', 'name', 'serverTime', 'from', 'to', 'atMs', 'eventKey', 'attempt'];
    assert.deepEqual(Object.keys(transitions[0]), fields);
    assert.equal(report.format, 'vm-customization-report/1');
    const [row] = report.vms;
    assert.deepEqual(
      transitions.map(({ serverTime }) => serverTime),
      [row.poweredOnAt, row.startedAt, row.finishedAt],
    );
    assert.equal(row.attempt, 1);
    assert.match(row.poweredOnAt, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert.equal(run.stderr, '');
  });

  test('100 VMs in one run, with one query for all of them at a time', async (context) => {
    const server = await simulator(context, '-vms', '100');
    for (const { vm } of server.vms) await post(server, vm, 'VmStartingEvent');
    const before = (await server.do({ do: 'requests' })).count.QueryEvents ?? 0;
    const running = startCommand(['--json', ...QUICK, '*'], { server });
    await running.prints(/CustomizationNotStarted/);
    for (const { vm } of server.vms) await post(server, vm, 'CustomizationStartedEvent');
    for (const { vm } of server.vms) await post(server, vm, 'CustomizationSucceeded');
    const run = await running.done;
    assert.equal(run.status, 0, run.stderr);
    const { report } = jsonOf(run);
    assert.equal(report.vms.length, 100);
    assert.ok(report.vms.every((row) => row.customizationStatus === 'CustomizationSucceeded'));
    const queries = (await server.do({ do: 'requests' })).count.QueryEvents - before;
    assert.ok(queries <= report.endedAtMs / 300 + 2, `${queries} queries in ${report.endedAtMs} ms`);
  });

  test('VMs named on standard input, each once', async (context) => {
    const server = await simulator(context);
    await cloneTwo(server);
    const run = await runCommand(['--json', '-', 'web-1'], { server, input: '\nweb-2\r\nweb-1\n' });
    assert.deepEqual(rowsOf(jsonOf(run)), [
      ['web-2', 'CustomizationSucceeded', 'completed'],
      ['web-1', 'CustomizationSucceeded', 'completed'],
    ]);
  });

  test('since a server time taken before the power-on', async (context) => {
    const server = await simulator(context);
    const { stdout, status } = await runCommand(['server-time'], { server });
    assert.equal(status, 0);
    assert.match(stdout, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\n$/);
    await cloneTwo(server);
    const run = await runCommand(['--since', stdout.trim(), 'web-1'], { server });
    assert.equal(run.status, 0);
  });
});

describe('customization that fails', { concurrency: 2 }, () => {
  test('by itself, for a NIC that is gone: the reason in the table and status 1', async (context) => {
    const server = await simulator(context);
    const [{ name: vm }] = server.vms;
    await server.do({ do: 'customize', vm });
    await server.do({ do: 'removeNic', vm });
    await powerOn(server, vm);
    const run = await runCommand([vm], { server });
    assert.equal(run.status, 1);
    assert.match(
      run.stdout,
      new RegExp(`^Customization for VM '${vm}' has failed: CustomizationNetworkSetupFailed: NicSettingMismatch$`, 'm'),
    );
    assert.match(run.stdout, /CustomizationFailed +00:00 +CustomizationNetworkSetupFailed: NicSettingMismatch/);
  });

  test('as each kind of failure, and as the base class', async (context) => {
    const kinds = {
      CustomizationFailed: { reason: 'customizationDisabled', logLocation: '/var/log/vmware-imc/toolsDeployPkg.log' },
      CustomizationLinuxIdentityFailed: {},
      CustomizationNetworkSetupFailed: { logLocation: 'C:/Windows/TEMP/vmware-imc/guestcust.log' },
      CustomizationSysprepFailed: { sysprepVersion: '6.1', systemVersion: '10.0' },
      CustomizationUnknownFailure: {},
    };
    const server = await simulator(context, '-vms', '5');
    for (const [index, [event, fields]] of Object.entries(kinds).entries()) {
      const { vm } = server.vms[index];
      await powerOn(server, vm);
      await post(server, vm, 'CustomizationStartedEvent');
      await post(server, vm, event, fields);
    }
    const names = server.vms.map(({ name }) => name);
    const run = await runCommand(['--json', ...names], { server });
    assert.equal(run.status, 1);
    const { report } = jsonOf(run);
    assert.deepEqual(
      report.vms.map(({ failure }) => failure.type),
      Object.keys(kinds),
    );
    assert.ok(report.vms.every(({ customizationStatus }) => customizationStatus === 'CustomizationFailed'));
    assert.equal(report.vms[0].failure.reason, 'customizationDisabled');
    assert.equal(report.vms[3].failure.sysprepVersion, '6.1');

    const table = await runCommand(names, { server });
    assert.match(
      table.stdout,
      /CustomizationFailed: customizationDisabled +\/var\/log\/vmware-imc\/toolsDeployPkg\.log/,
    );
    assert.match(table.stdout, /guestcust\.log/);
  });
});

describe('VMs that do not finish', { concurrency: 2 }, () => {
  test('one destroyed in the middle is removed; the others finish', async (context) => {
    const server = await simulator(context);
    const [gone, good] = server.vms;
    for (const { vm } of [gone, good]) {
      await powerOn(server, vm);
      await post(server, vm, 'CustomizationStartedEvent');
    }
    const running = startCommand([...QUICK, gone.name, good.name], { server });
    await running.prints(new RegExp(`'${good.name}' has started`));
    await server.do({ do: 'powerOff', vm: gone.vm });
    await server.do({ do: 'destroy', vm: gone.vm });
    await running.prints(/was removed/);
    await post(server, good.vm, 'CustomizationSucceeded');
    const run = await running.done;
    assert.equal(run.status, 2);
    assert.match(run.stdout, new RegExp(`^${gone.name} +CustomizationStarted +removed$`, 'm'));
    assert.match(run.stdout, new RegExp(`^${good.name} +CustomizationSucceeded +\\d\\d:\\d\\d$`, 'm'));
  });

  test('one alone that is destroyed ends the wait', async (context) => {
    const server = await simulator(context);
    const [{ name, vm }] = server.vms;
    await powerOn(server, vm);
    const running = startCommand(['--json', ...QUICK, name], { server });
    await running.prints(/CustomizationNotStarted/);
    await server.do({ do: 'powerOff', vm });
    await server.do({ do: 'destroy', vm });
    const run = await running.done;
    assert.equal(run.status, 2);
    assert.equal(jsonOf(run).report.vms[0].conclusion, 'vmRemoved');
  });

  test('one never powered on is not waited for, unless asked to', async (context) => {
    const server = await simulator(context);
    const [{ name, vm }] = server.vms;
    const run = await runCommand([name], { server });
    assert.equal(run.status, 2);
    assert.match(run.stdout, new RegExp(`^${name} +VmNotStarted +no power-on found$`, 'm'));
    const timedOut = await runCommand(['--json', '--wait-for-power-on', '--timeout', '1', name], { server });
    assert.equal(timedOut.status, 2);
    assert.deepEqual(rowsOf(jsonOf(timedOut)), [[name, 'VmNotStarted', 'timedOut']]);
    assert.equal(jsonOf(timedOut).report.vms[0].hint, 'neverPoweredOn');

    const running = startCommand(['--json', '--wait-for-power-on', ...QUICK, name], { server });
    await server.do({ do: 'customize', vm });
    await server.do({ do: 'powerOn', vm, afterMs: 500 });
    assert.equal((await running.done).status, 0);
  });

  test('one that starts and says no more times out, with a hint', async (context) => {
    const server = await simulator(context);
    const [{ name, vm }] = server.vms;
    await powerOn(server, vm);
    await post(server, vm, 'CustomizationStartedEvent');
    const run = await runCommand(['--timeout', '1', name], { server });
    assert.equal(run.status, 2);
    assert.match(
      run.stdout,
      /CustomizationStarted +timed out; customization started, but the guest reported no result/,
    );
    assert.ok(run.ms < 3000, `${run.ms} ms`);
  });

  test('a power cycle opens a second attempt, which decides', async (context) => {
    const server = await simulator(context);
    const [{ name, vm }] = server.vms;
    await powerOn(server, vm);
    await post(server, vm, 'CustomizationStartedEvent');
    const running = startCommand(['--json', ...QUICK, name], { server });
    await running.prints(/"to":"CustomizationStarted"/);
    await server.do({ do: 'powerOff', vm });
    await powerOn(server, vm);
    await running.prints(/"attempt":2/);
    await post(server, vm, 'CustomizationStartedEvent');
    await post(server, vm, 'CustomizationSucceeded');
    const run = await running.done;
    assert.equal(run.status, 0);
    assert.equal(jsonOf(run).report.vms[0].attempt, 2);
  });
});

describe('VMs that cannot be told', { concurrency: 2 }, () => {
  test('two of one name are listed with their paths, and either can be had by its path', async (context) => {
    const server = await simulator(context);
    const [{ name: template }] = server.vms;
    await server.do({ do: 'createFolder', path: '/DC0/vm/prod' });
    await server.do({ do: 'clone', template, name: 'web', customize: true, powerOn: true });
    await server.do({ do: 'clone', template, name: 'web', folder: '/DC0/vm/prod', customize: true, powerOn: true });
    const run = await runCommand(['web'], { server });
    assert.equal(run.status, 4);
    assert.equal(run.stdout, '');
    assert.match(run.stderr, /'web' fits 2 VMs/);
    assert.match(run.stderr, /^ {2}\/DC0\/vm\/web \(vm-\d+\)$/m);
    assert.match(run.stderr, /^ {2}\/DC0\/vm\/prod\/web \(vm-\d+\)$/m);
    const both = await runCommand(['/DC0/vm/prod/web', 'DC0/vm/web'], { server });
    assert.equal(both.status, 0);
    assert.match(both.stdout, /^web \(vm-\d+\) +CustomizationSucceeded +00:00$/m);
  });

  test('one that is not there is named, with what was searched', async (context) => {
    const server = await simulator(context);
    const run = await runCommand([server.vms[0].name, 'nowhere', 'no-*'], { server });
    assert.equal(run.status, 4);
    assert.match(
      run.stderr,
      /no VM on 127\.0\.0\.1:\d+ fits 'nowhere' \(4 VMs searched: all that this account may see\)/,
    );
    assert.match(run.stderr, /fits 'no-\*'/);
  });
});

describe('a server that is not to be had', { concurrency: 2 }, () => {
  test('for a wrong password, which is in no output', async (context) => {
    const server = await simulator(context);
    const run = await runCommand(['web-1'], { server: { ...server, password: 'wr0ng-secret' } });
    assert.equal(run.status, 4);
    assert.match(
      run.stderr,
      /127\.0\.0\.1:\d+ refused the log-in \(InvalidLogin\): check the user name and the password/,
    );
    assert.doesNotMatch(run.stdout + run.stderr, /wr0ng-secret/);
  });

  test('for a certificate that is not trusted, unless it is the one given', async (context) => {
    const server = await simulator(context);
    const strict = { server, env: { GOVC_INSECURE: '' } };
    const refused = await runCommand(['server-time'], strict);
    assert.equal(refused.status, 4);
    assert.match(refused.stderr, /is not trusted: it is self-signed/);
    assert.ok(refused.stderr.includes(`(--thumbprint ${server.thumbprint}, --ca-file FILE)`), refused.stderr);
    const other = await runCommand(['server-time', '--thumbprint', 'AB'.repeat(32)], strict);
    assert.equal(other.status, 4);
    assert.match(other.stderr, /not the one given.*\(--thumbprint [\dA-F:]+, --ca-file FILE\)/);
    for (const args of [['--thumbprint', server.thumbprint], ['--ca-file', server.certificate], ['--insecure']]) {
      assert.equal((await runCommand(['server-time', ...args], strict)).status, 0, args[0]);
    }
  });

  test('where nothing listens, and where something else does', async (context) => {
    const server = await simulator(context);
    const { proxy, front } = await proxyOf(context, server);
    proxy.add({ status: 404 });
    const other = await runCommand(['web-1'], { server: front });
    assert.equal(other.status, 4);
    assert.match(other.stderr, /HTTP 404: is it a vCenter/);
    await proxy.close();
    const nobody = await runCommand(['web-1'], { server: front });
    assert.equal(nobody.status, 4);
    assert.match(nobody.stderr, /nothing listens there/);
  });

  test('that is an ESXi host: its vCenter is asked for', async (context) => {
    const server = await simulator(context, '-esx');
    const run = await runCommand(['web-1'], { server });
    assert.equal(run.status, 4);
    assert.match(run.stderr, /is an ESXi host .*give the vCenter that manages it/);
  });

  test('whose events were never once to be read', async (context) => {
    const server = await simulator(context);
    const { proxy, front } = await proxyOf(context, server);
    proxy.add({ method: 'QueryEvents', status: 503 });
    const run = await runCommand(['--timeout', '1', '--json', server.vms[0].name], { server: front });
    assert.equal(run.status, 4);
    assert.equal(jsonOf(run).report.vms[0].conclusion, 'timedOut');
    assert.match(run.stderr, /HTTP 503.*trying again/);
  });
});

describe('trouble in the middle', { concurrency: 2 }, () => {
  test('a server that goes and comes back costs nothing but time', async (context) => {
    const server = await simulator(context);
    const { proxy, front } = await proxyOf(context, server);
    const [{ name, vm }] = server.vms;
    await powerOn(server, vm);
    const running = startCommand(['--json', ...QUICK, name], { server: front });
    await running.prints(/CustomizationNotStarted/);
    await proxy.close();
    await running.prints(/cannot be reached: .*; trying again/, 'stderr');
    await post(server, vm, 'CustomizationStartedEvent');
    await post(server, vm, 'CustomizationSucceeded');
    await proxy.open();
    const run = await running.done;
    assert.equal(run.status, 0, run.stderr);
    const { report } = jsonOf(run);
    // A push may bring the result before anything was read again: then the report says so as well.
    assert.equal(/events can be read again/.test(run.stderr), report.reading.failure === null);
    assert.equal(report.vms[0].customizationStatus, 'CustomizationSucceeded');
  });

  test('a session that ends is opened again', async (context) => {
    const server = await simulator(context);
    const [{ name, vm }, other] = server.vms;
    for (const each of [vm, other.vm]) await powerOn(server, each);
    for (const names of [[name], [name, other.name]]) {
      const running = startCommand(['--json', ...QUICK, ...names], { server });
      await running.prints(/CustomizationNotStarted/);
      await server.do({ do: 'expireSessions' });
      await running.prints(/logging in again/, 'stderr');
      for (const each of [vm, other.vm]) await post(server, each, 'CustomizationSucceeded');
      assert.equal((await running.done).status, 0);
      for (const each of [vm, other.vm]) {
        await server.do({ do: 'powerOff', vm: each });
        await powerOn(server, each);
      }
    }
  });

  // The look-up reads through a view; it is a question that names the VM which is refused.
  const namesVm = (vm) => (request) => request.text.includes(`<obj type="VirtualMachine">${vm}<`);
  const refusals = {
    'refused, VM by VM': (proxy, vm) => {
      proxy.refuseParent();
      proxy.refuseVm(vm, { lookUp: 'allowed' });
    },
    'gone, VM by VM': (proxy, vm) => {
      proxy.refuseParent();
      proxy.refuseVm(vm, { fault: 'ManagedObjectNotFound', lookUp: 'allowed' });
    },
    'refused, all at once': (proxy, vm) => {
      proxy.refuseVm(vm, { lookUp: 'allowed' });
      const rewrite = (text) => markUnreadable(text, vm, 'NoPermission');
      proxy.add({ method: 'RetrievePropertiesEx', when: namesVm(vm), rewrite });
    },
    'gone, all at once': (proxy, vm) => {
      proxy.refuseVm(vm, { fault: 'ManagedObjectNotFound', lookUp: 'allowed' });
      const object = { type: 'VirtualMachine', value: vm };
      proxy.add({ method: 'RetrievePropertiesEx', when: namesVm(vm), fault: 'ManagedObjectNotFound', object });
    },
  };
  for (const [what, refuse] of Object.entries(refusals)) {
    test(`a VM among good ones that is ${what}, after the look-up: the others finish`, async (context) => {
      const server = await simulator(context);
      const { proxy, front } = await proxyOf(context, server);
      const [good, other, bad] = server.vms;
      for (const { vm } of [good, other, bad]) await powerOn(server, vm);
      refuse(proxy, bad.vm);
      const running = startCommand(['--json', ...QUICK, bad.name, good.name, other.name], { server: front });
      await running.prints(/CustomizationNotStarted/);
      for (const { vm } of [good, other]) await post(server, vm, 'CustomizationSucceeded');
      const run = await running.done;
      assert.equal(run.status, 2);
      const { report } = jsonOf(run);
      const gone = what.startsWith('gone');
      // A parent still has the events of an object that is gone.
      const status = what === 'gone, all at once' ? 'CustomizationNotStarted' : 'VmNotStarted';
      assert.deepEqual(rowsOf({ report }), [
        [bad.name, status, gone ? 'vmRemoved' : 'unobservable'],
        [good.name, 'CustomizationSucceeded', 'completed'],
        [other.name, 'CustomizationSucceeded', 'completed'],
      ]);
      if (!gone) assert.match(report.vms[0].error.message, /System\.View/);
      const told = run.stderr.match(/reading them VM by VM/g) ?? [];
      assert.equal(told.length, what.endsWith('VM by VM') ? 1 : 0);
    });
  }
});

describe('Ctrl-C', { concurrency: 2 }, () => {
  for (const signal of ['SIGINT', 'SIGTERM']) {
    test(`${signal} prints the rows, logs out and ends within a second`, async (context) => {
      const server = await simulator(context);
      const [{ name, vm }] = server.vms;
      await powerOn(server, vm);
      const running = startCommand(['--timeout', 'none', name], { server });
      await running.prints(/Start monitoring/);
      const asked = performance.now();
      running.kill(signal);
      const run = await running.done;
      assert.ok(performance.now() - asked < SOON_MS);
      assert.equal(run.status, 2);
      assert.match(run.stdout, new RegExp(`^${name} +CustomizationNotStarted +cancelled`, 'm'));
      assert.equal((await server.do({ do: 'sessions' })).count, 0);
    });
  }

  test('ends within a second while a request hangs, and leaves no session', async (context) => {
    const server = await simulator(context);
    const { proxy, front } = await proxyOf(context, server);
    for (const method of ['CreateContainerView', 'QueryEvents']) {
      const rule = proxy.add({ method, hang: true });
      const running = startCommand(['--json', server.vms[0].name], { server: front });
      await until(() => rule.hits > 0);
      const asked = performance.now();
      running.kill('SIGINT');
      const run = await running.done;
      assert.ok(performance.now() - asked < SOON_MS, method);
      assert.equal(run.status, 2);
      assert.equal((await server.do({ do: 'sessions' })).count, 0, method);
      rule.remove();
    }
  });

  test('in the middle of the log-in leaves no session either', async (context) => {
    const server = await simulator(context);
    const { proxy, front } = await proxyOf(context, server);
    const rule = proxy.add({ method: 'Login', delayMs: 200 });
    const running = startCommand([server.vms[0].name], { server: front });
    await until(() => rule.hits > 0);
    running.kill('SIGINT');
    assert.equal((await running.done).status, 2);
    assert.equal((await server.do({ do: 'sessions' })).count, 0);
  });

  test('in the middle of a slow log-in waits for its answer as long as it may, and does not repeat it', async (context) => {
    const server = await simulator(context);
    const { proxy, front } = await proxyOf(context, server);
    for (const [afterMs, delayMs, left] of [
      [900, 1_500, true],
      [300, 6_000, false],
    ]) {
      const rule = proxy.add({ method: 'Login', delayMs });
      const before = proxy.requests.Login?.count ?? 0;
      const running = startCommand([server.vms[0].name], { server: front });
      await until(() => rule.hits > 0);
      await new Promise((resolve) => setTimeout(resolve, afterMs));
      const asked = performance.now();
      running.kill('SIGTERM');
      const run = await running.done;
      assert.ok(performance.now() - asked < SOON_MS, String(afterMs));
      assert.equal(run.status, 2);
      rule.remove();
      assert.equal(proxy.requests.Login.count - before, 1);
      // The other one reaches the server only when nobody is there any more.
      if (left) assert.equal((await server.do({ do: 'sessions' })).count, 0);
    }
    await server.do({ do: 'expireSessions' });
  });

  test('ends within a second even when the log-out hangs', async (context) => {
    const server = await startSimulator();
    context.after(() => server.stop());
    const { proxy, front } = await proxyOf(context, server);
    await powerOn(server, server.vms[0].vm);
    proxy.add({ method: 'Logout', hang: true });
    const running = startCommand([server.vms[0].name], { server: front });
    await running.prints(/Start monitoring/);
    const asked = performance.now();
    running.kill('SIGTERM');
    assert.equal((await running.done).status, 2);
    assert.ok(performance.now() - asked < SOON_MS);
  });
});

describe('a recording', { concurrency: 2 }, () => {
  test('of a run plays back to the report that the run printed, and holds no credential', async (context) => {
    const server = await simulator(context);
    const [{ name, vm }, { name: other }] = server.vms;
    await powerOn(server, vm);
    const file = join(folder, 'run.json');
    const running = startCommand(['--json', ...QUICK, '--timeout', '3', '--record', file, name, other], { server });
    await running.prints(/CustomizationNotStarted/);
    await server.do({ do: 'expireSessions' });
    await post(server, vm, 'CustomizationFailed', { reason: 'userDefinedScriptDisabled' });
    const run = await running.done;
    assert.equal(run.status, 1);
    const recording = readFileSync(file, 'utf8');
    assert.ok(!recording.includes(server.password) && !recording.includes(server.user));
    assert.equal(statSync(file).mode & 0o077, 0);
    const replayed = await runCommand(['replay', file]);
    assert.equal(replayed.status, 0);
    const { whatToDo, ...report } = jsonOf(run).report;
    assert.equal(replayed.stdout, `${JSON.stringify(report)}\n`);
    assert.deepEqual(
      whatToDo.map(({ about, vms }) => [about, vms]),
      [
        ['userDefinedScriptDisabled', [vm]],
        ['neverPoweredOn', [report.vms[1].vm]],
      ],
    );
    const failedLine = jsonOf(run).transitions.at(-1);
    assert.equal(failedLine.serverTime, report.vms[0].finishedAt);
    assert.deepEqual(failedLine.failure, report.vms[0].failure);
    assert.equal(failedLine.whatToDo.about, 'userDefinedScriptDisabled');
    assert.equal((await runCommand(['replay', '-'], { input: recording })).stdout, replayed.stdout);
  });

  test('that cannot be read has an error in its place, and status 3', async () => {
    const good = JSON.stringify({
      format: 'vm-customization-recording/1',
      startedAt: '2026-03-01T10:00:00Z',
      vms: [],
      options: {},
      steps: [],
    });
    const run = await runCommand(['replay', '-'], { input: `${good}\nnonsense\n${good}\n` });
    assert.equal(run.status, 3);
    const lines = run.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.deepEqual(
      lines.map((line) => 'error' in line),
      [false, true, false],
    );
  });
});

describe('the command line', { concurrency: 2 }, () => {
  before(() => writeFileSync(join(folder, 'any-password'), 'x\n', { mode: 0o600 }));

  test('that makes no sense has status 3, says why, and asks nothing of a server', async () => {
    for (const [args, message] of [
      [[], /no VM was given/],
      [['--bogus', 'a'], /unknown option '--bogus'/],
      [['a'], /no server: give --server/],
      [['--server', 'vc', 'a'], /no user name/],
      [['--server', 'vc', '--user', 'u', 'a'], /no password/],
      [['--timeout', 'soon', 'a'], /--timeout/],
      [['--timeout', '9999999999', 'a'], /: --timeout is 9999999999/],
      [
        ['--server', 'http://vc', '--user', 'u', '--password-file', join(folder, 'any-password'), 'a'],
        /or allow it by --insecure$/m,
      ],
      [['replay', '/dev/null'], /^wait-vm-customization: \/dev\/null is empty: give a recording, or events/m],
      [['replay', join(folder, 'missing')], /cannot be read \(ENOENT\)/],
    ]) {
      const run = await runCommand(args);
      assert.equal(run.status, 3, args.join(' '));
      assert.match(run.stderr, message);
      assert.equal(run.stdout, '');
    }
  });

  test('with an option that the rules refuse, or a recording that cannot be written, has status 3 too', async (context) => {
    const server = await simulator(context);
    const [{ name }] = server.vms;
    const zero = await runCommand(['--poll-interval', '0', name], { server });
    assert.equal(zero.status, 3);
    assert.match(zero.stderr, /: --poll-interval is 0: give a time between reads/);
    const unwritable = await runCommand(['--record', join(folder, 'no', 'such'), name], { server });
    assert.equal(unwritable.status, 3);
    assert.match(unwritable.stderr, /--record .* cannot be written/);
  });

  test('prints its help and its version', async () => {
    const help = await runCommand(['--help']);
    assert.equal(help.status, 0);
    assert.match(help.stdout, /Examples:/);
    const { version } = JSON.parse(readFileSync(new URL('../../bindings/package.json', import.meta.url), 'utf8'));
    assert.equal((await runCommand(['--version'])).stdout, `${version}\n`);
  });

  test('takes the password from a file', async (context) => {
    const server = await simulator(context);
    const file = join(folder, 'password');
    writeFileSync(file, `${server.password}\n`, { mode: 0o600 });
    const run = await runCommand([
      'server-time',
      '--server',
      server.url,
      '--user',
      server.user,
      '--password-file',
      file,
      '--insecure',
    ]);
    assert.equal(run.status, 0, run.stderr);
  });
});
