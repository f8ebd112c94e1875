/** What the status page may do, and what texts from guests can make of it: nothing. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { choose, openPage, origin, ROOT } from './lib/status-page.mjs';

const HOSTILE = '<img src=x onerror=window.hacked=1>';

const hostile = {
  format: 'vm-customization-recording/1',
  startedAt: '2026-03-01T10:00:00Z',
  vms: [
    { vm: 'vm-1', name: HOSTILE },
    { vm: 'vm-2', name: '‮evil</script><script>window.hacked=1</script>' },
  ],
  options: {},
  steps: [
    {
      atMs: 0,
      events: ['VmStartingEvent', 'CustomizationFailed'].map((type, key) => ({
        _typeName: type,
        key,
        createdTime: '2026-03-01T10:00:00Z',
        vm: { name: HOSTILE, vm: { type: 'VirtualMachine', value: 'vm-1' } },
        reason: HOSTILE,
        logLocation: 'javascript:window.hacked=1',
        fullFormattedMessage: HOSTILE,
      })),
      complete: false,
    },
  ],
};

/** Tells every report of the browser on what the policy refused. */
async function watchViolations(page) {
  await page.addInitScript(() => {
    window.violations = [];
    document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) =>
      window.violations.push(`${violatedDirective} ${blockedURI}`),
    );
  });
  await page.reload();
  await page.locator('#view .row').first().waitFor();
}

test('names and messages that are markup are shown as text', async (context) => {
  const { page, complaints, close } = await openPage('', { isAlone: true });
  context.after(close);
  await watchViolations(page);
  await choose(page, 'Open', 'Recording…');
  await page.locator('#files').setInputFiles({
    name: `${HOSTILE}.json`,
    mimeType: 'application/json',
    buffer: Buffer.from(JSON.stringify(hostile)),
  });
  await page.locator('#file-dialog').waitFor({ state: 'hidden' });
  await page.locator('#view').locator('.row').filter({ hasText: HOSTILE }).first().click();
  await page.evaluate(() => {
    document.querySelector('#view').details = true;
  });
  await page.locator('#view').getByText('javascript:window.hacked=1').first().waitFor();
  assert.equal(await page.locator('#source').textContent(), `${HOSTILE}.json`);
  await page.getByRole('button', { name: 'Events' }).click();
  await page.locator('#log-lines').getByText(HOSTILE).first().waitFor();
  const found = await page.evaluate(() => {
    const roots = [document, document.querySelector('#view').shadowRoot];
    return {
      hacked: window.hacked,
      foreign: roots.flatMap((root) => [
        ...root.querySelectorAll('img:not([src*="favicon"]), script:not([type="module"])'),
      ]).length,
      links: roots.flatMap((root) => [...root.querySelectorAll('a')]).length,
      violations: window.violations,
    };
  });
  assert.deepEqual(found, { hacked: undefined, foreign: 0, links: 0, violations: [] });
  assert.deepEqual(complaints, []);
});

test('the policy stands in the page and in the preview server’s header, with frame-ancestors in the header alone', async () => {
  const html = readFileSync(`${ROOT}dist/index.html`, 'utf8');
  const [, escaped] = /http-equiv="Content-Security-Policy" content="([^"]+)"/.exec(html);
  const meta = escaped.replaceAll('&#39;', "'");
  for (const directive of [
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "style-src 'self'",
    "connect-src 'self'",
    "img-src 'self' data:",
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
  ]) {
    assert.ok(meta.split('; ').includes(directive), directive);
  }
  assert.ok(
    html.indexOf('Content-Security-Policy') < html.search(/<(link|script)/),
    'something loads before the policy',
  );
  const { headers } = await fetch(await origin());
  assert.equal(headers.get('content-security-policy'), `${meta}; frame-ancestors 'none'`);
  const readme = readFileSync(fileURLToPath(new URL('../../web-demo/README.md', import.meta.url)), 'utf8');
  assert.ok(readme.includes(`${meta}; frame-ancestors 'none'`), 'the policy in web-demo/README.md is another one');
});

test('nothing of a session makes the browser report a violation; an inline script and a foreign request are refused', async (context) => {
  const { page, close } = await openPage('#speed=20', { isAlone: true });
  context.after(close);
  const requests = [];
  page.on('request', (request) => requests.push(new URL(request.url())));
  await watchViolations(page);
  await page.getByRole('button', { name: 'Rewind' }).click();
  await page.locator('#position').fill('100');
  await page.getByRole('button', { name: 'Back to live' }).click();
  await page.getByRole('button', { name: 'Save…' }).click();
  await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Report (CSV)' }).click()]);
  await page.getByRole('button', { name: 'Close' }).click();
  await page.getByRole('button', { name: 'Wall screen' }).click();
  await page.keyboard.press('Escape');
  assert.deepEqual(await page.evaluate(() => window.violations), []);
  const { host } = new URL(await origin());
  assert.deepEqual(requests.filter((url) => url.protocol.startsWith('http') && url.host !== host).map(String), []);

  await page.evaluate(() => {
    const script = document.createElement('script');
    try {
      script.textContent = 'window.hacked = 1';
      document.head.append(script);
    } catch {
      // Refused by trusted types already.
    }
    fetch('https://example.com/').catch(() => undefined);
  });
  await page.waitForFunction(() =>
    window.violations.some((each) => each.startsWith('connect-src https://example.com')),
  );
  assert.equal(await page.evaluate(() => window.hacked), undefined);
  assert.ok(
    await page.evaluate(() => window.violations.some((each) => /^(script-src|require-trusted-types)/.test(each))),
  );
});
