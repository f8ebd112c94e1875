/** What the servers of the examples, of the plug-in and of the page share: what they refuse, and what they bound. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { describe, test } from 'node:test';
import tls from 'node:tls';
import { Hono } from 'hono';
import { clientOf, networkOf, trusted } from '../../bindings/server/client.js';
import { contentType, LOOPBACK_NAMES, ownHost, ownPages } from '../../bindings/server/guard.js';
import { listen } from '../../bindings/server/listen.js';
import { vcenterProxy } from '../../bindings/server/vcenter-proxy.js';
import { acquireCloneTicket } from '../../web-demo/plugin/clone-ticket.mjs';
import { Turns } from '../../web-demo/plugin/turns.mjs';
import { makeCertificate } from '../simulators/certificate.mjs';

/** The status of one request to an app, without a server. */
const statusOf = async (app, { method = 'POST', path = '/', headers = {}, body } = {}) =>
  (await app.request(`http://127.0.0.1:8080${path}`, { method, headers, body })).status;

describe('requests that are refused', () => {
  const app = (...middlewares) => new Hono().use(...middlewares).all('*', (c) => c.text('ok'));

  test('are those to a name that is not the server’s own, with any port', async () => {
    const guarded = app(ownHost(LOOPBACK_NAMES));
    for (const [host, status] of [
      ['127.0.0.1', 200],
      ['127.0.0.1:8080', 200],
      ['LocalHost:1', 200],
      ['[::1]:8080', 200],
      ['evil.example', 421],
      ['127.0.0.1.evil.example:8080', 421],
      ['localhost.evil.example', 421],
      ['127.0.0.1@evil.example', 421],
      ['', 421],
      ['a b', 421],
    ]) {
      for (const method of ['GET', 'POST'])
        assert.equal(await statusOf(guarded, { method, headers: { host } }), status, host);
    }
  });

  test('are those of pages of another origin', async () => {
    const guarded = app(ownPages(['vc.example.com']));
    const host = '127.0.0.1:8080';
    for (const [headers, status] of [
      [{}, 200],
      [{ 'sec-fetch-site': 'same-origin' }, 200],
      [{ 'sec-fetch-site': 'same-origin', origin: 'http://127.0.0.1:8080' }, 200],
      [{ origin: 'https://vc.example.com' }, 200],
      [{ 'sec-fetch-site': 'same-site' }, 403],
      [{ 'sec-fetch-site': 'cross-site' }, 403],
      [{ 'sec-fetch-site': 'none' }, 403],
      [{ origin: 'http://127.0.0.1:9090' }, 403],
      [{ origin: 'http://localhost:8080' }, 403],
      [{ origin: 'https://vc.example.com.evil.example' }, 403],
      [{ origin: 'null' }, 403],
      [{ 'sec-fetch-site': 'cross-site', origin: 'http://127.0.0.1:8080' }, 403],
    ]) {
      for (const method of ['GET', 'POST', 'DELETE']) {
        assert.equal(
          await statusOf(guarded, { method, headers: { host, ...headers } }),
          status,
          JSON.stringify(headers),
        );
      }
    }
  });

  test('are those of a type that a form can send', async () => {
    const guarded = app(contentType('application/json', 'text/xml'));
    for (const [type, status] of [
      ['application/json', 200],
      ['Application/JSON; charset=utf-8', 200],
      ['text/xml;charset=UTF-8', 200],
      ['text/plain', 415],
      ['application/x-www-form-urlencoded', 415],
      ['multipart/form-data; boundary=x', 415],
      ['application/json-seq', 415],
      ['text/plain; application/json', 415],
      ['', 415],
    ]) {
      assert.equal(await statusOf(guarded, { headers: { 'content-type': type }, body: '{}' }), status, type);
    }
    assert.equal(await statusOf(guarded, { headers: { 'content-length': '2' } }), 415);
    assert.equal(await statusOf(guarded, { headers: { 'transfer-encoding': 'chunked' } }), 415);
    assert.equal(await statusOf(guarded, {}), 200);
  });
});

