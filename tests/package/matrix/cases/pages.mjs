/** The package in pages without a bundler. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { serve } from '../../../page/lib/server.mjs';
import { visit } from '../lib/browser.mjs';
import { coresIn } from '../lib/contents.mjs';
import { asModule, writePage } from '../lib/html.mjs';
import { core, project, report } from '../lib/package.mjs';

/** The strictest policy that lets WebAssembly run: no inline scripts, no eval, no text that becomes code. */
const STRICT = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "connect-src 'self'",
  'img-src data:',
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
];
/** Of a server that was never told what it is. */
const UNTOLD = { '.wasm': 'application/octet-stream' };

const folder = await project('web', 'pages');

/** Opens a page whose head holds `head`. */
async function open(head, policy) {
  await writePage(folder, head);
  const headers = policy && { 'content-security-policy': policy.join('; ') };
  const server = await serve({ '': folder }, headers, UNTOLD);
  try {
    return await visit(`${server.origin}/index.html`);
  } finally {
    server.stop();
  }
}

async function plays(head, policy) {
  const { outcome, complaints, bodies } = await open(head, policy);
  assert.deepEqual(outcome, { report });
  assert.deepEqual(complaints, []);
  assert.deepEqual(coresIn(bodies), [core]);
}

describe('a page', () => {
  it('plays the recording with an import map', async () => {
    const imports = { 'vm-customization': './node_modules/vm-customization/dist/browser.js' };
    const map = `<script type="importmap">${JSON.stringify({ imports })}</script>`;
    await plays(`${map}${asModule('main.js')}`);
  });

  it('plays the recording with core.wasm from a server that does not know its type', async () => {
    await plays(asModule('external-by-path.js'));
  });

  it('plays the recording in a worker', async () => {
    await plays(asModule('in-worker-by-path.js'));
  });

  it('plays the recording under a strict Content-Security-Policy with Trusted Types', async () => {
    await plays(asModule('by-path.js'), STRICT);
    await plays(asModule('external-by-path.js'), STRICT);
  });

  it('plays the recording in a worker under the same policy', async () => {
    // Trusted Types take no address of a worker that is a URL object or text: the page has to name the ones it trusts.
    const trusting = STRICT.filter((directive) => !/trusted-types/.test(directive));
    await plays(asModule('in-worker-by-path.js'), trusting);
  });

  it("is told that its policy lacks 'wasm-unsafe-eval'", async () => {
    const lacking = STRICT.map((directive) => directive.replace(" 'wasm-unsafe-eval'", ''));
    const { outcome } = await open(asModule('by-path.js'), lacking);
    assert.match(outcome.error, /^InitError: .*Content-Security-Policy needs 'wasm-unsafe-eval' in script-src$/);
  });
});
