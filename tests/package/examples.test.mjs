/** The examples, run as they stand. */
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import * as browser from '../../bindings/dist/browser.js';
import { ReadError, waitForCustomization, watchCustomization } from '../../bindings/dist/node.js';
import { backEndSource } from '../../bindings/examples/plugin-backend/event-source.js';
import { startProxy } from '../simulators/proxy.mjs';
import { startSimulator } from '../simulators/simulator.mjs';
import { until } from '../until.mjs';

const EXAMPLES = fileURLToPath(new URL('../../bindings/examples/', import.meta.url));
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'vm-customization-examples-'));
after(() => rmSync(folder, { recursive: true }));

async function simulator(context) {
  const server = await startSimulator();
  context.after(() => server.stop());
  return server;
}

async function clone(server, name, powerOn = true) {
  const [{ name: template }] = server.vms;
  return (await server.do({ do: 'clone', template, name, customize: true, powerOn })).vm;
}

/** Starts an example; its output so far, and its end. */
function start(context, path, args, { url, user, password, thumbprint, certificate }) {
  const child = spawn(process.execPath, [join(EXAMPLES, path), ...args], {
    env: {
      ...process.env,
      VSPHERE_SERVER: url,
      VSPHERE_USER: user,
      VSPHERE_PASSWORD: password,
      VC_THUMBPRINT: thumbprint,
      VC_CA_FILE: certificate,
      NO_PROXY: '127.0.0.1',
    },
  });
  let text = '';
  let look = () => undefined;
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk) => {
      text += chunk;
      look();
    });
  }
  const done = new Promise((resolve) => {
    child.on('close', (status) => resolve({ status, text }));
  });
  context.after(async () => {
    child.kill();
    await done;
  });
  return {
    done,
    kill: (signal) => child.kill(signal),
    prints: (pattern) =>
      new Promise((resolve, reject) => {
        look = () => pattern.test(text) && resolve(pattern.exec(text));
        look();
        done.then(() => reject(new Error(`ended without ${pattern}: ${text}`)));
      }),
  };
}

const sessionsOf = async (server) => (await server.do({ do: 'sessions' })).count;