describe('the proxy to a vCenter', () => {
  /** A transport that keeps what it was given. */
  function scripted(answer = {}) {
    const sent = [];
    const transport = {
      host: 'vc.example.com',
      path: '/sdk',
      close: () => undefined,
      async send(request) {
        sent.push(request);
        if (answer instanceof Error) throw answer;
        const headers = { 'content-type': 'text/xml', 'x-powered-by': 'vCenter', ...answer.headers };
        const { status = 200, cookies = [], body = Buffer.from('<ok/>') } = answer;
        return { status, header: (name) => headers[name], cookies, body };
      },
    };
    return { sent, app: vcenterProxy(transport) };
  }
  const XML = { 'content-type': 'text/xml', host: '127.0.0.1:8080' };

  test('hands on what is vCenter’s, without saying where it is from, and keeps its cookies to this page', async () => {
    const { app, sent } = scripted({
      cookies: ['vmware_soap_session="1"; Path=/; Domain=vc.example.com; HttpOnly; Secure; SameSite=None'],
      headers: { date: 'now', 'vmware-api-session-id': 'secret' },
    });
    const answer = await app.request('http://127.0.0.1:8080/sdk/vim25?x=%2f', {
      method: 'POST',
      headers: {
        ...XML,
        origin: 'http://127.0.0.1:8080',
        referer: 'http://127.0.0.1:8080/',
        cookie: 'a=b',
        soapaction: '"urn:vim25/8.0"',
        'x-forwarded-for': '192.0.2.1',
      },
      body: '<q/>',
    });
    assert.equal(await answer.text(), '<ok/>');
    assert.deepEqual(Object.fromEntries(answer.headers), {
      'content-type': 'text/xml',
      date: 'now',
      'set-cookie': 'vmware_soap_session="1"; Path=/; HttpOnly; SameSite=Strict',
      'vmware-api-session-id': 'secret',
    });
    const [{ method, path, headers, body }] = sent;
    assert.deepEqual([method, path, body], ['POST', '/sdk/vim25?x=%2f', '<q/>']);
    assert.deepEqual(headers, { 'content-type': 'text/xml', cookie: 'a=b', soapaction: '"urn:vim25/8.0"' });
  });

  test('hands on no request of another page, of another type, of another method or to another address', async () => {
    const { app, sent } = scripted();
    for (const [request, status] of [
      [{ path: '/sdk', headers: { ...XML, 'sec-fetch-site': 'same-site' }, body: '<q/>' }, 403],
      [{ path: '/sdk', headers: { ...XML, origin: 'https://evil.example' }, body: '<q/>' }, 403],
      [{ path: '/api/session', headers: { ...XML, 'content-type': 'text/plain' }, body: '{}' }, 415],
      [{ path: '/sdk', method: 'PUT', headers: XML, body: '<q/>' }, 404],
      [{ path: '/sdk', headers: XML, body: 'x'.repeat(4 * 1024 * 1024 + 1) }, 413],
      [{ path: '/ui', headers: XML, body: '<q/>' }, 404],
      [{ path: '/sdk/../ui', headers: XML, body: '<q/>' }, 404],
      [{ path: '/sdkx', headers: XML, body: '<q/>' }, 404],
    ]) {
      assert.equal(await statusOf(app, request), status, JSON.stringify(request).slice(0, 100));
    }
    assert.equal(sent.length, 0);
  });

  test('waits for vCenter so long and no longer, as the plug-in does for a ticket', async (context) => {
    // Of a server; the time limits by themselves keep no process alive.
    const alive = setInterval(() => undefined, 1_000);
    context.after(() => clearInterval(alive));
    const silent = {
      host: 'vc.example.com',
      send: ({ signal }) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason));
        }),
    };
    const answer = await vcenterProxy(silent, { timeoutMs: 50 }).request('/sdk', { method: 'POST', headers: XML });
    assert.equal(answer.status, 504);
    assert.equal(await answer.text(), 'vc.example.com has not answered within 0.05 s');
    await assert.rejects(acquireCloneTicket(silent, { sessionToken: 's3cret', vcGuid: '' }, 50), {
      status: 504,
      kind: 'transient',
      message: 'vc.example.com has not answered within 0.05 s',
    });
  });

  test('says why vCenter cannot be reached, and hands on an answer without content', async () => {
    const { app } = scripted(new Error('vc.example.com: /sdk: the server cannot be reached'));
    const answer = await app.request('http://127.0.0.1:8080/sdk', { method: 'POST', headers: XML, body: '<q/>' });
    assert.equal(answer.status, 502);
    assert.match(await answer.text(), /^vc\.example\.com: .*cannot be reached\n$/);
    assert.equal(await statusOf(scripted({ status: 204, body: Buffer.of() }).app, { path: '/sdk', headers: XML }), 204);
  });
});

