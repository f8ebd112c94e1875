/** The plug-in's back end past the browser: what it refuses, what it bounds, what it leaves behind. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import https from 'node:https';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { startSimulator } from '../simulators/simulator.mjs';
import { until } from '../until.mjs';
import { startClient } from './client-stand-in/server.mjs';
import { startBackEnd } from './lib/plugin.mjs';

const PROGRAM = fileURLToPath(new URL('../../web-demo/plugin/back-end.mjs', import.meta.url));
const JSON_TYPE = { 'content-type': 'application/json' };
const SESSION = 'x-vm-customization-session';

let simulator;
let client;
before(async () => {
  simulator = await startSimulator({ kind: 'fake' });
  client = await startClient(simulator);
});
after(async () => {
  await client?.stop();
  await simulator?.stop();
});
const sessions = async () => (await simulator.do({ do: 'sessions' })).count;

/** A back end, and the token of a user who has just logged in. */
async function started(context, settings) {
  const plugin = await startBackEnd(client, settings);
  context.after(() => plugin.stop());
  const token = async () => {
    await client.logIn();
    return (await (await get(`${client.origin}/ui/session`)).json()).sessionToken;
  };
  const wish = (sessionToken, changes) => ({
    sessionToken,
    endpoint: `${client.origin}/api/ui`,
    vcGuid: client.vcGuid,
    vms: [simulator.vms[0].vm],
    ...changes,
  });
  const begin = (content, headers = JSON_TYPE) => plugin.ask('session', { headers, body: JSON.stringify(content) });
  const open = async (sessionToken) => JSON.parse((await begin(wish(sessionToken))).text).session;
  return { plugin, token, wish, begin, open };
}

function get(url) {
  return new Promise((resolve, reject) => {
    https
      .get(url, { rejectUnauthorized: false }, async (response) => {
        const chunks = [];
        for await (const chunk of response) chunks.push(chunk);
        resolve({ json: async () => JSON.parse(Buffer.concat(chunks).toString()) });
      })
      .on('error', reject);
  });
}

/** A push that is open; ends when its connection does. */
async function openPush(plugin, id) {
  const query = { vms: [simulator.vms[0].vm], since: '2020-01-01T00:00:00Z', types: ['VmStartingEvent'], maxCount: 10 };
  const request = https.request(new URL('push', plugin.url), {
    method: 'POST',
    headers: { ...JSON_TYPE, [SESSION]: id },
    rejectUnauthorized: false,
    agent: false,
  });
  request.on('error', () => undefined);
  request.end(JSON.stringify(query));
  const [response] = await once(request, 'response');
  assert.equal(response.statusCode, 200);
  response.on('error', () => undefined);
  await once(response, 'data');
  return { close: () => request.destroy(), ended: new Promise((resolve) => response.once('close', resolve)) };
}

