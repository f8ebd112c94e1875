/** A plain page with the element, under the strictest policy, served from the built package. */
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';
import { newPage } from './browser.mjs';
import { STRICT_POLICY, serve } from './server.mjs';

const folder = (path) => fileURLToPath(new URL(path, import.meta.url));
const HTML = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>VMs</title>
<link rel="icon" href="data:,"><link rel="stylesheet" href="/page.css"><script type="module" src="/page.js"></script>
</head>
<body><main><h1>VMs</h1><vm-customization-status sort="order"></vm-customization-status></main></body>
</html>`;
const CSS = `:root { color-scheme: light dark; }
body { margin: 0; }
main { display: flex; flex-direction: column; height: 100vh; }
h1 { margin: 8px; font: 600 16px system-ui; }
vm-customization-status { flex: 1; min-height: 0; }`;
// Tests reach for the rest by these names.
const SCRIPT = `import * as element from '/dist/element.js';
import * as browser from '/dist/browser.js';
import * as runs from '/lib/runs.mjs';
Object.assign(window, { element, browser, runs, view: document.querySelector('vm-customization-status') });
document.documentElement.dataset.ready = '';`;

let server;
after(async () => (await server)?.stop());

/**
 * Opens it. Answers what `newPage` answers, and
 * - `rows()`: the texts of the rows in sight, cell by cell, from top to bottom
 * - `drawn()`: resolves when what was changed before is on the screen
 * - `press`, `part`: keys for the table; what stands in the shadow root
 *
 * @param {object} [options] as `newPage` takes them
 */
export async function openElement(options) {
  server ??= serve(
    {
      '/': HTML,
      '/page.css': CSS,
      '/favicon.svg': '<svg xmlns="http://www.w3.org/2000/svg"/>',
      '/page.js': SCRIPT,
      '/dist/': folder('../../../bindings/dist'),
      '/lib/': folder('.'),
    },
    { 'content-security-policy': STRICT_POLICY },
  );
  const opened = await newPage({ viewport: { width: 1600, height: 700 }, timezoneId: 'UTC', ...options });
  const { page } = opened;
  await page.goto(`${(await server).origin}/`);
  await page.locator('html[data-ready]').waitFor({ state: 'attached' });
  const drawn = () =>
    page.evaluate(async () => {
      const frame = () => new Promise(requestAnimationFrame);
      // Their code is loaded when a VM is first looked at.
      const awaitsDetails = () => {
        const { model, selected, card, details, shadowRoot } = view;
        const isShown = model?.entry(selected) !== undefined ? card || details : card && model?.size > 0;
        return isShown && shadowRoot.querySelector('.details') === null;
      };
      await frame();
      await frame();
      if (!awaitsDetails()) return;
      while (awaitsDetails()) await frame();
      await frame();
      await frame();
    });
  return {
    ...opened,
    drawn,
    table: page.getByRole('grid'),
    rows: async () => {
      await drawn();
      return page.evaluate(() =>
        [...view.shadowRoot.querySelectorAll('.row:not([hidden])')]
          .sort((a, b) => a.ariaRowIndex - b.ariaRowIndex)
          .map((row) => Object.fromEntries([...row.children].map((cell) => [cell.classList[1], cell.textContent]))),
      );
    },
    /** Shows one VM of each kind. */
    mixed: async () => {
      await page.evaluate(() => runs.fill(view.model, runs.mixedRun()));
      await drawn();
    },
  };
}
