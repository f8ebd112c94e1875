/** Many waits in one session of a vCenter: what they ask of it, what is there when the session ends, and what is left. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectVCenter, watchCustomization } from '../../bindings/dist/node.js';
import { SteppedClock } from '../../bindings/dist/testing.js';
import { startProxy } from '../simulators/proxy.mjs';
import { startSimulator } from '../simulators/simulator.mjs';

const PATIENCE_MS = 60_000;

// vCenter frees the place of a collector with its session.
const PLACES = ['-max-collectors', '1000', '-leak-collectors=false'];

// A long poll lasts 50 s, so that a minute sees two of them at most; the time of these tests does not end any.
const LONG_POLLS = 2;

// Between two safety reads of a shared source.
const GRID_S = 65;

/**
 * A wait for each VM of a simulated vCenter, in one session of it. Time goes on only while a test waits for something, so
 * that nothing depends on how long it takes.
 */
async function waits(
  context,
  count,
  { kind = 'fake', protocol = 'soap', shared = false, proxied = false, deny = [], apartMs = 0 } = {},
) {
  const server = await startSimulator({ kind, args: ['-vms', `${count}`, ...(kind === 'fake' ? PLACES : [])] });
  context.after(() => server.stop());
  for (const entity of deny) await server.do({ do: 'deny', entity });
  const proxy = proxied ? await startProxy(server.url) : undefined;
  if (proxy) context.after(() => proxy.stop());
  const clock = new SteppedClock();
  const { user, password } = server;
  const trust = { server: proxy?.url ?? server.url, insecure: true, environment: {} };
  const vcenter = await connectVCenter({ ...trust, user, password, protocol, clock });
  const told = [];
  const warnings = [];
  const warn = (message) => warnings.push(message);
  const source = shared ? vcenter.shared(warn) : vcenter.events(warn);
  const watch = ({ vm, name }, options = {}) =>
    watchCustomization(source, [{ vm, name }], {
      clock,
      waitForPowerOn: true,
      onProgress: (progress) => told.push({ by: vm, ...progress }),
      ...options,
    });
  const watches = [];
  context.after(() => {
    for (const each of watches) each.cancel();
  });
  const requests = async () => {
    const { count: byMethod } = await server.do({ do: 'requests' });
    return { ...byMethod, all: Object.values(byMethod).reduce((sum, each) => sum + each, 0) };
  };
  /** Lets time pass, and waits until no more is asked. */
  const pass = async (ms) => {
    await clock.advance(ms);
    let before;
    for (let now = -1; now !== before; now = (await requests()).all) {
      before = now;
      await sleep(5);
    }
  };
  for (const vm of server.vms) {
    watches.push(watch(vm));
    if (apartMs > 0) await pass(apartMs);
  }
  const until = async (condition, stepMs = 5) => {
    const end = performance.now() + PATIENCE_MS;
    while (!(await condition())) {
      assert.ok(performance.now() < end, `never: ${condition}`);
      await (stepMs > 100 ? pass(stepMs) : sleep(5).then(() => clock.advance(stepMs)));
    }
  };
  /** What the promise settles to, time going on until it does. */
  const settled = async (promise, stepMs) => {
    let over = false;
    const watched = promise.finally(() => {
      over = true;
    });
    watched.catch(() => undefined);
    await until(() => over, stepMs);
    return watched;
  };
  const reportsOf = (some, stepMs) => settled(Promise.all(some.map(({ report }) => report)), stepMs);
  const of = (type) => told.filter((progress) => progress.type === type);
  const run = { server, proxy, clock, vcenter, watch, watches, warnings, of, pass, until, reportsOf };
  return {
    ...run,
    requests,
    onServer: async () => {
      const { count: sessions } = await server.do({ do: 'sessions' });
      const { count: collectors } = await server.do({ do: 'collectors' });
      return { sessions, collectors };
    },
    settled,
    /** All push, and have read since. */
    pushing: (times) => until(() => of('pushing').length >= times * count && of('read').length >= 2 * times * count),
  };
}

const RUNS = [
  [false, 10],
  [false, 30],
  [true, 10],
  [true, 30],
  [true, 100],
];