describe('a client', () => {
  test('is an address of IPv4, in whichever form, or a network of IPv6', () => {
    for (const [address, network] of [
      ['192.0.2.1', '192.0.2.1'],
      ['::ffff:192.0.2.1', '192.0.2.1'],
      ['2001:db8:1:2:3:4:5:6', '2001:0db8:0001:0002'],
      ['2001:db8:1:2::', '2001:0db8:0001:0002'],
      ['2001:db8:1:3::', '2001:0db8:0001:0003'],
      ['::1', '0000:0000:0000:0000'],
      ['fe80::1%eth0', 'fe80:0000:0000:0000'],
      ['', ''],
    ]) {
      assert.equal(networkOf(address), network, address);
    }
  });

  test('is whom a trusted proxy names last, and nobody else’s word counts', async () => {
    const isTrusted = await trusted(['127.0.0.1', '::1', '10.0.0.2', 'no-such-host.invalid']);
    const app = new Hono().get('/', (c) => c.text(clientOf(c, isTrusted)));
    const client = async (remoteAddress, forwarded) => {
      const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded };
      return (await app.request('/', { headers }, { incoming: { socket: { remoteAddress } } })).text();
    };
    for (const [address, forwarded, expected] of [
      ['192.0.2.9', undefined, '192.0.2.9'],
      ['192.0.2.9', '192.0.2.1', '192.0.2.9'],
      ['127.0.0.1', undefined, '127.0.0.1'],
      ['127.0.0.1', '192.0.2.1', '192.0.2.1'],
      ['::ffff:127.0.0.1', '192.0.2.66, 192.0.2.1', '192.0.2.1'],
      ['127.0.0.1', '192.0.2.66, 192.0.2.1, 10.0.0.2', '192.0.2.1'],
      ['127.0.0.1', '192.0.2.1, unknown', '127.0.0.1'],
      ['127.0.0.1', '', '127.0.0.1'],
    ]) {
      assert.equal(await client(address, forwarded), expected, `${address} for ${forwarded}`);
    }
  });
});

describe('turns', () => {
  const { signal } = new AbortController();
  const settled = () => new Promise((resolve) => setImmediate(resolve));

  /** Work that ends when it is told to. */
  function works(turns) {
    const under = [];
    const begin = (client, signal_ = signal) =>
      turns.run(client, signal_, () => new Promise((resolve) => under.push({ client, end: resolve })));
    return { under, begin, names: () => under.map(({ client }) => client).join('') };
  }

  test('are taken by client, so much at a time of all and of each', async () => {
    const { under, begin, names } = works(new Turns({ atATime: 3, ofAClient: 2, waiting: 9 }));
    for (const client of 'aaaaabbc') begin(client);
    await settled();
    // Two of the first, and the second is not kept waiting for the rest of his.
    assert.equal(names(), 'aab');
    for (const expected of ['aabc', 'aabca', 'aabcab', 'aabcaba', 'aabcabaa']) {
      under[expected.length - 4].end();
      await settled();
      assert.equal(names(), expected);
    }
  });

  test('of one client that waits with too much are refused to him alone', async () => {
    const { begin, under, names } = works(new Turns({ atATime: 1, ofAClient: 1, waiting: 2 }));
    begin('a');
    const second = begin('a');
    begin('a');
    await assert.rejects(begin('a'), { status: 503, kind: 'transient' });
    begin('b');
    under[0].end();
    await settled();
    under[1].end();
    await settled();
    await second;
    under[2].end();
    await settled();
    assert.equal(names(), 'aaba');
  });

  test('are given up by whoever goes, and after work that fails', async () => {
    const turns = new Turns({ atATime: 1, ofAClient: 1, waiting: 1 });
    const { begin, under, names } = works(turns);
    begin('a');
    const gone = new AbortController();
    const waiting = begin('b', gone.signal);
    gone.abort(new Error('gone'));
    await assert.rejects(waiting, /gone/);
    await assert.rejects(begin('b', gone.signal), /gone/);
    const last = begin('c');
    under[0].end();
    await settled();
    assert.equal(names(), 'ac');
    under[1].end();
    await last;
    await assert.rejects(
      turns.run('a', signal, () => Promise.reject(new Error('failed'))),
      /failed/,
    );
    assert.equal(await turns.run('a', signal, async () => 'again'), 'again');
  });
});

