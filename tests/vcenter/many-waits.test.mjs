/** Many waits in one session of a vCenter: what they ask of it, what is there when the session ends, and what is left. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectVCenter, watchCustomization } from '../../bindings/dist/node.js';
import { SimulatedClock } from '../../bindings/test/simulated-clock.mjs';
import { startProxy } from '../simulators/proxy.mjs';
import { startSimulator } from '../simulators/simulator.mjs';

const PATIENCE_MS = 60_000;

async function until(condition) {
  const end = performance.now() + PATIENCE_MS;
  while (!(await condition())) {
    assert.ok(performance.now() < end, `never: ${condition}`);
    await sleep(5);
  }
}

/**
 * A wait for each VM of a simulated vCenter, in one session of it. The clock stands still, so that nothing depends on how
 * long something takes.
 */
async function waits(context, count, { protocol = 'soap', proxied = false, args = [] } = {}) {
  // vCenter frees the place of a collector with its session.
  const places = ['-max-collectors', '1000', '-leak-collectors=false'];
  const server = await startSimulator({ kind: 'fake', args: ['-vms', `${count}`, ...places, ...args] });
  context.after(() => server.stop());
  const proxy = proxied ? await startProxy(server.url) : undefined;
  if (proxy) context.after(() => proxy.stop());
  const clock = new SimulatedClock();
  const { user, password } = server;
  const url = proxy?.url ?? server.url;
  const vcenter = await connectVCenter({
    server: url,
    user,
    password,
    insecure: true,
    environment: {},
    protocol,
    clock,
  });
  const source = vcenter.events();
  const told = [];
  const watches = server.vms.map(({ vm, name }) =>
    watchCustomization(source, [{ vm, name }], {
      clock,
      waitForPowerOn: true,
      onProgress: (progress) => told.push({ by: vm, ...progress }),
    }),
  );
  const of = (type) => told.filter((progress) => progress.type === type);
  const requests = async () => {
    const { count: byMethod } = await server.do({ do: 'requests' });
    return { ...byMethod, all: Object.values(byMethod).reduce((sum, each) => sum + each, 0) };
  };
  const onServer = async () => {
    const { count: sessions } = await server.do({ do: 'sessions' });
    const { count: collectors } = await server.do({ do: 'collectors' });
    return { sessions, collectors };
  };
  /** All push, and have read since. */
  const settled = (times) =>
    until(() => of('pushing').length >= times * count && of('read').length >= 2 * times * count);
  context.after(() => {
    for (const watch of watches) watch.cancel();
  });
  return { server, proxy, clock, vcenter, watches, of, requests, onServer, settled };
}

for (const protocol of ['soap', 'vi-json']) {
  for (const count of [10, 30]) {
    describe(`${count} waits in one session over ${protocol}`, () => {
      test('log in once when it ends, and leave nothing when it is closed', async (context) => {
        const run = await waits(context, count, { protocol });
        await run.settled(1);
        assert.deepEqual(await run.onServer(), { sessions: 1, collectors: count });
        for (let ends = 1; ends <= 2; ends += 1) {
          await run.server.do({ do: 'expireSessions' });
          await run.settled(ends + 1);
          assert.equal((await run.requests()).Login, ends + 1);
          assert.deepEqual(await run.onServer(), { sessions: 1, collectors: count });
          assert.equal(run.of('loggedIn').length, ends * count);
        }
        await run.vcenter.close();
        assert.deepEqual(await run.onServer(), { sessions: 0, collectors: 0 });
      });

      test('leave nothing when it is closed while they log in, and end', async (context) => {
        const run = await waits(context, count, { protocol, proxied: true });
        await run.settled(1);
        const logIn = run.proxy.add({ method: 'Login', delayMs: 200 });
        await run.server.do({ do: 'expireSessions' });
        await until(() => logIn.hits > 0);
        await run.vcenter.close();
        assert.deepEqual(await run.onServer(), { sessions: 0, collectors: 0 });
        for (const watch of run.watches) watch.cancel();
        await Promise.all(run.watches.map(({ report }) => report));
        assert.equal(logIn.hits, 1);
        assert.deepEqual(await run.onServer(), { sessions: 0, collectors: 0 });
      });
    });
  }
}

test('waits that outlive the session they are in end, and open no other', async (context) => {
  const run = await waits(context, 3);
  await run.settled(1);
  await run.vcenter.close();
  run.clock.advance(60_000);
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
