/** What the page offers while nothing is chosen, and the one row above what was chosen. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newPage } from './lib/browser.mjs';
import { choose, openPage, origin, rowsOf } from './lib/status-page.mjs';

async function openStart(context, options) {
  const opened = await newPage({ viewport: { width: 1280, height: 800 }, ...options });
  context.after(opened.close);
  await opened.page.goto(await origin());
  await opened.page.getByRole('heading', { name: 'What do you want to see?' }).waitFor();
  return opened;
}

test('while nothing is chosen there are three cards, and nothing runs', async (context) => {
  const { page, complaints } = await openStart(context);
  assert.deepEqual(await page.getByRole('article').getByRole('heading').allTextContents(), [
    'Watch this vCenter',
    'Open a file',
    'See a demo',
  ]);
  assert.equal(await page.getByText('govc events -json -l PATH PATH', { exact: true }).isVisible(), true);
  assert.equal(await page.getByRole('grid').isVisible(), false);
  assert.equal((await rowsOf(page)).length, 0);
  assert.equal(await page.title(), 'VM customization status');
  await page.getByRole('button', { name: 'Log in…' }).click();
  await page.getByRole('heading', { name: 'Log in to vCenter' }).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Choose a file…' }).click();
  await page.getByRole('heading', { name: 'Open a recording or events' }).waitFor();
  await page.keyboard.press('Escape');
  assert.equal(await page.getByRole('article').count(), 3);
  assert.deepEqual(complaints, []);
});

test('a demo is begun by its card and wears a badge, which nothing else does', async (context) => {
  const { page, complaints } = await openStart(context);
  assert.equal(await page.locator('#demo').isVisible(), false);
  await page.getByRole('button', { name: 'Start the demo' }).click();
  await page.locator('#view .row').first().waitFor();
  assert.equal(await page.locator('#demo').isVisible(), true);
  assert.equal(await page.getByRole('article').count(), 0);
  await page.waitForURL(/[#&]source=simulated/);
  await page.evaluate(() => {
    const data = new DataTransfer();
    data.setData(
      'text/plain',
      JSON.stringify({
        format: 'vm-customization-recording/1',
        startedAt: '2026-03-01T10:00:00Z',
        vms: [{ vm: 'vm-1' }],
        options: {},
        steps: [],
      }),
    );
    document.body.dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
  });
  await page.locator('#source').filter({ hasText: 'the pasted text' }).waitFor();
  assert.equal(await page.locator('#demo').isVisible(), false);
  assert.deepEqual(complaints, []);
});

test('the vCenter is called by its name where the server of the page says it', async (context) => {
  const { page, close } = await newPage();
  context.after(close);
  const url = await origin();
  await page.route(url, async (route) => {
    const response = await route.fetch();
    const body = (await response.text()).replace(
      '</title>',
      '</title><meta name="vm-customization" content="vcenter" data-host="vc01.corp.example">',
    );
    await route.fulfill({ response, body });
  });
  await page.goto(url);
  await page.getByRole('heading', { name: 'Watch vc01.corp.example' }).waitFor();
});

test('there is one row above the table, and all of the rest is the table’s', async (context) => {
  for (const width of [1280, 1920]) {
    const { page, close } = await openPage('#at=24500', { viewport: { width, height: 800 } });
    context.after(close);
    const { height, top } = await page.evaluate(() => ({
      height: document.querySelector('body > header').getBoundingClientRect().height,
      top: document.querySelector('#view').getBoundingClientRect().top,
    }));
    assert.ok(height < 60 && top === height, `${width} px: ${height} px high, the table begins at ${top}`);
  }
});

test('menus close by Escape, by a press elsewhere, and by what is chosen in them', async (context) => {
  const { page, close } = await openPage('#at=24500');
  context.after(close);
  const demo = page.locator('#open-simulated');
  const open = page.locator('summary', { hasText: 'Open' });
  for (const end of [
    () => page.keyboard.press('Escape'),
    () => page.locator('#source').click(),
    () => page.locator('summary', { hasText: 'More' }).click(),
    () => demo.click(),
  ]) {
    await open.click();
    await demo.waitFor();
    await end();
    await demo.waitFor({ state: 'hidden' });
  }
});

test('the drawer has each event at its own time, the newest first', async (context) => {
  const { page, close } = await openPage('#at=24500');
  context.after(close);
  assert.equal(await page.locator('#log').isVisible(), false);
  const button = page.getByRole('button', { name: 'Events', exact: true });
  await button.click();
  assert.equal(await button.getAttribute('aria-expanded'), 'true');
  // It comes with its first use.
  await page.locator('#log-lines li').first().waitFor();
  const lines = await page
    .locator('#log-lines li')
    .evaluateAll((items) => items.map((item) => [...item.children].map(({ textContent }) => textContent)));
  // The script's own times; what was there before the page came is not of the time at which it was told.
  assert.deepEqual(lines.at(-1), ['09:59:58', 'cache-1', 'Powered on']);
  assert.deepEqual(lines[0], ['10:00:23', 'win-app-1', 'Guest rebooted']);
  assert.deepEqual(
    lines.map(([time]) => time),
    lines
      .map(([time]) => time)
      .sort()
      .reverse(),
  );
  await page.locator('#position').fill('0');
  await page.waitForFunction(() => document.querySelectorAll('#log-lines li').length < 10);
  await page.getByRole('button', { name: 'Close events' }).click();
  assert.equal(await page.locator('#log').isVisible(), false);
});

test('on a narrow screen the drawer comes into sight, above the player', async (context) => {
  const { page, close } = await openPage('#at=24500', { viewport: { width: 360, height: 740 } });
  context.after(close);
  await page.getByRole('button', { name: 'Events', exact: true }).click();
  await page.locator('#log-lines li').first().waitFor();
  const [drawer, player] = await page.evaluate(() =>
    ['#log', '#player'].map((id) => document.querySelector(id).getBoundingClientRect().toJSON()),
  );
  assert.ok(drawer.top >= 0 && drawer.bottom <= player.top + 1, `${drawer.top} to ${drawer.bottom}, ${player.top}`);
});

test('screen readers are told of changes unless that is turned off, which this browser remembers', async (context) => {
  const { page, close } = await openPage('#at=24500');
  context.after(close);
  const announce = () => page.evaluate(() => document.querySelector('#view').announce);
  assert.equal(await announce(), 'polite');
  await page.locator('summary', { hasText: 'More' }).click();
  await page.getByLabel('Tell screen readers of changes').uncheck();
  assert.equal(await announce(), 'off');
  await page.reload();
  await page.locator('#view .row').first().waitFor();
  assert.equal(await announce(), 'off');
});

test('from “my VM failed” to the reason it is two clicks at most', async (context) => {
  const { page } = await openStart(context);
  const begin = performance.now();
  await page.getByRole('button', { name: 'Start the demo' }).click();
  await page.waitForFunction(() => document.querySelector('#view').model.row('vm-104')?.failure, undefined, {
    timeout: 60_000,
  });
  const failed = performance.now();
  // It stands first, with its reason in the row.
  const first = page.getByRole('row').nth(1);
  await first.filter({ hasText: 'Sysprep 10.0.20348.1 does not fit' }).waitFor();
  const inRow = performance.now();
  await first.click();
  await page.getByRole('region', { name: 'win-app-2' }).getByText('vCenter says').waitFor();
  context.diagnostic(
    `the reason is in the row ${Math.round(inRow - failed)} ms after the failure, with no click; all of it with one, after ${Math.round(performance.now() - failed)} ms; the demo had run for ${Math.round((failed - begin) / 1000)} s`,
  );
});

test('what was open before is chosen from in the same row', async (context) => {
  const { page, close } = await openPage('#at=24500');
  context.after(close);
  await choose(page, 'Open', 'vCenter…');
  await page.getByRole('heading', { name: 'Log in to vCenter' }).waitFor();
});
