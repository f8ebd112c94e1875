/** A session that is lost, and the one in its place, against a transport of a few lines. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { VCenter } from '../dist/node.js';

const encoder = new TextEncoder();
const ref = (type) => ({ _typeName: 'ManagedObjectReference', type, value: type });
const CONTENT = {
  _typeName: 'ServiceContent',
  about: { apiType: 'VirtualCenter', apiVersion: '8.0.3.0' },
  rootFolder: ref('Folder'),
  propertyCollector: ref('PropertyCollector'),
  viewManager: ref('ViewManager'),
  sessionManager: ref('SessionManager'),
  eventManager: ref('EventManager'),
};
const QUERY = { vms: ['vm-1'], since: '2026-03-01T10:00:00.000Z', types: [], maxCount: 10, timeoutMs: null };
const signal = new AbortController().signal;
const settle = () => new Promise((resolve) => setImmediate(resolve));

/** A vCenter whose sessions end when the test says so. Log-ins are answered when it says so too, where `held`. */
async function connected({ how = { user: 'u', password: 'p' }, key } = {}) {
  const server = { key, keys: 0, calls: [], held: undefined, refuse: undefined };
  const json = (status, body, headers = {}) => ({
    status,
    header: (name) => headers[name],
    cookies: [],
    body: encoder.encode(body === undefined ? '' : JSON.stringify(body)),
  });
  const transport = {
    host: 'vc',
    path: '/sdk',
    close: () => undefined,
    send: async ({ operation, headers }) => {
      server.calls.push(operation);
      if (operation === 'hello') return json(200, { api_release: '8.0.3.0' });
      if (operation === 'RetrieveServiceContent') return json(200, CONTENT);
      if (operation === 'Login') {
        await server.held;
        if (server.refuse) return json(500, { _typeName: server.refuse });
        server.keys += 1;
        server.key = `key-${server.keys}`;
        return json(200, { _typeName: 'UserSession', key: 'k' }, { 'vmware-api-session-id': server.key });
      }
      if (server.proxyRefuses?.(operation)) return json(401, undefined);
      const isKnown = server.key !== undefined && headers['vmware-api-session-id'] === server.key;
      await server.slow?.(operation);
      if (!isKnown) return json(500, { _typeName: 'NotAuthenticated' });
      if (operation === 'Logout') server.key = undefined;
      if (operation === 'CurrentTime') return json(200, '2026-03-01T10:00:00Z');
      return operation === 'QueryEvents' ? json(200, []) : json(204);
    },
  };
  const vcenter = await VCenter.connect(transport, how, { protocol: 'vi-json' });
  const logIns = () => server.calls.filter((operation) => operation === 'Login').length;
  return { server, vcenter, source: vcenter.events(), other: vcenter.events(), logIns };
}

/** A read meets that the session is gone. */
const miss = (source) => assert.rejects(source.readEvents(QUERY, { signal }), { kind: 'notAuthenticated' });

