/** The status page on its simulated source: what a visitor sees first, and a wall screen for weeks. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from '../until.mjs';
import { openPage, rowsOf, tableOf, waitForStatus } from './lib/status-page.mjs';

/** Fast enough for a test, and still one event after the other. */
const FAST = '#speed=20';

test('it opens and runs at once, with a first transition within a second', async (context) => {
  const { page, complaints, close } = await openPage();
  context.after(close);
  await page.waitForFunction(() => document.querySelector('#view').model.transitions.length > 0);
  const [{ firstRows }, firstMs] = await Promise.all([
    page
      .waitForFunction(() => {
        const [mark] = performance.getEntriesByName('page:first-rows');
        return mark && { firstRows: mark.startTime };
      })
      .then((handle) => handle.jsonValue()),
    page.evaluate(() => document.querySelector('#view').model.transitions[0].atMs),
  ]);
  context.diagnostic(`rows with their statuses after ${Math.round(firstRows)} ms`);
  assert.ok(firstMs < 1_000, `the first transition came at ${firstMs} ms`);
  assert.ok(firstRows < 5_000, `${firstRows} ms until rows were seen`);
  assert.deepEqual(
    (await rowsOf(page)).map(({ name }) => name),
    ['web-1', 'db-1', 'win-app-1', 'win-app-2', 'cache-1', 'edge-1', 'legacy-1', 'build-1'],
  );
  assert.deepEqual(complaints, []);
});

test('the script has a failure, a second attempt, a result without a start, one pending and one never powered on', async (context) => {
  const { page, complaints, close } = await openPage(FAST);
  context.after(close);
  await waitForStatus(page, 'win-app-1', 'CustomizationSucceeded');
  const rows = Object.fromEntries((await rowsOf(page)).map((row) => [row.name, row]));
  assert.equal(rows['web-1'].customizationStatus, 'CustomizationSucceeded');
  assert.equal(rows['db-1'].customizationStatus, 'CustomizationSucceeded');
  const { failure, customizationStatus } = rows['win-app-2'];
  assert.equal(customizationStatus, 'CustomizationFailed');
  assert.deepEqual(
    [failure.type, failure.reason, failure.logLocation, failure.sysprepVersion, failure.systemVersion],
    [
      'CustomizationSysprepFailed',
      'sysprepFailed',
      'C:/Windows/TEMP/vmware-imc/guestcust.log',
      '10.0.20348.1',
      '10.0.20348.2113',
    ],
  );
  assert.match(failure.message, /win-app-2/);
  assert.deepEqual([rows['cache-1'].customizationStatus, rows['cache-1'].attempt], ['CustomizationSucceeded', 2]);
  const edge = await page.evaluate(() =>
    document.querySelector('#view').model.transitions.filter(({ vm }) => vm === 'vm-106'),
  );
  assert.deepEqual(
    edge.map(({ to, inferred }) => [to, inferred ?? false]),
    [
      ['CustomizationNotStarted', false],
      ['CustomizationStarted', true],
      ['CustomizationSucceeded', false],
    ],
  );
  assert.equal(rows['legacy-1'].customizationStatus, 'CustomizationNotStarted');
  assert.equal(rows['build-1'].customizationStatus, 'VmNotStarted');
  // What stands around the table is drawn a little later.
  await page.waitForFunction(
    (title) => document.title === title,
    '1 failed, 5 succeeded, 1 not started, 1 no power-on seen – VM customization status',
  );
  assert.match(decodeURIComponent(await page.locator('#favicon').getAttribute('href')), /^data:image\/svg\+xml,<svg /);
  assert.equal(await page.locator('#done').textContent(), '6 of 8 done');
  await page.getByRole('button', { name: 'Events' }).click();
  assert.equal(await page.locator('#log-lines li').first().locator('bdi').textContent(), 'win-app-1');
  assert.deepEqual(complaints, []);
});

test('hints tell why a VM gets no further', async (context) => {
  const { page, close } = await openPage('#at=40000');
  context.after(close);
  const hints = Object.fromEntries((await rowsOf(page)).map(({ name, hint }) => [name, hint]));
  assert.deepEqual(
    [hints['legacy-1'], hints['build-1'], hints['web-1']],
    ['pendingNotStarted', 'neverPoweredOn', null],
  );
});