describe('a server', () => {
  const app = new Hono().get('/', (c) => c.text('here')).post('/', async (c) => c.text(await c.req.text()));
  app.onError((_, c) => c.text('cut off', 400));

  async function started(context, options) {
    const server = await listen(app, options);
    context.after(() => server.stop());
    const { port } = new URL(server.origin);
    return { ...server, port: Number(port) };
  }

  /** A connection that says this and no more; resolves when it is closed. */
  function says(port, text) {
    const socket = net.connect(port, '127.0.0.1').on('error', () => undefined);
    socket.resume().write(text);
    return { socket, closed: once(socket, 'close') };
  }

  const answerOf = async (port) => {
    const request = http.get({ port, host: '127.0.0.1', agent: false });
    const [response] = await once(request, 'response');
    response.resume();
    return response.statusCode;
  };

  for (const [kind, certificate] of [
    ['HTTP', undefined],
    ['HTTPS', makeCertificate()],
  ]) {
    test(`closes connections that do not ask: ${kind}`, async (context) => {
      const options = certificate && { cert: certificate.certificate, key: certificate.key };
      const { port } = await started(context, { tls: options, limits: { silentMs: 200 } });
      const parts = [
        '',
        'GET',
        'POST / HTTP/1.1\r\nhost: localhost\r\n',
        'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\n1',
      ];
      const silent = parts.map((text) => says(port, text).closed);
      const secure = parts.map((text) => {
        if (certificate === undefined) return undefined;
        const socket = tls.connect({ port, host: '127.0.0.1', rejectUnauthorized: false });
        socket.on('error', () => undefined).resume();
        socket.once('secureConnect', () => socket.write(text));
        return once(socket, 'close');
      });
      await Promise.all([...silent, ...secure]);
    });
  }

  test('closes a connection on which nothing moves', async (context) => {
    const stuck = new Hono().get('/', () => new Promise(() => undefined));
    const server = await listen(stuck, { limits: { stalledMs: 200 } });
    context.after(() => server.stop());
    await says(Number(new URL(server.origin).port), 'GET / HTTP/1.1\r\nhost: localhost\r\n\r\n').closed;
  });

  test('gives one client so many connections, and keeps others for whom it trusts', async (context) => {
    const limits = { connections: 5, strangers: 4, ofAClient: 2 };
    let isTrusted = false;
    const { port } = await started(context, { limits, isTrusted: () => isTrusted });
    const kept = [says(port, ''), says(port, '')];
    await Promise.all(kept.map(({ socket }) => once(socket, 'connect')));
    await says(port, '').closed;
    await assert.rejects(answerOf(port), { code: /ECONNRESET|EPIPE/ });
    isTrusted = true;
    assert.equal(await answerOf(port), 200);
    // A connection that has ended makes room.
    isTrusted = false;
    kept[0].socket.destroy();
    for (let status; status !== 200; ) status = await answerOf(port).catch(() => undefined);
  });

  test('ends all connections with itself, those in the middle of a handshake too', async () => {
    const { certificate, key } = makeCertificate();
    const server = await listen(app, { tls: { cert: certificate, key } });
    const { socket, closed } = says(Number(new URL(server.origin).port), '');
    await once(socket, 'connect');
    // Taken by the server, not by its queue alone.
    await new Promise((resolve) => setTimeout(resolve, 50));
    server.stop();
    await closed;
  });

  test('says that it cannot listen', async (context) => {
    const { port } = await started(context);
    await assert.rejects(listen(app, { port }), { code: 'EADDRINUSE' });
  });
});