describe('the back end of the plug-in', () => {
  test('serves the page with a policy that keeps everything else out, and the manifest that names it', async (context) => {
    const { plugin } = await started(context);
    const page = await plugin.ask('plugin.html', { method: 'GET' });
    assert.equal(page.status, 200);
    assert.equal(
      page.headers['content-security-policy'],
      "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'",
    );
    assert.equal(page.headers['x-content-type-options'], 'nosniff');
    // The SDK is the Client's, from where the Client is; all else is beside the page.
    const sources = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, source]) => source);
    assert.ok(sources.includes('/api/ui/htmlClientSdk.js'));
    for (const source of sources.filter((source) => source !== '/api/ui/htmlClientSdk.js')) {
      assert.match(source, /^\.\/assets\//);
      assert.equal((await plugin.ask(source.slice('./'.length), { method: 'GET' })).status, 200);
    }
    const { uri } = JSON.parse((await plugin.ask('plugin.json', { method: 'GET' })).text).objects.VirtualMachine.monitor
      .views[0];
    assert.equal((await plugin.ask(uri, { method: 'GET' })).status, 200);
    for (const path of [
      'back-end.mjs',
      'index.html',
      '../vm-customization',
      '/',
      '/plugin.html',
      'assets/%2e%2e/%2e%2e/plugin/back-end.mjs',
      'assets/%2e%2e%2findex.html',
      'assets/..%2f..%2fpackage.json',
      'assets/',
      'assets',
    ]) {
      assert.equal((await plugin.ask(path, { method: 'GET' })).status, 404, path);
    }
    assert.equal((await plugin.ask('plugin.html', { method: 'POST' })).status, 405);
  });

  test('answers nobody without a session, and no page of another origin', async (context) => {
    const { plugin, token, open } = await started(context);
    const id = await open(await token());
    const time = (headers) => plugin.ask('time', { headers: { ...JSON_TYPE, ...headers }, body: 'null' });
    assert.equal((await time({ [SESSION]: id })).status, 200);
    for (const headers of [{}, { [SESSION]: '' }, { [SESSION]: `${id}x` }, { cookie: `${SESSION}=${id}` }]) {
      const { status, text } = await time(headers);
      assert.equal(status, 401);
      assert.equal(JSON.parse(text).kind, 'notAuthenticated');
    }
    for (const site of ['cross-site', 'same-site', 'none']) {
      assert.equal((await time({ [SESSION]: id, 'sec-fetch-site': site })).status, 403);
    }
    const origin = new URL(client.origin).host;
    for (const [headers, status] of [
      [{ origin: client.origin }, 200],
      [{ origin: plugin.url }, 200],
      [{ origin: 'https://evil.example' }, 403],
      [{ origin: `https://${origin}.evil.example` }, 403],
      [{ origin: 'null' }, 403],
    ]) {
      assert.equal((await time({ [SESSION]: id, ...headers })).status, status, JSON.stringify(headers));
    }
    const before = client.requests.tickets;
    // What a form of another page can send, to each address.
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', '']) {
      for (const path of ['session', 'time', 'events', 'guests', 'push']) {
        const { status } = await plugin.ask(path, { headers: { 'content-type': type, [SESSION]: id }, body: '{}' });
        assert.equal(status, 415, `${path} as ${type}`);
      }
    }
    assert.equal(client.requests.tickets, before);
    // Nobody hears of events of other VMs than those of the session.
    const [, other] = simulator.vms;
    await simulator.do({ do: 'powerOn', vm: other.vm });
    const query = { vms: [other.vm], since: '2020-01-01T00:00:00Z', types: ['VmStartingEvent'], maxCount: 10 };
    const headers = { ...JSON_TYPE, [SESSION]: id };
    const { text } = await plugin.ask('events', { headers, body: JSON.stringify(query) });
    assert.ok(!text.includes(other.name), text);
    const count = await sessions();
    assert.equal((await plugin.ask('session', { method: 'DELETE', headers })).status, 204);
    assert.equal((await time({ [SESSION]: id })).status, 401);
    await until(async () => (await sessions()) === count - 1, 'its session is closed');
  });

  test('opens nothing for a token that was logged out, and ends what it had opened', async (context) => {
    const { plugin, token, wish, begin, open } = await started(context);
    const one = await token();
    const id = await open(one);
    const push = await openPush(plugin, id);
    const before = await sessions();
    // The Client has logged this user out, and another one in.
    await token();
    const { status, text } = await begin(wish(one));
    assert.equal(status, 401);
    assert.match(JSON.parse(text).message, /does not accept the session of this vSphere Client/);
    await push.ended;
    const headers = { ...JSON_TYPE, [SESSION]: id };
    assert.equal((await plugin.ask('time', { headers, body: 'null' })).status, 401);
    // Closed is the plug-in's; the fake vCenter keeps the user's own, and has that of the other.
    await until(async () => (await sessions()) === before, 'the session is closed');
  });

  test('shows vCenter no token again that it has just refused', async (context) => {
    const { wish, begin, plugin } = await started(context);
    const before = client.requests.tickets;
    for (const name of ['f0rged', 'f0rged', 'f0rged', '0ther', 'f0rged', '0ther']) {
      const { status, text } = await begin(wish(name));
      assert.equal(status, 401);
      assert.equal(JSON.parse(text).kind, 'fatal');
    }
    assert.equal(client.requests.tickets, before + 2);
    assert.doesNotMatch(plugin.output(), /f0rged|0ther/);
  });

  test('lets a user in whatever another client asks, even when vCenter does not answer that one', async (context) => {
    const { plugin, token, wish } = await started(context, { PLUGIN_MAX_SESSIONS: '1' });
    const of = (client) => ({ ...JSON_TYPE, 'x-forwarded-for': client });
    const begin = (client, token) =>
      plugin.ask('session', { headers: of(client), body: JSON.stringify(wish(token)) }).catch(() => undefined);
    const one = await token();
    client.isSilentToOthers = true;
    context.after(() => {
      client.isSilentToOthers = false;
    });
    const before = client.requests.tickets;
    const others = Array.from({ length: 40 }, (_, index) => begin('192.0.2.66', `f0rged-${index}`));
    await until(async () => client.requests.tickets >= before + 4, 'vCenter is asked about them');
    const { status, text } = await begin('192.0.2.1', one);
    assert.equal(status, 200, text);
    // No more of them at a time, and none of them makes the user leave.
    assert.equal(client.requests.tickets, before + 4 + 1);
    const headers = { ...JSON_TYPE, [SESSION]: JSON.parse(text).session };
    assert.equal((await plugin.ask('time', { headers, body: 'null' })).status, 200);
    await plugin.stop();
    await Promise.all(others);
  });

  test('answers so many questions of a page at a time, and only those that it can have', async (context) => {
    const { plugin, token, open } = await started(context);
    const id = await open(await token());
    const headers = { ...JSON_TYPE, [SESSION]: id };
    const { vm } = simulator.vms[0];
    const query = { vms: [vm], since: '2020-01-01T00:00:00Z', types: ['VmStartingEvent'], maxCount: 10 };
    for (const [path, question, status] of [
      ['events', query, 200],
      ['events', { ...query, vms: vm }, 400],
      ['events', { ...query, since: 'yesterday' }, 400],
      ['events', { ...query, types: ['VmStartingEvent</type>'] }, 400],
      ['events', { ...query, types: Array(101).fill('VmStartingEvent') }, 400],
      ['events', { ...query, maxCount: 1_001 }, 400],
      ['events', null, 400],
      ['push', { ...query, maxCount: 0 }, 400],
      ['guests', {}, 400],
      ['guests', Array(10_000).fill(vm), 413],
    ]) {
      const answer = await plugin.ask(path, { headers, body: JSON.stringify(question) });
      assert.equal(answer.status, status, `${path} ${JSON.stringify(question).slice(0, 200)}`);
      if (status !== 200) assert.equal(JSON.parse(answer.text).kind, 'fatal');
    }
    const pushes = [];
    for (let count = 0; count < 8; count += 1) pushes.push(await openPush(plugin, id));
    const { status, text } = await plugin.ask('time', { headers, body: 'null' });
    assert.equal(status, 429);
    assert.equal(JSON.parse(text).kind, 'transient');
    for (const push of pushes) push.close();
    const time = async () => (await plugin.ask('time', { headers, body: 'null' })).status;
    await until(async () => (await time()) === 200, 'the page is answered again');
  });

  test('takes nothing that is not in the form of the Client, and repeats none of it', async (context) => {
    const { plugin, wish, begin } = await started(context);
    const before = client.requests.tickets;
    const right = wish('s3cret-token');
    for (const [changes, status] of [
      [{ sessionToken: undefined }, 400],
      [{ sessionToken: '' }, 400],
      [{ sessionToken: 's3cret\r\nx-injected: 1' }, 400],
      [{ sessionToken: 's3cret'.repeat(1_000) }, 400],
      [{ sessionToken: ['s3cret'] }, 400],
      [{ vcGuid: 's3cret' }, 400],
      [{ vms: [] }, 400],
      [{ vms: ['*'] }, 400],
      [{ vms: ['vm-1', 'web-1'] }, 400],
      [{ vms: Array.from({ length: 1_001 }, (_, index) => `vm-${index}`) }, 400],
      [{ endpoint: undefined }, 400],
      [{ endpoint: '/api/ui' }, 400],
      [{ endpoint: `${client.origin.replace('https', 'http')}/api/ui` }, 403],
      [{ endpoint: 'https://evil.example/api/ui' }, 403],
      [{ endpoint: 'https://127.0.0.1.evil.example/api/ui' }, 403],
      [{ endpoint: 'https://127.0.0.1/api/ui' }, 403],
      [{ endpoint: `https://${new URL(client.origin).host}@evil.example/api/ui` }, 403],
    ]) {
      const answer = await begin({ ...right, ...changes });
      assert.equal(answer.status, status, JSON.stringify(changes));
      assert.doesNotMatch(answer.text, /s3cret/);
    }
    for (const [body, status] of [
      ['', 400],
      ['null', 400],
      ['{"sessionToken":"s3cret', 400],
      [JSON.stringify({ ...right, more: 's3cret'.repeat(20_000) }), 413],
    ]) {
      const answer = await plugin.ask('session', { headers: JSON_TYPE, body });
      assert.equal(answer.status, status);
      assert.doesNotMatch(answer.text, /s3cret/);
    }
    assert.equal(client.requests.tickets, before);
    assert.doesNotMatch(plugin.output(), /s3cret/);
  });

  test('goes by other names of its vCenter when it was told of them', async (context) => {
    const { plugin, token, wish, begin } = await started(context, { VCENTER_ALIASES: 'vc.example.com, 10.0.0.9:8443' });
    for (const [endpoint, status] of [
      ['https://VC.example.com/api/ui', 200],
      ['https://10.0.0.9:8443/api/ui', 200],
      ['https://10.0.0.9/api/ui', 403],
    ]) {
      assert.equal((await begin(wish(await token(), { endpoint }))).status, status, endpoint);
    }
    assert.equal(await plugin.stop(), 0);
  });

  test('has one session for the pages of one token, and closes it when they are idle', async (context) => {
    const { token, open, plugin } = await started(context, { PLUGIN_IDLE_SECONDS: '1' });
    const one = await token();
    const before = await sessions();
    const [first, second] = await Promise.all([open(one), open(one)]);
    assert.notEqual(first, second);
    assert.equal(await sessions(), before + 1);
    const push = await openPush(plugin, second);
    // Of another user, and begun later: with its session the first page has been forgotten too, which is not asked
    // before, since that would be use. The second is in use for as long as its push is open.
    await open(await token());
    assert.equal(await sessions(), before + 3);
    await until(async () => (await sessions()) === before + 2, 'the later page was idle for too long');
    const time = (id) => plugin.ask('time', { headers: { ...JSON_TYPE, [SESSION]: id }, body: 'null' });
    assert.equal((await time(first)).status, 401);
    assert.equal((await time(second)).status, 200);
    push.close();
    await until(async () => (await sessions()) === before + 1, 'the session is closed');
    assert.equal((await simulator.do({ do: 'collectors' })).count, 0);
  });

  test('tells the page that its session has ended, whichever request hears of it, and forgets it', async (context) => {
    const { token, open, plugin } = await started(context);
    const first = await open(await token());
    const ask = (path, id, question) =>
      plugin.ask(path, { headers: { ...JSON_TYPE, [SESSION]: id }, body: JSON.stringify(question) });
    const { vm } = simulator.vms[0];
    const query = { vms: [vm], since: '2020-01-01T00:00:00Z', types: ['VmStartingEvent'], maxCount: 10 };
    for (const [path, question] of [
      ['time', null],
      ['events', query],
      ['guests', [vm]],
      ['push', query],
    ]) {
      const id = await open(await token());
      await simulator.do({ do: 'expireSessions' });
      const { text } = await ask(path, id, question);
      const content = JSON.parse(text.trim());
      assert.equal((content.failure ?? content).kind, 'notAuthenticated', path);
      const again = await ask(path, id, question);
      assert.equal(again.status, 401, path);
    }
    // Another user's own is not touched by it: that one is only gone on vCenter, and hears of it when it asks.
    assert.equal(JSON.parse((await ask('time', first, null)).text).kind, 'notAuthenticated');
  });

  test('has no more sessions than it may, and makes room by those that are idle', async (context) => {
    const { token, open, wish, begin, plugin } = await started(context, { PLUGIN_MAX_SESSIONS: '1' });
    const push = await openPush(plugin, await open(await token()));
    const { status, text } = await begin(wish(await token()));
    assert.equal(status, 503);
    assert.match(JSON.parse(text).message, /all 1 sessions of the plug-in are in use/);
    push.close();
    await push.ended;
    await until(async () => (await begin(wish(await token()))).status === 200, 'there is room');
    assert.match(plugin.output(), /a session made room for another/);
  });

  test('ends a session after its time, in use or not', async (context) => {
    const { token, open, plugin } = await started(context, { PLUGIN_MAX_AGE_SECONDS: '1' });
    const before = await sessions();
    const push = await openPush(plugin, await open(await token()));
    await push.ended;
    await until(async () => (await sessions()) === before + 1, 'the session is closed');
  });

  test('says nothing secret, and leaves no session when it ends', async (context) => {
    const { token, open, plugin } = await started(context);
    const before = await sessions();
    const ids = [];
    for (let count = 0; count < 3; count += 1) ids.push(await open(await token()));
    // Three users, and a session of the plug-in for each.
    assert.equal(await sessions(), before + 6);
    await openPush(plugin, ids[0]);
    assert.equal(await plugin.stop(), 0);
    assert.equal(await sessions(), before + 3);
    assert.equal((await simulator.do({ do: 'collectors' })).leaked, 0);
    for (const secret of [...client.secrets, ...ids]) assert.ok(!plugin.output().includes(secret));
  });

  test('does not trust another certificate than the one it was given', async (context) => {
    const { token, wish, begin, plugin } = await started(context, { VCENTER_THUMBPRINT: '00'.repeat(32) });
    const before = client.requests.tickets;
    const secret = await token();
    const { status, text } = await begin(wish(secret));
    assert.equal(status, 403);
    assert.match(JSON.parse(text).message, /presented a certificate with the SHA-256 thumbprint/);
    assert.equal(client.requests.tickets, before);
    assert.ok(!plugin.output().includes(secret));
  });
});

