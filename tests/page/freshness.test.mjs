/** How fresh the rows are: said always, and loudly where vCenter cannot be read; the rows stay, and the watch goes on. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { newPage } from './lib/browser.mjs';
import { serveOnSimulator } from './lib/dev-server.mjs';
import { sourceModule } from './lib/source-module.mjs';
import { choose, openPage, rowsOf, waitForStatus } from './lib/status-page.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const { bandText, isSilent, spanText } = await sourceModule('run/freshness.ts');

let simulator;
let url;
let stop;

before(async () => {
  ({ simulator, url, stop } = await serveOnSimulator(2));
});
after(() => stop?.());

test('30 s of silence are one while a question is open, and not a moment less', () => {
  const silent = (now, more = {}) => isSilent({ heardAtMs: 5_000, askedAtMs: 15_000, isLost: false, ...more }, now);
  assert.deepEqual(
    [34_999, 35_000, 35_001].map((now) => silent(now)),
    [false, true, true],
  );
  // In the background a page asks seldom: what it has not asked cannot have been answered.
  assert.deepEqual(
    [59_999, 60_000, 60_001].map((now) => silent(now, { askedAtMs: 40_000 })),
    [false, true, true],
  );
  assert.equal(silent(10 ** 9, { askedAtMs: undefined }), false);
  assert.equal(silent(5_001, { isLost: true }), true);
});

test('a span has one unit', () => {
  const texts = { 0: '0 s', 59999: '59 s', 60000: '1 min', 7199999: '119 min', 7200000: '2 h' };
  for (const [ms, text] of Object.entries({ ...texts, 172799999: '47 h', 172800000: '2 d', [-1]: '0 s' })) {
    assert.equal(spanText(Number(ms)), text);
  }
});

test('the band says since when, for how long and why; of another day with its date', () => {
  const asOfMs = Date.parse('2026-03-01T02:39:18');
  const stale = { kind: 'stale', asOfMs, forMs: 61_000, reason: 'no answer', needsLogIn: false };
  const told = (freshness, nowMs = asOfMs + 61_000) => Object.values(bandText(freshness, nowMs)).join('');
  assert.equal(told(stale), 'vCenter not readable since 02:39:18 (1 min). Shown as of then: no answer');
  assert.match(told(stale, asOfMs + 86_400_000), /since 2026-03-01 02:39:18 /);
  assert.equal(told({ ...stale, asOfMs: null }), 'vCenter not readable (1 min): no answer');
  assert.equal(told({ ...stale, forMs: null, reason: 'log in' }), 'Shown as of 02:39:18: log in');
  assert.equal(told({ kind: 'fresh', ageMs: 0 }) + told({ kind: 'timeless' }), '');
});

const clone = (name) => simulator.do({ do: 'clone', template: simulator.vms[0].vm, name, powerOn: true });
const post = (vm, event) => simulator.do({ do: 'post', vm, event });

async function logIn(page) {
  await page.locator('#user').fill(simulator.user);
  await page.locator('#password').fill(simulator.password);
  await page.locator('#log-in-go').click();
}

/** A page that watches one VM, which customizes. */
async function watchOne(context, name, { hasClock = true, ...options } = {}) {
  const { page, close } = await openPage('#timeout=never&wait=1', { url, isAlone: hasClock, ...options });
  context.after(close);
  await clone(name);
  await post(name, 'CustomizationStartedEvent');
  if (hasClock) await page.clock.install();
  await choose(page, 'Open', 'vCenter…');
  await logIn(page);
  await page.getByLabel(/^Patterns/).fill(name);
  await page.getByRole('button', { name: 'Watch' }).click();
  await waitForStatus(page, name, 'CustomizationStarted');
  await page.locator('#state').filter({ hasText: 'Live' }).waitFor();
  return page;
}

