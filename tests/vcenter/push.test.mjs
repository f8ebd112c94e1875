/** Events pushed as they happen, against the vCenter simulators. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectVCenter, watchCustomization } from '../../bindings/dist/node.js';
import { SteppedClock } from '../../bindings/dist/testing.js';
import { startCommand } from '../command/command.mjs';
import { startProxy } from '../simulators/proxy.mjs';
import { startSimulator } from '../simulators/simulator.mjs';
import { SOON_MS, until } from '../until.mjs';

/** A simulator for one test. It must be left without a session, and without a collector unless the test says so. */
async function simulator(context, { kind = 'vcsim', args = [], leaked = 0 } = {}) {
  const server = await startSimulator({ kind, args });
  context.after(async () => {
    const { count } = await server.do({ do: 'sessions' });
    const collectors = await server.do({ do: 'collectors' });
    await server.stop();
    assert.equal(count, 0, 'a session was left behind');
    assert.equal(collectors.count, leaked, 'event collectors were left behind');
  });
  return server;
}

const post = (server, vm, event) => server.do({ do: 'post', vm, event });
const collectors = async (server) => (await server.do({ do: 'collectors' })).count;

/** A wait for all VMs of the simulator, and what it has told so far. `use` is called when events are pushed. */
async function watching(server, use, { url = server.url, names = ['*'], protocol = 'soap', ...options } = {}) {
  const { user, password } = server;
  const vcenter = await connectVCenter({ server: url, user, password, insecure: true, protocol });
  try {
    const found = await vcenter.findVms(names);
    for (const { vm } of found.vms) await post(server, vm, 'VmStartingEvent');
    const told = [];
    const warnings = [];
    const watch = watchCustomization(
      vcenter.events((message) => warnings.push(message)),
      found.vms,
      { onProgress: (progress) => told.push({ at: performance.now(), ...progress }), ...options },
    );
    const of = (type) => told.filter((progress) => progress.type === type);
    const toldStatus = (vm, status) =>
      of('transition').find(({ transition: { vm: of, to } }) => of === vm && to === status);
    try {
      await use({ watch, vms: found.vms.map(({ vm }) => vm), of, told: toldStatus, warnings });
    } finally {
      watch.cancel();
    }
    return await watch.report;
  } finally {
    await vcenter.close();
  }
}

const pushing = (run) => until(() => run.of('pushing').length > 0);

/** A wait for all VMs there, whose events are pushed. */
async function pushedWatch(vcenter) {
  const { vms } = await vcenter.findVms(['*']);
  let isPushing = false;
  const watch = watchCustomization(vcenter.events(), vms, {
    waitForPowerOn: true,
    onProgress: ({ type }) => {
      isPushing ||= type === 'pushing';
    },
  });
  await until(() => isPushing);
  return watch;
}

const WIRES = [
  ['vcsim', 'soap'],
  ['fake', 'soap'],
  ['fake', 'vi-json'],
];

