/** The plug-in's view in a real browser, inside a stand-in for the vSphere Client, with a simulated vCenter behind it. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { describe, test } from 'node:test';

import { startSimulator } from '../simulators/simulator.mjs';
import { until } from '../until.mjs';
import { startClient } from './client-stand-in/server.mjs';
import { newPage } from './lib/browser.mjs';
import { startBackEnd } from './lib/plugin.mjs';

const LIMIT_MS = 20_000;
/** Beside a push the page reads once a minute: what comes sooner, comes by the push. */
const PUSHED_MS = 10_000;
const HOSTILE = '<img src=x onerror="window.hacked=1">\u202E"\'&amp;';
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** A vCenter with a Client, and the plug-in beside it; all end with the test. */
async function setUp(context, { kind = 'fake', field, settings } = {}) {
  const simulator = await startSimulator({ kind });
  context.after(() => simulator.stop());
  const client = await startClient(simulator, { field });
  context.after(() => client.stop());
  const plugin = await startBackEnd(client, settings);
  context.after(() => plugin.stop());
  const sessions = async () => (await simulator.do({ do: 'sessions' })).count;
  return { simulator, client, plugin, sessions };
}

/** A VM that is off, with a customization to come, in the Client's context. */
async function addVm({ simulator, client }, name = 'web-1') {
  const [{ name: template }] = simulator.vms;
  const { vm } = await simulator.do({ do: 'clone', template, name });
  client.show({ context: [{ id: client.urn(vm) }] });
  return vm;
}

/** The Client with the plug-in's view; what the browser complained of; and the ids of sessions that it was given. */
async function openClient(context, client, path = client.page) {
  const { page, complaints, close } = await newPage({ ignoreHTTPSErrors: true, isAlone: true });
  context.after(close);
  const answers = [];
  await page.exposeFunction('reportViolation', (text) => complaints.push(text));
  await page.addInitScript(() => {
    addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI, disposition }) =>
      window.reportViolation(`policy (${disposition}): ${violatedDirective} ${blockedURI}`),
    );
  });
  page.on('response', async (response) => {
    if (response.url().endsWith('/session')) answers.push(response.text().catch(() => ''));
  });
  await page.goto(path);
  const frame = path === client.page ? page.frameLocator('iframe') : page;
  const says = (text) =>
    frame.locator('#state, #what, #band-end, #missing li').filter({ hasText: text }).waitFor({ timeout: LIMIT_MS });
  return {
    page,
    frame,
    complaints,
    session: async () => JSON.parse(await answers.at(-1)).session,
    row: (text, status) => frame.locator(`[data-status="${status}"]`, { hasText: text }),
    async sees(text, status, limit = LIMIT_MS) {
      const begun = performance.now();
      await this.row(text, status).waitFor({ timeout: limit });
      return performance.now() - begun;
    },
    says,
    live: () => says(/^Live$/),
    theme: () => frame.locator('html').evaluate((root) => getComputedStyle(root).colorScheme),
  };
}

