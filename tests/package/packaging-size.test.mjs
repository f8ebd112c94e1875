/** How large the package may become. Every run prints how large it is. */
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';

const DIST = new URL('../../bindings/dist/', import.meta.url);

/**
 * Thousands of bytes, raw and after gzip -9. After gzip the core may have 176 kB; the others a twentieth above what they
 * had with readiness and with what to do about failures, for the compilers' sake. `cli*.js` is the command in all its
 * parts, that which serves the page among them.
 */
const BUDGETS = {
  'core.wasm': [450, 178],
  'browser.js': [488, 249],
  // Of the entry alone: the core and what it needs are browser.js, which `watch()` loads.
  'element.js': [66, 22],
  'element-details.js': [32, 11],
  'external.js': [242, 63],
  'node.cjs': [528, 261],
  'cli*.js': [802, 200],
  'testing.cjs': [195, 48],
};

const inThousands = (bytes) => `${(bytes / 1000).toFixed(1)} kB`;

describe('the size of what is shipped', () => {
  for (const [name, [rawBudget, gzippedBudget]] of Object.entries(BUDGETS)) {
    it(`keeps within its budget: ${name}`, async (test) => {
      const parts = name.split('*');
      const files = (await readdir(DIST)).filter((file) => file.startsWith(parts[0]) && file.endsWith(parts.at(-1)));
      const content = Buffer.concat(await Promise.all(files.map((file) => readFile(new URL(file, DIST)))));
      const raw = content.length;
      const gzipped = gzipSync(content, { level: 9 }).length;
      const sizes = `${name}: ${inThousands(raw)}, ${inThousands(gzipped)} after gzip -9`;
      test.diagnostic(`${sizes} (at most ${rawBudget} and ${gzippedBudget} kB)`);
      const fix =
        'find what has grown (`cargo xtask size`), or raise the budget in this file and say why in the commit';
      assert.ok(raw <= rawBudget * 1000 && gzipped <= gzippedBudget * 1000, `${sizes} is over its budget: ${fix}`);
    });
  }

  it('names no source file of the machine that it was built on', async () => {
    const content = await readFile(new URL('core.wasm', DIST), 'latin1');
    assert.deepEqual(content.match(/[/\\][\w-]+\.rs/g) ?? [], []);
  });
});
