/** The page in the README shows what it says, under the strictest policy. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';

import { newPage } from './lib/browser.mjs';
import { STRICT_POLICY, serve } from './lib/server.mjs';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** The README speaks of a source "as above". */
const SOURCE = `const source = {
  serverTime: async () => new Date('2026-03-01T10:00:00Z'),
  readEvents: async () => ({ events: [['VmStartingEvent', 1], ['CustomizationStartedEvent', 2], ['CustomizationSucceeded', 3]].map(
    ([_typeName, key]) => ({ _typeName, key, createdTime: '2026-03-01T10:00:0' + key + 'Z', vm: { vm: { type: 'VirtualMachine', value: 'vm-101' } } })) }),
};\n`;

test('the custom element of the README shows the VM of a source', async (context) => {
  const readme = await readFile(`${ROOT}README.md`, 'utf8');
  const [, html] = /^```html\n(.*?)^```$/ms.exec(readme) ?? [];
  const [, script] = /<script type="module">\n(.*?)<\/script>/s.exec(html) ?? [];
  assert.ok(script, 'the snippet is there');
  const bundle = await build({
    stdin: { contents: SOURCE + script, resolveDir: `${ROOT}web-demo` },
    bundle: true,
    format: 'esm',
    write: false,
  });
  const server = await serve(
    {
      '/': `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>VMs</title><link rel="icon" href="data:,"></head>
        <body>${html.replace(/<script.*<\/script>/s, '<script type="module" src="/page.js"></script>')}</body></html>`,
      '/page.js': bundle.outputFiles[0].text,
    },
    { 'content-security-policy': STRICT_POLICY },
  );
  context.after(() => server.stop());
  const { page, close, complaints } = await newPage();
  context.after(close);
  await page.goto(`${server.origin}/`);
  const row = page.getByRole('row', { name: 'web-1' });
  await row.getByText('Succeeded').first().waitFor();
  assert.deepEqual(complaints, []);
});