test('deadlines and hints are as fast as the script', async (context) => {
  const { page, close } = await openPage('#speed=20');
  context.after(close);
  // At 36 s of the script; at the clock's own pace the test would have given up.
  await page.waitForFunction(
    () => document.querySelector('#view').model.row('vm-107')?.hint === 'pendingNotStarted',
    undefined,
    { timeout: 15_000 },
  );
});

test('start again begins anew', async (context) => {
  const { page, close } = await openPage(FAST);
  context.after(close);
  await waitForStatus(page, 'web-1', 'CustomizationSucceeded');
  await page.getByRole('button', { name: 'Start again' }).click();
  await page.waitForFunction(
    () => document.querySelector('#view').model.row('vm-101').customizationStatus !== 'CustomizationSucceeded',
  );
  await waitForStatus(page, 'web-1', 'CustomizationSucceeded');
});

test('a reload goes on exactly where it was', async (context) => {
  const { page, complaints, close } = await openPage('#speed=4');
  context.after(close);
  await waitForStatus(page, 'cache-1', 'CustomizationStarted');
  await page.waitForFunction(() => document.querySelector('#view').model.row('vm-105').attempt === 2);
  const before = await page.evaluate(() => {
    const { model } = document.querySelector('#view');
    return { startedAt: model.startedAt, transitions: [...model.transitions], marks: model.marks('vm-105').length };
  });
  await page.reload();
  await page.waitForFunction(() => document.querySelector('#view').model.transitions.length > 0);
  const after = await page.evaluate(() => {
    const { model } = document.querySelector('#view');
    return { startedAt: model.startedAt, transitions: [...model.transitions], marks: model.marks('vm-105').length };
  });
  assert.equal(after.startedAt, before.startedAt);
  assert.deepEqual(after.transitions.slice(0, before.transitions.length), before.transitions);
  assert.ok(after.marks >= before.marks, `${after.marks} marks after, ${before.marks} before`);
  await waitForStatus(page, 'win-app-1', 'CustomizationSucceeded');
  const rows = Object.fromEntries((await rowsOf(page)).map((row) => [row.name, row]));
  assert.deepEqual([rows['cache-1'].customizationStatus, rows['cache-1'].attempt], ['CustomizationSucceeded', 2]);
  assert.deepEqual(complaints, []);
});

test('nothing secret and nothing without bound is kept for a reload, and a full storage does no harm', async (context) => {
  const { page, complaints, close } = await openPage('#vms=500&speed=20');
  context.after(close);
  await waitForStatus(page, 'web-1', 'CustomizationSucceeded');
  await page.evaluate(() => {
    sessionStorage.setItem('filler', 'x'.repeat(5 * 2 ** 20 - 400_000));
  });
  await page.reload();
  await page.waitForFunction(() => document.querySelector('#view').model.transitions.length > 0);
  assert.equal((await rowsOf(page)).length, 500);
  assert.deepEqual(complaints, []);
});

test('of many VMs the rows are kept over a reload, and a recording too large for it is said to be lost', async (context) => {
  const { page, complaints, close } = await openPage('#vms=2500&speed=10');
  context.after(close);
  await page.waitForFunction(() => document.querySelector('#view').model.counts.CustomizationSucceeded > 1_500);
  const before = await page.evaluate(() => document.querySelector('#view').model.counts.CustomizationSucceeded);
  await page.reload();
  await page.waitForFunction(() => document.querySelector('#view').model.size > 0);
  const [counts, kept] = await page.evaluate(() => [
    document.querySelector('#view').model.counts,
    JSON.parse(sessionStorage.getItem('vm-customization/1')).run,
  ]);
  assert.ok(counts.CustomizationSucceeded >= before, `${counts.CustomizationSucceeded} of ${before} are left`);
  assert.equal(kept.recording, undefined);
  await page
    .locator('#state')
    .filter({ hasText: /Live|Reading|Ended/ })
    .waitFor();
  await page.getByRole('button', { name: 'Rewind' }).click();
  await page.locator('#notice').filter({ hasText: 'too large to be kept' }).waitFor();
  assert.deepEqual(complaints, []);
});

