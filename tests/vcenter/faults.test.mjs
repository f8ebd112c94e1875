/**
 * What may happen to sessions, networks, servers and hosts in the middle of a wait. None of it changes a status, loses
 * an event that is still in vCenter, or ends without a row per VM; and no output of any of it holds a credential.
 */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { inspect } from 'node:util';
import { connectVCenter, watchCustomization } from '../../bindings/dist/node.js';
import { SteppedClock } from '../../bindings/dist/testing.js';
import { jsonOf, startCommand } from '../command/command.mjs';
import { startProxy } from '../simulators/proxy.mjs';
import { eventsOf, logIn, queryEvents } from '../simulators/raw-soap.mjs';
import { startSimulator } from '../simulators/simulator.mjs';
import { SOON_MS, until } from '../until.mjs';

const folder = mkdtempSync(join(tmpdir(), 'vm-customization-faults-'));
after(() => rmSync(folder, { recursive: true }));

// It looks different wherever it would be escaped.
const PASSWORD = 'T0p&<secret> "ü"';
const secrets = new Set();
const outputs = [];
let runs = 0;

/** Over each wire, in front of the simulator that speaks it. */
const WIRES = [
  { wire: 'soap', kind: 'vcsim' },
  { wire: 'vi-json', kind: 'fake' },
];
const QUICK = ['--json', '--poll-interval', '0.3'];
/** What a busy machine takes to start and to end the command besides its wait; without the bounds that never ends. */
const BUSY_MS = 15_000;
const RESULTS = ['CustomizationSucceeded', 'CustomizationFailed'];

/** A simulator and a proxy for one test, stopped with it. */
async function simulator(context, { kind, wire }, ...args) {
  const server = await startSimulator({ kind, args: ['-password', PASSWORD, ...args] });
  context.after(() => server.stop());
  const proxy = await startProxy(server.url);
  context.after(async () => {
    for (const secret of proxy.secrets) secrets.add(secret);
    await proxy.stop();
  });
  return { server, proxy, wire, front: { ...server, url: proxy.url } };
}

const post = (server, vm, event) => server.do({ do: 'post', vm: vm.vm, event });
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Starts the command on two VMs that were powered on; all that it writes is kept. */
async function start({ server, front, wire }, args = [], options = {}) {
  const [good, bad] = server.vms;
  for (const { vm } of [good, bad]) await server.do({ do: 'powerOn', vm });
  runs += 1;
  const files = ['record', 'state'].map((kind) => join(folder, `${runs}.${kind}`));
  const running = startCommand(
    [...QUICK, '--protocol', wire, '--record', files[0], '--state', files[1], ...args, good.name, bad.name],
    { server: front, ...options },
  );
  running.done.then(
    ({ stdout, stderr }) => {
      outputs.push(
        stdout,
        stderr,
        ...files.filter((file) => existsSync(file)).map((file) => readFileSync(file, 'utf8')),
      );
    },
    () => undefined,
  );
  await running.prints(/CustomizationNotStarted[\s\S]*CustomizationNotStarted/);
  return { ...running, good, bad };
}

/** Each VM has gone through all steps once, none of them because of the fault. */
function assertComplete(run) {
  const { report } = jsonOf(run);
  assert.deepEqual(
    report.vms.map(({ customizationStatus, conclusion }) => [customizationStatus, conclusion]),
    RESULTS.map((status) => [status, 'completed']),
    run.stderr,
  );
  for (const [index, { vm }] of report.vms.entries()) {
    const steps = report.transitions.filter((transition) => transition.vm === vm);
    assert.deepEqual(
      steps.map(({ to, eventKey }) => [to, eventKey !== null]),
      ['CustomizationNotStarted', 'CustomizationStarted', RESULTS[index]].map((to) => [to, true]),
    );
  }
  assert.ok(report.vms.every((row) => !row.revised && !row.guestInfoDisagrees && row.attempt === 1));
}

/** Customization comes to its end, whatever state the connection is in. */
async function finish(server, good, bad) {
  for (const vm of [good, bad]) await post(server, vm, 'CustomizationStartedEvent');
  await post(server, good, 'CustomizationSucceeded');
  await post(server, bad, 'CustomizationFailed');
}

