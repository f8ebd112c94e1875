/** The status page for everybody: axe-core finds nothing, keys reach everything, and nothing jumps. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { openPage } from './lib/status-page.mjs';

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
  running: { hash: '#at=24500' },
  details: { hash: '#at=27000&vm=vm-104&details=1' },
  'log-in': { hash: '#at=24500', act: (page) => page.getByRole('button', { name: 'vCenter…' }).click() },
  file: { hash: '#at=24500', act: (page) => page.getByRole('button', { name: 'Recording…' }).click() },
  save: { hash: '#at=24500', act: (page) => page.getByRole('button', { name: 'Save…' }).click() },
  options: { hash: '', act: (page) => page.getByRole('button', { name: 'Options…' }).click() },
  wall: { hash: '#at=24500&wall=1' },
};

for (const [how, options] of Object.entries({
  light: { colorScheme: 'light' },
  dark: { colorScheme: 'dark' },
  '360 px': { viewport: { width: 360, height: 740 } },
})) {
  test(`axe-core finds no violation: ${how}`, { timeout: 120_000 }, async (context) => {
    for (const [name, { hash, act }] of Object.entries(STATES)) {
      // Its own policy would refuse axe too.
      const { page, close } = await openPage(hash, { ...options, bypassCSP: true, reducedMotion: 'reduce' });
      context.after(close);
      await act?.(page);
      assert.deepEqual(await violations(page), [], name);
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
    'open-simulated',
    'open-file',
    'open-vcenter',
    'open-save',
    'wall',
    'theme',
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
  await page.getByRole('gridcell', { name: /, attempt 2$/ }).waitFor();
  await page.setViewportSize({ width: 1920, height: 1080 });
  await page.getByRole('gridcell', { name: /, attempt 2$/ }).waitFor({ state: 'hidden' });
});

test('from 360 px to 4K everything fits, and nothing scrolls sideways', async (context) => {
  for (const [width, height] of [
    [360, 740],
    [768, 1024],
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
    }
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