const band = (page) => page.getByRole('status').filter({ hasText: /as of/ });
const isBandGone = (page) => page.waitForFunction(() => document.querySelector('#band-begin').textContent === '');
/** Lets time pass, and answers come, until this is there. */
async function passTime(page, locator) {
  for (let seconds = 0; (await locator.count()) === 0; seconds += 5) {
    assert.ok(seconds < 200, 'it does not come');
    await page.clock.runFor(5_000);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
const statuses = async (page) =>
  (await rowsOf(page)).map(({ name, customizationStatus, conclusion }) => [name, customizationStatus, conclusion]);
const told = (page) =>
  page.evaluate(() =>
    document.querySelector('#view').model.transitions.map(({ to }) => to.replace('Customization', '')),
  );

test('it says always how long ago vCenter answered', async (context) => {
  const { page, close } = await openPage();
  context.after(close);
  await page.getByText(/^Live · \d+ s ago$/).waitFor();
});

test('a quiet vCenter is live, and its answers are no older than ten seconds', { timeout: 90_000 }, async (context) => {
  const page = await watchOne(context, 'quiet-1');
  for (let seconds = 0; seconds < 50; seconds += 5) {
    await page.clock.runFor(5_000);
    await page.getByText(/^Live · ([0-9]|1[01]) s ago$/).waitFor();
  }
  assert.equal(await page.locator('html.stale').count(), 0);
});

test('a vCenter that hangs is seen as such after 30 s: a band, rows as of then, and all of it over with its first answer', {
  timeout: 90_000,
}, async (context) => {
  const page = await watchOne(context, 'hangs-1', { bypassCSP: true });
  const nowMs = () => page.evaluate(() => document.querySelector('#view').model.nowMs);
  await page.route('**/sdk', () => new Promise(() => undefined));
  await page.clock.runFor(29_000);
  assert.equal(await band(page).count(), 0, 'not a moment before');
  const before = await nowMs();
  await page.clock.runFor(13_000);
  await band(page).waitFor();
  assert.match(
    await band(page).textContent(),
    /^vCenter not readable since \d\d:\d\d:\d\d \(\d+ s\)\. Shown as of then/,
  );
  await page.clock.runFor(1_000);
  assert.match(await page.title(), /^vCenter not readable – 1 customizing/);
  assert.ok(Number(await page.locator('#view').evaluate((view) => getComputedStyle(view).opacity)) < 1, 'dimmed');
  assert.ok(!(await page.locator('#state').textContent()).includes('Live'));
  const standing = await nowMs();
  assert.ok(standing <= before, 'the bars are as of the last answer');
  await page.clock.runFor(60_000);
  assert.equal(await nowMs(), standing, 'and stand still');
  assert.match(await band(page).textContent(), /\(1 min\)/);
  assert.deepEqual(await statuses(page), [['hangs-1', 'CustomizationStarted', undefined]]);
  await page.locator('#view .row').first().click();
  await page.evaluate(axe);
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
    assert.deepEqual(
      violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)]),
      [],
      colorScheme,
    );
  }
  await post('hangs-1', 'CustomizationSucceeded');
  await page.unroute('**/sdk');
  await page.clock.runFor(45_000);
  await waitForStatus(page, 'hangs-1', 'CustomizationSucceeded');
  await isBandGone(page);
  await page.clock.runFor(1_000);
  assert.match(await page.title(), /^1 succeeded/);
});

test('a wall screen has the band too: its clock goes on, and the strip is hatched', {
  timeout: 90_000,
}, async (context) => {
  const { page, close } = await newPage({ viewport: { width: 1920, height: 1080 }, timezoneId: 'UTC', isAlone: true });
  context.after(close);
  await clone('wall-1');
  await page.clock.install();
  await page.goto(`${url}#source=vcenter&patterns=wall-1&wall=1`);
  await logIn(page);
  await page.getByRole('button', { name: 'Watch' }).click();
  await page
    .locator('#wall-view .state')
    .filter({ hasText: /^Live · \d+ s ago$/ })
    .waitFor();
  assert.match(await page.locator('#wall-view .where').textContent(), /^127\.0\.0\.1\S* wall-1 · 1 VM$/);
  await page.locator('#wall-view .bars .name').filter({ hasText: 'wall-1' }).waitFor();
  const clock = await page.locator('#wall-view .clock').textContent();
  await page.route('**/sdk', () => new Promise(() => undefined));
  await page.clock.runFor(61_000);
  await band(page).waitFor();
  assert.notEqual(await page.locator('#wall-view .clock').textContent(), clock);
  assert.equal(await page.locator('#wall-view .strip .gap').count(), 1);
  assert.match(await page.title(), /^vCenter not readable – /);
  assert.ok(Number(await page.locator('#wall-view .columns').evaluate((each) => getComputedStyle(each).opacity)) < 1);
  // It is above the wall, and covers nothing of it.
  const [above, below] = await Promise.all(['#band', '#wall-view'].map((id) => page.locator(id).boundingBox()));
  assert.ok(above.y + above.height <= below.y + 1 && below.y + below.height <= 1_081, JSON.stringify([above, below]));
});

/** Answers each call of this method with a fault; answers how often. */
async function answerWithFault(page, method, fault) {
  let count = 0;
  await page.route('**/sdk', async (route) => {
    if (!new RegExp(`<(\\w+:)?${method}[ />]`).test(route.request().postData() ?? '')) {
      await route.continue();
      return;
    }
    count += 1;
    const detail = `<${fault}Fault xmlns="urn:vim25" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="${fault}"/>`;
    const body = `<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"><Body><Fault><faultcode>ServerFaultCode</faultcode><faultstring>refused</faultstring><detail>${detail}</detail></Fault></Body></Envelope>`;
    await route.fulfill({ status: 500, contentType: 'text/xml', body });
  });
  return () => count;
}

