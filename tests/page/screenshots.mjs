/**
 * Pictures of the status page's main states, light and dark, into docs/screenshots. What is shown is a recorded script at a
 * time given in the link, so that the same page gives the same pictures.
 *
 *   CHROMIUM=/usr/bin/chromium node tests/page/screenshots.mjs
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { preview } from 'vite';
import { atPosition } from './lib/at-position.mjs';
import { openShift } from './lib/shift.mjs';

const ROOT = fileURLToPath(new URL('../../web-demo/', import.meta.url));
const OUT = fileURLToPath(new URL('../../docs/screenshots/', import.meta.url));
const PHONE = { width: 360, height: 740 };
const DESK = { width: 1280, height: 800 };
const WIDE = { width: 1920, height: 1080 };
const LARGEST = 400_000;

/** Each state: the link, the window, and what is done there. */
const STATES = [
  { name: 'start', hash: '', size: DESK },
  { name: 'start-phone', hash: '', size: PHONE },
  { name: 'running', hash: '#at=24500', size: DESK },
  { name: 'running-wide', hash: '#at=39000&vms=40&time=elapsed', size: WIDE },
  { name: 'failed', hash: '#at=27000&vm=vm-104&details=1', size: DESK },
  { name: 'failed-wide', hash: '#at=39000&vms=40&vm=vm-104&details=1', size: WIDE },
  { name: 'failed-phone', hash: '#at=27000&vm=vm-104&details=1', size: PHONE },
  { name: 'stuck', hash: '#at=40000&vm=vm-107&details=1', size: DESK },
  {
    name: 'time-travel',
    hash: '#at=34000&sort=-elapsed',
    size: DESK,
    act: async (page) => {
      await page.locator('#position').fill('13000');
      await page.locator('#step-forth').click();
      await atPosition(page);
      await page.locator('#open-log').click();
    },
  },
  {
    name: 'vcenter-log-in',
    hash: '',
    size: DESK,
    act: async (page) => {
      await page.locator('#start-vcenter').click();
      await page.locator('#user').fill('ops@vsphere.local');
    },
  },
  {
    name: 'wall-screen',
    hash: '#at=24500',
    size: WIDE,
    act: async (page) => {
      await openShift(page);
      // Its button has the focus, and shows the controls.
      await page.evaluate(() => document.activeElement.blur());
    },
    // Until the controls are out of sight, and what was told of the file.
    restMs: 4_500,
  },
  { name: 'phone', hash: '#at=24500', size: PHONE },
];

mkdirSync(OUT, { recursive: true });
const server = await preview({ root: ROOT, logLevel: 'warn', preview: { host: '127.0.0.1', port: 0 } });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--hide-scrollbars'],
});
try {
  const url = `http://127.0.0.1:${server.httpServer.address().port}/`;
  for (const colorScheme of ['light', 'dark']) {
    for (const { name, hash, size, act, restMs = 400 } of STATES) {
      const context = await browser.newContext({
        viewport: size,
        colorScheme,
        reducedMotion: 'reduce',
        timezoneId: 'UTC',
      });
      const page = await context.newPage();
      await page.goto(url + hash);
      await page
        .locator(hash === '' ? '#start article' : '#view .row')
        .first()
        .waitFor();
      await act?.(page);
      await page.mouse.move(0, 0);
      // Until what was told is drawn: the log and the summary come a little later than the table.
      await page.waitForTimeout(restMs);
      const picture = await page.screenshot({ animations: 'disabled', caret: 'hide' });
      const file = `${name}-${colorScheme}.png`;
      if (picture.length > LARGEST) throw new Error(`${file} has ${picture.length} bytes: at most ${LARGEST}`);
      writeFileSync(`${OUT}${file}`, picture);
      console.log(`docs/screenshots/${file} ${Math.round(picture.length / 1000)} kB`);
      await context.close();
    }
  }
} finally {
  await browser.close();
  await server.close();
}