const always = (rule) => (proxy) => {
  const added = proxy.add(rule);
  return () => added.remove();
};
/** By name: breaks something, answers what mends it again, and what people are told meanwhile. */
const FAULTS = {
  'answers 503 and a page of HTML': [always({ status: 503 }), /: \w+ was answered with HTTP 503: /],
  'resets connections': [always({ reset: true }), /: \w+: the server cannot be reached: the connection was reset/],
  'sends half of an answer': [always({ half: true }), /: \w+: .*ended in the middle of the answer/],
  'sends garbage': [always({ garbage: true }), /: .*(could not be read|is no JSON|could not be understood)/],
  'has gone': [
    async (proxy) => {
      await proxy.close();
      return () => proxy.open();
    },
    /the server cannot be reached: nothing listens there/,
  ],
  'answers with a fault of its own': [always({ fault: 'SystemError' }), /: \w+: SystemError/],
  'is hidden by a page of something else': [always({ status: 404 }), /HTTP 404: it has answered as a vCenter before/],
  'is hidden by a redirect': [
    always({ status: 302, headers: { location: 'https://sso.example/login?secret=1' } }),
    /HTTP 302: it wants to redirect to sso\.example\/login; it has answered as a vCenter before/,
  ],
  'has lost the session while something else answers log-ins': [
    async (proxy, server) => {
      const added = proxy.add({ method: 'Login', status: 204, body: '' });
      await server.do({ do: 'expireSessions' });
      return () => added.remove();
    },
    /Login was answered with something else: /,
  ],
  'has lost the session, again and again': [
    async (_, server) => {
      const end = () => server.do({ do: 'expireSessions' }).catch(() => undefined);
      await end();
      const timer = setInterval(end, 200);
      return () => clearInterval(timer);
    },
    /NotAuthenticated: /,
  ],
};