test('a refused log-in leaves the rows under the band, is not tried again, and a new one goes on from there', {
  timeout: 90_000,
}, async (context) => {
  const page = await watchOne(context, 'rotated-1');
  const refused = await answerWithFault(page, 'Login', 'InvalidLogin');
  await simulator.do({ do: 'expireSessions' });
  await passTime(page, page.locator('#band-end').filter({ hasText: 'refused' }));
  assert.match(await band(page).textContent(), /^vCenter not readable since .* Shown as of then: .*(user|password)/);
  assert.deepEqual(await statuses(page), [['rotated-1', 'CustomizationStarted', undefined]]);
  for (let minutes = 0; minutes < 3; minutes += 1) await page.clock.runFor(60_000);
  assert.equal(refused(), 1, 'an account that is tried again and again is locked');
  await page.unroute('**/sdk');
  await post('rotated-1', 'CustomizationSucceeded');
  await page.locator('#band').getByRole('button', { name: 'Log in' }).click();
  assert.equal(await page.locator('#user').inputValue(), simulator.user);
  await logIn(page);
  await waitForStatus(page, 'rotated-1', 'CustomizationSucceeded');
  await isBandGone(page);
  assert.deepEqual(await told(page), ['NotStarted', 'Started', 'Succeeded']);
  // What is recorded is one run, without the failure that would end it.
  await page.getByRole('button', { name: 'Rewind' }).click();
  assert.deepEqual(await statuses(page), [['rotated-1', 'CustomizationSucceeded', 'completed']]);
});

test('after a failure for good the page tries again by itself, within a minute or so', {
  timeout: 90_000,
}, async (context) => {
  const { page, close } = await openPage('#timeout=never&wait=1', { url, isAlone: true });
  context.after(close);
  await clone('gone-1');
  await page.clock.install();
  await answerWithFault(page, 'CurrentTime', 'NoPermission');
  await choose(page, 'Open', 'vCenter…');
  await logIn(page);
  await page.getByLabel(/^Patterns/).fill('gone-1');
  await page.getByRole('button', { name: 'Watch' }).click();
  await page.locator('#state').filter({ hasText: 'Not readable' }).waitFor();
  assert.match(await page.locator('#band').textContent(), /vCenter not readable .*: .*NoPermission/);
  assert.equal(await page.locator('#band-log-in').isVisible(), false);
  await page.unroute('**/sdk');
  await passTime(page, page.locator('#state').filter({ hasText: 'Live' }));
  await waitForStatus(page, 'gone-1', 'CustomizationNotStarted');
});

test('a run whose source fails for good keeps its rows, and another goes on from them, as one recording', async (context) => {
  globalThis.requestAnimationFrame = (draw) => setTimeout(draw, 0);
  const { LiveRun } = await sourceModule('run/live-run.ts');
  const startedAt = new Date();
  const event = (key, type) => ({
    _typeName: type,
    key,
    createdTime: startedAt.toISOString(),
    vm: { name: 'web-1', vm: { type: 'VirtualMachine', value: 'vm-1' } },
  });
  const events = [event(1, 'VmPoweredOnEvent'), event(2, 'CustomizationStartedEvent')];
  let failure;
  const source = {
    address: { kind: 'simulated' },
    title: '',
    host: '',
    vms: [{ vm: 'vm-1', name: 'web-1' }],
    options: { pollIntervalSeconds: 1 },
    events: {
      serverTime: async () => new Date(),
      readEvents: async () => {
        if (failure !== undefined) throw failure;
        return { events };
      },
    },
  };
  const until = async (is) => {
    for (let tries = 0; !is(); tries += 1) {
      assert.ok(tries < 1_000, 'it does not come');
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  const statusOf = ({ model }) => {
    const { customizationStatus, conclusion } = model.row('vm-1');
    return [customizationStatus, conclusion];
  };
  const first = new LiveRun(source, {});
  context.after(() => first.stop(false));
  await until(() => statusOf(first)[0] === 'CustomizationStarted');
  failure = Object.assign(new Error('no such call'), { kind: 'fatal' });
  await until(() => first.state === 'lost');
  assert.deepEqual(statusOf(first), ['CustomizationStarted', undefined], 'the row is as it was');
  assert.deepEqual([first.freshness.kind, first.freshness.reason], ['stale', 'no such call']);
  failure = undefined;
  events.push(event(3, 'CustomizationSucceeded'));
  const second = new LiveRun(source, first.options, first.save());
  context.after(() => second.stop(false));
  assert.deepEqual(statusOf(second), ['CustomizationStarted', undefined]);
  await until(() => statusOf(second)[0] === 'CustomizationSucceeded');
  assert.equal(second.model.transitions.length, 3);
  assert.equal(second.freshness.kind, 'timeless', 'it is over');
  const { steps } = second.recording();
  assert.deepEqual(
    [...new Set(steps.filter(({ readFailed }) => readFailed).map(({ readFailed }) => readFailed.kind))],
    [],
  );
});

test('after a reload the band says as of when, and has the log-in', async (context) => {
  const page = await watchOne(context, 'reload-1', { hasClock: false });
  await page.reload();
  await page.getByRole('heading', { name: 'Log in to vCenter' }).waitFor();
  await page.keyboard.press('Escape');
  await band(page).waitFor();
  assert.match(await band(page).textContent(), /^Shown as of \d\d:\d\d:\d\d: log in to go on$/);
  await page.locator('#band').getByRole('button', { name: 'Log in' }).click();
  await logIn(page);
  await page.locator('#state').filter({ hasText: 'Live' }).waitFor();
  await isBandGone(page);
});
