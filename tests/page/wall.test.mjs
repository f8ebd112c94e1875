/** The wall screen: what stands where on it, to be read from across a room, and what people can do there. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { until } from '../until.mjs';
import { atPosition } from './lib/at-position.mjs';
import { openShift, shiftRecording } from './lib/shift.mjs';
import { sourceModule } from './lib/source-module.mjs';
import { openPage, origin } from './lib/status-page.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const { kindOf, tilesOf } = await sourceModule('wall/kinds.ts');
const { needsOf, titleOf } = await sourceModule('wall/attention.ts');
const { percentile, usualRange } = await sourceModule('wall/usual.ts');
const { barChart } = await sourceModule('wall/bars.ts');
const { pageOf, shareLines } = await sourceModule('wall/paging.ts');
const { History } = await sourceModule('wall/history.ts');
const { stripOf } = await sourceModule('wall/strip.ts');

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const NOW = Date.parse('2026-03-01T15:20:00Z');
const STATUSES = [
  'VmNotStarted',
  'CustomizationNotStarted',
  'CustomizationStarted',
  'CustomizationSucceeded',
  'CustomizationFailed',
];
const CONCLUSIONS = [undefined, 'completed', 'notStarted', 'timedOut', 'vmRemoved', 'cancelled', 'unobservable'];
const HINTS = [
  null,
  'notRead',
  'poweredOff',
  'poweredOnEarlier',
  'neverPoweredOn',
  'notFound',
  'nothingPending',
  'pendingNotStarted',
  'notStarted',
  'startedNoResult',
  'notReady',
];

/** An entry of the model; times in minutes before now. */
function entry(vm, customizationStatus, { on = null, started = null, finished = null, ...row } = {}) {
  const ms = (minutes) => (minutes === null ? null : NOW - minutes * MINUTE);
  return {
    row: { vm, name: vm, customizationStatus, attempt: 1, hint: null, ...row },
    poweredOnMs: ms(on),
    startedMs: ms(started),
    finishedMs: ms(finished),
    isEarlier: false,
    isStuck: isStuck({ hint: null, ...row }),
  };
}

/** As the model has it of the row. */
const isStuck = ({ conclusion, hint }) =>
  conclusion === undefined && ['pendingNotStarted', 'notStarted', 'startedNoResult', 'notReady'].includes(hint);
const judged = (row) => ({ row, finishedMs: null, isStuck: isStuck(row) });

test('every VM is in exactly one tile, whatever its status, conclusion and hint', () => {
  const rows = STATUSES.flatMap((customizationStatus) =>
    CONCLUSIONS.flatMap((conclusion) => HINTS.map((hint) => ({ customizationStatus, conclusion, hint }))),
  );
  const counts = Object.fromEntries(tilesOf(rows.map(judged)).map(({ name, count }) => [name, count]));
  assert.equal(
    Object.values(counts).reduce((a, b) => a + b),
    rows.length,
  );
  const each = CONCLUSIONS.length * HINTS.length;
  assert.equal(counts.failed, each);
  for (const row of rows) {
    const one = tilesOf([judged(row)]).filter(({ count }) => count > 0);
    assert.equal(one.length, 1, JSON.stringify(row));
  }
});

test('a VM that is off, or has nothing pending, is not under way; one that vCenter could not read is', () => {
  const kinds = HINTS.map((hint) => kindOf(judged({ customizationStatus: 'CustomizationStarted', hint })));
  assert.deepEqual(kinds, [
    'customizing',
    'customizing',
    'idle',
    'idle',
    'idle',
    'idle',
    'idle',
    'stuck',
    'stuck',
    'stuck',
    'stuck',
  ]);
});