for (const protocol of ['soap', 'vi-json']) {
  for (const [shared, count] of protocol === 'soap'
    ? RUNS
    : RUNS.filter(([each, number]) => number === (each ? 100 : 10))) {
    const collectors = shared ? 1 : count;
    describe(`${count} waits over ${protocol}, ${shared ? 'with one source' : 'in one session'},`, () => {
      test('log in once when it ends, and leave nothing when it is closed', async (context) => {
        const run = await waits(context, count, { protocol, shared });
        await run.pushing(1);
        assert.deepEqual(await run.onServer(), { sessions: 1, collectors });
        for (let ends = 1; ends <= 2; ends += 1) {
          // A push that has lasted: one whose session is gone again right after a log-in would wait.
          await run.clock.advance(5_000);
          await run.server.do({ do: 'expireSessions' });
          await run.pushing(ends + 1);
          assert.equal((await run.requests()).Login, ends + 1);
          assert.deepEqual(await run.onServer(), { sessions: 1, collectors });
        }
        await run.vcenter.close();
        assert.deepEqual(await run.onServer(), { sessions: 0, collectors: 0 });
      });

      test('leave nothing when it is closed while they log in, and end', async (context) => {
        const run = await waits(context, count, { protocol, shared, proxied: true });
        await run.pushing(1);
        const logIn = run.proxy.add({ method: 'Login', delayMs: 200 });
        await run.server.do({ do: 'expireSessions' });
        await run.until(() => logIn.hits > 0);
        // Time stands still, so that what it has for that does not end.
        await run.vcenter.close();
        assert.deepEqual(await run.onServer(), { sessions: 0, collectors: 0 });
        for (const watch of run.watches) watch.cancel();
        await Promise.all(run.watches.map(({ report }) => report));
        assert.equal(logIn.hits, 1);
        assert.deepEqual(await run.onServer(), { sessions: 0, collectors: 0 });
      });
    });
  }

  describe(`100 waits with one source over ${protocol}`, () => {
    /** Lets seconds pass. The server's long polls last 50 of its own seconds: an event ends them before the client does. */
    const passed = async (run, seconds) => {
      for (let second = 1; second <= seconds; second += 1) {
        if (second % 40 === 0) await run.server.do({ do: 'post', vm: run.server.vms[0].vm, event: 'VmStartingEvent' });
        await run.pass(1000);
      }
    };

    /** How many requests there are while each of them reads once, beside the long polls. */
    const quietly = async (run) => {
      const requests = async () => {
        const { all, WaitForUpdatesEx } = await run.requests();
        return all - WaitForUpdatesEx;
      };
      const [before, reads] = [await requests(), run.of('read').length];
      await passed(run, GRID_S);
      assert.equal(run.of('read').length - reads, 100);
      const quiet = (await requests()) - before;
      assert.ok(quiet <= 6 - LONG_POLLS, JSON.stringify(await run.requests()));
      return quiet;
    };

    test('begin with 15 requests, the log-in included, and make 6 in a quiet minute', async (context) => {
      const run = await waits(context, 100, { protocol, shared: true });
      await run.pushing(1);
      const begun = await run.requests();
      assert.ok(begun.all <= 15, JSON.stringify(begun));
      context.diagnostic(`${begun.all} requests to begin, ${await quietly(run)} in a minute beside the long polls`);
      assert.deepEqual(await run.onServer(), { sessions: 1, collectors: 1 });
      await run.vcenter.close();
    });

    test('that have begun one after the other within a minute make 6 in a quiet minute, too', async (context) => {
      const run = await waits(context, 100, { protocol, shared: true, apartMs: 600 });
      await passed(run, 2 * GRID_S);
      context.diagnostic(`${await quietly(run)} requests in a minute beside the long polls`);
      assert.deepEqual(await run.onServer(), { sessions: 1, collectors: 1 });
      await run.vcenter.close();
    });

    test('are each told what happens to their own VMs, without a read', async (context) => {
      const run = await waits(context, 100, { protocol, shared: true });
      await run.pushing(1);
      const reads = run.of('reading').length;
      for (const event of ['VmStartingEvent', 'CustomizationStartedEvent', 'CustomizationSucceeded']) {
        await Promise.all(run.server.vms.map(({ vm }) => run.server.do({ do: 'post', vm, event })));
      }
      const reports = await run.reportsOf(run.watches);
      assert.ok(reports.every(({ vms: [row] }) => row.conclusion === 'completed'));
      assert.ok(reports.every(({ transitions }) => transitions.every(({ inferred }) => inferred !== true)));
      assert.ok(
        reports.every(({ ignored }) => Object.keys(ignored).length === 0),
        'of other VMs nothing comes',
      );
      assert.equal(run.of('reading').length, reads);
      // The last of them ends the push.
      await run.until(async () => (await run.onServer()).collectors === 0);
      await run.vcenter.close();
      assert.deepEqual(await run.onServer(), { sessions: 0, collectors: 0 });
    });
  });
}

