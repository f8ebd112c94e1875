/** `wait-vm-customization page`: the status page from the npm package, between browsers and one vCenter. */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { runCommand, startCommand } from '../command/command.mjs';
import { startSimulator } from '../simulators/simulator.mjs';
import { until } from '../until.mjs';
import { newPage } from './lib/browser.mjs';
import { waitForStatus } from './lib/status-page.mjs';

let simulator;
let folder;

before(async () => {
  simulator = await startSimulator({ args: ['-vms', '3'] });
  folder = await mkdtemp(join(tmpdir(), 'vm-customization-page-'));
});
after(async () => {
  await simulator?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** Starts it; answers where it is, and how it ends. */
async function serve(context, args, options = { server: simulator }) {
  const command = startCommand(['page', ...args], options);
  context.after(() => command.kill('SIGKILL'));
  const [, address] = await command.prints(/^Page: +(\S+)$/m);
  return { ...command, address };
}

/** One request that sets what `fetch` does not let a program set. */
function ask(address, { headers = {}, method = 'GET', body, ca } = {}) {
  return new Promise((resolve, reject) => {
    const send = address.startsWith('https:') ? httpsRequest : httpRequest;
    const sent = send(address, { method, headers, agent: false, ca }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, text }));
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** A browser that looks: what it is told, as it comes. */
async function look(context, address) {
  const over = new AbortController();
  context.after(() => over.abort());
  const response = await fetch(`${address}view`, { signal: over.signal });
  assert.equal(response.headers.get('content-type'), 'text/event-stream');
  const messages = [];
  const reading = (async () => {
    let text = '';
    for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      const parts = text.split('\n\n');
      text = parts.pop();
      messages.push(...parts.filter((part) => part.startsWith('data: ')).map((part) => JSON.parse(part.slice(6))));
    }
  })().catch(() => undefined);
  return { messages, leave: () => over.abort(), ended: reading };
}

const statusIn = ({ messages }, name) =>
  messages
    .flatMap(({ rows }) => rows)
    .filter((row) => row.name === name)
    .at(-1)?.customizationStatus;

const RETRIEVE_CONTENT =
  '<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"><Body><RetrieveServiceContent xmlns="urn:vim25">' +
  '<_this type="ServiceInstance">ServiceInstance</_this></RetrieveServiceContent></Body></Envelope>';

describe('a page to log in on', () => {
  test('is served with its files and nothing else, and hands calls on to the vCenter', async (context) => {
    const { address, ...command } = await serve(context, ['web-*']);
    const index = await ask(address);
    assert.equal(index.status, 200);
    assert.match(
      index.text,
      /<meta name="vm-customization" content="vcenter" data-host="127\.0\.0\.1:\d+" data-patterns="web-\*">/,
    );
    assert.match(index.headers['content-security-policy'], /default-src 'none'.*frame-ancestors 'none'/);
    for (const [, path] of index.text.matchAll(/(?:src|href)="\.\/([^"]+)"/g)) {
      assert.equal((await ask(address + path)).status, 200, path);
    }
    for (const path of [
      'package.json',
      'assets/../../package.json',
      '..%2fpackage.json',
      'assets/',
      'view',
      'metrics',
    ]) {
      assert.equal((await ask(address + path)).status, 404, path);
    }
    const call = { method: 'POST', headers: { 'content-type': 'text/xml' }, body: RETRIEVE_CONTENT };
    assert.match((await ask(`${address}sdk`, call)).text, /RetrieveServiceContentResponse/);
    command.kill('SIGINT');
    const { status, ms: _, stderr } = await command.done;
    assert.deepEqual([status, stderr], [0, '']);
  });

  test('answers no other host and no other page', async (context) => {
    const { address } = await serve(context, []);
    const call = { method: 'POST', body: RETRIEVE_CONTENT };
    for (const [headers, refused] of [
      [{ host: 'evil.example' }, 421],
      [{ host: 'evil.example', origin: address }, 421],
      [{ 'sec-fetch-site': 'cross-site' }, 403],
      [{ origin: 'http://127.0.0.1:1' }, 403],
      [{ 'content-type': 'text/plain' }, 415],
    ]) {
      const how = { ...call, headers: { 'content-type': 'text/xml', ...headers } };
      assert.equal((await ask(`${address}sdk`, how)).status, refused, JSON.stringify(headers));
    }
  });
});

describe('a shared page', () => {
  test('is one session and one collector, however many look', async (context) => {
    const { address, ...command } = await serve(context, ['--shared', 'DC0_H0_VM*']);
    const viewers = await Promise.all(Array.from({ length: 20 }, () => look(context, address)));
    await simulator.do({ do: 'post', event: 'VmStartingEvent', vm: 'DC0_H0_VM1' });
    await simulator.do({ do: 'post', event: 'CustomizationStartedEvent', vm: 'DC0_H0_VM1' });
    await simulator.do({ do: 'post', event: 'CustomizationSucceeded', vm: 'DC0_H0_VM1' });
    for (const viewer of viewers) {
      await until(() => statusIn(viewer, 'DC0_H0_VM1') === 'CustomizationSucceeded');
      assert.equal(viewer.messages[0].type, 'state');
      assert.equal(viewer.messages[0].vms.length, 3);
      assert.ok(viewer.messages.flatMap(({ events }) => events).some(({ type }) => type === 'VmStartingEvent'));
      assert.equal(viewer.messages.at(-1).reading.trouble, '');
    }
    const late = await look(context, address);
    await until(() => statusIn(late, 'DC0_H0_VM1') === 'CustomizationSucceeded');
    const { count: sessions } = await simulator.do({ do: 'sessions' });
    const { count: collectors } = await simulator.do({ do: 'collectors' });
    assert.deepEqual([sessions, collectors], [1, 1]);
    const metrics = await ask(`${address}metrics`);
    assert.match(metrics.headers['content-type'], /^text\/plain; version=0\.0\.4/);
    assert.match(metrics.text, /^vmc_vms\{status="CustomizationSucceeded"\} 1$/m);
    assert.match(metrics.text, /^vmc_customization_seconds_count\{status="CustomizationSucceeded"\} 1$/m);
    assert.match(metrics.text, /^vmc_viewers 21$/m);
    assert.match(metrics.text, /^vmc_reads_total [1-9]\d*$/m);
    assert.match(metrics.text, /^# TYPE vmc_read_failures_total counter$/m);
    assert.match(metrics.text, /^vmc_last_read_age_seconds \d+(\.\d+)?$/m);
    assert.doesNotMatch(metrics.text, /DC0_H0|vm-\d/);
    command.kill('SIGINT');
    const { status, stderr } = await command.done;
    assert.deepEqual([status, stderr], [0, '']);
    assert.equal((await simulator.do({ do: 'sessions' })).count, 0);
    assert.equal((await simulator.do({ do: 'collectors' })).count, 0);
  });

  test('shows itself to those alone who know its address, and lets nobody do anything', async (context) => {
    const { address } = await serve(context, ['--shared']);
    const { origin, pathname } = new URL(address);
    assert.match(pathname, /^\/[\w-]{24}\/$/);
    for (const path of [
      '/',
      '/view',
      '/metrics',
      '/assets/',
      `/${'x'.repeat(24)}/`,
      `${pathname.slice(0, -3)}AA/view`,
    ]) {
      assert.equal((await ask(origin + path)).status, 404, path);
    }
    assert.equal((await ask(address.slice(0, -1))).status, 302);
    assert.deepEqual(JSON.parse((await ask(`${origin}/healthz`)).text), { status: 'ok' });
    const call = { method: 'POST', headers: { 'content-type': 'text/xml' }, body: RETRIEVE_CONTENT };
    assert.equal((await ask(`${address}sdk`, call)).status, 404);
    for (const headers of [{ 'sec-fetch-site': 'cross-site' }, { origin: 'http://evil.example' }]) {
      assert.equal((await ask(`${address}view`, { headers })).status, 403);
    }
    assert.equal((await ask(`${address}view`, { headers: { host: 'evil.example' } })).status, 421);
  });

  test('has the secret of a file, which has to be one', async (context) => {
    const file = join(folder, 'token');
    await writeFile(file, 'short\n');
    const args = ['--shared', '--viewers-token-file', file];
    const { status, stderr } = await runCommand(['page', ...args], { server: simulator });
    assert.deepEqual([status, /--viewers-token-file .* holds no token.*16 to 200/.test(stderr)], [3, true]);
    await writeFile(file, `${'k'.repeat(32)}\n`);
    const { address } = await serve(context, args);
    assert.equal(new URL(address).pathname, `/${'k'.repeat(32)}/`);
  });

  test('goes on with another password, once it is in the file, and tries each one once', async (context) => {
    const fake = await startSimulator({ kind: 'fake' });
    context.after(() => fake.stop());
    const file = join(folder, 'password');
    await writeFile(file, `${fake.password}\n`);
    const args = ['--shared', '--server', fake.url, '--user', fake.user, '--password-file', file, '--insecure'];
    const { address, ...command } = await serve(context, args, {});
    const viewer = await look(context, address);
    await until(() => viewer.messages.length > 0);
    await fake.do({ do: 'setPassword', password: 'another' });
    await fake.do({ do: 'expireSessions' });
    const refusedSoFar = async () => (await fake.do({ do: 'logIns' })).refusedLogIns;
    await command.prints(/refused/, 'stderr');
    await until(() => viewer.messages.at(-1).reading.state === 'retrying');
    assert.equal(await refusedSoFar(), 1);
    await writeFile(file, 'another\n');
    await command.prints(/is read again/, 'stderr');
    const [vm] = fake.vms;
    await fake.do({ do: 'post', event: 'VmStartingEvent', vm: vm.name });
    await until(() => statusIn(viewer, vm.name) === 'CustomizationNotStarted');
    assert.equal(await refusedSoFar(), 1);
    assert.equal(viewer.messages.filter(({ type }) => type === 'state').length, 1);
  });
});

/** A shared page of a vCenter that can be stopped while it is watched, and whose server's clock is put ahead by steps. */
async function serveHanging(context, stepMs) {
  const fake = await startSimulator({ kind: 'fake' });
  context.after(() => fake.stop());
  const env = {
    NODE_OPTIONS: `--import ${new URL('lib/clock-ahead.mjs', import.meta.url)}`,
    CLOCK_STEP_MS: `${stepMs}`,
  };
  const command = await serve(context, ['--shared'], { server: fake, env });
  return {
    ...command,
    vm: fake.vms[0].name,
    hang: () => process.kill(fake.pid, 'SIGSTOP'),
    answer: () => process.kill(fake.pid, 'SIGCONT'),
    step: () => command.kill('SIGUSR2'),
  };
}

describe('a shared page of a vCenter that hangs', () => {
  test('is not healthy after five minutes without an answer, and is with the next one', async (context) => {
    const { address, hang, answer, step } = await serveHanging(context, 140_000);
    const viewer = await look(context, address);
    await until(() => viewer.messages.length > 0);
    hang();
    const heardAgoMs = () => viewer.messages.at(-1).reading.heardAgoMs;
    const health = async () => {
      const { status, text } = await ask(`${new URL(address).origin}/healthz`);
      return [status, JSON.parse(text)];
    };
    for (const steps of [1, 2]) {
      step();
      await until(() => heardAgoMs() > steps * 140_000);
      assert.deepEqual(await health(), [200, { status: 'ok' }], `${heardAgoMs()} ms`);
    }
    step();
    await until(() => heardAgoMs() > 300_000);
    const [status, { status: word, problem }] = await health();
    assert.deepEqual([status, word], [503, 'unavailable']);
    assert.match(problem, /^127\.0\.0\.1(:\d+)? has not answered for 300 s$/);
    answer();
    await until(async () => (await health())[0] === 200, 'it is healthy again');
  });

  test('has the band after 30 s, with rows as of then, until the next answer', { timeout: 90_000 }, async (context) => {
    const { address, vm, hang, answer, step } = await serveHanging(context, 10_000);
    const { page, complaints, close } = await newPage({ viewport: { width: 1280, height: 800 } });
    context.after(close);
    await page.goto(address);
    await waitForStatus(page, vm, 'VmNotStarted');
    hang();
    step();
    await page.getByText(/ · [12]\d s ago$/).waitFor();
    assert.equal(await page.locator('html.stale').count(), 0, 'not a moment before');
    step();
    step();
    const band = page
      .getByRole('status')
      .filter({ hasText: /^vCenter not readable since \d\d:\d\d:\d\d \(\d+ s\)\. Shown as of then/ });
    await band.waitFor();
    await page.waitForFunction(() => document.title.startsWith('vCenter not readable – '));
    assert.ok(Number(await page.locator('#view').evaluate((view) => getComputedStyle(view).opacity)) < 1, 'dimmed');
    assert.equal(await page.locator('#band-log-in').isVisible(), false);
    await waitForStatus(page, vm, 'VmNotStarted');
    const nowMs = () => page.evaluate(() => document.querySelector('#view').model.nowMs);
    const before = await nowMs();
    await page.waitForTimeout(2_500);
    assert.ok(Math.abs((await nowMs()) - before) < 1_000, 'times stand still');
    answer();
    await page.waitForFunction(() => document.querySelector('#band-begin').textContent === '');
    await page.locator('html:not(.stale)').waitFor();
    assert.deepEqual(complaints, []);
  });
});

describe('another address than this machine’s own', () => {
  test('needs TLS, and says why', async () => {
    const refused = async (...args) => {
      const { status, stderr } = await runCommand(['page', ...args], { server: simulator });
      assert.equal(status, 3);
      return stderr;
    };
    assert.match(
      await refused('--listen', '0.0.0.0'),
      /passwords would cross in clear: give --tls-cert and --tls-key, or --behind-tls-proxy/,
    );
    assert.match(await refused('--tls-cert', 'c.pem'), /go together/);
    assert.match(await refused('--behind-tls-proxy'), /needs --public-name/);
    assert.match(await refused('--behind-tls-proxy', '--public-name', 'https://a'), /'https:\/\/a': give names/);
    assert.match(await refused('--viewers-token-file', 'f'), /give --shared too/);
    assert.match(await refused('--port', '99999'), /--port is '99999'/);
    assert.match(
      await refused('--port', '1', '--listen', '192.0.2.1', '--behind-tls-proxy', '--public-name', 'a'),
      /cannot listen/,
    );
    assert.match(await refused('--tls-cert', simulator.key, '--tls-key', simulator.key), /holds no certificate/);
  });

  test('is served over TLS, under the names of the certificate', async (context) => {
    const { certificate, key } = simulator;
    const { address } = await serve(context, ['--tls-cert', certificate, '--tls-key', key, '--listen', '127.0.0.1']);
    assert.match(address, /^https:/);
    const own = await ask(address, { ca: await readFile(certificate) });
    assert.equal(own.status, 200);
  });

  test('is served behind a proxy under its name, with cookies for TLS alone', async (context) => {
    const { address } = await serve(context, ['--behind-tls-proxy', '--public-name', 'status.example.com']);
    const headers = { host: 'status.example.com', 'content-type': 'text/xml' };
    assert.equal((await ask(address, { headers: { host: headers.host } })).status, 200);
    const body =
      '<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"><Body><Login xmlns="urn:vim25">' +
      `<_this type="SessionManager">SessionManager</_this><userName>${simulator.user}</userName><password>${simulator.password}</password></Login></Body></Envelope>`;
    const { headers: answered } = await ask(`${address}sdk`, { method: 'POST', headers, body });
    assert.match(answered['set-cookie'].join(), /SameSite=Strict; Secure/);
  });
});

describe('a browser', () => {
  test('looks at a shared page: rows as they change, and nothing to do but look', async (context) => {
    const { address, ...command } = await serve(context, ['--shared', 'DC0_H0_VM*']);
    const { page, complaints, close } = await newPage({ viewport: { width: 1280, height: 800 } });
    context.after(close);
    await page.goto(address);
    await page.locator('#view .row').nth(2).waitFor();
    await page.locator('#state').filter({ hasText: 'Live' }).waitFor();
    await page.locator('#source').filter({ hasText: 'DC0_H0_VM* on 127.0.0.1' }).waitFor();
    await simulator.do({ do: 'post', event: 'VmStartingEvent', vm: 'DC0_H0_VM2' });
    await simulator.do({ do: 'post', event: 'CustomizationFailed', vm: 'DC0_H0_VM2' });
    await waitForStatus(page, 'DC0_H0_VM2', 'CustomizationFailed');
    for (const id of ['again', 'rewind', 'log-out']) assert.equal(await page.locator(`#${id}`).isVisible(), false, id);
    // Opened again it is the same, without a word of it in the address.
    await page.reload();
    await waitForStatus(page, 'DC0_H0_VM2', 'CustomizationFailed');
    assert.deepEqual(complaints, []);
    command.kill('SIGINT');
    await command.done;
    await page.locator('#state').filter({ hasText: 'Trying again' }).waitFor();
    await page.locator('#source').filter({ hasText: 'the server of this page does not answer' }).waitFor();
  });

  test('has the wall screen of a shared page by its link', async (context) => {
    const { address } = await serve(context, ['--shared', 'DC0_H0_VM*']);
    const { page, complaints, close } = await newPage({ viewport: { width: 1920, height: 1080 } });
    context.after(close);
    await page.goto(`${address}#wall=1`);
    await page
      .locator('#wall-view')
      .filter({ hasText: new URL(simulator.url).host })
      .waitFor();
    await page.getByText('No VM is being customized').waitFor();
    assert.equal(await page.locator('#wall-view .bar-axis span').count(), 0, 'an axis of nothing');
    assert.deepEqual(complaints, []);
  });

  test('logs in on a page that is served to log in on, to the VMs that were asked for', async (context) => {
    const sessions = async () => (await simulator.do({ do: 'sessions' })).count;
    const before = await sessions();
    const { address, ...command } = await serve(context, ['DC0_H0_VM1']);
    const { page, complaints, close } = await newPage({ viewport: { width: 1280, height: 800 } });
    context.after(close);
    await page.goto(address);
    await page.locator('#user').fill(simulator.user);
    await page.locator('#password').fill(simulator.password);
    await page.getByRole('button', { name: 'Log in', exact: true }).click();
    assert.equal(await page.getByLabel(/^Patterns/).inputValue(), 'DC0_H0_VM1');
    await page.getByRole('button', { name: 'Watch', exact: true }).click();
    await page.locator('#view .row').filter({ hasText: 'DC0_H0_VM1' }).waitFor();
    await page.locator('#state').filter({ hasText: 'Live' }).waitFor();
    assert.equal(await page.locator('#source').textContent(), `DC0_H0_VM1 on ${new URL(simulator.url).host}`);
    assert.deepEqual(complaints, []);
    // Whoever leaves the page logs out.
    await page.goto('about:blank');
    await until(async () => (await sessions()) === before);
    command.kill('SIGINT');
    assert.equal((await command.done).status, 0);
  });
});

describe('GOVC_DATACENTER', () => {
  const elsewhere = (env = {}) => ({ server: simulator, env: { GOVC_DATACENTER: 'DC9', ...env } });

  test('is where a shared page looks for names and patterns without a path', async (context) => {
    const { status, stderr } = await runCommand(['page', '--shared', 'DC0_H0_VM1'], elsewhere());
    assert.deepEqual([status, /names are looked for in the datacenter 'DC9'$/m.test(stderr)], [4, true], stderr);
    const { path } = simulator.vms.find(({ name }) => name === 'DC0_H0_VM1');
    for (const [args, datacenter, names] of [
      [['DC0_H0_VM*', path], 'DC9', ['DC0_H0_VM1']],
      [['DC0_H0_VM*'], 'DC0', ['DC0_H0_VM0', 'DC0_H0_VM1', 'DC0_H0_VM2']],
      [[], 'DC9', []],
    ]) {
      const { address } = await serve(context, ['--shared', ...args], elsewhere({ GOVC_DATACENTER: datacenter }));
      const viewer = await look(context, address);
      await until(() => viewer.messages.length > 0);
      const [{ vms, title }] = viewer.messages;
      assert.deepEqual(vms.map(({ name }) => name).sort(), names);
      assert.match(title, args.length === 0 ? /^all VMs of DC9 on / : / on 127\.0\.0\.1/);
    }
  });

  test('is where a page to log in on looks for them, and says so', async (context) => {
    const { address } = await serve(context, ['DC0_H0_VM1'], elsewhere());
    const { page, close } = await newPage();
    context.after(close);
    await page.goto(address);
    await page.locator('#user').fill(simulator.user);
    await page.locator('#password').fill(simulator.password);
    await page.getByRole('button', { name: 'Log in', exact: true }).click();
    await page.getByText('Without a path: those in the datacenter DC9.').waitFor();
    // What is chosen by its box is meant wherever it is.
    await page.getByText('3 of 3 VMs').waitFor();
    await page.getByRole('button', { name: 'Watch', exact: true }).click();
    await page.locator('#pick-problem').filter({ hasText: "names are looked for in the datacenter 'DC9'" }).waitFor();
    await page.getByLabel(/^Patterns/).fill('');
    await page.getByRole('checkbox', { name: /DC0_H0_VM2/ }).check();
    await page.getByRole('button', { name: 'Watch', exact: true }).click();
    await page.locator('#view .row').filter({ hasText: 'DC0_H0_VM2' }).waitFor();
  });
});

describe('a guest that has to be ready', () => {
  const options = async (context) => {
    const fake = await startSimulator({ kind: 'fake' });
    context.after(() => fake.stop());
    const { name: vm } = fake.vms[0];
    await fake.do({ do: 'powerOn', vm }).catch(() => undefined);
    await fake.do({ do: 'guestInfo', vm, toolsRunningStatus: 'guestToolsNotRunning' });
    return { fake, vm, args: ['--server', fake.url, '--insecure', '--ready', 'tools', '--settle', '0', vm] };
  };
  const seenToEnd = async ({ fake, vm, page }) => {
    for (const event of ['VmStartingEvent', 'CustomizationStartedEvent', 'CustomizationSucceeded']) {
      await fake.do({ do: 'post', event, vm });
    }
    const row = page.locator('#view .row').filter({ hasText: vm });
    await row.filter({ hasText: 'Succeeded, not ready yet' }).waitFor();
    await row.click();
    const details = page.locator('#view .details');
    await details.getByRole('heading', { name: 'Customized, and not ready yet' }).waitFor();
    await details.locator('.steps .open').filter({ hasText: 'Not ready yet' }).waitFor();
    await fake.do({ do: 'guestInfo', vm, toolsRunningStatus: 'guestToolsRunning' });
    await details.getByRole('heading', { name: 'Customization succeeded' }).waitFor();
    await details.locator('.steps .ready').filter({ hasText: 'Ready' }).waitFor();
    assert.equal(await details.locator('.steps .open').count(), 0);
    await row.filter({ hasText: 'Succeeded, not ready yet' }).waitFor({ state: 'detached' });
  };

  test('is waited for by a shared page, whose rows, steps and tiles say so', { timeout: 60_000 }, async (context) => {
    const { fake, vm, args } = await options(context);
    const env = { VSPHERE_USER: fake.user, VSPHERE_PASSWORD: fake.password };
    const { address } = await serve(context, ['--shared', ...args], { env });
    const { page, complaints, close } = await newPage({ viewport: { width: 1280, height: 800 } });
    context.after(close);
    const wall = await newPage({ viewport: { width: 1920, height: 1080 } });
    context.after(wall.close);
    await wall.page.goto(`${address}#wall=1`);
    const tile = (name) => wall.page.locator(`#wall-view .tiles .${name} b`);
    await page.goto(address);
    await page.locator('#state').filter({ hasText: 'Live' }).waitFor();
    await tile('idle').or(tile('customizing')).first().waitFor();
    const seen = seenToEnd({ fake, vm, page });
    await tile('customizing').filter({ hasText: '1' }).waitFor();
    await tile('succeeded').filter({ hasText: '1' }).waitFor();
    assert.equal(await tile('customizing').textContent(), '0');
    await seen;
    assert.deepEqual([...complaints, ...wall.complaints], []);
  });

  test('is waited for by a page to log in on, unless its dialog says otherwise', {
    timeout: 60_000,
  }, async (context) => {
    const { fake, vm, args } = await options(context);
    const { address } = await serve(context, args, {});
    const { page, complaints, close } = await newPage({ viewport: { width: 1280, height: 800 } });
    context.after(close);
    const enter = async () => {
      await page.locator('#user').fill(fake.user);
      await page.locator('#password').fill(fake.password);
      await page.getByRole('button', { name: 'Log in', exact: true }).click();
    };
    await page.goto(address);
    await enter();
    assert.equal(await page.locator('#pick-ready').inputValue(), 'tools');
    await page.getByRole('button', { name: 'Watch', exact: true }).click();
    await page.locator('#state').filter({ hasText: 'Live' }).waitFor();
    assert.doesNotMatch(page.url(), /ready|settle/);
    await seenToEnd({ fake, vm, page });
    await page.getByText('More', { exact: true }).click();
    await page.getByRole('button', { name: 'Options…' }).click();
    const dialog = page.getByRole('dialog');
    assert.deepEqual(
      [await dialog.getByLabel('Done when').inputValue(), await dialog.getByLabel(/stays so/).inputValue()],
      ['tools', '0'],
    );
    await dialog.getByLabel('Done when').selectOption('none');
    await dialog.getByLabel(/stays so/).fill('');
    await dialog.getByRole('button', { name: 'Apply' }).click();
    await page.waitForURL(/[#&]ready=none/);
    // What the run before was about is cancelled, and a fault is told with 500.
    assert.deepEqual(
      complaints.filter((text) => !text.startsWith('Failed to load resource')),
      [],
    );
  });
});