describe('the examples', { concurrency: 3 }, () => {
  test('are without type errors', async () => {
    const compiler = join(ROOT, 'node_modules/typescript/bin/tsc');
    const { stdout } = await promisify(execFile)(process.execPath, [compiler, '-p', EXAMPLES]).catch((error) => error);
    assert.equal(stdout, '');
  });

  test('node-script.mjs waits for VMs, and logs out', async (context) => {
    const server = await simulator(context);
    for (const name of ['web-1', 'web-2']) await clone(server, name);
    const { status, text } = await start(context, 'node-script.mjs', ['web-*'], server).done;
    assert.equal(status, 0, text);
    assert.match(text, /^web-1: CustomizationSucceeded$/m);
    assert.match(text, /web-2.*CustomizationSucceeded.*completed/);
    assert.equal(await sessionsOf(server), 0);
  });

  test('several-vcenters.mjs has one report, with rows of each vCenter and a line for one that is not to be had', async (context) => {
    const servers = [await simulator(context), await simulator(context)];
    // The same ids in both, as of two vCenters of one age.
    const ids = [];
    for (const [index, server] of servers.entries()) ids.push(await clone(server, `web-${index}`));
    const places = servers.map(({ url, user, password, thumbprint }, index) => {
      const passwordFile = join(folder, `password-${index}`);
      writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
      return { server: url, user, passwordFile, thumbprint, vms: ['web-*'] };
    });
    const config = join(folder, 'vcenters.json');
    writeFileSync(config, JSON.stringify([...places, { ...places[0], server: 'https://127.0.0.1:1/sdk' }]));
    const { status, text } = await start(context, 'several-vcenters.mjs', [config], servers[0]).done;
    assert.equal(status, 1, text);
    const { vms } = JSON.parse(text);
    assert.deepEqual(
      vms.slice(0, 2).map(({ server, vm, name, customizationStatus }) => [server, vm, name, customizationStatus]),
      servers.map(({ url }, index) => [url, ids[index], `web-${index}`, 'CustomizationSucceeded']),
    );
    assert.match(vms[0].instanceUuid, /^[\w-]{36}$/);
    assert.match(vms[2].error, /127\.0\.0\.1:1: .*nothing listens there/);
    assert.ok(!text.includes(servers[0].password));
  });

  test('resume.mjs leaves a snapshot that another process goes on from', async (context) => {
    const server = await simulator(context);
    const [{ name, vm }] = server.vms;
    await server.do({ do: 'powerOn', vm });
    const file = join(folder, 'wait.snapshot');
    const begun = await start(context, 'resume.mjs', ['begin', file, name], server).done;
    assert.equal(begun.status, 0, begun.text);
    assert.equal(begun.text, `${vm}: CustomizationNotStarted\n`);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.ok(!existsSync(`${file}.new`) && !readFileSync(file, 'utf8').includes(server.password));
    for (const event of ['CustomizationStartedEvent', 'CustomizationSucceeded']) {
      await server.do({ do: 'post', vm, event });
    }
    const resumed = await start(context, 'resume.mjs', ['go-on', file], server).done;
    assert.equal(resumed.status, 0, resumed.text);
    const report = JSON.parse(resumed.text.trimEnd().split('\n').at(-1));
    assert.equal(report.vms[0].customizationStatus, 'CustomizationSucceeded');
    assert.equal(report.transitions.length, 3);
    assert.equal(await sessionsOf(server), 0);
  });

  test('resume.mjs leaves a snapshot to go on from at Ctrl-C too', async (context) => {
    const server = await simulator(context);
    const proxy = await startProxy(server.url);
    context.after(() => proxy.stop());
    const front = { ...server, url: proxy.url, thumbprint: proxy.thumbprint };
    const [{ name, vm }] = server.vms;
    const file = join(folder, 'interrupted.snapshot');
    const hanging = proxy.add({ method: ['QueryEvents', 'CreateCollectorForEvents'], hang: true });
    const running = start(context, 'resume.mjs', ['begin', file, name], front);
    await until(() => hanging.hits > 0);
    running.kill('SIGINT');
    const begun = await running.done;
    assert.equal(begun.status, 0, begun.text);
    proxy.clear();
    await server.do({ do: 'powerOn', vm });
    for (const event of ['CustomizationStartedEvent', 'CustomizationSucceeded']) {
      await server.do({ do: 'post', vm, event });
    }
    const resumed = await start(context, 'resume.mjs', ['go-on', file], front).done;
    assert.equal(resumed.status, 0, resumed.text);
    const report = JSON.parse(resumed.text.trimEnd().split('\n').at(-1));
    assert.equal(report.vms[0].customizationStatus, 'CustomizationSucceeded');
  });
});

/** The address of an example that serves a page, once it listens. */
async function serving(context, path, args, server) {
  const running = start(context, path, args, server);
  const [, origin] = await running.prints(/^(http:\/\/127\.0\.0\.1:\d+)\/$/m);
  return { ...running, origin };
}

