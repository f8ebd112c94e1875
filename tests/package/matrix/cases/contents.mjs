/** What is in the scripts that the tarball has for browsers; and that what looks for it finds it. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { deflateRawSync } from 'node:zlib';
import { coresIn, nodeIn } from '../lib/contents.mjs';
import { core, file } from '../lib/package.mjs';

describe('the search for Node', () => {
  it('finds globals and modules, and nothing in names that a script declares itself', async () => {
    assert.deepEqual(await nodeIn('globalThis.x = typeof process; Buffer.from("")'), ['process', 'Buffer']);
    assert.deepEqual(await nodeIn('import "node:fs"; await import("node:net")'), ['"node:fs"', '"node:net"']);
    assert.deepEqual(await nodeIn('const process = 1; x.Buffer = process; // require'), []);
  });

  for (const name of ['browser.js', 'element.js', 'external.js']) {
    it(`finds nothing in ${name}`, async () => {
      assert.deepEqual(await nodeIn(await readFile(file(`dist/${name}`))), []);
    });
  }
});

describe('the search for the core', () => {
  it('finds every copy, packed or not', () => {
    const plain = core.toString('base64');
    const deflated = deflateRawSync(core).toString('base64');
    const script = Buffer.from(`const a = "${plain}", b = '${deflated}'; const c = \`${deflated}\``);
    assert.deepEqual(coresIn([script, core]), [core, core, core, core]);
    assert.deepEqual(coresIn([Buffer.from(`const a = "${'A'.repeat(30_000)}"`)]), []);
  });
});
