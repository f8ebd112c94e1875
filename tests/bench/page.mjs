/**
 * The status page in a headless Chromium: how long it takes to be of use, how heavy it is, and what it costs while 5,000 VMs
 * change.
 *
 *   CHROMIUM=/usr/bin/chromium node tests/bench/page.mjs
 */
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { chromium } from 'playwright-core';
import { preview } from 'vite';
import { bytes, machine, ms, quantile, table, write } from './lib/report.mjs';

const ROOT = fileURLToPath(new URL('../../web-demo/', import.meta.url));
const ROWS = 5_000;
/** Each update changes so many rows. */
const CHANGED = 100;
const UPDATES = 100;
const LOADS = 7;
const SCROLL_MS = 4_000;

const server = await preview({ root: ROOT, logLevel: 'warn', preview: { host: '127.0.0.1', port: 0 } });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'],
});
try {
  const url = `http://127.0.0.1:${server.httpServer.address().port}/`;
  const { firstPaint, firstRows, weight } = await load(url);
  const { scripting, drawing } = await update(url);
  const frames = await scroll(url);
  write(
    'page',
    `
## The status page

${table(
  ['', ''],
  [
    ['all that is transferred for the page, gzip -9', bytes(weight)],
    ['first paint, median', ms(quantile(firstPaint, 0.5))],
    ['rows with their statuses on the simulated source, median', ms(quantile(firstRows, 0.5))],
    ['the same, worst', ms(quantile(firstRows, 1))],
    [`scripting per update: ${CHANGED} of ${ROWS} rows change, median`, ms(quantile(scripting, 0.5))],
    ['the same, 95 %', ms(quantile(scripting, 0.95))],
    ['style, layout and paint per update, mean', ms(drawing)],
    [`frames per second, live and scrolled through ${ROWS} rows`, frames.rate.toFixed(0)],
    ['longest frame meanwhile', ms(frames.longest)],
  ],
)}

${machine()}; headless Chromium ${browser.version()} without a graphics card. ${LOADS} loads from a server on the same machine; times
are from the start of the navigation. An update is the change of ${CHANGED} rows with a transition each, told to the element's model, and the frame
that draws it. Meanwhile the log and the summary go on too.
`,
  );
} finally {
  await browser.close();
  await server.close();
}

async function open(address) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  const bodies = [];
  page.on('response', (response) => bodies.push(response.body().catch(() => Buffer.alloc(0))));
  await page.goto(address);
  await page.waitForFunction(() => performance.getEntriesByName('page:first-rows').length > 0);
  return { page, context, bodies };
}

async function load(url) {
  const firstPaint = [];
  const firstRows = [];
  let weight = 0;
  for (let each = 0; each < LOADS; each += 1) {
    const { page, context, bodies } = await open(`${url}#source=simulated`);
    const [paint, rows] = await page.evaluate(() =>
      ['first-contentful-paint', 'page:first-rows'].map((name) => performance.getEntriesByName(name)[0].startTime),
    );
    firstPaint.push(paint);
    firstRows.push(rows);
    weight = (await Promise.all(bodies)).reduce((sum, body) => sum + gzipSync(body, { level: 9 }).length, 0);
    await context.close();
  }
  return { firstPaint, firstRows, weight };
}

/** By a model of the page's own element: how much a source tells at a time is then the bench's choice. */
async function update(url) {
  // Paused, so that nothing else happens.
  const { page, context } = await open(`${url}#vms=${ROWS}&at=30000`);
  const devtools = await context.newCDPSession(page);
  await devtools.send('Performance.enable');
  const metrics = async () => {
    const { metrics } = await devtools.send('Performance.getMetrics');
    return Object.fromEntries(metrics.map(({ name, value }) => [name, value * 1_000]));
  };
  const before = await metrics();
  const scripting = [];
  for (let each = 0; each < UPDATES; each += 1) {
    const begin = (await metrics()).ScriptDuration;
    await page.evaluate(
      ([each, changed]) =>
        new Promise((resolve) => {
          const { model } = document.querySelector('#view');
          const rows = [];
          const transitions = [];
          for (let i = 0; i < changed; i += 1) {
            const old = model.rows[(each * changed + i) % model.size];
            const to = each % 2 === 0 ? 'CustomizationStarted' : 'CustomizationSucceeded';
            rows.push({ ...old, customizationStatus: to, attempt: (old.attempt ?? 0) + 1 });
            transitions.push({
              vm: old.vm,
              from: old.customizationStatus,
              to,
              atMs: model.nowMs,
              eventKey: i,
              attempt: 1,
            });
          }
          model.update({ atMs: model.nowMs + 1, ended: false, reset: false, rows, transitions });
          requestAnimationFrame(() => requestAnimationFrame(resolve));
        }),
      [each, CHANGED],
    );
    scripting.push((await metrics()).ScriptDuration - begin);
  }
  const after = await metrics();
  const drawing = (after.TaskDuration - before.TaskDuration - (after.ScriptDuration - before.ScriptDuration)) / UPDATES;
  await context.close();
  return { scripting, drawing };
}

async function scroll(url) {
  const { page, context } = await open(`${url}#vms=${ROWS}`);
  const times = await page.evaluate(
    (duration) =>
      new Promise((resolve) => {
        const root = document.querySelector('#view').shadowRoot;
        const scroller = [...root.querySelectorAll('*')].find(
          (each) => each.scrollHeight > 2 * each.clientHeight && getComputedStyle(each).overflowY !== 'visible',
        );
        const times = [];
        const step = (now) => {
          times.push(now);
          scroller.scrollTop += 60;
          if (now - times[0] < duration) requestAnimationFrame(step);
          else resolve(times);
        };
        requestAnimationFrame(step);
      }),
    SCROLL_MS,
  );
  await context.close();
  const gaps = times.slice(1).map((time, index) => time - times[index]);
  return { rate: (1_000 * gaps.length) / (times.at(-1) - times[0]), longest: Math.max(...gaps) };
}