for (const [kind, protocol] of WIRES) {
  const watchingSo = (server, use, options) => watching(server, use, { protocol, ...options });

  describe(`events pushed by the ${kind} simulator over ${protocol}`, { concurrency: 2 }, () => {
    test('are told within a second, without a read, by one collector for all VMs', async (context) => {
      const server = await simulator(context, { kind, args: ['-vms', '40'] });
      const report = await watchingSo(server, async (run) => {
        await pushing(run);
        await until(() => run.of('read').length === 2);
        assert.equal(await collectors(server), 1);
        for (const vm of run.vms.slice(0, 10)) {
          const posted = performance.now();
          await post(server, vm, 'CustomizationStartedEvent');
          await until(() => run.told(vm, 'CustomizationStarted'));
          assert.ok(run.told(vm, 'CustomizationStarted').at - posted < 1000);
        }
        assert.equal(run.of('read').length, 2);
        for (const vm of run.vms) await post(server, vm, 'CustomizationSucceeded');
        await run.watch.report;
      });
      assert.ok(report.vms.every(({ customizationStatus: status }) => status === 'CustomizationSucceeded'));
      assert.equal(await collectors(server), 0);
    });

    test('of VMs that are added come from the collector that is there', async (context) => {
      const server = await simulator(context, { kind, args: ['-vms', '20'] });
      const refs = server.vms.map(({ vm }) => ({ vm }));
      await watchingSo(
        server,
        async (run) => {
          await pushing(run);
          for (let count = 2; count <= refs.length; count += 1) await run.watch.setVms(refs.slice(0, count));
          const last = refs.at(-1).vm;
          await post(server, last, 'VmStartingEvent');
          await post(server, last, 'CustomizationStartedEvent');
          await until(() => run.told(last, 'CustomizationStarted'));
          // That of one VM was on that VM; what replaces it holds all others.
          const { count } = await server.do({ do: 'requests' });
          assert.equal(count.CreateCollectorForEvents, 2);
          assert.equal(await collectors(server), 1);
        },
        { names: [server.vms[0].vm], attempts: 'reopen' },
      );
    });

    test('of one VM come from a collector on that VM', async (context) => {
      const server = await simulator(context, { kind, args: ['-vms', '2'] });
      await watchingSo(
        server,
        async (run) => {
          await pushing(run);
          await post(server, server.vms[1].vm, 'CustomizationStartedEvent');
          await post(server, server.vms[0].vm, 'CustomizationStartedEvent');
          await until(() => run.told(run.vms[0], 'CustomizationStarted'));
          assert.equal(
            run.of('ingested').some(({ ingested }) => ingested.ignored.otherVm > 0),
            false,
          );
        },
        { names: [server.vms[0].vm] },
      );
    });

    test('of other VMs below the same parent are ignored, and counted', async (context) => {
      const server = await simulator(context, { kind, args: ['-vms', '3'] });
      const [first, second, other] = server.vms;
      await watchingSo(
        server,
        async (run) => {
          await pushing(run);
          await until(() => run.of('read').length === 2);
          await post(server, other.vm, 'VmStartingEvent');
          await post(server, first.vm, 'CustomizationStartedEvent');
          await until(() => run.told(first.vm, 'CustomizationStarted'));
          const ignored = run.of('ingested').map(({ ingested }) => ingested.ignored.otherVm ?? 0);
          assert.ok(ignored.some((count) => count > 0));
          assert.equal(
            run.of('transition').some(({ transition }) => transition.vm === other.vm),
            false,
          );
        },
        { names: [first.name, second.name] },
      );
    });

    test('in a burst of 500 are all told', async (context) => {
      const server = await simulator(context, { kind, args: ['-vms', '100'] });
      const report = await watchingSo(server, async (run) => {
        await pushing(run);
        await until(() => run.of('read').length === 2);
        const events = [...Array(3).fill('VmPoweredOnEvent'), 'CustomizationStartedEvent', 'CustomizationSucceeded'];
        const posts = events.flatMap((event) => run.vms.map((vm) => post(server, vm, event)));
        await Promise.all(posts);
        const posted = performance.now();
        await run.watch.report;
        context.diagnostic(`all told ${Math.round(performance.now() - posted)} ms after the last was posted`);
        assert.equal(run.of('reading').length, 2);
      });
      assert.ok(report.vms.every(({ conclusion }) => conclusion === 'completed'));
      assert.ok(report.transitions.every(({ inferred }) => inferred !== true));
    });

    test('go on after the session was ended, on a new collector', async (context) => {
      // The simulators free a slot only when its collector is destroyed, which takes its session; vCenter does it itself.
      const server = await simulator(context, { kind, args: ['-vms', '3'], leaked: 1 });
      await watchingSo(
        server,
        async (run) => {
          await pushing(run);
          await server.do({ do: 'expireSessions' });
          await until(() => run.of('loggedIn').length > 0);
          await until(() => run.of('pushing').length > 1);
          const read = run.of('read').length;
          await until(() => run.of('read').length > read);
          await post(server, run.vms[0], 'CustomizationStartedEvent');
          await until(() => run.told(run.vms[0], 'CustomizationStarted'));
        },
        { pollIntervalSeconds: 0.5 },
      );
    });

    test('that there is no collector for are read, which is said once', async (context) => {
      const server = await simulator(context, { kind, args: ['-vms', '2', '-max-collectors', '2'] });
      const proxy = await startProxy(server.url);
      context.after(() => proxy.stop());
      // govmomi's simulator takes a slot for each QueryEvents too, and would refuse the reads with the collector.
      if (kind === 'vcsim') proxy.add({ method: 'CreateCollectorForEvents', skip: 1, fault: 'InvalidState' });
      const options = { url: proxy.url, pollIntervalSeconds: 0.2 };
      const withSlots = (slots, use) =>
        slots === 0 ? use() : watchingSo(server, (run) => pushing(run).then(() => withSlots(slots - 1, use)), options);
      await withSlots(kind === 'vcsim' ? 1 : 2, () =>
        watchingSo(
          server,
          async (run) => {
            await until(() => run.of('pushUnavailable').length > 0);
            await post(server, run.vms[0], 'CustomizationStartedEvent');
            await until(() => run.told(run.vms[0], 'CustomizationStarted'));
            await until(() => run.of('read').length > 5);
            assert.equal(run.of('pushUnavailable').length, 1);
            assert.match(run.of('pushUnavailable')[0].message, /no event collector left for us \(InvalidState\)/);
          },
          options,
        ),
      );
    });
  });
}