test('what needs attention: failed, newest first, then stuck, timed out, unreadable; what is acknowledged comes last', () => {
  const entries = [
    entry('lost', 'CustomizationStarted', { conclusion: 'unobservable', on: 9 }),
    entry('late', 'CustomizationStarted', { conclusion: 'timedOut', on: 30 }),
    entry('stuck-70', 'CustomizationNotStarted', { hint: 'notStarted', on: 70 }),
    entry('stuck-95', 'CustomizationStarted', { hint: 'startedNoResult', on: 95 }),
    entry('failed-old', 'CustomizationFailed', { on: 130, finished: 125 }),
    entry('failed-new', 'CustomizationFailed', { on: 26, finished: 4 }),
    entry('failed-seen', 'CustomizationFailed', { on: 26, finished: 1 }),
    entry('failed-undated', 'CustomizationFailed'),
    entry('fine', 'CustomizationSucceeded', { on: 5, finished: 1 }),
    entry('running', 'CustomizationStarted', { on: 5 }),
  ];
  const needs = needsOf(entries, NOW, new Set(['failed-seen/1/failed']), ({ row }) => `why ${row.vm}`);
  assert.deepEqual(
    needs.map(({ name }) => name),
    ['failed-new', 'failed-old', 'failed-undated', 'stuck-95', 'stuck-70', 'late', 'lost', 'failed-seen'],
  );
  const [first, , undated, stuck] = needs;
  assert.match(
    `${first.reason}|${first.age}|${first.detail}`,
    /^why failed-new\|4 min ago\|failed \d\d:\d\d · after 22 min$/,
  );
  assert.deepEqual([undated.age, undated.detail], ['', '']);
  assert.match(`${stuck.age}|${stuck.detail}`, /^95 min\|powered on \d\d:\d\d$/);
  assert.equal(titleOf(needs, 'others'), '3 failed, 4 stuck', 'what is acknowledged is not counted');
  assert.equal(titleOf(needs.slice(-1), 'others'), 'others');
});

test('another failure of the same VM is another need', () => {
  const keys = [1, 2].flatMap((attempt) =>
    ['CustomizationFailed', 'CustomizationStarted'].map(
      (status) => needsOf([entry('a', status, { attempt, hint: 'startedNoResult' })], NOW, new Set(), () => '')[0].key,
    ),
  );
  assert.equal(new Set(keys).size, 4);
});

test('the usual range is from the 10th to the 90th percentile, from five successes on', () => {
  assert.equal(usualRange([1, 2, 3, 4]), undefined);
  const range = usualRange([50, 10, 20, 30, 40]);
  assert.deepEqual([range.fromMs, range.toMs].map(Math.round), [14, 46]);
  const many = Array.from({ length: 101 }, (_, i) => i);
  assert.deepEqual(
    [0, 0.1, 0.5, 0.9, 1].map((part) => Math.round(percentile(many, part))),
    [0, 10, 50, 90, 100],
  );
  assert.equal(percentile([7], 0.9), 7);
});

test('bars lie on an axis that holds them all, longest first; one is long a moment after the usual range', () => {
  const usual = { fromMs: 3 * MINUTE, toMs: 21 * MINUTE };
  const running = [1, 21, 400].map((on) => entry(`on-${on}`, 'CustomizationStarted', { on, started: on - 0.5 }));
  const chart = barChart([...running, entry('done', 'CustomizationSucceeded', { on: 9, finished: 1 })], NOW, usual);
  assert.deepEqual(
    chart.bars.map(({ name }) => name),
    ['on-400', 'on-21', 'on-1'],
  );
  for (const { to, startedAt } of chart.bars) assert.ok(startedAt >= 0 && startedAt <= to && to <= 1);
  assert.deepEqual([chart.ticks[0].at, chart.ticks.at(-1).at], [0, 1]);
  assert.equal(chart.usual.text, 'usually 3–21 min');
  const isLong = (ms) => barChart([{ ...running[1], poweredOnMs: NOW - ms }], NOW, usual).bars[0].isLong;
  assert.deepEqual([usual.toMs - 1, usual.toMs, usual.toMs + 1].map(isLong), [false, false, true]);
  for (let minutes = 0; minutes < 3_000; minutes += 7) {
    const { ticks, bars } = barChart([entry('a', 'CustomizationStarted', { on: minutes })], NOW, undefined);
    assert.ok(ticks.length <= 7 && bars[0].to <= 1, `${minutes} min: ${ticks.length} ticks`);
  }
});

test('a list that does not fit is paged every 15 s, begins with its first page, and shows all of it', () => {
  const items = Array.from({ length: 7 }, (_, i) => i);
  const label = (ms) => pageOf(items, 3, ms).label;
  assert.deepEqual([0, 14_999, 15_000, 15_001, 30_000, 45_000].map(label), [
    '1 of 3',
    '1 of 3',
    '2 of 3',
    '2 of 3',
    '3 of 3',
    '1 of 3',
  ]);
  assert.deepEqual(
    [0, 15_000, 30_000].flatMap((ms) => pageOf(items, 3.9, ms).items),
    items,
  );
  assert.deepEqual(pageOf(items, 7, 15_000), { items, label: '' });
  assert.equal(pageOf(items, 0, 0).items.length, 1, 'one at least');
  assert.equal(pageOf([], 3, 0).label, '');
});

