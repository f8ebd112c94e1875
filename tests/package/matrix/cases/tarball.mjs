/** What the linters of packages say of the tarball. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { run, TOOLS, tarball } from '../lib/package.mjs';

describe('publint', () => {
  it('has nothing to say', async () => {
    const content = await readFile(tarball);
    const { messages, pkg } = await publint({ pack: { tarball: new Uint8Array(content).buffer }, strict: true });
    assert.deepEqual(
      messages.map((message) => formatMessage(message, pkg, { color: false })),
      [],
    );
  });
});

describe('are the types wrong', () => {
  const ELEMENT = ['./element', './element/react', './element/vue'];
  const attw = join(TOOLS, '@arethetypeswrong/cli/dist/index.js');
  const check = async (...args) => {
    const { code, stdout } = await run(process.execPath, [attw, tarball, '--no-color', '--no-emoji', ...args]).catch(
      (error) => error,
    );
    assert.equal(code, undefined, stdout);
  };

  it('finds nothing in the main entry, however it is resolved', async () => {
    // core.wasm has no types; a bundler makes an address of it.
    await check('--exclude-entrypoints', './core.wasm', './external', './node', './testing', ...ELEMENT);
  });

  it('finds nothing in the entries for Node alone, which Node knows by the exports map', async () => {
    await check('--entrypoints', './node', './testing', '--profile', 'node16');
  });

  it('finds nothing in the entries for pages, which are ES modules only', async () => {
    await check('--entrypoints', './external', ...ELEMENT, '--profile', 'esm-only');
  });
});