describe('a session that ends again and again', { concurrency: 2 }, () => {
  for (const protocol of ['soap', 'vi-json']) {
    test(`over ${protocol} holds up no event, though its long poll only says that it was cancelled`, async (context) => {
      const server = await simulator(context, { kind: 'fake', args: ['-vms', '6', '-leak-collectors=false'] });
      // It stands still: an event that waited for a pause would never be told.
      const clock = new SteppedClock();
      await watching(
        server,
        async (run) => {
          await until(() => run.of('pushing').length === 1 && run.of('read').length === 2);
          for (const [index, vm] of run.vms.entries()) {
            await server.do({ do: 'expireSessions' });
            await post(server, vm, 'CustomizationStartedEvent');
            await until(() => run.told(vm, 'CustomizationStarted'));
            // The read that closes the gap before the new push included.
            await until(() => run.of('pushing').length === index + 2 && run.of('read').length === 2 * (index + 2));
            await post(server, vm, 'CustomizationSucceeded');
            await until(() => run.told(vm, 'CustomizationSucceeded'));
          }
          assert.equal(run.of('loggedIn').length, run.vms.length);
        },
        { protocol, clock },
      );
    });
  }
});

describe('a collector', { concurrency: 2 }, () => {
  test('is destroyed when the wait is cancelled while it is being made', async (context) => {
    const server = await simulator(context, { args: ['-vms', '2'] });
    for (const method of ['CreateCollectorForEvents', 'CreatePropertyCollector', 'CreateFilter', 'WaitForUpdatesEx']) {
      const proxy = await startProxy(server.url);
      proxy.add({ method, delayMs: 100 });
      try {
        await watching(server, () => until(() => proxy.requests[method]?.count > 0), { url: proxy.url });
        assert.equal(await collectors(server), 0, method);
      } finally {
        await proxy.stop();
      }
    }
  });

  for (const protocol of ['soap', 'vi-json']) {
    for (const trouble of [{ status: 503 }, { hang: true }, { reset: true }, { garbage: true }]) {
      const what = Object.keys(trouble)[0];
      test(`over ${protocol} is destroyed at the second try in a session that goes on: ${what}`, async (context) => {
        const server = await simulator(context, { kind: 'fake', args: ['-vms', '2'] });
        const proxy = await startProxy(server.url);
        context.after(() => proxy.stop());
        const { user, password } = server;
        const trust = { server: proxy.url, insecure: true, environment: {} };
        const owner = await connectVCenter({ ...trust, user, password, protocol });
        try {
          const [value] = proxy.secrets;
          const session = protocol === 'soap' ? { cookie: value } : { apiSessionId: value };
          const guest = await connectVCenter({ ...trust, session });
          const watch = await pushedWatch(guest);
          proxy.add({ method: 'DestroyCollector', times: 1, ...trouble });
          watch.cancel();
          await watch.report;
          const begin = performance.now();
          await guest.close();
          assert.ok(performance.now() - begin < SOON_MS);
          assert.equal(await collectors(server), 0);
        } finally {
          await owner.close();
        }
      });
    }
  }

  test('is destroyed after an answer that makes no sense, and made again', async (context) => {
    const server = await simulator(context, { args: ['-vms', '2'] });
    const proxy = await startProxy(server.url);
    context.after(() => proxy.stop());
    for (const fault of [{ garbage: true }, { half: true }, { status: 503 }, { fault: 'ManagedObjectNotFound' }]) {
      proxy.add({ method: 'WaitForUpdatesEx', skip: 1, times: 1, ...fault });
      await watching(
        server,
        async (run) => {
          await pushing(run);
          if (fault.half) await post(server, run.vms[0], 'VmPoweredOnEvent');
          await until(() => run.of('pushFailed').length === 1);
          await until(() => run.of('pushing').length === 2);
          assert.equal(await collectors(server), 1);
          await post(server, run.vms[0], 'CustomizationStartedEvent');
          await until(() => run.told(run.vms[0], 'CustomizationStarted'));
          assert.equal(run.of('readFailed').length, 0);
        },
        { url: proxy.url },
      );
      proxy.clear();
    }
  });

  test('that loses its place in the history is followed by a read', async (context) => {
    const server = await simulator(context, { args: ['-vms', '50'] });
    const proxy = await startProxy(server.url);
    context.after(() => proxy.stop());
    const noEvents = (text) => text.replace(/<returnval.*<\/returnval>/s, '');
    proxy.add({ method: 'ReadNextEvents', rewrite: noEvents });
    // Only the last page of an answer is left, as on a vCenter, which reports a property and not its history.
    const last = (text) => text.replace(/(<filterSet>.*?)<objectSet>.*(<objectSet>.*<\/filterSet>)/s, '$1$2');
    proxy.add({ method: 'WaitForUpdatesEx', rewrite: last, delayMs: 50 });
    const report = await watching(
      server,
      async (run) => {
        await pushing(run);
        await until(() => run.of('read').length === 2);
        await Promise.all(run.vms.map((vm) => post(server, vm, 'CustomizationSucceeded')));
        await run.watch.report;
        assert.ok(run.of('reading').length > 2);
      },
      { url: proxy.url },
    );
    assert.ok(report.vms.every(({ conclusion }) => conclusion === 'completed'));
  });

  test('is read on where its page does not hold all that is new', async (context) => {
    const server = await simulator(context, { args: ['-vms', '50'] });
    const proxy = await startProxy(server.url);
    context.after(() => proxy.stop());
    const last = (text) => text.replace(/(<filterSet>.*?)<objectSet>.*(<objectSet>.*<\/filterSet>)/s, '$1$2');
    proxy.add({ method: 'WaitForUpdatesEx', rewrite: last, delayMs: 50 });
    await watching(
      server,
      async (run) => {
        await pushing(run);
        await until(() => run.of('read').length === 2);
        await Promise.all(run.vms.map((vm) => post(server, vm, 'CustomizationSucceeded')));
        await run.watch.report;
        assert.equal(run.of('reading').length, 2);
        assert.ok(proxy.requests.ReadNextEvents.count > 0);
      },
      { url: proxy.url },
    );
  });

  test('is polled again while what it brought is still read on, and never twice at once', async (context) => {
    const server = await simulator(context, { args: ['-vms', '50'] });
    const proxy = await startProxy(server.url);
    context.after(() => proxy.stop());
    const open = () => proxy.exchanges.filter(({ method, status }) => method === 'WaitForUpdatesEx' && !status).length;
    let most = 0;
    const look = () => {
      most = Math.max(most, open());
      return false;
    };
    proxy.add({ method: 'WaitForUpdatesEx', when: look });
    const last = (text) => text.replace(/(<filterSet>.*?)<objectSet>.*(<objectSet>.*<\/filterSet>)/s, '$1$2');
    proxy.add({ method: 'WaitForUpdatesEx', rewrite: last, delayMs: 500 });
    const slow = proxy.add({ method: 'ReadNextEvents', delayMs: 1000, times: 1 });
    await watching(
      server,
      async (run) => {
        await pushing(run);
        await until(() => run.of('read').length === 2);
        await Promise.all(run.vms.map((vm) => post(server, vm, 'CustomizationSucceeded')));
        await until(() => slow.hits === 1);
        const isAnswered = () => proxy.exchanges.some(({ method, status }) => method === 'ReadNextEvents' && status);
        await until(() => open() === 1 || isAnswered());
        assert.equal(isAnswered(), false);
        await run.watch.report;
        assert.equal(most, 1);
      },
      { url: proxy.url },
    );
  });

  test('is not made where the server has none: that is said once', async (context) => {
    const server = await simulator(context, { kind: 'fake', args: ['-vms', '2', '-collectors=false'] });
    await watching(
      server,
      async (run) => {
        await until(() => run.of('pushUnavailable').length > 0);
        assert.match(run.of('pushUnavailable')[0].message, /CreateCollectorForEvents: NotSupported/);
        await post(server, run.vms[0], 'CustomizationStartedEvent');
        await until(() => run.told(run.vms[0], 'CustomizationStarted'));
        await until(() => run.of('read').length > 5);
        assert.equal(run.of('pushUnavailable').length, 1);
      },
      { pollIntervalSeconds: 0.2 },
    );
  });

  test('is not made where the account may read no common parent: the VMs are read one by one', async (context) => {
    const server = await simulator(context, { args: ['-vms', '2'] });
    const proxy = await startProxy(server.url);
    context.after(() => proxy.stop());
    proxy.refuseParent();
    await watching(
      server,
      async (run) => {
        await until(() => run.of('pushUnavailable').length > 0);
        assert.match(run.of('pushUnavailable')[0].message, /may not read the events of all VMs at once/);
        await post(server, run.vms[0], 'CustomizationStartedEvent');
        await until(() => run.told(run.vms[0], 'CustomizationStarted'));
      },
      { url: proxy.url, pollIntervalSeconds: 0.2 },
    );
  });
});