test('of 5,000 VMs a reload goes on from what was packed last', async (context) => {
  const { page, complaints, close } = await openPage('#vms=5000&speed=20');
  context.after(close);
  await page.waitForFunction(() => document.querySelector('#view').model.counts.CustomizationSucceeded > 2_500);
  const packed = () => page.evaluate(() => sessionStorage.getItem('vm-customization/1/run')?.length ?? 0);
  assert.equal(await packed(), 0);
  // As when another tab is looked at; it happens every half minute, too.
  await page.evaluate(() => {
    Object.defineProperty(document, 'hidden', { value: true, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
    delete document.hidden;
  });
  await page.waitForFunction(() => sessionStorage.getItem('vm-customization/1') !== null);
  context.diagnostic(`${(await packed()).toLocaleString('en')} characters are kept`);
  // A run that begins anew has another start.
  const startedAt = () => page.evaluate(() => document.querySelector('#view').model.startedAt);
  const before = await startedAt();
  await page.reload();
  await page.waitForFunction(() => document.querySelector('#view').model.counts.CustomizationSucceeded > 2_500);
  assert.equal(await startedAt(), before);
  assert.equal(await page.locator('#error').textContent(), '');
  // One that was not packed again yet; and its recording did not fit, so that there is no way back to a position.
  await page.getByRole('button', { name: 'Rewind' }).click();
  await page.reload();
  await page.waitForFunction(() => document.querySelector('#view').model.counts.CustomizationSucceeded > 2_500);
  assert.equal(await startedAt(), before);
  // A new run is not mistaken for it.
  await page.getByRole('button', { name: 'Start again' }).click();
  assert.equal(await packed(), 0);
  assert.deepEqual(complaints, []);
});

test('a reload returns to the position of a run that was rewound', async (context) => {
  const { page, complaints, close } = await openPage('#speed=5');
  context.after(close);
  await waitForStatus(page, 'web-1', 'CustomizationSucceeded');
  await page.getByRole('button', { name: 'Rewind' }).click();
  await page.locator('#position').fill('700');
  await page.reload();
  await page.locator('#state').filter({ hasText: 'Rewound' }).waitFor();
  assert.equal(await page.locator('#position').inputValue(), '700');
  await page.getByRole('button', { name: 'Back to live' }).click();
  await waitForStatus(page, 'web-1', 'CustomizationSucceeded');
  assert.deepEqual(complaints, []);
});

test('what makes no sense in a link is left out', async (context) => {
  const { page, complaints, close } = await openPage('#status=Nonsense&sort=%3Cb%3E&vms=4&wall=0&details=0&timeout=-1');
  context.after(close);
  assert.equal((await tableOf(page)).length, 4);
  await page.waitForURL((url) => !/status|sort|wall|details/.test(url.hash));
  assert.equal(await page.locator('html.wall').count(), 0);
  await page.evaluate(() => {
    location.hash = '#theme=dark&vms=4';
  });
  await page.waitForFunction(() => document.documentElement.dataset.theme === 'dark');
  assert.deepEqual(complaints, []);
});

test('once loaded it needs no network', async (context) => {
  const { page, context: browser, close } = await openPage(FAST, { isAlone: true });
  context.after(close);
  const countOf = (where, part) =>
    where.evaluate(
      (part) => performance.getEntriesByType('resource').filter(({ name }) => name.includes(part)).length,
      part,
    );
  await until(async () => (await countOf(page, '/player-')) === 2, 'the player and its bar are there');
  await until(() => page.workers().length === 1, 'what plays recordings is kept ready');
  await until(async () => (await countOf(page.workers()[0], '/core-')) === 1, 'it has the core');
  await browser.setOffline(true);
  await page.getByRole('button', { name: 'Start again' }).click();
  await waitForStatus(page, 'win-app-2', 'CustomizationFailed');
  await page.getByRole('button', { name: 'Rewind' }).click();
  await page.locator('#state').filter({ hasText: 'Rewound' }).waitFor();
});

test('5,000 VMs are shown and counted', async (context) => {
  const { page, complaints, close } = await openPage('#vms=5000&speed=10');
  context.after(close);
  await page.waitForFunction(() => document.querySelector('#view').model.counts.CustomizationSucceeded > 1_000);
  const { size, shown } = await page.evaluate(() => {
    const view = document.querySelector('#view');
    return { size: view.model.size, shown: view.shadowRoot.querySelectorAll('.row').length };
  });
  assert.equal(size, 5_000);
  assert.ok(shown < 100, `${shown} rows are in the document`);
  assert.deepEqual(complaints, []);
});

test('a wall screen entered from time travel is live, and waits without end', async (context) => {
  const { page, complaints, close } = await openPage('#speed=5&timeout=60&attempts=reopen');
  context.after(close);
  await page.getByRole('button', { name: 'Rewind' }).click();
  await page.locator('#state').filter({ hasText: 'Rewound' }).waitFor();
  await page.getByRole('button', { name: 'Wall screen' }).click();
  await page
    .locator('#wall-view .state')
    .filter({ hasText: /^(Live|Reading) · \d+ s ago$/ })
    .waitFor();
  assert.equal(await page.locator('#player').isVisible(), false);
  const { options } = await page.evaluate(() => {
    dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true }));
    return JSON.parse(sessionStorage.getItem('vm-customization/1'));
  });
  const { attempts, timeoutSeconds, waitForPowerOn, lookbackSeconds } = options;
  // By the button as by a link.
  assert.deepEqual([attempts, timeoutSeconds, waitForPowerOn, lookbackSeconds], ['reopen', null, true, 86_400]);
  assert.deepEqual(complaints, []);
});

