/** The examples of the element, built as their users build them, each opened in a browser. */
import assert from 'node:assert/strict';
import { cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { serve } from '../../../page/lib/server.mjs';
import { newWindow } from '../lib/browser.mjs';
import { withVite } from '../lib/bundlers.mjs';
import { coresIn } from '../lib/contents.mjs';
import { link, project } from '../lib/package.mjs';

const EXAMPLES = new URL('../../../../bindings/examples/element/', import.meta.url);
const row = (vm, name, customizationStatus) => ({ vm, name, customizationStatus, conclusion: 'completed' });
const REPORT = {
  format: 'vm-customization-report/1',
  endedAtMs: 180_000,
  vms: [row('vm-101', 'web-1', 'CustomizationSucceeded'), row('vm-103', 'db-1', 'CustomizationFailed')],
  transitions: [],
  reading: { lastReadAtMs: 180_000, failure: null },
};

const folder = await project('web', 'frameworks');
await cp(EXAMPLES, folder, { recursive: true });
await link(folder, 'react', 'react-dom', 'vue', '@vitejs/plugin-vue');

/** Opens a page of a folder, which has to show the report; `act` then does what a user does. */
async function shows(at, name, act) {
  await writeFile(join(at, 'report.json'), JSON.stringify(REPORT));
  const server = await serve({ '': at });
  const window = await newWindow();
  try {
    const page = await window.newPage();
    const complaints = [];
    const responses = [];
    page.on('console', (message) => /error|warning/.test(message.type()) && complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('response', (response) => responses.push(response));
    await page.route('**/retry?*', (route) => route.fulfill({ status: 202 }));
    await page.goto(`${server.origin}/${name}`);
    const failed = page.getByRole('row', { name: 'db-1' });
    await failed.getByText('Failed').first().waitFor();
    assert.equal(await page.getByRole('row', { name: 'web-1' }).getByText('Succeeded').count(), 1);
    await act(page, failed);
    assert.deepEqual(complaints, []);
    const scripts = responses.filter((response) => /\.m?js$/.test(new URL(response.url()).pathname));
    assert.deepEqual(coresIn(await Promise.all(scripts.map((response) => response.body()))), [], 'no core is loaded');
  } finally {
    await window.close();
    server.stop();
  }
}

/** What the pages of React and Vue do: an action in a row, and one that knows which row is selected. */
async function acts(page, failed) {
  const asked = page.waitForRequest('**/retry?vm=vm-103');
  await page.getByRole('button', { name: 'Retry' }).click();
  assert.equal((await asked).method(), 'POST');
  await failed.click({ position: { x: 10, y: 10 } });
  await page.locator('a[href="/inventory/vm-103"]').waitFor();
}

describe('the element', () => {
  it('in a plain page, which loads it from where the package is', () =>
    shows(folder, 'page.html', async (page, failed) => {
      await failed.click();
      await page.waitForURL('**/page.html#vm-103');
    }));

  for (const [framework, name] of [
    ['React', 'react.html'],
    ['Vue', 'vue.html'],
  ]) {
    it(`in a page of ${framework}`, async () => {
      const outDir = join(folder, `out-${framework}`);
      const build = { outDir, rollupOptions: { input: join(folder, name) } };
      assert.deepEqual(await withVite(folder, { configFile: join(folder, 'vite.config.mjs'), build }), []);
      await shows(outDir, name, acts);
    });
  }
});