describe('closing the session', { concurrency: 2 }, () => {
  for (const [kind, protocol] of WIRES.slice(1)) {
    for (const [what, rules] of Object.entries({
      'a removal hangs': [{ method: ['DestroyCollector', 'CancelWaitForUpdates'], hang: true }],
      'the log-out is answered 503': [{ method: 'Logout', status: 503, times: 1 }],
      'the log-out is answered with a page': [{ method: 'Logout', status: 200, body: '<html>', times: 1 }],
    })) {
      test(`logs out over ${protocol} within a second though ${what}`, async (context) => {
        const server = await simulator(context, {
          kind,
          args: ['-vms', '2'],
          leaked: what === 'a removal hangs' ? 1 : 0,
        });
        const proxy = await startProxy(server.url);
        context.after(() => proxy.stop());
        const { user, password } = server;
        const vcenter = await connectVCenter({ server: proxy.url, user, password, insecure: true, protocol });
        const watch = await pushedWatch(vcenter);
        context.after(() => watch.cancel());
        for (const rule of rules) proxy.add(rule);
        const begin = performance.now();
        await vcenter.close();
        const ms = performance.now() - begin;
        assert.ok(ms < SOON_MS, `${ms} ms`);
        await until(async () => (await server.do({ do: 'sessions' })).count === 0);
      });
    }
  }
});

