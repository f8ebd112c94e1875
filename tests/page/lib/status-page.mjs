/** The built status page, served as `vite preview` serves it, in a real Chromium. */
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';
import { preview } from 'vite';
import { newPage } from './browser.mjs';

export const ROOT = fileURLToPath(new URL('../../../web-demo/', import.meta.url));

let server;
after(async () => (await server)?.close());

/** Where the page is; the same for all tests of a file. */
export async function origin() {
  server ??= preview({ root: ROOT, logLevel: 'warn', preview: { host: '127.0.0.1', port: 0 } });
  return `http://127.0.0.1:${(await server).httpServer.address().port}/`;
}

/**
 * Opens the page at what stands after `#`: on its demo, where that names no source.
 *
 * @param {string} [hash]
 * @param {object} [options] of Playwright's `newContext`; `url` in place of the preview server's
 */
export async function openPage(hash = '', { url, ...options } = {}) {
  const opened = await newPage({ viewport: { width: 1280, height: 800 }, timezoneId: 'UTC', ...options });
  const address = url ?? (await origin());
  const isChosen = /[#&](source|file|rec|at|vms|speed|wall)=/.test(hash);
  await opened.page.goto(`${address}${isChosen ? hash : `${hash || '#'}&source=simulated`}`);
  await opened.page.locator('#view .row:visible, #wall-view .tiles b, #start article:visible').first().waitFor();
  return { ...opened, url: address };
}

/** Presses what is in a menu of the header. */
export async function choose(page, menu, name) {
  const summary = page.locator('details.menu > summary', { hasText: menu });
  if ((await summary.locator('xpath=..').getAttribute('open')) === null) {
    await summary.click();
  }
  await page.getByRole('button', { name, exact: true }).click();
}

/** What the table shows: a list per VM, `[name, status, attempt]`, in the order shown. */
export function tableOf(page) {
  return page.evaluate(
    () =>
      new Promise((resolve) => {
        // After the frame in which the element draws what it was just told.
        requestAnimationFrame(() =>
          requestAnimationFrame(() => {
            const rows = document.querySelector('#view').shadowRoot.querySelectorAll('.row:not([hidden])');
            resolve(
              [...rows].map((row) => {
                const text = (part) => row.querySelector(`[part~="${part}"]`)?.textContent ?? '';
                return [text('name').replace(/vm-\d+$/, ''), text('status'), text('attempt')];
              }),
            );
          }),
        );
      }),
  );
}

/** The rows of the element's model, whole and in the order asked for. */
export const rowsOf = (page) => page.evaluate(() => [...document.querySelector('#view').model.rows]);

/** Waits until the row of a VM stands so. */
export function waitForStatus(page, name, status) {
  return page.waitForFunction(
    ([name, status]) =>
      document.querySelector('#view').model.rows.some((row) => row.name === name && row.customizationStatus === status),
    [name, status],
  );
}
