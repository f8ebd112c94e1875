/** The status page for everybody: axe-core finds nothing, keys reach everything, and nothing jumps. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { newPage } from './lib/browser.mjs';
import { contrast } from './lib/contrast.mjs';
import { choose, openPage, origin } from './lib/status-page.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

async function violations(page) {
  // Not by a script element: the policy of the page refuses one.
  await page.evaluate(axe);
  // Nothing may be half faded when it is looked at.
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
  return violations.map(
    ({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join('\n')}`,
  );
}

const STATES = {
  start: { hash: '', isStart: true },
  running: { hash: '#at=24500' },
  details: { hash: '#at=27000&vm=vm-104&details=1' },
  'log-in': { hash: '#at=24500', act: (page) => choose(page, 'Open', 'vCenter…') },
  file: { hash: '#at=24500', act: (page) => choose(page, 'Open', 'Recording…') },
  save: { hash: '#at=24500', act: (page) => page.getByRole('button', { name: 'Save…' }).click() },
  options: { hash: '', act: (page) => choose(page, 'More', 'Options…') },
  'open menu': { hash: '#at=24500', act: (page) => page.locator('summary', { hasText: 'Open' }).click() },
  'more menu': { hash: '#at=24500', act: (page) => page.locator('summary', { hasText: 'More' }).click() },
  events: { hash: '#at=24500', act: (page) => page.getByRole('button', { name: 'Events', exact: true }).click() },
  wall: { hash: '#at=24500&wall=1' },
};

for (const [how, options] of Object.entries({
  light: { colorScheme: 'light' },
  dark: { colorScheme: 'dark' },
  '360 px': { viewport: { width: 360, height: 740 } },
})) {
  test(`axe-core finds no violation: ${how}`, { timeout: 120_000 }, async (context) => {
    for (const [name, { hash, act, isStart }] of Object.entries(STATES)) {
      // Its own policy would refuse axe too.
      const how = { ...options, bypassCSP: true, reducedMotion: 'reduce' };
      const { page, close } = await (isStart ? newPage(how) : openPage(hash, how));
      context.after(close);
      if (isStart) {
        await page.goto(await origin());
        await page.getByRole('article').first().waitFor();
      }
      await act?.(page);
      assert.deepEqual(await violations(page), [], name);
      await close();
    }
  });
}

test('every control is reached by Tab, and says where it is', async (context) => {
  const { page, close } = await openPage('#at=24500');
  context.after(close);
  const reached = new Set();
  for (let presses = 0; presses < 60; presses += 1) {
    await page.keyboard.press('Tab');
    const { id, visible } = await page.evaluate(() => {
      const { activeElement } = document;
      const { outlineStyle } = getComputedStyle(activeElement.shadowRoot?.activeElement ?? activeElement);
      return { id: activeElement.id, visible: outlineStyle !== 'none' };
    });
    reached.add(id);
    assert.ok(id === '' || visible, `${id} does not show that it has the focus`);
  }
  for (const id of [
    'open-save',
    'wall',
    'open-log',
    'view',
    'play',
    'step-back',
    'step-forth',
    'position',
    'speed',
    'back-to-live',
  ]) {
    assert.ok(reached.has(id), `${id} is not reached`);
  }
});

test('nothing jumps while it is live', async (context) => {
  const { page, close } = await openPage('#speed=20');
  context.after(close);
  await page.evaluate(() => {
    window.shift = 0;
    new PerformanceObserver((list) => {
      for (const { value, sources } of list.getEntries()) {
        // A line that is new moves the others of the log down, and is meant to.
        if (sources.some(({ node }) => node?.parentNode?.id !== 'log-lines')) window.shift += value;
      }
    }).observe({ type: 'layout-shift', buffered: true });
  });
  await page.waitForFunction(() => document.querySelector('#view').model.counts.CustomizationSucceeded === 5);
  const shift = await page.evaluate(() => window.shift);
  context.diagnostic(`cumulative layout shift ${shift.toFixed(4)}`);
  assert.ok(shift < 0.01, `the layout shifted by ${shift}`);
});

test('a second attempt is said where there is no room for its column', async (context) => {
  const { page, close } = await openPage('#speed=30', { viewport: { width: 360, height: 740 } });
  context.after(close);
  await page.waitForFunction(() => document.querySelector('#view').model.row('vm-105').attempt === 2);
  await page.getByRole('gridcell', { name: /, try 2$/ }).waitFor();
  await page.setViewportSize({ width: 1920, height: 1080 });
  await page.getByRole('gridcell', { name: /, try 2$/ }).waitFor({ state: 'hidden' });
});

test('from 360 px to 4K everything fits, and nothing scrolls sideways', async (context) => {
  for (const [width, height] of [
    [360, 740],
    [768, 1024],
    [1001, 700],
    [1024, 768],
    [1280, 800],
    [3840, 2160],
  ]) {
    for (const hash of ['#at=24500', '#at=24500&wall=1']) {
      const { page, close } = await openPage(hash, { viewport: { width, height } });
      context.after(close);
      const { scrollWidth, table } = await page.evaluate(() => ({
        scrollWidth: document.documentElement.scrollWidth,
        table: document.querySelector('html.wall #wall-view, html:not(.wall) #view').getBoundingClientRect().height,
      }));
      assert.ok(scrollWidth <= width, `${width} px: the page is ${scrollWidth} px wide`);
      assert.ok(table > height / 3, `${width} × ${height}: the table has ${table} px`);
      await close();
    }
  }
});

test('the name of the source is whole where the window is narrow, and makes the head no higher where it is wide', async (context) => {
  const names = {
    short: 'a.json',
    words: 'customization events of the night shift in the second cluster.json',
    long: `events-of-vcenter01.frankfurt.example.com_${'2026-03-01T10-00-00Z_'.repeat(4)}.json`,
  };
  const { page, close } = await openPage('#at=24500');
  context.after(close);
  const open = async (name) => {
    await page.evaluate((name) => {
      const event = {
        _typeName: 'VmStartingEvent',
        key: 1,
        createdTime: '2026-03-01T10:00:00Z',
        vm: { name: 'web-1', vm: { type: 'VirtualMachine', value: 'vm-1' } },
      };
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File([JSON.stringify(event)], name));
      document.body.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }));
    }, name);
    await page.locator('#source').filter({ hasText: name }).waitFor();
  };
  const measured = () =>
    page.evaluate(() => {
      const [source, head] = [document.querySelector('#source'), document.querySelector('body > header')];
      return {
        isWhole: source.scrollWidth <= source.clientWidth && source.scrollHeight <= source.clientHeight,
        isInside:
          source.getBoundingClientRect().right <= innerWidth && document.documentElement.scrollWidth <= innerWidth,
        height: head.offsetHeight,
      };
    });
  const heights = new Map();
  for (const name of Object.values(names)) {
    await open(name);
    for (const width of [320, 360, 600, 768, 1000]) {
      await page.setViewportSize({ width, height: 740 });
      const { isWhole, isInside } = await measured();
      assert.deepEqual([isWhole, isInside], [true, true], `${name} at ${width} px`);
    }
    for (const width of [1001, 1280, 1920]) {
      await page.setViewportSize({ width, height: 740 });
      const { isInside, height } = await measured();
      assert.deepEqual([isInside, height], [true, heights.get(width) ?? height], `${name} at ${width} px`);
      heights.set(width, height);
    }
  }
  assert.equal(await page.locator('#source').getAttribute('title'), names.long);
});

test('at 200 % of 1280 × 800, and wherever the window is low, the page scrolls, and the table has a window full', async (context) => {
  for (const [width, height, isScrolled] of [
    [640, 400, true],
    [1280, 639, true],
    [1280, 640, false],
  ]) {
    const { page, close } = await openPage('#at=24500', { viewport: { width, height } });
    context.after(close);
    const { table, scrolls, sideways } = await page.evaluate(() => ({
      table: document.querySelector('#view').getBoundingClientRect().height,
      scrolls: getComputedStyle(document.body).overflowY === 'visible',
      sideways: document.documentElement.scrollWidth > innerWidth,
    }));
    assert.deepEqual([scrolls, sideways], [isScrolled, false], `${width} × ${height}`);
    assert.ok(table >= 400, `${width} × ${height}: the table has ${table} px`);
    // All of it can be reached.
    await page.locator('#play').scrollIntoViewIfNeeded();
    await page.getByRole('row', { name: 'web-1' }).scrollIntoViewIfNeeded();
    await close();
  }
});

for (const colorScheme of ['light', 'dark']) {
  test(`the border of each control can be told from what is around it, 3 to 1: ${colorScheme}`, async (context) => {
    const { page, close } = await openPage('#at=24500', { colorScheme });
    context.after(close);
    const borders = await page.evaluate(() =>
      [...document.querySelectorAll('body > header :is(button, summary), .player :is(button, select):enabled')]
        .filter((control) => control.checkVisibility())
        .map((control) => {
          const around = getComputedStyle(control.closest('header, .player')).backgroundColor;
          return [control.textContent.trim(), getComputedStyle(control).borderTopColor, around];
        }),
    );
    assert.ok(borders.length >= 8);
    for (const [name, border, around] of borders) {
      assert.ok(contrast(border, around) >= 3, `${name}: ${contrast(border, around).toFixed(2)}`);
    }
  });
}

test('up to 600 px the details leave the player to be used', async (context) => {
  for (const width of [360, 600]) {
    const { page, close } = await openPage('#at=27000&vm=vm-104&details=1', { viewport: { width, height: 740 } });
    context.after(close);
    await page.getByRole('region', { name: 'win-app-2' }).waitFor();
    // It is what is pressed there.
    await page.getByRole('button', { name: 'One event back' }).click({ timeout: 5_000 });
    await page.locator('#position').click({ timeout: 5_000 });
  }
});

test('no status is cut, nor what the player says of the last event', async (context) => {
  for (const [width, height] of [
    [360, 740],
    [600, 740],
    [1280, 800],
    [1920, 1080],
  ]) {
    const { page, close } = await openPage('#at=40000', { viewport: { width, height } });
    context.after(close);
    await page.locator('#event').filter({ hasText: 'win-app-1' }).waitFor();
    const cut = await page.evaluate(() => {
      const statuses = document.querySelector('#view').shadowRoot.querySelectorAll('.row .status');
      const all = [document.querySelector('#event'), ...[...statuses].flatMap((cell) => [cell, ...cell.children])];
      return all
        .filter((one) => one.scrollWidth > one.clientWidth && one.clientWidth > 0)
        .map((one) => one.textContent);
    });
    assert.deepEqual(cut, [], `at ${width} px`);
  }
});

test('transitions are told to screen readers', async (context) => {
  const { page, close } = await openPage('#speed=20');
  context.after(close);
  await page.waitForFunction(() =>
    [...document.querySelector('#view').shadowRoot.querySelectorAll('[aria-live], [role="status"]')].some(
      (region) => region.textContent !== '',
    ),
  );
});
