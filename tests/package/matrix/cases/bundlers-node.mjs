/** Bundles for Node, each run where the package cannot be reached. */
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { withEsbuild, withRspack, withVite, withWebpack } from '../lib/bundlers.mjs';
import { coresIn, filesIn, sizesOf } from '../lib/contents.mjs';
import { core, emptyFolder, project, recording, report, run } from '../lib/package.mjs';

const folder = await project('node', 'node-bundlers');
const results = await emptyFolder('node-bundles');
let made = 0;

/** Has a bundle made by `bundle` in a folder of its own, looks at what is in there, and runs it. */
async function bundled(test, bundle, file) {
  const out = join(results, `out-${made++}`);
  await mkdir(out);
  assert.deepEqual(await bundle(out), []);
  const contents = (await filesIn(out)).map(({ content }) => content);
  test.diagnostic(`${test.name}: ${sizesOf(contents)}`);
  assert.deepEqual(coresIn(contents), [core], 'the core is there once');
  await writeFile(join(out, 'recording.json'), recording);
  const { stdout, stderr } = await run(process.execPath, [file, 'recording.json'], { cwd: out });
  assert.equal(stderr, '');
  assert.deepEqual(JSON.parse(stdout), report);
}

describe('a program for Node in one file', () => {
  for (const [format, file] of [
    ['esm', 'main.mjs'],
    ['cjs', 'main.cjs'],
  ]) {
    it(`esbuild --platform=node --format=${format}`, (test) =>
      bundled(
        test,
        (out) => withEsbuild({ entryPoints: [join(folder, file)], outfile: join(out, file), platform: 'node', format }),
        file,
      ));
  }

  for (const [name, pack] of [
    ['webpack', withWebpack],
    ['rspack', withRspack],
  ]) {
    for (const entry of ['main.mjs', 'main.cjs']) {
      it(`${name}, target node, from ${entry}`, (test) =>
        bundled(
          test,
          (path) => pack({ context: folder, entry, target: 'node', output: { path, filename: 'main.cjs' } }),
          'main.cjs',
        ));
    }
  }

  it('Vite for a server, with the package inside', (test) =>
    bundled(
      test,
      (outDir) => withVite(folder, { build: { outDir, ssr: 'main.mjs' }, ssr: { noExternal: true } }),
      'main.mjs',
    ));
});