describe('a server that', { concurrency: true }, () => {
  for (const simulated of WIRES) {
    describe(`over ${simulated.wire}`, { concurrency: 4 }, () => {
      for (const [what, [breakIt, told]] of Object.entries(FAULTS)) {
        test(`${what} for a while costs nothing but time`, async (context) => {
          const setup = await simulator(context, simulated);
          const run = await start(setup, ['--timeout', '30']);
          const mend = await breakIt(setup.proxy, setup.server);
          await finish(setup.server, run.good, run.bad);
          // Of a read: a push that cannot be set up is told too, and then nothing is read meanwhile.
          const ofRead = new RegExp(`${told.source}.*; (trying|logging in) again`);
          await run.prints(ofRead, 'stderr').finally(mend);
          const ended = await run.done;
          assert.equal(ended.status, 1, ended.stderr);
          assertComplete(ended);
          assert.match(ended.stderr, /(?:^|\()127\.0\.0\.1:\d+: \w+/m, 'the host and the operation are named');
          // A push may bring the results before anything was read again: then the report says so as well.
          const { failure } = jsonOf(ended).report.reading;
          assert.equal(/events can be read again/.test(ended.stderr), failure === null, JSON.stringify(failure));
        });

        test(`${what} until the time is up still gives a row for every VM, with what was known`, async (context) => {
          const setup = await simulator(context, simulated);
          const run = await start(setup, ['--timeout', '1']);
          const mend = await breakIt(setup.proxy, setup.server);
          const ended = await run.done.finally(mend);
          assert.equal(ended.status, 2, ended.stderr);
          const { report } = jsonOf(ended);
          assert.deepEqual(
            report.vms.map(({ customizationStatus, conclusion }) => [customizationStatus, conclusion]),
            Array(2).fill(['CustomizationNotStarted', 'timedOut']),
          );
          assert.ok(report.endedAtMs <= 1000 + 5000, `${report.endedAtMs} ms`);
          assert.ok(ended.ms < 1000 + 5000 + BUSY_MS, `${ended.ms} ms`);
        });
      }

      for (const [what, rule] of Object.entries({
        'never answers': { hang: true },
        'never stops answering': { endless: true },
      })) {
        test(`${what} one read does not keep the last one from finding what there is`, async (context) => {
          const setup = await simulator(context, simulated);
          const run = await start(setup, ['--timeout', '3', '--no-push']);
          const broken = setup.proxy.add({ method: 'QueryEvents', times: 1, ...rule });
          await until(() => broken.hits > 0);
          await finish(setup.server, run.good, run.bad);
          const ended = await run.done;
          assert.equal(ended.status, 1, ended.stderr);
          assertComplete(ended);
          assert.ok(jsonOf(ended).report.endedAtMs >= 3000);
        });

        test(`${what} at all does not keep the wait from ending`, async (context) => {
          const setup = await simulator(context, simulated);
          const run = await start(setup, ['--timeout', '2']);
          setup.proxy.add(rule);
          const ended = await run.done;
          assert.equal(ended.status, 2, ended.stderr);
          assert.equal(jsonOf(ended).report.vms.length, 2);
          assert.ok(ended.ms < 2000 + 5000 + BUSY_MS, `${ended.ms} ms`);
        });
      }

      test('no longer takes the credentials: the rows are there, with the reason', async (context) => {
        for (const fault of ['InvalidLogin', 'NoPermission']) {
          const setup = await simulator(context, simulated);
          const run = await start(setup);
          setup.proxy.add({ method: 'Login', fault });
          await setup.server.do({ do: 'expireSessions' });
          const ended = await run.done;
          assert.equal(ended.status, 2, ended.stderr);
          for (const row of jsonOf(ended).report.vms) {
            assert.equal(row.customizationStatus, 'CustomizationNotStarted');
            assert.equal(row.conclusion, 'unobservable');
            assert.match(
              row.error.message,
              new RegExp(`^127.* refused the log-in \\(${fault}\\): check the user name`),
            );
          }
        }
      });

      test('shows another certificate for a while is sent nothing, which costs nothing but time', async (context) => {
        const setup = await simulator(context, simulated);
        const { proxy } = setup;
        const args = ['--thumbprint', proxy.thumbprint, '--timeout', '30'];
        const run = await start(setup, args, { env: { GOVC_INSECURE: '' } });
        const own = proxy.identity;
        await proxy.close();
        const renewed = proxy.renewCertificate();
        const before = proxy.exchanges.length;
        await proxy.open();
        await finish(setup.server, run.good, run.bad);
        await run.prints(
          /not the one given: make sure that it is the right server .*; it has answered as a vCenter before/,
          'stderr',
        );
        assert.equal(proxy.exchanges.length, before);
        await proxy.close();
        proxy.present(own);
        await proxy.open();
        const ended = await run.done;
        assert.equal(ended.status, 1, ended.stderr);
        assertComplete(ended);
        assert.ok(ended.stderr.includes(renewed.thumbprint));
      });

      test('shows another certificate until the time is up is sent nothing more', async (context) => {
        const setup = await simulator(context, simulated);
        const { proxy } = setup;
        const args = ['--thumbprint', proxy.thumbprint, '--timeout', '1'];
        const run = await start(setup, args, { env: { GOVC_INSECURE: '' } });
        await proxy.close();
        proxy.renewCertificate();
        const before = proxy.exchanges.length;
        await proxy.open();
        const ended = await run.done;
        assert.equal(ended.status, 2, ended.stderr);
        assert.equal(proxy.exchanges.length, before);
        for (const row of jsonOf(ended).report.vms) {
          assert.deepEqual([row.customizationStatus, row.conclusion], ['CustomizationNotStarted', 'timedOut']);
        }
      });
    });
  }
});

describe('a vCenter that is started anew', { concurrency: 2 }, () => {
  for (const wire of ['soap', 'vi-json']) {
    test(`over ${wire}: sessions are gone, history is not, and keys go on`, async (context) => {
      const setup = await simulator(context, { kind: 'fake', wire }, '-first-key', '1000');
      const { server, proxy } = setup;
      const run = await start(setup, ['--timeout', '30']);
      const history = await logIn(server);
      const kept = await Promise.all(
        [run.good, run.bad].map(async ({ vm }) => {
          const [{ key, text }] = eventsOf(await history(queryEvents(vm, ['VmStartingEvent'])));
          return { vm, fields: { key, createdTime: /<createdTime>(.*?)</.exec(text)[1] } };
        }),
      );
      await proxy.close();
      await server.stop();
      const next = await startSimulator({ kind: 'fake', args: ['-password', PASSWORD, '-first-key', '5000'] });
      context.after(() => next.stop());
      // What its data base has kept.
      for (const event of kept) await next.do({ do: 'post', event: 'VmStartingEvent', ...event });
      await finish(next, run.good, run.bad);
      await run.prints(/nothing listens there/, 'stderr');
      proxy.retarget(next.url);
      await proxy.open();
      const ended = await run.done;
      assert.equal(ended.status, 1, ended.stderr);
      assertComplete(ended);
      assert.match(ended.stderr, /NotAuthenticated/);
    });
  }
});

describe("a server's clock", { concurrency: 2 }, () => {
  for (const offset of ['600s', '-600s']) {
    test(`that is ${offset} off changes nothing`, async (context) => {
      const setup = await simulator(context, { kind: 'fake', wire: 'vi-json' }, '-clock-offset', offset);
      // A result of another day, by the server's clock.
      await setup.server.do({
        do: 'post',
        vm: setup.server.vms[0].vm,
        event: 'CustomizationFailed',
        fields: { createdTime: new Date(Date.now() + Number.parseInt(offset, 10) * 1000 - 3_600_000).toISOString() },
      });
      const run = await start(setup, ['--timeout', '20']);
      await finish(setup.server, run.good, run.bad);
      const ended = await run.done;
      assertComplete(ended);
      const row = jsonOf(ended).report.vms[0];
      const wrong = Date.parse(row.poweredOnAt) - Date.now();
      assert.ok(Math.abs(wrong - Number.parseInt(offset, 10) * 1000) < 60_000, row.poweredOnAt);
    });
  }
});

/** A session for a test of the API; what it tells is kept. */
async function session(context, { front, wire }) {
  const { url, user, password } = front;
  const vcenter = await connectVCenter({
    server: url,
    user,
    password,
    insecure: true,
    environment: {},
    protocol: wire,
  });
  context.after(() => vcenter.close());
  return vcenter;
}

function watch(source, vms, options) {
  return watchCustomization(source, vms, {
    ...options,
    onProgress: (progress) => {
      outputs.push(inspect(progress, { depth: 9 }));
      options.onProgress?.(progress);
    },
  });
}

/** A clock that goes twenty times as fast until the test ends. */
function fast(context, clock = new SteppedClock()) {
  const timer = setInterval(() => clock.advance(1000), 50);
  context.after(() => clearInterval(timer));
  return clock;
}

async function reaches(watching, status) {
  for await (const { to } of watching) if (to === status) return;
}

describe('a host', { concurrency: true }, () => {
  for (const simulated of WIRES) {
    describe(`over ${simulated.wire}`, { concurrency: 3 }, () => {
      for (const expired of [false, true]) {
        test(`that was asleep past the end reads once more${expired ? ', on a new session' : ''}`, async (context) => {
          const setup = await simulator(context, simulated);
          const [good] = setup.server.vms;
          await setup.server.do({ do: 'powerOn', vm: good.vm });
          const vcenter = await session(context, setup);
          const clock = new SteppedClock();
          const watching = watch(vcenter.events(), [good], { clock, timeoutSeconds: 600, push: false });
          await reaches(watching, 'CustomizationNotStarted');
          await post(setup.server, good, 'CustomizationSucceeded');
          if (expired) await setup.server.do({ do: 'expireSessions' });
          clock.jump(3_600_000);
          await clock.advance(0);
          const { vms } = await watching.report;
          assert.deepEqual([vms[0].customizationStatus, vms[0].conclusion], ['CustomizationSucceeded', 'completed']);
        });
      }

      test('that was asleep in a wait without end goes on', async (context) => {
        const setup = await simulator(context, simulated);
        const [good] = setup.server.vms;
        await setup.server.do({ do: 'powerOn', vm: good.vm });
        const vcenter = await session(context, setup);
        const clock = fast(context);
        const watching = watch(vcenter.events(), [good], { clock, timeoutSeconds: null });
        await reaches(watching, 'CustomizationNotStarted');
        clock.jump(3_600_000);
        await sleep(100);
        await setup.server.do({ do: 'expireSessions' });
        await post(setup.server, good, 'CustomizationSucceeded');
        const { vms } = await watching.report;
        assert.equal(vms[0].customizationStatus, 'CustomizationSucceeded');
      });

      test('gives up a read that is never answered, and asks again', async (context) => {
        const setup = await simulator(context, simulated);
        const [good] = setup.server.vms;
        await setup.server.do({ do: 'powerOn', vm: good.vm });
        const vcenter = await session(context, setup);
        const failures = [];
        const clock = new SteppedClock();
        const hanging = setup.proxy.add({ method: 'QueryEvents', hang: true, times: 1 });
        const watching = watch(vcenter.events(), [good], {
          clock,
          push: false,
          onProgress: ({ type, failure }) => type === 'readFailed' && failures.push(failure),
        });
        await post(setup.server, good, 'CustomizationSucceeded');
        await until(() => hanging.hits > 0);
        await clock.advance(120_000);
        fast(context, clock);
        const { vms } = await watching.report;
        assert.equal(hanging.hits, 1);
        assert.equal(vms[0].customizationStatus, 'CustomizationSucceeded');
        assert.match(failures[0].message, /reading the events took longer than 120 s/);
      });

      test('asks for nothing more when the wait is over, but for the log-out', async (context) => {
        const setup = await simulator(context, simulated);
        const [good] = setup.server.vms;
        await setup.server.do({ do: 'powerOn', vm: good.vm });
        const vcenter = await session(context, setup);
        const clock = fast(context);
        setup.proxy.add({ method: ['QueryEvents', 'RetrievePropertiesEx'], reset: true });
        const watching = watch(vcenter.events(), [good], { clock, timeoutSeconds: 60 });
        const report = await watching.report;
        assert.equal(report.vms[0].conclusion, 'timedOut');
        assert.ok(report.endedAtMs <= 67_000, `${report.endedAtMs}`);
        await sleep(200);
        const before = setup.proxy.exchanges.length;
        await sleep(1000);
        assert.equal(setup.proxy.exchanges.length, before);
        await vcenter.close();
        assert.ok(setup.proxy.exchanges.length <= before + 1);
      });
    });
  }
});

for (const simulated of WIRES) {
  describe(`over ${simulated.wire}, a signal`, () => {
    // A hand that waits for its own clock hears of the abort at once, however busy the machine of the test is.
    const within = async (controller, promise, what) => {
      const reason = new Error('enough');
      const asked = performance.now();
      controller.abort(reason);
      const error = await promise.then(
        () => assert.fail(`${what} went on`),
        (thrown) => thrown,
      );
      const ms = performance.now() - asked;
      outputs.push(inspect(error, { depth: 9 }));
      assert.ok(ms < SOON_MS, `${what} took ${ms} ms`);
      assert.ok(error === reason || error.cause === reason, inspect(error));
    };
    const hung = (rule) => until(() => rule.hits > 0, `${[...rule.methods]} is called`);

    for (const rule of [{ hang: true }, { endless: true }]) {
      test(`ends everything within 100 ms: ${Object.keys(rule)}`, async (context) => {
        const setup = await simulator(context, simulated);
        const { proxy, front } = setup;
        const [{ name, vm }] = setup.server.vms;
        await setup.server.do({ do: 'powerOn', vm });
        const { user, password } = front;
        const trust = { insecure: true, environment: {} };
        for (const method of ['Login', setup.wire === 'soap' ? 'RetrieveServiceContent' : 'content']) {
          const hanging = proxy.add({ method, ...rule });
          const controller = new AbortController();
          const { signal } = controller;
          const connecting = connectVCenter({
            server: front.url,
            user,
            password,
            ...trust,
            protocol: setup.wire,
            signal,
          });
          await hung(hanging);
          await within(controller, connecting, method);
          hanging.remove();
        }
        const vcenter = await session(context, setup);
        for (const method of ['CreateContainerView', 'RetrievePropertiesEx']) {
          const hanging = proxy.add({ method, ...rule });
          const controller = new AbortController();
          const looking = vcenter.findVms([name], { signal: controller.signal });
          await hung(hanging);
          await within(controller, looking, method);
          hanging.remove();
        }
        const found = await vcenter.findVms(['*']);
        const reads = ['CurrentTime', 'QueryEvents', 'RetrievePropertiesEx'];
        const pushes = ['CreateCollectorForEvents', 'CreatePropertyCollector', 'CreateFilter', 'WaitForUpdatesEx'];
        for (const method of [...reads, ...pushes]) {
          // A session in which the answer to a making is lost makes no second collector.
          const vcenter = await session(context, setup);
          const hanging = proxy.add({ method, ...rule });
          const controller = new AbortController();
          const options = { signal: controller.signal, waitForPowerOn: true };
          const watching = watch(vcenter.events(), found.vms, options);
          await hung(hanging);
          await within(controller, watching.report, method);
          hanging.remove();
        }
        // Waiting for its clock, with nothing on the wire but perhaps a long poll.
        const controller = new AbortController();
        const watching = watch(vcenter.events(), found.vms, { signal: controller.signal, waitForPowerOn: true });
        await reaches(watching, 'CustomizationNotStarted');
        await sleep(200);
        await within(controller, watching.report, 'waiting');
      });
    }
  });
}

for (const simulated of WIRES) {
  describe(`over ${simulated.wire}, an error`, () => {
    const place = '^127\\.0\\.0\\.1:\\d+: CurrentTime';
    const TEXTS = [
      [{ reset: true }, 'transient', ': the server cannot be reached: the connection was reset \\(ECONNRESET\\)$'],
      [
        { half: true },
        'transient',
        ': the server cannot be reached: the connection ended in the middle of the answer$',
      ],
      [{ status: 503 }, 'transient', ' was answered with HTTP 503: the server is not ready, or a proxy in front'],
      [
        { status: 404 },
        'transient',
        ' was answered with HTTP 404: it has answered as a vCenter before, so something in front',
      ],
      [{ fault: 'NotAuthenticated' }, 'notAuthenticated', ': NotAuthenticated: .*the session has ended$'],
      [{ fault: 'NoPermission' }, 'noPermission', ': NoPermission: .*the account needs the privilege System\\.View'],
      [{ fault: 'InvalidRequest' }, 'fatal', ': InvalidRequest: .*\\w'],
      [{ fault: 'SystemError' }, 'transient', ': SystemError: .*\\w'],
    ];

    test('names the host, the operation and the fault, and says what to do', async (context) => {
      const setup = await simulator(context, simulated);
      const vcenter = await session(context, setup);
      for (const [rule, kind, text] of TEXTS) {
        const added = setup.proxy.add({ method: 'CurrentTime', ...rule });
        const error = await vcenter.serverTime().then(
          () => assert.fail(JSON.stringify(rule)),
          (thrown) => thrown,
        );
        added.remove();
        outputs.push(inspect(error, { depth: 9 }));
        assert.match(error.message, new RegExp(place + text));
        assert.equal(error.kind, kind, error.message);
      }
      const garbage = setup.proxy.add({ method: 'CurrentTime', garbage: true });
      await assert.rejects(vcenter.serverTime(), /^ConnectionError: 127\.0\.0\.1:\d+: the answer to CurrentTime /);
      garbage.remove();
    });
  });
}

describe('what was written in all of this', () => {
  test('holds no password and no session', () => {
    const forms = [
      PASSWORD,
      JSON.stringify(PASSWORD).slice(1, -1),
      encodeURIComponent(PASSWORD),
      encodeURI(PASSWORD),
      Buffer.from(PASSWORD).toString('base64'),
      PASSWORD.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;'),
      'T0p&',
      'T0p%26',
      ...secrets,
    ];
    assert.ok(secrets.size > 20, `${secrets.size} sessions were seen`);
    assert.ok(outputs.length > 100, `${outputs.length} outputs were kept`);
    for (const form of forms) {
      assert.ok(form.length >= 4);
      for (const text of outputs) assert.ok(!text.includes(form), `found in ${text.slice(0, 300)}`);
    }
  });
});