test('a wall screen has no controls, follows VMs that come and go, and its memory stays flat', {
  timeout: 180_000,
}, async (context) => {
  // Hours in a few seconds: 70 s of script are a round, and each round replaces a tenth of the VMs.
  const { page, context: browser, complaints, close } = await openPage('#vms=200&speed=1000&wall=1', { isAlone: true });
  context.after(close);
  assert.equal(await page.locator('header .tools').isVisible(), false);
  assert.equal(await page.locator('#view').locator('input').isVisible(), false);
  const devtools = await browser.newCDPSession(page);
  await devtools.send('HeapProfiler.enable');
  const rounds = () => page.evaluate(() => document.querySelector('#view').model.row('vm-101')?.attempt ?? 0);
  const heapAfter = async (round) => {
    await page.waitForFunction(
      (round) => (document.querySelector('#view').model.row('vm-101')?.attempt ?? 0) >= round,
      round,
      { timeout: 120_000 },
    );
    await devtools.send('HeapProfiler.collectGarbage');
    return (await devtools.send('Runtime.getHeapUsage')).usedSize;
  };
  // Of a few rounds the least: in each of them something may stand that is about to be freed.
  const leastAfter = async (round) => {
    const sizes = [];
    for (const more of [0, 5, 10, 15]) sizes.push(await heapAfter(round + more));
    return Math.min(...sizes);
  };
  const heaps = [];
  // The bounded parts (log, marks, transitions, recording) fill up first, the last after 25 rounds, with 5,000 results; and
  // while other programs work, the browser lets its heap grow before it tidies up.
  const first = (await rounds()) + 110;
  for (let round = first; heaps.length < 5; round += 50) heaps.push(await leastAfter(round));
  context.diagnostic(
    `heap: ${heaps.map((bytes) => `${(bytes / 1e6).toFixed(1)} MB`).join(', ')} after ${await rounds()} rounds`,
  );
  const vms = (await rowsOf(page)).map(({ vm }) => vm);
  assert.equal(vms.length, 200);
  assert.ok(!vms.includes('vm-110'), 'a VM that is gone is still there');
  // 30 kB a round that stay are noticed.
  const last = Math.min(...heaps.slice(-2));
  assert.ok(last < heaps[0] * 1.08 + 1.5e6, `the heap grew from ${heaps[0]} to ${last} bytes`);
  await page.keyboard.press('Escape');
  assert.equal(await page.locator('header .tools').isVisible(), true);
  assert.deepEqual(complaints, []);
});
