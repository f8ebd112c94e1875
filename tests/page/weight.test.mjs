/** What a browser transfers for the status page: before the first rows, and with what a click may load later. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { newPage } from './lib/browser.mjs';
import { origin, ROOT } from './lib/status-page.mjs';

/** Bytes: before the first rows, and in all. */
const BUDGET = 240_000;
const LATER_BUDGET = 330_000;

/** The script that the view in the vSphere Client begins with, and its style: not the status page's. */
const isOfPlugin = (name) => /^assets\/plugin-/.test(name);

/** Scripts that a script names, and those that these name: what it may import later. */
function chunksOf(script, known = new Set()) {
  const text = readFileSync(join(ROOT, 'dist', script), 'utf8');
  for (const name of readdirSync(join(ROOT, 'dist/assets'))) {
    const path = `assets/${name}`;
    if (/\.(js|css|wasm)$/.test(name) && text.includes(name) && !known.has(path)) {
      known.add(path);
      if (name.endsWith('.js')) {
        chunksOf(path, known);
      }
    }
  }
  return known;
}

test(`the status page takes less than ${BUDGET.toLocaleString('en')} bytes before the first rows, with gzip -9`, async (context) => {
  const { page, close } = await newPage();
  context.after(close);
  const url = await origin();
  const requested = new Set();
  page.on('request', (request) => {
    if (request.url().startsWith(url)) {
      requested.add(new URL(request.url()).pathname.slice(1) || 'index.html');
    }
  });
  await page.goto(`${url}#source=simulated`);
  await page.locator('#view .row').first().waitFor();
  const files = new Set(requested);
  for (const script of [...requested].filter((name) => name.endsWith('.js'))) {
    chunksOf(script, files);
  }
  assert.ok([...files].some((name) => name.endsWith('.js')) && ![...files].some(isOfPlugin), [...files].join(' '));
  let total = 0;
  let first = 0;
  for (const name of [...files].sort()) {
    const size = gzipSync(readFileSync(join(ROOT, 'dist', name)), { level: 9 }).length;
    total += size;
    first += requested.has(name) ? size : 0;
    context.diagnostic(`${name.replace(/-[\w-]{8}\./, '.')}: ${size.toLocaleString('en')} bytes`);
  }
  context.diagnostic(`before the first rows: ${first.toLocaleString('en')} bytes`);
  context.diagnostic(`in all: ${total.toLocaleString('en')} bytes`);
  assert.ok(first < BUDGET, `${first} bytes before the first rows`);
  assert.ok(total < LATER_BUDGET, `${total} bytes`);
});