test('bars and successes share a column: no more than its height, and some successes always', () => {
  for (let height = 200; height < 800; height += 13) {
    for (const count of [0, 1, 5, 40]) {
      const lines = shareLines(height, { count, line: 53 }, { count: 28, line: 37, least: 3 });
      assert.ok(lines.bars * 53 + lines.successes * 37 <= height, `${height} px, ${count} bars`);
      assert.ok(lines.successes >= 3 || height < 3 * 37 + 53);
    }
  }
});

test('the strip holds eight hours to the millisecond, its full hours, and what failed apart', () => {
  const result = (ms, isSuccess = true) => ({ name: 'a', isSuccess, atMs: NOW - ms, tookMs: null });
  const results = [8 * HOUR + 1, 8 * HOUR, 8 * HOUR - 1, MINUTE, 0, -1].map((ms) => result(ms));
  const strip = stripOf([...results, result(MINUTE, false)], [{ fromMs: NOW - 9 * HOUR, toMs: NOW - 7 * HOUR }], NOW);
  assert.deepEqual([strip.succeeded, strip.failed], [3, 1]);
  for (const { at, width } of [...strip.bars, ...strip.gaps]) {
    assert.ok(at >= 0 && width > 0 && at + width <= 1 + 1e-9, `${at} ${width}`);
  }
  assert.equal(strip.hours.length, 8);
  assert.deepEqual([strip.gaps[0].at, strip.gaps[0].width], [0, 1 / 8]);
  assert.match(strip.gapsText, /^\d\d:\d\d–\d\d:\d\d$/);
});

test('the history keeps results of attempts that are over, drops a revised one, joins gaps, and is bounded', () => {
  const history = new History();
  history.note(entry('a', 'CustomizationFailed', { on: 60, finished: 50 }));
  history.note(entry('a', 'CustomizationSucceeded', { on: 40, finished: 30, attempt: 2 }));
  assert.deepEqual(
    history.results.map(({ isSuccess, tookMs }) => [isSuccess, tookMs]),
    [
      [false, 600_000],
      [true, 600_000],
    ],
  );
  history.note(entry('a', 'CustomizationStarted', { on: 40, attempt: 2 }));
  assert.deepEqual(
    history.results.map(({ isSuccess }) => isSuccess),
    [false],
  );
  for (let i = 0; i < 20_100; i += 1) {
    history.note(entry(`vm-${i}`, 'CustomizationSucceeded', { finished: 1 }));
    if ([4_997, 4_998, 4_999, 9_997, 9_998, 9_999, 20_099].includes(i)) {
      const { results } = history;
      assert.equal(results.length, Math.min(i + 2, 5_000));
      assert.equal(results.at(-1).name, `vm-${i}`);
      assert.equal(results[0].name, i < 4_999 ? 'a' : `vm-${i - 4_999}`);
    }
  }
  history.noteGap(0, 29_999);
  assert.deepEqual(history.gaps, []);
  history.noteGap(100_000, 130_000);
  history.noteGap(120_000, 200_000);
  history.noteGap(300_000, 330_000);
  assert.deepEqual(history.gaps, [
    { fromMs: 100_000, toMs: 200_000 },
    { fromMs: 300_000, toMs: 330_000 },
  ]);
  // From the last read that worked to the next one.
  for (const [atMs, ok] of [
    [1_000_000, true],
    [1_015_000, false],
    [1_060_000, false],
    [1_075_000, true],
  ])
    history.noteRead({ atMs, ok }, 0);
  assert.deepEqual(history.gaps.at(-1), { fromMs: 1_000_000, toMs: 1_075_000 });
});

async function openWall(context, options = {}) {
  const opened = await openPage('#at=24500', { viewport: { width: 1920, height: 1080 }, ...options });
  context.after(opened.close);
  await openShift(opened.page);
  return opened;
}

const texts = (page, selector) => page.locator(`#wall-view ${selector}`).allTextContents();
const seek = async (page, minutes) => {
  await page.locator('#position').evaluate((position, minutes) => {
    position.value = minutes * 60_000;
    position.dispatchEvent(new Event('input', { bubbles: true }));
  }, minutes);
  await atPosition(page);
};

