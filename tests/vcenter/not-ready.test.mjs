/** A server that is not ready when it is first asked: it answers 503 for a while, as one that starts does. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { ConnectionError, connectVCenter, OptionsError } from '../../bindings/dist/node.js';
import { startCommand } from '../command/command.mjs';
import { startProxy } from '../simulators/proxy.mjs';
import { startSimulator } from '../simulators/simulator.mjs';
import { SOON_MS } from '../until.mjs';

describe('a server that is not ready', () => {
  let server;
  let proxy;
  let front;
  before(async () => {
    server = await startSimulator({ kind: 'fake', args: ['-vms', '1'] });
    await server.do({ do: 'powerOn', vm: server.vms[0].vm });
    await server.do({ do: 'post', vm: server.vms[0].vm, event: 'CustomizationSucceeded' });
    proxy = await startProxy(server.url);
    front = { ...server, url: proxy.url };
  });
  after(async () => {
    await proxy.stop();
    await server.stop();
  });
  const connect = (options = {}) => {
    const { user, password } = server;
    return connectVCenter({ server: proxy.url, user, password, insecure: true, environment: {}, ...options });
  };
  const broken = async (rule, use) => {
    const added = proxy.add(rule);
    try {
      return await use(added);
    } finally {
      added.remove();
    }
  };

  for (const method of ['RetrieveServiceContent', 'Login', 'CreateContainerView', 'RetrievePropertiesEx']) {
    test(`for ${method} once is asked again, and that is told`, () =>
      broken({ method, status: 503, times: 1 }, async () => {
        const { status, stderr } = await startCommand(['*'], { server: front }).done;
        assert.equal(status, 0, stderr);
        assert.match(
          stderr,
          new RegExp(`^127\\.0\\.0\\.1:\\d+: ${method} was answered with HTTP 503: .*; trying again$`, 'm'),
        );
        assert.equal((await server.do({ do: 'sessions' })).count, 0);
      }));
  }

  test('is asked again by `server-time` too', () =>
    broken({ method: 'RetrieveServiceContent', status: 503, times: 1 }, async () => {
      const { status, stderr } = await startCommand(['server-time'], { server: front }).done;
      assert.equal(status, 0, stderr);
      assert.match(stderr, /HTTP 503: .*; trying again/);
    }));

  for (const protocol of ['auto', 'soap', 'vi-json']) {
    test(`for longer than a wait may take is told as such with ${protocol}, within the wait's time`, () =>
      broken({ status: 503 }, async () => {
        const args = ['--timeout', '1.5', '--protocol', protocol, '*'];
        const { status, stderr, ms } = await startCommand(args, { server: front }).done;
        assert.equal(status, 4);
        assert.match(stderr, /: \w+ was answered with HTTP 503: the server is not ready, .*see on the server whether/);
        assert.doesNotMatch(stderr, /no VI JSON/);
        assert.ok(ms < 4000, `${ms}`);
      }));
  }

  test('is asked as long as it was said, and not at all when that is 0', () =>
    broken({ method: 'RetrieveServiceContent', status: 503 }, async (rule) => {
      const retries = [];
      const onRetry = (message) => retries.push(message);
      for (const [patienceSeconds, tries] of [
        [0, 1],
        [0.9, 1],
        [1.5, 2],
      ]) {
        rule.hits = 0;
        const connecting = connect({ protocol: 'soap', patienceSeconds, onRetry });
        await assert.rejects(connecting, (error) => error instanceof ConnectionError && error.code === 'http');
        assert.equal(rule.hits, tries);
      }
      assert.equal(retries.length, 1);
      for (const patienceSeconds of [-1, Number.NaN, Number.POSITIVE_INFINITY, '3']) {
        await assert.rejects(connect({ patienceSeconds }), OptionsError);
      }
    }));

  test('is left at once at a signal', () =>
    broken({ status: 503 }, async () => {
      const controller = new AbortController();
      const reason = new Error('enough');
      let asked;
      const onRetry = () => {
        setTimeout(() => {
          asked = performance.now();
          controller.abort(reason);
        }, 50);
      };
      await assert.rejects(connect({ signal: controller.signal, onRetry }), (error) => error === reason);
      assert.ok(performance.now() - asked < SOON_MS);
    }));

  test('is not what an address is where nothing listens: that is told at once', async () => {
    await proxy.close();
    const begin = performance.now();
    await assert.rejects(connect(), /nothing listens there/);
    assert.ok(performance.now() - begin < 900);
    await proxy.open();
  });
});