describe('the settings of the back end', () => {
  const run = (settings) => {
    const { PATH } = process.env;
    const { status, stderr } = spawnSync(process.execPath, [PROGRAM], { env: { PATH, ...settings }, encoding: 'utf8' });
    assert.equal(status, 1);
    return stderr;
  };

  test('that cannot be used end it with a line that says why, without what may be a password', () => {
    const right = { VCENTER_URL: 'https://vc.example.com' };
    for (const [settings, message] of [
      [{}, /^VCENTER_URL is not the address of a vCenter: give one like https:\/\/vc\.example\.com\n$/],
      [{ VCENTER_URL: 'http://vc.example.com' }, /^VCENTER_URL is not/],
      [{ VCENTER_URL: 'https://user:s3cret@vc.example.com' }, /^VCENTER_URL is not/],
      [{ VCENTER_URL: 'https://vc.example.com/sdk' }, /^VCENTER_URL is not/],
      [{ ...right, VCENTER_ALIASES: 'a/b' }, /^VCENTER_ALIASES: a\/b is not the name of a host/],
      [{ ...right, PLUGIN_HOST: '0.0.0.0' }, /would show session tokens to everyone on the way/],
      [{ ...right, PLUGIN_KEY: 'key.pem' }, /go together/],
      [{ ...right, VCENTER_CA_FILE: '/none' }, /^VCENTER_CA_FILE: the file cannot be read/],
      [{ ...right, VCENTER_THUMBPRINT: 'aa' }, /thumbprint is not a SHA-256 one/],
      [{ ...right, PLUGIN_PORT: '-1' }, /^PLUGIN_PORT: -1 is not a number from 0 to 65535/],
    ]) {
      const text = run(settings);
      assert.match(text, message);
      assert.doesNotMatch(text, /s3cret/);
    }
  });

  test('are all in the README, with their defaults', () => {
    const folder = new URL('../../web-demo/plugin/', import.meta.url);
    const readme = readFileSync(new URL('README.md', folder), 'utf8');
    const source = readFileSync(new URL('configuration.mjs', folder), 'utf8');
    const names = new Set(source.match(/\b(?:VCENTER|PLUGIN)_[A-Z_]+\b/g));
    assert.ok(names.size >= 11);
    for (const name of names) assert.ok(readme.includes(`| \`${name}\``), name);
  });
});