test('a shift of eight hours: every VM that needs people is on the screen, with reason, age and how long it took', async (context) => {
  const { page, complaints } = await openWall(context);
  assert.equal(await page.locator('#wall-view .clock').textContent(), '15:20');
  assert.equal(await page.locator('#wall-view .where').textContent(), 'vcenter.example.com 40 VMs');
  assert.deepEqual(await texts(page, '.tiles li'), [
    '3 failed',
    '2 stuck',
    '5 customizing',
    '28 succeeded',
    '2 not under way',
  ]);
  assert.deepEqual(await texts(page, '.needs .name'), [
    'fra1-prd-rds-139',
    'fra2-prd-db-134',
    'fra2-prd-iis-128',
    'fra2-prd-api-132',
    'fra2-prd-web-126',
  ]);
  assert.deepEqual(await texts(page, '.needs .age'), ['4 min ago', '2 h ago', '5 h ago', '95 min', '70 min']);
  assert.deepEqual(await texts(page, '.needs .detail'), [
    'failed 15:16 · after 22 min',
    'failed 13:20 · after 5 min',
    'failed 10:20 · after 4 min',
    'powered on 13:45',
    'powered on 14:10',
  ]);
  assert.equal((await texts(page, '.needs .reason'))[0], 'Customization is switched off in the guest');
  assert.deepEqual(await texts(page, '.bars .name'), [
    'fra2-prd-iis-138',
    'fra1-prd-rds-115',
    'fra1-prd-web-137',
    'fra1-prd-node-113',
    'fra1-prd-sql-121',
  ]);
  assert.deepEqual(await texts(page, '.bars li > :last-child'), ['19', '9', '7', '4', '2']);
  assert.match((await texts(page, '.usual-text'))[0], /^usually 3–2\d min$/);
  assert.match((await texts(page, '.successes li'))[0], /^fra\d-prd-\w+-\d+14:30 · 18 min$/);
  assert.match((await texts(page, '.successes .more'))[0], /^… and \d+ more since 07:2\d$/);
  assert.equal(
    await page.locator('#wall-view .shift p').textContent(),
    'The last 8 hours: 28 succeeded, 3 failed; hatched: vCenter not readable (14:28–14:40)',
  );
  assert.equal(await page.locator('#wall-view .strip .gap').count(), 1);
  assert.equal(await page.locator('#wall-view .strip .failed').count(), 3);
  await page.waitForFunction(() => document.title.startsWith('3 failed, 2 stuck – '));
  const fill = (name) =>
    page.locator(`#wall-view .tiles .${name}`).evaluate((tile) => getComputedStyle(tile).backgroundColor);
  assert.deepEqual(
    [await fill('failed'), await fill('stuck'), await fill('succeeded')],
    ['rgb(196, 37, 44)', 'rgb(255, 191, 71)', 'rgba(0, 0, 0, 0)'],
  );
  assert.deepEqual(complaints, []);
});

/** Sizes of letters, in units of the wall, and what has no room. */
const measured = (page) =>
  page.evaluate(() => {
    const root = document.querySelector('#wall-view');
    const unit = Number.parseFloat(getComputedStyle(root).fontSize);
    const least = (selector) =>
      Math.min(
        ...[...root.querySelectorAll(selector)].map(
          (each) => Number.parseFloat(getComputedStyle(each).fontSize) / unit,
        ),
      );
    const cut = [...root.querySelectorAll('*')].filter((each) => {
      if (each.closest('svg, .news, .strip') || each.textContent === '' || each.childElementCount > 0) return false;
      const { left, right, top, bottom } = each.getBoundingClientRect();
      const outer = each.parentElement.getBoundingClientRect();
      if (right > outer.right + 1 && !each.closest('.hours, .bar-axis')) return true;
      return (
        left < 0 || right > innerWidth || top < 0 || bottom > innerHeight || each.scrollWidth > each.clientWidth + 1
      );
    });
    return {
      unit,
      needs: least('.needs .name'),
      names: least(':is(.bars, .successes) .name'),
      axes: least(':is(.bar-axis, .hours) span'),
      cut: cut.filter((each) => getComputedStyle(each).display !== 'inline').map(({ outerHTML }) => outerHTML),
    };
  });