describe('the command', { concurrency: 2 }, () => {
  for (const signal of ['SIGINT', 'SIGTERM']) {
    test(`leaves no collector behind after ${signal}`, async (context) => {
      const server = await simulator(context, { args: ['-vms', '2'] });
      for (const { vm } of server.vms) await post(server, vm, 'VmStartingEvent');
      const running = startCommand(['DC0_H0_VM*'], { server });
      await until(async () => (await collectors(server)) === 1);
      running.kill(signal);
      const { status, ms } = await running.done;
      assert.equal(status, 2);
      assert.equal(await collectors(server), 0, `${ms}`);
    });
  }

  test('leaves nothing behind when nobody reads its output any more, however much it still prints', async (context) => {
    const server = await simulator(context, { args: ['-vms', '8'] });
    const proxy = await startProxy(server.url);
    context.after(() => proxy.stop());
    for (const { vm } of server.vms) await post(server, vm, 'VmStartingEvent');
    const args = ['--json', '--timeout', '20', '*'];
    const running = startCommand(args, { server: { ...server, url: proxy.url } });
    await running.prints(/CustomizationNotStarted/);
    await until(async () => (await collectors(server)) === 1);
    running.closeStdout();
    proxy.add({ method: ['DestroyCollector', 'Logout'], delayMs: 100 });
    for (const { vm } of server.vms) {
      await post(server, vm, 'CustomizationStartedEvent');
      await sleep(10);
    }
    const { status, ms } = await running.done;
    assert.equal(status, 2);
    assert.equal(await collectors(server), 0, `${ms}`);
  });

  test('has events pushed, and only reads them with --no-push', async (context) => {
    const server = await simulator(context, { args: ['-vms', '2'] });
    for (const flags of [[], ['--no-push']]) {
      for (const { vm } of server.vms) await post(server, vm, 'VmStartingEvent');
      const running = startCommand(['--timeout', '2', ...flags, 'DC0_H0_VM*'], { server });
      if (flags.length === 0) {
        await until(async () => (await collectors(server)) === 1);
        for (const { vm } of server.vms) await post(server, vm, 'CustomizationSucceeded');
        assert.equal((await running.done).status, 0);
      } else {
        const before = (await server.do({ do: 'requests' })).count.CreateCollectorForEvents;
        await running.done;
        assert.equal((await server.do({ do: 'requests' })).count.CreateCollectorForEvents, before);
      }
    }
  });

  for (const skip of [0, 1]) {
    test(`says once that it only reads, when ${skip === 0 ? 'no' : 'no other than the first'} long poll works`, async (context) => {
      const server = await simulator(context, { args: ['-vms', '2'] });
      const proxy = await startProxy(server.url);
      context.after(() => proxy.stop());
      // Of each push, which asks first for the present state.
      const isLater = ({ text }) => skip === 0 || !/<version><\/version>|<version\/>/.test(text);
      proxy.add({ method: 'WaitForUpdatesEx', when: isLater, fault: 'SystemError' });
      for (const { vm } of server.vms) await post(server, vm, 'VmStartingEvent');
      const args = ['--poll-interval', '0.1', 'DC0_H0_VM*'];
      const running = startCommand(args, { server: { ...server, url: proxy.url } });
      await running.prints(/events cannot be pushed \(127\.0\.0\.1:\d+: WaitForUpdatesEx: SystemError: /, 'stderr');
      await until(() => proxy.requests.CreateCollectorForEvents.count > 3);
      for (const { vm } of server.vms) await post(server, vm, 'CustomizationSucceeded');
      const { status, stderr } = await running.done;
      assert.equal(status, 0);
      assert.equal(stderr.match(/cannot be pushed/g).length, 1);
      assert.match(stderr, /reading them from time to time until that works again/);
    });
  }

  test('says once that it only reads, when there is no collector', async (context) => {
    const server = await simulator(context, { args: ['-vms', '2'] });
    const proxy = await startProxy(server.url);
    context.after(() => proxy.stop());
    proxy.add({ method: 'CreateCollectorForEvents', fault: 'InvalidState' });
    for (const { vm } of server.vms) await post(server, vm, 'VmStartingEvent');
    const args = ['--poll-interval', '0.1', 'DC0_H0_VM*'];
    const running = startCommand(args, { server: { ...server, url: proxy.url } });
    await running.prints(/events cannot be pushed/, 'stderr');
    for (const { vm } of server.vms) await post(server, vm, 'CustomizationSucceeded');
    const { status, stderr } = await running.done;
    assert.equal(status, 0);
    assert.equal(stderr.match(/cannot be pushed/g).length, 1);
  });
});
