/** A vCenter (govmomi's simulator) on the status page, through the proxy of Vite's dev server. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import { after, before, test } from 'node:test';
import { until } from '../until.mjs';
import { newPage } from './lib/browser.mjs';
import { serveOnSimulator } from './lib/dev-server.mjs';
import { choose, openPage, rowsOf, waitForStatus } from './lib/status-page.mjs';

let simulator;
let url;
let stop;

before(async () => {
  ({ simulator, url, stop } = await serveOnSimulator(40));
});
after(() => stop?.());

async function logIn(page, password = simulator.password) {
  await page.locator('#user').fill(simulator.user);
  await page.locator('#password').fill(password);
  await page.getByRole('button', { name: 'Log in' }).click();
}

test('the proxy hands on nothing of another page, nor to whoever knows this server by another name', async () => {
  const body =
    '<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"><Body><RetrieveServiceContent xmlns="urn:vim25">' +
    '<_this type="ServiceInstance">ServiceInstance</_this></RetrieveServiceContent></Body></Envelope>';
  const status = async (headers) => {
    const how = { method: 'POST', headers: { 'content-type': 'text/xml', ...headers }, agent: false };
    const [response] = await once(request(`${url}sdk`, how).end(body), 'response');
    return response.resume().statusCode;
  };
  assert.equal(await status({}), 200);
  assert.equal(await status({ origin: new URL(url).origin, 'sec-fetch-site': 'same-origin' }), 200);
  for (const [headers, refused] of [
    [{ host: 'evil.example' }, 403],
    [{ 'sec-fetch-site': 'cross-site' }, 403],
    // Another port of this machine is the same site.
    [{ 'sec-fetch-site': 'same-site' }, 403],
    [{ origin: 'http://127.0.0.1:1' }, 403],
    [{ origin: 'http://localhost:3000' }, 403],
    [{ 'content-type': 'text/plain' }, 415],
  ]) {
    assert.equal(await status(headers), refused, JSON.stringify(headers));
  }
});

async function choosePatterns(page, patterns) {
  await choose(page, 'Open', 'vCenter…');
  await logIn(page);
  await page.getByLabel(/^Patterns/).fill(patterns);
  await page.getByRole('button', { name: 'Watch' }).click();
}

async function watchPatterns(page, patterns) {
  await choosePatterns(page, patterns);
  await isLive(page);
}

/** Of the vCenter, not of what was shown before. */
async function isLive(page) {
  await page.locator('#open-vcenter[aria-current]').waitFor({ state: 'attached' });
  await page.locator('#state').filter({ hasText: 'Live' }).waitFor();
}

/** What a reload would find of the wait. */
async function keptRun(page) {
  await page.evaluate(() => dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true })));
  return page.evaluate(() => JSON.parse(sessionStorage.getItem('vm-customization/1')));
}

const clone = (name, how) => simulator.do({ do: 'clone', template: simulator.vms[0].vm, name, ...how });

const sessions = async () => (await simulator.do({ do: 'sessions' })).count;