test('a reload keeps the results of attempts that are over, in the strip and among the last successes', {
  timeout: 60_000,
}, async (context) => {
  // Every 3.5 s each VM has another attempt.
  const { page, complaints, close } = await openPage('#wall=1&speed=20', { viewport: { width: 1920, height: 1080 } });
  context.after(close);
  const counted = async () => {
    const text = await page.locator('#wall-view .shift p').textContent();
    const [, succeeded, failed] = /(\d+) succeeded, (\d+) failed/.exec(text).map(Number);
    return { succeeded, failed };
  };
  await until(async () => (await counted()).succeeded > 16 && (await counted()).failed > 1, 'more results than VMs');
  const before = await counted();
  await page.reload();
  await page
    .locator('#wall-view .shift p')
    .filter({ hasText: /succeeded/ })
    .waitFor();
  const after = await counted();
  assert.ok(after.succeeded >= before.succeeded && after.failed >= before.failed, JSON.stringify({ before, after }));
  // Another run has a history of its own.
  await page.goto('about:blank');
  await page.goto(`${await origin()}#wall=1&speed=20&vms=2`);
  await page
    .locator('#wall-view .shift p')
    .filter({ hasText: /succeeded/ })
    .waitFor();
  assert.ok((await counted()).succeeded < before.succeeded);
  assert.deepEqual(complaints, []);
});

test('numbers of three and four digits have room', async (context) => {
  const { page, close } = await openPage('#vms=5000&wall=1', { viewport: { width: 1920, height: 1080 } });
  context.after(close);
  await page.locator('#wall-view .tiles .many').first().waitFor();
  assert.deepEqual((await measured(page)).cut, []);
});

for (const [width, height] of [
  [1920, 1080],
  [3840, 2160],
  [1366, 768],
  [2560, 1080],
]) {
  test(`it can be read from across a room, and nothing is cut: ${width} × ${height}`, async (context) => {
    const { page } = await openWall(context, { viewport: { width, height } });
    const found = await measured(page);
    assert.deepEqual(found.cut, []);
    // At 1920 a unit is 19.2 px, and all is in proportion to it.
    assert.ok(Math.abs(found.unit - Math.min(width / 100, (height * 1.7778) / 100)) < 0.05, `${found.unit}`);
    assert.ok(found.needs * 19.2 >= 36 && found.names * 19.2 >= 24 && found.axes * 19.2 >= 18, JSON.stringify(found));
  });
}