describe('the view in the vSphere Client', { concurrency: 2 }, () => {
  for (const kind of ['fake', 'vcsim']) {
    test(`shows the VM in the context, step by step as it happens (${kind})`, async (context) => {
      const all = await setUp(context, { kind });
      const { simulator, client, plugin, sessions } = all;
      const vm = await addVm(all);
      const view = await openClient(context, client);
      await view.sees('web-1', 'VmNotStarted');
      await view.live();
      const took = [];
      for (const [event, status] of [
        ['VmStartingEvent', 'CustomizationNotStarted'],
        ['CustomizationStartedEvent', 'CustomizationStarted'],
        ['CustomizationSucceeded', 'CustomizationSucceeded'],
      ]) {
        await simulator.do({ do: 'post', event, vm });
        took.push(Math.round(await view.sees('web-1', status, PUSHED_MS)));
      }
      context.diagnostic(`from the event to the page: ${took.join(', ')} ms`);
      assert.deepEqual(view.complaints, []);
      // The user's own one and its clone.
      assert.equal(await sessions(), 2);
      const id = await view.session();
      // The Client's token for the plug-in stays what it is: the page goes, and its session with it.
      await view.page.evaluate(() => window.client.leave());
      await until(async () => (await sessions()) === 1, 'the session of a page that has gone is closed');
      assert.equal(await plugin.stop(), 0);
      for (const secret of [...client.secrets, id]) assert.ok(!plugin.output().includes(secret));
    });
  }

  test('shows one VM as its card alone, with its failure as the answer, and looks back further when asked to', async (context) => {
    const all = await setUp(context);
    const { simulator, client } = all;
    const vm = await addVm(all);
    const view = await openClient(context, client);
    await view.live();
    await view.frame.getByText('No power-on in the last 24 h').waitFor();
    assert.equal(await view.frame.getByRole('grid').isVisible(), false);
    const twoDaysAgo = new Date(Date.now() - 2 * 86_400_000);
    for (const [event, seconds] of [
      ['VmStartingEvent', 0],
      ['CustomizationStartedEvent', 30],
      ['CustomizationNetworkSetupFailed', 90],
    ]) {
      const createdTime = new Date(twoDaysAgo.getTime() + seconds * 1_000).toISOString();
      await simulator.do({ do: 'post', event, vm, fields: { createdTime } });
    }
    await view.frame.getByRole('button', { name: 'Look back 7 days' }).click();
    await view.frame.getByRole('heading', { name: 'Customization failed' }).waitFor();
    await view.frame.getByText('The network was not set up').waitFor();
    assert.equal(await view.frame.getByRole('button', { name: 'Look back 7 days' }).isVisible(), false);
    assert.deepEqual(view.complaints, []);
  });

  test('shows several VMs, and says which are not to be seen', async (context) => {
    const all = await setUp(context);
    const { simulator, client } = all;
    const vms = [await addVm(all, 'web-1'), await addVm(all, 'web-2'), 'vm-999999'];
    client.show({ context: vms.map((vm) => ({ id: client.urn(vm) })) });
    const view = await openClient(context, client);
    await view.live();
    await view.says(/^vm-999999 is not shown: no VM on .* fits/);
    await simulator.do({ do: 'post', event: 'VmStartingEvent', vm: vms[1] });
    await view.sees('web-2', 'CustomizationNotStarted', PUSHED_MS);
    await view.sees('web-1', 'VmNotStarted');
    assert.deepEqual(view.complaints, []);
  });

  test('has the theme of the Client, at the start and when it changes', async (context) => {
    const all = await setUp(context);
    await addVm(all);
    all.client.show({ theme: 'dark' });
    const view = await openClient(context, all.client);
    await view.live();
    assert.equal(await view.theme(), 'dark');
    for (const theme of ['light', 'dark']) {
      await view.page.evaluate((name) => window.client.setTheme(name), theme);
      await until(async () => (await view.theme()) === theme, `the theme is ${theme}`);
    }
  });

  test('works in an older Client, which tells of no theme, and with the older form of the ticket', async (context) => {
    const all = await setUp(context, { field: 'vc_guid' });
    await addVm(all);
    all.client.show({ old: true, theme: 'dark' });
    const view = await openClient(context, all.client);
    await view.live();
    assert.equal(await view.theme(), 'light');
    assert.deepEqual(all.client.requests, { tickets: 2, refused: 1 });
    assert.deepEqual(view.complaints, []);
  });

  test('shows a hostile name as text, and is without faults of accessibility', async (context) => {
    const all = await setUp(context);
    await addVm(all, HOSTILE);
    const view = await openClient(context, all.client);
    await view.live();
    await view.sees('<img src=x onerror=', 'VmNotStarted');
    const frame = view.page.frames()[1];
    for (const [theme, width] of [
      ['light', 1_300],
      ['light', 900],
      ['dark', 900],
      ['dark', 1_300],
    ]) {
      await view.page.evaluate((name) => window.client.setTheme(name), theme);
      await until(async () => (await view.theme()) === theme, `the theme is ${theme}`);
      await frame.evaluate(AXE);
      // Once with the details beside the table, once with the table alone.
      await view.page.locator('iframe').evaluate((iframe, width) => iframe.setAttribute('width', width), width);
      await view.frame.locator('vm-customization-status').evaluate((element, open) => {
        element.details = open;
      }, width > 1_000);
      const { violations } = await frame.evaluate(() => window.axe.run());
      assert.deepEqual(
        violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]),
        [],
      );
    }
    assert.equal(await frame.evaluate(() => window.hacked), undefined);
    assert.deepEqual(view.complaints, []);
  });

  test('runs under a policy that holds', async (context) => {
    const all = await setUp(context);
    await addVm(all);
    const view = await openClient(context, all.client);
    await view.live();
    const frame = view.page.frames()[1];
    await frame.evaluate(() => {
      const script = document.createElement('script');
      script.textContent = 'window.hacked = 1';
      document.body.append(script);
      document.body.setAttribute('onclick', 'window.hacked = 1');
      document.body.click();
      return fetch('https://elsewhere.example/').catch(() => undefined);
    });
    assert.equal(await frame.evaluate(() => window.hacked), undefined);
    for (const directive of [
      'script-src-elem inline',
      'script-src-attr inline',
      'connect-src https://elsewhere.example',
    ]) {
      await until(() => view.complaints.some((text) => text.startsWith(`policy (enforce): ${directive}`)), directive);
    }
    assert.ok(view.complaints.some((text) => text.startsWith('policy (report): require-trusted-types-for')));
  });

  test('says what it is when it is opened by itself, or on something else than VMs', async (context) => {
    const all = await setUp(context);
    const { client } = all;
    const alone = await openClient(context, client, client.view);
    await alone.says(/a view of the vSphere Client and shows nothing by itself/);
    for (const [objects, text] of [
      [[], /No VM is selected/],
      [[{ id: `urn:vmomi:Folder:group-v3:${client.vcGuid}` }], /What is selected is not a VM/],
    ]) {
      client.show({ context: objects });
      const view = await openClient(context, client);
      await view.says(text);
    }
    assert.equal(client.requests.tickets, 0);
  });

  test('says that a session was not accepted, and begins anew when asked to', async (context) => {
    const all = await setUp(context);
    const { client, plugin } = all;
    await addVm(all);
    client.forgeToken();
    const view = await openClient(context, client);
    await view.says(/does not accept the session of this vSphere Client/);
    assert.doesNotMatch(plugin.output(), /f0rged/);
    await client.logIn();
    await view.frame.getByRole('button', { name: 'Try again' }).click();
    await view.live();
  });

  test('refuses another vCenter, and sends it nothing', async (context) => {
    const all = await setUp(context);
    const { client } = all;
    const vm = await addVm(all);
    let connections = 0;
    const decoy = createServer((socket) => {
      connections += 1;
      socket.destroy();
    }).listen(0, '127.0.0.1');
    await once(decoy, 'listening');
    context.after(() => decoy.close());
    client.show({ endpoint: `https://127.0.0.1:${decoy.address().port}/api/ui` });
    const view = await openClient(context, client);
    await view.says(/this plug-in is for 127\.0\.0\.1:\d+, and the vSphere Client is one of 127\.0\.0\.1:\d+/);
    assert.equal(connections, 0);
    assert.equal(client.requests.tickets, 0);

    // The right Client, with a VM of a vCenter that is linked to its own.
    client.show({ endpoint: `${client.origin}/api/ui`, context: [{ id: client.urn(vm) }] });
    const right = await openClient(context, client);
    await right.live();
    const asked = client.requests.tickets;
    client.show({ context: [{ id: client.urn(vm, '00000000-0000-4000-8000-000000000000') }] });
    const linked = await openClient(context, client);
    await linked.says(/this VM is of another vCenter than/);
    assert.equal(client.requests.tickets, asked);
  });

  test('opens another session when its own has ended, and says so when it cannot', async (context) => {
    const all = await setUp(context);
    const { simulator, client, sessions } = all;
    const vm = await addVm(all);
    const view = await openClient(context, client);
    await view.live();
    const asked = client.requests.tickets;
    // All at once, as when vCenter's service is restarted; the user logs in to the Client again.
    await simulator.do({ do: 'expireSessions' });
    await client.logIn();
    await simulator.do({ do: 'post', event: 'VmStartingEvent', vm });
    await view.sees('web-1', 'CustomizationNotStarted');
    assert.ok(client.requests.tickets > asked);
    assert.equal(await sessions(), 2);
    await view.live();
    // Now the user does not.
    await simulator.do({ do: 'expireSessions' });
    await view.says(/does not accept the session of this vSphere Client/);
    // What was known of it stays.
    await view.sees('web-1', 'CustomizationNotStarted');
    await view.frame.locator('#band.on').waitFor();
    await client.logIn();
    await view.frame.getByRole('button', { name: 'Try again' }).click();
    await view.live();
    await view.sees('web-1', 'CustomizationNotStarted');
    assert.equal(await view.frame.locator('#band.on').count(), 0);
  });

  test('says always how fresh it is: rows of a vCenter that hangs stay, dimmed and as of then, until it answers', {
    timeout: 90_000,
  }, async (context) => {
    const all = await setUp(context);
    const { simulator, client } = all;
    const vm = await addVm(all);
    const view = await openClient(context, client);
    await simulator.do({ do: 'post', event: 'VmStartingEvent', vm });
    await view.sees('web-1', 'CustomizationNotStarted');
    await view.live();
    await view.frame.getByText(/^Live · \d+ s ago$/).waitFor();
    const band = view.frame.locator('#band.on');
    assert.equal(await band.count(), 0);
    const hung = [];
    await view.page.route(/\/(time|events|guests|push)$/, (route) => hung.push(route));
    await view.page.frames()[1].evaluate(() => {
      // Half a minute of silence is eight seconds.
      const now = performance.now.bind(performance);
      const fromMs = now();
      performance.now = () => fromMs + (now() - fromMs) * 4;
    });
    await band
      .filter({ hasText: /vCenter not readable since \d\d:\d\d:\d\d \(\d+ (s|min)\)\. Shown as of then/ })
      .waitFor();
    assert.equal(await band.getByRole('status').count(), 1);
    await view.frame.locator('#state').filter({ hasText: 'Not readable' }).waitFor();
    await view.sees('web-1', 'CustomizationNotStarted');
    const element = view.frame.locator('vm-customization-status');
    assert.ok(Number(await element.evaluate((shown) => getComputedStyle(shown).opacity)) < 1, 'dimmed');
    const frame = view.page.frames()[1];
    await frame.evaluate(AXE);
    const { violations } = await frame.evaluate(() => window.axe.run());
    assert.deepEqual(
      violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]),
      [],
    );
    await view.page.unrouteAll();
    for (const route of hung) await route.abort().catch(() => undefined);
    await band.waitFor({ state: 'detached' });
    await view.live();
  });

  test('reads on when the back end was started again, which closes all its sessions first', async (context) => {
    const all = await setUp(context);
    const { simulator, client, plugin, sessions } = all;
    const vm = await addVm(all);
    const view = await openClient(context, client);
    await view.live();
    assert.equal(await sessions(), 2);
    assert.equal(await plugin.stop('SIGINT'), 0);
    assert.equal(await sessions(), 1);
    const { leaked } = await simulator.do({ do: 'collectors' });
    assert.equal(leaked, 0);
    const next = await startBackEnd(client);
    context.after(() => next.stop());
    await simulator.do({ do: 'post', event: 'VmStartingEvent', vm });
    await view.sees('web-1', 'CustomizationNotStarted');
  });
});