/** Until no more sessions are there than before. */
async function sessionsEnd(before) {
  for (let left = 100; (await sessions()) > before; left -= 1) {
    assert.ok(left > 0, 'the session is still there');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

test('clone, power on, succeeded: each is seen as it is pushed, long before the next read', async (context) => {
  const { page, close } = await openPage('', { url });
  context.after(close);
  // The simulator customizes the one at its power-on, and the other not at all.
  await clone('fresh-1', { customize: true, powerOn: false });
  await clone('fresh-2', { powerOn: false });
  await watchPatterns(page, 'fresh-*');
  assert.deepEqual(
    (await rowsOf(page)).map(({ name, customizationStatus }) => [name, customizationStatus]),
    [
      ['fresh-1', 'VmNotStarted'],
      ['fresh-2', 'VmNotStarted'],
    ],
  );
  const seen = [];
  for (const [row, command, label] of [
    ['fresh-1', { do: 'powerOn', vm: 'fresh-1' }, 'Succeeded'],
    ['fresh-2', { do: 'powerOn', vm: 'fresh-2' }, 'Not started'],
    ['fresh-2', { do: 'post', vm: 'fresh-2', event: 'CustomizationStartedEvent' }, 'Customizing'],
    ['fresh-2', { do: 'post', vm: 'fresh-2', event: 'CustomizationSucceeded' }, 'Succeeded'],
  ]) {
    // From the command to the text in the table.
    const isShown = page.waitForFunction(
      ([row, label]) => {
        const rows = [...document.querySelector('#view').shadowRoot.querySelectorAll('.row:not([hidden])')];
        return rows
          .find((each) => each.textContent.startsWith(row))
          ?.querySelector('[part~="status"]')
          ?.textContent.includes(label);
      },
      [row, label],
      { polling: 'raf' },
    );
    const begin = performance.now();
    await simulator.do(command);
    await isShown;
    seen.push(performance.now() - begin);
  }
  context.diagnostic(`seen after ${seen.map((each) => `${Math.round(each)} ms`).join(', ')}`);
  assert.ok(Math.max(...seen) < 10_000, `seen after ${seen} ms`);
});

test('a link to a wall screen asks for the log-in, with its patterns, and shows no simulation meanwhile', async (context) => {
  const { page, close } = await newPage();
  context.after(close);
  await page.goto(`${url}#source=vcenter&patterns=${simulator.vms[0].name}&wall=1&attempts=first&timeout=60`);
  await page.getByRole('heading', { name: 'Log in to vCenter' }).waitFor();
  assert.equal(await page.locator('#state').textContent(), 'Not logged in');
  assert.equal((await rowsOf(page)).length, 0);
  await logIn(page);
  assert.equal(await page.getByLabel(/^Patterns/).inputValue(), simulator.vms[0].name);
  await page.getByRole('button', { name: 'Watch' }).click();
  await page.locator('#wall-view .state').filter({ hasText: 'Live' }).waitFor();
  assert.deepEqual(
    (await rowsOf(page)).map(({ name }) => name),
    [simulator.vms[0].name],
  );
  assert.match(page.url(), /#source=vcenter&patterns=/);
  // A wall screen waits without end, whatever the options said.
  const kept = await keptRun(page);
  assert.deepEqual(
    [kept.options.attempts, kept.options.timeoutSeconds, kept.options.waitForPowerOn, kept.options.lookbackSeconds],
    ['reopen', null, true, 86_400],
  );
});

test('how far it looks back is chosen, and in the link', async (context) => {
  const { page, close } = await openPage('#wait=1', { url });
  context.after(close);
  await watchPatterns(page, simulator.vms[0].name);
  await choose(page, 'More', 'Options…');
  // Its markup is there before the dialog is filled and opened.
  await page.locator('#options-dialog[open]').waitFor();
  assert.equal(await page.getByLabel('Look back').inputValue(), '86400');
  await page.getByLabel('Look back').selectOption('7 days');
  await page.getByRole('button', { name: 'Apply' }).click();
  await until(() => /[#&]lookback=604800/.test(page.url()), 'the link says it');
  await until(async () => (await keptRun(page))?.options.lookbackSeconds === 604_800, 'the wait is another');
});

test('it looks back 24 h unless told otherwise: a result of before the page was opened is dimmed, and not counted', async (context) => {
  const { page, close } = await openPage('', { url });
  context.after(close);
  await clone('early-1', { powerOn: true });
  await clone('early-2', { powerOn: true });
  await simulator.do({ do: 'post', vm: 'early-1', event: 'CustomizationFailed' });
  // Later by the server's clock, which has seconds here.
  await new Promise((resolve) => setTimeout(resolve, 1_100));
  await watchPatterns(page, 'early-*');
  await waitForStatus(page, 'early-1', 'CustomizationFailed');
  assert.equal((await keptRun(page)).options.lookbackSeconds, 86_400);
  const row = page.getByRole('row', { name: 'early-1' });
  assert.match(await row.getByRole('gridcell').first().textContent(), /^Failed, \d+ \w+, \d\d:\d\d$/);
  assert.match(await row.getAttribute('class'), /\bearlier\b/);
  assert.match(await page.getByRole('button', { name: 'Failed' }).textContent(), /^0 Failed\+ 1 earlier$/);
  await page.waitForFunction(() => document.querySelector('#done').textContent === '0 of 1 done');
  assert.doesNotMatch(await page.title(), /failed/);
  // What fails from here on counts, and stands first.
  await simulator.do({ do: 'post', vm: 'early-2', event: 'CustomizationFailed' });
  await page.waitForFunction(() => /^1 failed/.test(document.title));
  assert.match(await page.getByRole('row').nth(1).textContent(), /^early-2/);
});

test('since when is chosen beside the VMs, and in the link', async (context) => {
  const { page, close } = await openPage('', { url });
  context.after(close);
  await choose(page, 'Open', 'vCenter…');
  await logIn(page);
  const since = page.getByLabel('Since');
  assert.deepEqual(await since.locator('option').allTextContents(), [
    '5 minutes ago',
    '1 hour ago',
    '24 hours ago',
    '7 days ago',
  ]);
  assert.equal(await since.locator('option:checked').textContent(), '24 hours ago');
  await page.getByLabel(/^Patterns/).fill(simulator.vms[0].name);
  await since.selectOption('1 hour ago');
  await page.getByRole('button', { name: 'Watch' }).click();
  await isLive(page);
  assert.equal((await keptRun(page)).options.lookbackSeconds, 3_600);
  await page.waitForURL(/[#&]lookback=3600/);
});

test('a row without a power-on says how far one has looked, and looks further at a press', async (context) => {
  const { page, close } = await openPage('', { url });
  context.after(close);
  await clone('unseen-1', { powerOn: false });
  await watchPatterns(page, 'unseen-*');
  const row = page.getByRole('row', { name: 'unseen-1' });
  await row.getByText('No power-on in the last 24 h').waitFor();
  await row.getByText('Look back 7 days', { exact: true }).click();
  await row.getByText('No power-on in the last 7 days').waitFor();
  await page.locator('#state').filter({ hasText: 'Live' }).waitFor();
  assert.equal(await page.getByText('Look back 7 days', { exact: true }).isVisible(), false);
  assert.equal((await keptRun(page)).options.lookbackSeconds, 604_800);
  await page.waitForURL(/[#&]lookback=604800/);
});

test('a VM in the details is opened in the vSphere Client of its vCenter', async (context) => {
  const { page, close } = await openPage('', { url });
  context.after(close);
  await watchPatterns(page, simulator.vms[0].name);
  await page.getByRole('row', { name: simulator.vms[0].name }).click();
  const link = page.getByRole('link', { name: 'Open in vSphere Client' });
  const { vm } = simulator.vms[0];
  assert.match(
    await link.getAttribute('href'),
    new RegExp(`^https://127\\.0\\.0\\.1/ui/app/vm;nav=v/urn:vmomi:VirtualMachine:${vm}:[\\da-f-]{36}/monitor$`),
  );
  assert.match(await link.getAttribute('rel'), /noopener/);
});

test('a wrong password is told by the vCenter’s name, and the field is emptied either way', async (context) => {
  const { page, close } = await openPage('', { url });
  context.after(close);
  await choose(page, 'Open', 'vCenter…');
  await logIn(page, 'wrong');
  await page.locator('#log-in-problem').filter({ hasText: /./ }).waitFor();
  const problem = await page.locator('#log-in-problem').textContent();
  assert.match(problem, /user|password|log/i);
  assert.ok(!problem.includes(new URL(page.url()).host), problem);
  assert.match(problem, /127\.0\.0\.1/);
  assert.equal(await page.locator('#password').inputValue(), '');
  await logIn(page);
  await page.getByRole('heading', { name: 'Which VMs?' }).waitFor();
  assert.equal(await page.locator('#password').inputValue(), '');
});

test('VMs are found by searching, and chosen one by one', async (context) => {
  const { page, close } = await openPage('#wait=1', { url });
  context.after(close);
  await choose(page, 'Open', 'vCenter…');
  await logIn(page);
  await page.getByText(/^0 chosen; \d+ of \d+ VMs$/).waitFor();
  const [first, second] = simulator.vms.slice(5, 7).map(({ name }) => name);
  for (const name of [first, second]) {
    await page.getByLabel('or search').fill(name);
    await page.locator('#vms').getByRole('checkbox').first().check();
  }
  await page.getByRole('button', { name: 'Watch' }).click();
  await isLive(page);
  assert.deepEqual((await rowsOf(page)).map(({ name }) => name).sort(), [first, second].sort());
  await page.getByRole('button', { name: 'Save…' }).click();
  await page.waitForFunction(() => (document.querySelector('#link')?.value ?? '') !== '');
  const link = await page.locator('#link').inputValue();

  const other = await newPage();
  context.after(other.close);
  await other.page.goto(link);
  await logIn(other.page);
  await other.page.getByText(/^2 chosen; /).waitFor();
  await other.page.getByRole('button', { name: 'Watch' }).click();
  await isLive(other.page);
  assert.deepEqual((await rowsOf(other.page)).map(({ name }) => name).sort(), [first, second].sort());
});

test('a pattern that fits nothing and a name that is not there are told', async (context) => {
  const { page, close } = await openPage('', { url });
  context.after(close);
  await choose(page, 'Open', 'vCenter…');
  await logIn(page);
  await page.getByLabel(/^Patterns/).fill('no-such-vm');
  await page.getByRole('button', { name: 'Watch' }).click();
  await page.locator('#pick-problem').filter({ hasText: "fits 'no-such-vm'" }).waitFor();
});

test('the cookie of the session is usable here, and for this page alone', async (context) => {
  const { page, context: browser, close } = await openPage('', { url });
  context.after(close);
  await choose(page, 'Open', 'vCenter…');
  await logIn(page);
  await page.getByRole('heading', { name: 'Which VMs?' }).waitFor();
  const cookies = await browser.cookies();
  assert.ok(cookies.length > 0);
  for (const cookie of cookies) {
    assert.deepEqual([cookie.sameSite, cookie.secure, cookie.domain], ['Strict', false, '127.0.0.1']);
  }
  const kept = await page.evaluate(() => JSON.stringify([{ ...sessionStorage }, { ...localStorage }, location.href]));
  assert.ok(!kept.includes(simulator.password));
});

test('a reload shows the last state, asks for the password, and goes on', async (context) => {
  const { page, close } = await openPage('#timeout=never&wait=1', { url });
  context.after(close);
  await clone('again-1', { powerOn: true });
  await watchPatterns(page, 'again-*');
  await waitForStatus(page, 'again-1', 'CustomizationNotStarted');
  await page.reload();
  await page.getByText('What is shown is the last known state').waitFor();
  assert.equal(await page.locator('#state').textContent(), 'Last known state');
  assert.deepEqual(
    (await rowsOf(page)).map(({ name, customizationStatus, attempt }) => [name, customizationStatus, attempt]),
    [['again-1', 'CustomizationNotStarted', 1]],
  );
  // Nothing to change in it, and something to save of it.
  await page.keyboard.press('Escape');
  assert.ok(await page.locator('#open-options').isDisabled());
  await page.getByRole('button', { name: 'Save…' }).click();
  assert.ok(await page.getByRole('button', { name: 'Report (JSON)' }).isEnabled());
  await page.getByRole('button', { name: 'Close' }).click();
  await choose(page, 'Open', 'vCenter…');
  const kept = await page.evaluate(() => JSON.stringify({ ...sessionStorage }));
  assert.ok(kept.includes('again-1') && !kept.includes(simulator.password));
  assert.equal(await page.locator('#user').inputValue(), simulator.user);
  // What happens meanwhile is not lost.
  await simulator.do({ do: 'post', vm: 'again-1', event: 'CustomizationStartedEvent' });
  await logIn(page);
  await waitForStatus(page, 'again-1', 'CustomizationStarted');
  await simulator.do({ do: 'post', vm: 'again-1', event: 'CustomizationSucceeded' });
  await waitForStatus(page, 'again-1', 'CustomizationSucceeded');
  const transitions = await page.evaluate(() => document.querySelector('#view').model.transitions.map(({ to }) => to));
  assert.deepEqual(transitions, ['CustomizationNotStarted', 'CustomizationStarted', 'CustomizationSucceeded']);
});

test('rows that could not be kept over a reload are not shown as not powered on', async (context) => {
  const { page, close } = await openPage('#timeout=never&wait=1', { url });
  context.after(close);
  await clone('lost-1', { powerOn: true });
  await watchPatterns(page, 'lost-*');
  await waitForStatus(page, 'lost-1', 'CustomizationNotStarted');
  await page.evaluate(() => {
    sessionStorage.clear();
    sessionStorage.setItem('filler', 'x'.repeat(5 * 2 ** 20 - 1_000));
  });
  await page.reload();
  await page.locator('#error').filter({ hasText: 'too large to be kept' }).waitFor();
  assert.equal((await rowsOf(page)).length, 0);
  await logIn(page);
  await waitForStatus(page, 'lost-1', 'CustomizationNotStarted');
});

test('leaving the page logs out, and so does leaving the choice of VMs', async (context) => {
  const { page, close } = await openPage('#wait=1', { url });
  context.after(close);
  const before = await sessions();
  await choose(page, 'Open', 'vCenter…');
  await logIn(page);
  await page.getByRole('heading', { name: 'Which VMs?' }).waitFor();
  assert.equal(await sessions(), before + 1);
  await page.keyboard.press('Escape');
  await sessionsEnd(before);
  await watchPatterns(page, simulator.vms[0].name);
  assert.equal(await sessions(), before + 1);
  // What is watched goes on when the choice is cancelled.
  await choose(page, 'Open', 'vCenter…');
  await page.keyboard.press('Escape');
  assert.equal(await sessions(), before + 1);
  await page.goto('about:blank');
  await sessionsEnd(before);
});

test('a session that a reload left behind makes room for the next one', async (context) => {
  const { page, close } = await openPage('', { url });
  context.after(close);
  const before = await sessions();
  for (let time = 0; time < 3; time += 1) {
    await choose(page, 'Open', 'vCenter…');
    await logIn(page);
    await page.getByRole('heading', { name: 'Which VMs?' }).waitFor();
    assert.equal(await sessions(), before + 1);
    await page.reload();
  }
});

test('it says that it is offline, and goes on when the network is back', async (context) => {
  const { page, context: browser, close } = await openPage('#timeout=never&wait=1', { url, isAlone: true });
  context.after(close);
  await clone('offline-1', { powerOn: true });
  await watchPatterns(page, 'offline-*');
  await waitForStatus(page, 'offline-1', 'CustomizationNotStarted');
  await browser.setOffline(true);
  await page.locator('#state').filter({ hasText: 'Offline' }).waitFor();
  await simulator.do({ do: 'post', vm: 'offline-1', event: 'CustomizationStartedEvent' });
  await browser.setOffline(false);
  await waitForStatus(page, 'offline-1', 'CustomizationStarted');
  await page
    .locator('#state')
    .filter({ hasText: /Live|Reading/ })
    .waitFor();
});

test('logging out ends the session at the server', async (context) => {
  const { page, close } = await openPage('#wait=1', { url });
  context.after(close);
  const before = await sessions();
  await watchPatterns(page, simulator.vms[0].name);
  assert.equal(await sessions(), before + 1);
  await page.getByRole('button', { name: 'Log out' }).first().click();
  await page.getByRole('heading', { name: 'Log in to vCenter' }).waitFor();
  for (let left = 50; (await sessions()) > before; left -= 1) {
    assert.ok(left > 0, 'the session is still there');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  // Nothing of what was watched is left to those who come after.
  await page.keyboard.press('Escape');
  await page.getByRole('heading', { name: 'What do you want to see?' }).waitFor();
  await page.reload();
  await page.getByRole('heading', { name: 'What do you want to see?' }).waitFor();
  assert.equal(await page.evaluate(() => sessionStorage.length), 0);
});

test('a VM given by name that is gone is dropped at the next look-up', {
  timeout: 90_000,
}, async (context) => {
  const { page, close } = await openPage('', { url, isAlone: true });
  context.after(close);
  await clone('named-1', { powerOn: true });
  await clone('named-2', { powerOn: true });
  await page.clock.install();
  await watchPatterns(page, 'named-1 named-2 named-*');
  await clone('named-3', { powerOn: true });
  await simulator.do({ do: 'powerOff', vm: 'named-1' });
  await simulator.do({ do: 'destroy', vm: 'named-1' });
  await page.clock.fastForward(61_000);
  await waitForStatus(page, 'named-3', 'CustomizationNotStarted');
  assert.deepEqual(
    (await rowsOf(page)).map(({ name }) => name),
    ['named-2', 'named-3'],
  );
});

test('a VM that is made later is watched, though the pattern fitted none', { timeout: 90_000 }, async (context) => {
  const { page, close } = await openPage('', { url, isAlone: true });
  context.after(close);
  await page.clock.install();
  await choosePatterns(page, 'later-*');
  // There is nothing that could be pushed.
  await page.locator('#open-vcenter[aria-current]').waitFor({ state: 'attached' });
  await page.locator('#state').filter({ hasText: 'Reading' }).waitFor();
  await clone('later-1', { powerOn: true });
  await page.clock.fastForward(61_000);
  await waitForStatus(page, 'later-1', 'CustomizationNotStarted');
  await simulator.do({ do: 'post', vm: 'later-1', event: 'CustomizationSucceeded' });
  await waitForStatus(page, 'later-1', 'CustomizationSucceeded');
  assert.equal(await page.locator('#state').textContent(), 'Live');
});

test('a wait that has ended takes up no VM, of which it would know nothing', { timeout: 90_000 }, async (context) => {
  const { page, close } = await openPage('#attempts=follow&wait=0', { url, isAlone: true });
  context.after(close);
  await page.clock.install();
  await choosePatterns(page, 'ended-*');
  await page.locator('#state').filter({ hasText: 'Ended' }).waitFor();
  await clone('ended-1', { powerOn: true });
  const lookUps = [];
  page.on('request', (request) => lookUps.push(...(request.url().match(/\/(sdk|api)\b.*/g) ?? [])));
  await page.clock.fastForward(61_000);
  await page.clock.fastForward(61_000);
  assert.deepEqual(await rowsOf(page), []);
  assert.deepEqual(lookUps, []);
});

test('a log-in that is cancelled under way leaves no session behind', async (context) => {
  const { page, close } = await openPage('', { url });
  context.after(close);
  const before = await sessions();
  let held = 0;
  await page.route('**/sdk', async (route) => {
    held += 1;
    await new Promise((resolve) => setTimeout(resolve, 200));
    await route.continue();
  });
  await choose(page, 'Open', 'vCenter…');
  await logIn(page);
  // Held up there: what opens the session, or what follows it.
  for (const wanted of [2, 4]) {
    while (held < wanted) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    await page.keyboard.press('Escape');
    await page.locator('#vcenter-dialog').waitFor({ state: 'hidden' });
    await page.waitForFunction(() => !document.querySelector('#log-in-go').disabled);
    await sessionsEnd(before);
    assert.equal(await page.locator('#state').textContent(), 'Live', 'the simulation goes on');
    held = 0;
    await choose(page, 'Open', 'vCenter…');
    assert.equal(await page.locator('#log-in-problem').textContent(), '');
    await logIn(page);
  }
});

test('VMs come and go with their pattern', { timeout: 90_000 }, async (context) => {
  const { page, close } = await openPage('', { url, isAlone: true });
  context.after(close);
  await clone('pool-1', { powerOn: true });
  await page.clock.install();
  await watchPatterns(page, 'pool-*');
  await clone('pool-2', { powerOn: true });
  await simulator.do({ do: 'powerOff', vm: 'pool-1' });
  await simulator.do({ do: 'destroy', vm: 'pool-1' });
  await page.clock.fastForward(61_000);
  await waitForStatus(page, 'pool-2', 'CustomizationNotStarted');
  assert.deepEqual(
    (await rowsOf(page)).map(({ name }) => name),
    ['pool-2'],
  );
});
