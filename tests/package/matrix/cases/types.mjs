/** The types as strict programs see them. The declarations of the package are checked too: `skipLibCheck` is off. */
import assert from 'node:assert/strict';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { link, project, run, TOOLS } from '../lib/package.mjs';

const folder = await project('types');
await link(folder, 'vue', '@types/react', '@types/react-dom');
await cp(new URL('../../../../bindings/examples/element/react.tsx', import.meta.url), join(folder, 'example.tsx'));
const STRICT = [
  ...['--noEmit', '--strict', '--exactOptionalPropertyTypes', '--noUncheckedIndexedAccess'],
  // Those of the compiler itself, which take longer than all the rest.
  ...['--skipDefaultLibCheck', '--target', 'es2022'],
];

for (const [name, compiler] of [
  ['TypeScript 7', 'typescript-7'],
  ['TypeScript 5', 'typescript'],
]) {
  describe(name, () => {
    const compile = async (...args) => {
      const tsc = join(TOOLS, compiler, 'bin/tsc');
      const { stdout } = await run(process.execPath, [tsc, ...STRICT, ...args], { cwd: folder }).catch(
        (error) => error,
      );
      assert.equal(stdout, '');
    };

    it('compiles an ES module and a CommonJS module for Node, without the types of pages', async () => {
      const node = ['--module', 'node16', '--lib', 'es2022', '--typeRoots', join(TOOLS, '@types'), '--types', 'node'];
      await compile(...node, 'node-esm.mts', 'node-cjs.cts');
    });

    it('compiles them for a program of before ES2022 too', async () => {
      const node = ['--module', 'node16', '--typeRoots', join(TOOLS, '@types'), '--types', 'node'];
      await compile(...node, '--target', 'es2020', '--lib', 'es2020', 'node-cjs.cts', 'node-esm.mts');
    });

    it('compiles a program for a bundler, without the types of Node', async () => {
      const bundler = ['--module', 'esnext', '--moduleResolution', 'bundler'];
      await compile(...bundler, '--lib', 'es2022,dom', 'browser.ts', 'external.ts', 'element.ts');
    });

    it('compiles the tag of the element in JSX of React and in templates of Vue', async () => {
      const bundler = ['--module', 'esnext', '--moduleResolution', 'bundler', '--jsx', 'react-jsx', '--skipLibCheck'];
      await compile(...bundler, '--lib', 'es2022,dom', 'example.tsx', 'react.tsx', 'vue.ts');
    });
  });
}