for (const colorScheme of ['light', 'dark']) {
  test(`axe-core finds no violation, and nothing moves: ${colorScheme}`, async (context) => {
    const { page } = await openWall(context, { colorScheme, reducedMotion: 'reduce', bypassCSP: true });
    await page.evaluate(axe);
    const violations = async () => {
      const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
      return violations.map(({ id, nodes }) => [
        id,
        nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`),
      ]);
    };
    assert.deepEqual(await violations(), []);
    assert.equal(await page.evaluate(() => document.getAnimations().length), 0);
    await page.locator('#wall-view .needs button').first().click();
    await page.evaluate(() => document.documentElement.classList.add('stale'));
    assert.deepEqual(await violations(), [], 'acknowledged, and as of an earlier time');
    await seek(page, 10);
    await page.getByText('Nothing needs attention').waitFor();
    assert.deepEqual(await violations(), [], 'and where there is nothing');
  });
}

test('what needs attention is acknowledged by a click or by the key a: dimmed, and not in the title', async (context) => {
  const { page } = await openWall(context);
  const title = (pattern) => page.waitForFunction((pattern) => new RegExp(pattern).test(document.title), pattern);
  const first = page.locator('#wall-view .needs button').first();
  await first.click();
  await title('^2 failed, 2 stuck');
  const acknowledged = page.locator('#wall-view .needs .acknowledged');
  assert.deepEqual(await acknowledged.locator('.name').allTextContents(), ['fra1-prd-rds-139']);
  assert.equal(await acknowledged.getByRole('button').getAttribute('aria-pressed'), 'true');
  assert.equal(await page.locator('#wall-view .tiles .failed b').textContent(), '3', 'it has failed all the same');
  assert.equal((await texts(page, '.needs .name')).at(-1), 'fra1-prd-rds-139', 'others stand before it');
  await acknowledged.getByRole('button').click();
  await title('^3 failed, 2 stuck');
  await page.locator('body').evaluate(() => document.activeElement.blur());
  await page.keyboard.press('a');
  await title('^5 customizing, 28 succeeded');
  assert.equal(await acknowledged.count(), 5);
  await page.keyboard.press('Escape');
  await title('^3 failed, 28 succeeded');
  await page.locator('#wall').click();
  await title('^5 customizing');
});

/** So many VMs: all but the first have failed after a minute, and the first after another. */
function failures(count) {
  const recording = shiftRecording();
  let key = 1_000;
  const event = (i, seconds, type) => {
    key += 1;
    return {
      _typeName: type,
      key,
      createdTime: new Date(Date.parse(recording.startedAt) + seconds * 1_000).toISOString(),
      vm: { name: `web-${i}`, vm: { type: 'VirtualMachine', value: `vm-${i}` } },
    };
  };
  const all = Array.from({ length: count }, (_, i) => i);
  const steps = [
    { atMs: 0, events: all.map((i) => event(i, 0, 'VmStartingEvent')) },
    { atMs: 60_000, events: all.slice(1).map((i) => event(i, 60, 'CustomizationFailed')) },
    { atMs: 120_000, events: [event(0, 120, 'CustomizationFailed')] },
  ];
  return { ...recording, vms: all.map((i) => ({ vm: `vm-${i}`, name: `web-${i}` })), steps };
}

async function openFailures(context, count) {
  const { page, close } = await openPage('#at=24500', { viewport: { width: 1920, height: 1080 } });
  context.after(close);
  const buffer = Buffer.from(JSON.stringify(failures(count)));
  await page.locator('#open-file').evaluate((open) => open.click());
  await page.locator('#files').setInputFiles({ name: 'failures.json', mimeType: 'application/json', buffer });
  await page.waitForFunction((count) => document.querySelector('#view').model.size === count, count);
  await seek(page, 1);
  await page.locator('#wall').evaluate((wall) => wall.click());
  await page.waitForFunction(
    (failed) => document.querySelector('#wall-view .tiles .failed b')?.textContent === failed,
    String(count - 1),
  );
  return page;
}

test('more than fits: pages every 15 s, says which of how many, and what is new has the first page', async (context) => {
  const opened = await openFailures(context, 16);
  const label = opened.locator('#wall-view .attention .page');
  await label.filter({ hasText: '1 of 3' }).waitFor();
  const first = (await texts(opened, '.needs .name'))[0];
  await label.filter({ hasText: '2 of 3' }).waitFor({ timeout: 20_000 });
  assert.notEqual((await texts(opened, '.needs .name'))[0], first);
  await seek(opened, 2);
  await label.filter({ hasText: '1 of 3' }).waitFor({ timeout: 3_000 });
});

test('it beeps and notifies of what is new where somebody has switched that on, and not before', async (context) => {
  const {
    page,
    context: browser,
    close,
  } = await openPage('#at=24500', {
    viewport: { width: 1920, height: 1080 },
    isAlone: true,
  });
  context.after(close);
  await browser.addInitScript(() => {
    window.told = [];
    window.beeps = 0;
    window.Notification = class {
      static permission = 'default';
      static async requestPermission() {
        window.Notification.permission = 'granted';
        return 'granted';
      }
      constructor(title, { body }) {
        window.told.push([title, body]);
      }
    };
    const start = OscillatorNode.prototype.start;
    OscillatorNode.prototype.start = function (...given) {
      window.beeps += 1;
      return start.apply(this, given);
    };
  });
  await page.reload();
  const buffer = Buffer.from(JSON.stringify(failures(4)));
  await page.locator('#open-file').evaluate((open) => open.click());
  await page.locator('#files').setInputFiles({ name: 'failures.json', mimeType: 'application/json', buffer });
  await page.waitForFunction(() => document.querySelector('#view').model.size === 4);
  await seek(page, 0);
  await page.locator('#wall').evaluate((wall) => wall.click());
  const failed = (count) =>
    page.waitForFunction(
      (count) => document.querySelector('#wall-view .tiles .failed b')?.textContent === count,
      count,
    );
  await failed('0');
  await seek(page, 1);
  await failed('3');
  assert.deepEqual(await page.evaluate(() => [window.told, window.beeps]), [[], 0], 'both are off by default');
  await page.getByRole('button', { name: 'Notify' }).click();
  await page.getByRole('button', { name: 'Beep' }).click();
  assert.equal(await page.evaluate(() => window.beeps), 1, 'how it sounds');
  await seek(page, 2);
  await failed('4');
  await page.waitForFunction(() => window.told.length > 0);
  assert.deepEqual(await page.evaluate(() => [window.told, window.beeps]), [
    [['web-0: customization failed', 'Customization failed in the guest']],
    2,
  ]);
  assert.match(await page.locator('#wall-view .news').textContent(), /^web-0: customization failed/);
  await page.getByRole('button', { name: 'Beep' }).click();
  assert.equal(await page.getByRole('button', { name: 'Beep' }).getAttribute('aria-pressed'), 'false');
});