/** All files that the page names are there. */
async function assertServed(origin) {
  const page = await fetch(`${origin}/`);
  assert.equal(page.status, 200);
  const html = await page.text();
  const files = [...html.matchAll(/(?:src="|: ")([^"]+\.js)"/g)].map(([, file]) => file);
  assert.equal(files.length, 2);
  for (const file of files) {
    const answer = await fetch(new URL(file, `${origin}/`));
    assert.equal(answer.status, 200, file);
    assert.match(answer.headers.get('content-type'), /^text\/javascript/);
    await answer.arrayBuffer();
  }
  for (const path of ['/../package.json', '/%2e%2e/package.json', '/vm-customization/../package.json', '/server.txt']) {
    assert.equal((await fetch(`${origin}${path}`)).status, 404, path);
  }
}

describe('the back end of a plug-in', { concurrency: 2 }, () => {
  test('serves its page, and brings the events that the page waits for', async (context) => {
    const server = await simulator(context);
    const vms = [await clone(server, 'web-1', false), await clone(server, 'web-2', false)];
    const { origin, kill, done } = await serving(context, 'plugin-backend/server.mjs', ['web-*'], server);
    await assertServed(origin);
    const known = await (await fetch(`${origin}/vc/vms`)).json();
    assert.deepEqual(known, [
      { vm: vms[0], name: 'web-1' },
      { vm: vms[1], name: 'web-2' },
    ]);
    // Longer than the test may take: what comes, comes by the push.
    const told = [];
    const onProgress = ({ type }) => told.push(type);
    const options = { waitForPowerOn: true, pollIntervalSeconds: 600, timeoutSeconds: 30, onProgress };
    const watch = watchCustomization(backEndSource(`${origin}/vc`), known, options);
    const steps = [];
    await server.do({ do: 'powerOn', vm: vms[0] });
    for await (const { vm, to } of watch) {
      steps.push([vm, to]);
      if (steps.length === 3) await server.do({ do: 'powerOn', vm: vms[1] });
    }
    const { vms: rows } = await watch.report;
    assert.deepEqual(
      rows.map(({ customizationStatus }) => customizationStatus),
      ['CustomizationSucceeded', 'CustomizationSucceeded'],
    );
    assert.equal(steps.length, 6);
    assert.ok(told.includes('pushing') && !told.includes('pushFailed'), told.join());
    kill('SIGTERM');
    await done;
    assert.equal(await sessionsOf(server), 0);
  });

  test('keeps its session to itself, tells what failed by its kind, and answers for its own VMs only', async (context) => {
    const server = await simulator(context);
    const proxy = await startProxy(server.url);
    context.after(() => proxy.stop());
    const front = { ...server, url: proxy.url, thumbprint: proxy.thumbprint };
    const [own, other] = server.vms;
    for (const { vm } of [own, other]) await server.do({ do: 'powerOn', vm });
    const { origin } = await serving(context, 'plugin-backend/server.mjs', [own.name], front);
    const source = backEndSource(`${origin}/vc`);
    const { signal } = new AbortController();
    await server.do({ do: 'expireSessions' });
    assert.ok(Math.abs((await source.serverTime({ signal })) - Date.now()) < 60_000);
    const { vms } = await waitForCustomization(source, [own, other], { timeoutSeconds: 1, waitForPowerOn: true });
    assert.deepEqual(
      vms.map(({ customizationStatus }) => customizationStatus),
      ['CustomizationNotStarted', 'VmNotStarted'],
    );
    proxy.add({ method: 'CurrentTime', fault: 'NoPermission' });
    await assert.rejects(
      source.serverTime({ signal }),
      (error) => error instanceof ReadError && error.kind === 'noPermission',
    );
    proxy.clear();
    proxy.add({ method: 'CurrentTime', status: 503 });
    await assert.rejects(source.serverTime({ signal }), { kind: 'transient' });
    assert.equal((await fetch(`${origin}/vc/constructor`, { method: 'POST' })).status, 404);
  });

  test('asks vCenter once about a VM that one question names 200,000 times', async (context) => {
    const server = await simulator(context);
    const proxy = await startProxy(server.url);
    context.after(() => proxy.stop());
    const front = { ...server, url: proxy.url, thumbprint: proxy.thumbprint };
    const [{ name, vm }] = server.vms;
    const { origin } = await serving(context, 'plugin-backend/server.mjs', [name], front);
    const ask = (what, question) =>
      fetch(`${origin}/vc/${what}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(question),
      });
    const vms = Array(200_000).fill(vm);
    const query = { vms, since: new Date().toISOString(), types: ['VmStartingEvent'], maxCount: 1_000 };
    for (const [what, question] of [
      ['events', query],
      ['guests', vms],
    ]) {
      const before = proxy.exchanges.length;
      const answer = await ask(what, question);
      assert.equal(answer.status, 200, await answer.text());
      assert.ok(proxy.exchanges.length - before <= 2, `${proxy.exchanges.length - before} requests`);
    }
    assert.equal((await ask('events', { ...query, vms: Array(400_000).fill(vm) })).status, 413);
  });
});

/** What an example answers to requests that its own page does not make. */
async function refuses(origin, path, own) {
  const { host } = new URL(origin);
  const status = (headers, method = 'POST') =>
    new Promise((resolve, reject) => {
      const request = httpRequest(`${origin}${path}`, {
        method,
        headers: { ...own.headers, ...headers },
        agent: false,
      });
      request.on('error', reject).on('response', (response) => resolve(response.resume().statusCode));
      request.end(method === 'POST' ? own.body : undefined);
    });
  assert.equal(await status({}), 200);
  assert.equal(await status({ origin, 'sec-fetch-site': 'same-origin' }), 200);
  for (const [headers, refused] of [
    [{ host: 'evil.example' }, 421],
    [{ host: `evil.example:${host.split(':')[1]}` }, 421],
    [{ 'sec-fetch-site': 'cross-site' }, 403],
    [{ 'sec-fetch-site': 'same-site' }, 403],
    [{ origin: 'https://evil.example' }, 403],
    [{ origin: 'http://127.0.0.1:1' }, 403],
    [{ 'content-type': 'text/plain' }, 415],
    [{ 'content-type': 'application/x-www-form-urlencoded' }, 415],
  ]) {
    assert.equal(await status(headers), refused, JSON.stringify(headers));
  }
  // The page itself may be come to by a link, but by no other name.
  assert.equal((await fetch(`${origin}/`, { headers: { 'sec-fetch-site': 'cross-site' } })).status, 200);
  const page = httpRequest(`${origin}/`, { headers: { host: 'evil.example' }, agent: false }).end();
  const [response] = await once(page, 'response');
  assert.equal(response.resume().statusCode, 421);
}

describe('a server of an example answers its own page only', { concurrency: 2 }, () => {
  test('plugin-backend, at each address', async (context) => {
    const server = await simulator(context);
    const [{ name, vm }] = server.vms;
    const { origin } = await serving(context, 'plugin-backend/server.mjs', [name], server);
    const query = { vms: [vm], since: new Date().toISOString(), types: ['VmStartingEvent'], maxCount: 10 };
    for (const [path, question] of Object.entries({ time: null, events: query, guests: [vm], push: query })) {
      const headers = { 'content-type': 'application/json' };
      await refuses(origin, `/vc/${path}`, { headers, body: JSON.stringify(question) });
    }
    for (const headers of [{ 'sec-fetch-site': 'cross-site' }, { origin: 'https://evil.example' }]) {
      assert.equal((await fetch(`${origin}/vc/vms`, { headers })).status, 403);
    }
  });

  test('browser-proxy, at each address', async (context) => {
    const server = await simulator(context);
    const { origin } = await serving(context, 'browser-proxy/server.mjs', [], server);
    const headers = { 'content-type': 'text/xml' };
    const body =
      '<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"><Body><RetrieveServiceContent xmlns="urn:vim25">' +
      '<_this type="ServiceInstance">ServiceInstance</_this></RetrieveServiceContent></Body></Envelope>';
    await refuses(origin, '/sdk', { headers, body });
    for (const path of ['/sdk/vim25', '/api/vcenter/system']) {
      const answer = await fetch(`${origin}${path}`, { method: 'POST', headers: { 'sec-fetch-site': 'same-site' } });
      assert.equal(answer.status, 403, path);
    }
  });
});

describe('the page behind a proxy of its own origin', () => {
  test('is served, and speaks to vCenter through it', async (context) => {
    const server = await simulator(context);
    for (const name of ['web-1', 'web-2']) await clone(server, name);
    const { origin, kill, done } = await serving(context, 'browser-proxy/server.mjs', [], server);
    await assertServed(origin);
    let jar;
    const fetchOfPage = async (url, options) => {
      const response = await fetch(url, {
        ...options,
        headers: { ...options.headers, ...(jar ? { cookie: jar } : {}) },
      });
      const [cookie] = response.headers.getSetCookie();
      if (cookie !== undefined) {
        assert.match(cookie, /SameSite=Strict/);
        assert.doesNotMatch(cookie, /secure/i);
        jar = cookie.split(';')[0];
      }
      return response;
    };
    const { user, password } = server;
    await browser.init();
    const vcenter = await browser.connectVCenter({ server: `${origin}/sdk`, user, password, fetch: fetchOfPage });
    const found = await vcenter.findVms(['web-*']);
    const report = await browser.waitForCustomization(vcenter.events(), found.vms);
    assert.ok(report.vms.every(({ customizationStatus }) => customizationStatus === 'CustomizationSucceeded'));
    await vcenter.close();
    assert.equal(await sessionsOf(server), 0);
    await server.stop();
    assert.equal((await fetch(`${origin}/sdk`, { method: 'POST' })).status, 502);
    kill('SIGINT');
    assert.equal((await done).status, 0);
  });
});