describe('waits with one source', () => {
  for (const kind of ['vcsim', 'fake']) {
    test(`of the ${kind} simulator come and go, and end as each alone`, async (context) => {
      const run = await waits(context, 6, { kind, shared: true });
      await run.pushing(1);
      const [first, second, ...others] = run.server.vms;
      const post = (vm, event) => run.server.do({ do: 'post', vm, event });
      assert.equal((await run.onServer()).collectors, 1);
      for (const event of ['VmStartingEvent', 'CustomizationStartedEvent', 'CustomizationFailed'])
        await post(first.vm, event);
      const [report] = await run.reportsOf(run.watches.slice(0, 1));
      assert.equal(report.vms[0].customizationStatus, 'CustomizationFailed');
      for (const watch of run.watches.slice(2)) watch.cancel();
      // It finds what was posted before it was there.
      const late = run.watch(first);
      await run.until(() => run.of('concluded').filter(({ by }) => by === first.vm).length === 2);
      assert.equal((await run.reportsOf([late]))[0].vms[0].customizationStatus, 'CustomizationFailed');
      await run.settled(run.watches[1].setVms([second, ...others]));
      const last = others.at(-1).vm;
      for (const event of ['VmStartingEvent', 'CustomizationSucceeded']) await post(last, event);
      await run.until(() => run.of('concluded').some(({ row }) => row.vm === last && row.conclusion === 'completed'));
      assert.equal((await run.requests()).CreateCollectorForEvents, 1);
      run.watches[1].cancel();
      await run.until(async () => (await run.onServer()).collectors === 0);
      const again = run.watch(second);
      await run.until(async () => (await run.onServer()).collectors === 1);
      again.cancel();
      await run.vcenter.close();
      assert.deepEqual(await run.onServer(), { sessions: 0, collectors: 0 });
    });
  }

  test('are pushed the events of their datacenter where the root folder may not be read', async (context) => {
    const run = await waits(context, 10, { shared: true, deny: ['/'] });
    await run.pushing(1);
    assert.deepEqual(await run.onServer(), { sessions: 1, collectors: 1 });
    const [{ vm }] = run.server.vms;
    for (const event of ['VmStartingEvent', 'CustomizationSucceeded']) await run.server.do({ do: 'post', vm, event });
    const [report] = await run.reportsOf(run.watches.slice(0, 1));
    assert.equal(report.vms[0].customizationStatus, 'CustomizationSucceeded');
    assert.deepEqual(run.warnings, []);
    await run.vcenter.close();
    assert.deepEqual(await run.onServer(), { sessions: 0, collectors: 0 });
  });

  test('are read VM by VM where nothing above them may be read, which is said once', async (context) => {
    const run = await waits(context, 10, { shared: true, deny: ['/', '/DC0'] });
    await run.until(() => run.of('pushUnavailable').length === 10);
    for (const { vm } of run.server.vms) {
      for (const event of ['VmStartingEvent', 'CustomizationSucceeded']) await run.server.do({ do: 'post', vm, event });
    }
    const reports = await run.reportsOf(run.watches, 1000);
    assert.ok(reports.every(({ vms: [row] }) => row.conclusion === 'completed'));
    assert.equal(run.warnings.length, 1);
    await run.vcenter.close();
    assert.deepEqual(await run.onServer(), { sessions: 0, collectors: 0 });
  });

  test('hear of a VM that may not be read only where it is theirs', async (context) => {
    const run = await waits(context, 5, { shared: true });
    await run.pushing(1);
    const [{ vm }, ...others] = run.server.vms;
    await run.server.do({ do: 'deny', entity: vm });
    await run.until(() => run.of('concluded').length > 0, 1000);
    const [row] = (await run.watches[0].report).vms;
    assert.deepEqual([row.conclusion, row.error.kind], ['unobservable', 'noPermission']);
    for (const { vm: other } of others) {
      for (const event of ['VmStartingEvent', 'CustomizationSucceeded'])
        await run.server.do({ do: 'post', vm: other, event });
    }
    const reports = await run.reportsOf(run.watches.slice(1));
    assert.ok(reports.every(({ vms: [each] }) => each.conclusion === 'completed'));
    await run.vcenter.close();
  });
});

test('waits that outlive the session they are in end, and open no other', async (context) => {
  const run = await waits(context, 3);
  await run.pushing(1);
  await run.vcenter.close();
  await run.clock.advance(60_000);
  const reports = await Promise.all(run.watches.map(({ report }) => report));
  for (const { vms } of reports) {
    assert.deepEqual(
      vms.map(({ conclusion, error }) => [conclusion, error.kind]),
      [['unobservable', 'fatal']],
    );
    assert.match(vms[0].error.message, /the session was closed/);
  }
  assert.deepEqual(await run.onServer(), { sessions: 0, collectors: 0 });
});