describe('a session that is lost', () => {
  test('is opened again by one log-in for all who miss it, whichever source they have', async () => {
    const { server, source, other, logIns } = await connected();
    server.key = undefined;
    await Promise.all([miss(source), miss(other)]);
    let release;
    server.held = new Promise((resolve) => {
      release = resolve;
    });
    const waiting = [source, other, source].map((each) => each.logIn({ signal }));
    await settle();
    waiting.push(other.logIn({ signal }));
    release();
    await Promise.all(waiting);
    assert.equal(logIns(), 2);
    await source.readEvents(QUERY, { signal });
  });

  test('is not opened again for one who missed that before, and comes when there is another', async () => {
    const { server, source, other, logIns } = await connected();
    server.key = undefined;
    await Promise.all([miss(source), miss(other)]);
    await source.logIn({ signal });
    await other.logIn({ signal });
    assert.equal(logIns(), 2);
    server.key = undefined;
    await miss(other);
    await other.logIn({ signal });
    assert.equal(logIns(), 3);
  });

  test('is not opened again for one whose request was under way when another was opened', async () => {
    const { server, source, other, logIns } = await connected();
    server.key = undefined;
    let answer;
    const answered = new Promise((resolve) => {
      answer = resolve;
    });
    server.slow = (operation) => (operation === 'CurrentTime' ? answered : undefined);
    const late = assert.rejects(other.serverTime({ signal }), { kind: 'notAuthenticated' });
    await settle();
    await miss(source);
    await source.logIn({ signal });
    answer();
    await late;
    await other.logIn({ signal });
    assert.equal(logIns(), 2);
  });

  test('is opened for the others when one of them gives up', async () => {
    const { server, source, other, logIns } = await connected();
    server.key = undefined;
    await miss(source);
    let release;
    server.held = new Promise((resolve) => {
      release = resolve;
    });
    const controller = new AbortController();
    const given = assert.rejects(source.logIn({ signal: controller.signal }), /enough/);
    const kept = other.logIn({ signal });
    await settle();
    controller.abort(new Error('enough'));
    await given;
    release();
    await kept;
    assert.equal(logIns(), 2);
  });

  test('whose log-in fails is opened by the next', async () => {
    const { server, source, other, logIns } = await connected();
    server.key = undefined;
    await miss(source);
    server.refuse = 'SystemError';
    const results = await Promise.allSettled([source.logIn({ signal }), other.logIn({ signal })]);
    assert.deepEqual(
      results.map(({ reason }) => reason.kind),
      ['transient', 'transient'],
    );
    server.refuse = undefined;
    await other.logIn({ signal });
    assert.equal(logIns(), 3);
  });

  test('and was given is only looked for, until it is there or is not', async () => {
    const { server, source, logIns } = await connected({ how: { session: { apiSessionId: 'mine' } }, key: 'mine' });
    const times = () => server.calls.filter((operation) => operation === 'CurrentTime').length;
    server.proxyRefuses = (operation) => operation === 'QueryEvents';
    await miss(source);
    const before = times();
    await source.logIn({ signal });
    await source.logIn({ signal });
    assert.equal(times(), before + 1, 'it was there');
    server.key = undefined;
    await miss(source);
    await assert.rejects(source.logIn({ signal }), { kind: 'fatal', message: /the session given has ended/ });
    assert.equal(logIns(), 0);
  });

  test('is not opened again once it was closed', async () => {
    const { server, vcenter, source, logIns } = await connected();
    server.key = undefined;
    await miss(source);
    await vcenter.close();
    await assert.rejects(source.logIn({ signal }), { kind: 'fatal', message: /the session was closed/ });
    assert.equal(logIns(), 1);
  });

  test('is asked nothing once it was closed', async () => {
    const { server, vcenter, source } = await connected();
    await vcenter.close();
    const before = [...server.calls];
    const closed = { kind: 'notAuthenticated', message: /the session was closed/ };
    await assert.rejects(source.readEvents(QUERY, { signal }), closed);
    await assert.rejects(source.readGuestInfo(QUERY.vms, { signal }), closed);
    await assert.rejects(source.serverTime({ signal }), closed);
    await assert.rejects(vcenter.findVms('web-*'), { kind: 'fatal', message: /the session was closed/ });
    assert.deepEqual(server.calls, before);
  });

  test('is closed, though two close it at once', async () => {
    const { server, vcenter } = await connected();
    await Promise.all([vcenter.close(), vcenter.close()]);
    assert.equal(server.key, undefined);
  });

  test('and was given goes on, and so does what is to be removed there', async () => {
    const { vcenter, source } = await connected({ how: { session: { apiSessionId: 'mine' } }, key: 'mine' });
    await vcenter.close();
    assert.equal((await source.serverTime({ signal })).getTime(), Date.parse('2026-03-01T10:00:00Z'));
  });
});
