/** Bundles for browsers, each opened in one. */
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { createServer } from 'vite';
import { serve } from '../../../page/lib/server.mjs';
import { visit } from '../lib/browser.mjs';
import { viteLogger, withEsbuild, withRollup, withRspack, withVite, withWebpack } from '../lib/bundlers.mjs';
import { coresIn, filesIn, nodeIn, sizesOf } from '../lib/contents.mjs';
import { asClassic, asModule, writePage } from '../lib/html.mjs';
import { core, project, recording, report } from '../lib/package.mjs';

const folder = await project('web', 'bundlers');
const PAGE = 'index.html';
let made = 0;

/**
 * Has a bundle made by `bundle` in a folder of its own, looks at what is in there, and opens it as a page.
 *
 * @param head - loads the script; without it the bundler makes the page itself
 */
async function bundled(test, bundle, head) {
  const out = join(folder, `out-${made++}`);
  await mkdir(out);
  if (head !== undefined) {
    await writePage(out, head);
  }
  assert.deepEqual(await bundle(out), []);
  const files = await filesIn(out);
  const contents = files.filter(({ name }) => !name.endsWith('.html')).map(({ content }) => content);
  test.diagnostic(`${test.name}: ${sizesOf(contents)}`);
  assert.deepEqual(coresIn(contents), [core], 'the core is there once');
  for (const { name, content } of files.filter(({ name }) => name.endsWith('.js'))) {
    assert.deepEqual(await nodeIn(content), [], `${name} uses nothing of Node`);
  }
  await opens(out);
}

async function opens(out) {
  await writeFile(join(out, 'recording.json'), recording);
  const server = await serve({ '': out });
  try {
    const { outcome, complaints } = await visit(`${server.origin}/${PAGE}`);
    assert.deepEqual(outcome, { report });
    assert.deepEqual(complaints, []);
  } finally {
    server.stop();
  }
}

describe('Vite', () => {
  const vite = (entry) => async (outDir) => {
    await writePage(folder, asModule(entry), PAGE);
    return withVite(folder, { base: './', build: { outDir } });
  };

  it('Vite: a page', (test) => bundled(test, vite('main.js')));
  it('Vite: a worker', (test) => bundled(test, vite('in-worker.js')));
  it('Vite: the custom element', (test) => bundled(test, vite('element.js')));
  it('Vite: core.wasm as a file', (test) => bundled(test, vite('external-vite.js')));

  for (const entry of ['main.js', 'in-worker.js', 'external-vite.js']) {
    it(`Vite's development server: ${entry}`, async () => {
      await writePage(folder, asModule(entry), PAGE);
      const { customLogger, warnings } = viteLogger();
      const server = await createServer({
        root: folder,
        configFile: false,
        customLogger,
        cacheDir: join(folder, `vite-cache-${made++}`),
        server: { host: '127.0.0.1', port: 0 },
      });
      try {
        await server.listen();
        const { outcome, complaints, bodies } = await visit(server.resolvedUrls.local[0]);
        assert.deepEqual(outcome, { report });
        assert.deepEqual(complaints, []);
        assert.deepEqual(coresIn(bodies), [core]);
        assert.deepEqual(warnings, []);
      } finally {
        await server.close();
      }
    });
  }
});

for (const [name, run] of [
  ['webpack', withWebpack],
  ['rspack', withRspack],
]) {
  describe(name, () => {
    const pack = (entry) => (path) => run({ context: folder, entry, output: { path, filename: 'main.js' } });

    it(`${name}: a page`, (test) => bundled(test, pack('main.js'), asClassic('main.js')));
    it(`${name}: a worker`, (test) => bundled(test, pack('in-worker.js'), asClassic('main.js')));
    it(`${name}: the custom element`, (test) => bundled(test, pack('element.js'), asClassic('main.js')));
    it(`${name}: core.wasm as a file`, (test) => bundled(test, pack('external-webpack.js'), asClassic('main.js')));
  });
}

describe('esbuild', () => {
  const esbuild = (entry, format, more) => (out) =>
    withEsbuild({ entryPoints: [join(folder, entry)], outfile: join(out, 'main.js'), format, ...more });

  it('esbuild: a module', (test) => bundled(test, esbuild('main.js', 'esm'), asModule('main.js')));
  it('esbuild: the custom element', (test) => bundled(test, esbuild('element.js', 'esm'), asModule('main.js')));
  it('esbuild: a classic script', (test) => bundled(test, esbuild('main.js', 'iife'), asClassic('main.js')));
  it('esbuild: core.wasm as a file', (test) =>
    bundled(test, esbuild('external-esbuild.js', 'esm', { loader: { '.wasm': 'file' } }), asModule('main.js')));
});

describe('rollup', () => {
  // By itself it knows nothing of node_modules, so the script names the file.
  it('rollup: a module', (test) =>
    bundled(
      test,
      (dir) => withRollup(join(folder, 'by-path.js'), { dir, entryFileNames: 'main.js', format: 'es' }),
      asModule('main.js'),
    ));
});
