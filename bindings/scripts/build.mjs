/**
 * Bundles the package: `bindings/generated` (made by `cargo xtask build`) and `bindings/src` in, `bindings/dist` out.
 *
 *   node.cjs        everything for Node, with the core deflated inside
 *   node.js         the same for `import`: it re-exports node.cjs, so both kinds of import see one class
 *   browser.js      everything for browsers, with the core deflated inside
 *   external.js     the same without the core, for those who serve core.wasm themselves
 *   testing.cjs     sources, a clock and a vCenter for tests of users' programs, in Node; takes the classes of node.cjs
 *   testing.js      the same for `import`
 *   cli.js, cli-*.js   the command; reads core.wasm beside it
 *   element.js      the custom element, minified: pages load it as it is; the core comes from browser.js when it is needed
 *   element-details.js   the details of one VM, which the element loads when they are first looked at
 *   core.wasm       the core
 *   custom-elements.json   what the element has, for editors
 *   *.d.ts, *.d.cts types, once as ES modules (types/) and once as CommonJS (cjs/)
 */
import { spawnSync } from 'node:child_process';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { deflateRawSync } from 'node:zlib';
import { build, transform } from 'esbuild';
import { manifestOf } from './manifest.mjs';
import { reachableTypes } from './types.mjs';

const require = createRequire(import.meta.url);
const root = fileURLToPath(new URL('..', import.meta.url));
const at = (path) => `${root}${path}`;

const wasm = await readFile(at('generated/core_bg.wasm')).catch(() => {
  console.error('bindings/generated holds no core: run `cargo xtask build`, which makes it and then calls this script');
  process.exit(1);
});

/** Puts the deflated core where `embedded:core` is imported. */
const embeddedCore = {
  name: 'embedded-core',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^embedded:core$/ }, ({ path }) => ({ path, namespace: 'embedded' }));
    onLoad({ filter: /.*/, namespace: 'embedded' }, () => ({
      contents: `export default ${JSON.stringify(deflateRawSync(wasm, { level: 9 }).toString('base64'))}`,
    }));
  },
};

/**
 * Fetches Node's own modules by `process.getBuiltinModule`: bundlers that make one ES module of an application turn a
 * plain `require('node:…')` into a call that throws. Only Node 20.0 to 20.15 lack the function.
 */
const builtins = {
  name: 'builtins',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:/ }, ({ path, namespace }) =>
      namespace === 'builtin' ? { path, external: true } : { path, namespace: 'builtin' },
    );
    onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule?.('${path}') ?? require('${path}');`,
    }));
  },
};

/**
 * Leaves what a folder imports by `filter` to an entry that exports it: whoever imports both has one core, and one set of
 * classes.
 */
const beside = (entry, folder, filter) => ({
  name: `beside-${entry}`,
  setup({ onResolve }) {
    onResolve({ filter }, ({ importer }) =>
      dirname(importer) === at(`src/${folder}`) ? { path: `./${entry}`, external: true } : undefined,
    );
  },
});

/** Puts the text of a style sheet where it is imported. */
const styleSheets = {
  name: 'style-sheets',
  setup({ onLoad }) {
    onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const { code } = await transform(await readFile(path, 'utf8'), { loader: 'css', minify: true });
      return { contents: code.trim(), loader: 'text' };
    });
  },
};

const common = {
  absWorkingDir: root,
  bundle: true,
  charset: 'utf8',
  legalComments: 'none',
  // For who counts the lines that are run.
  sourcemap: process.env.NODE_V8_COVERAGE !== undefined && 'inline',
  logLevel: 'warning',
  target: ['es2022'],
  plugins: [embeddedCore],
};
const forNode = { ...common, platform: 'node', target: ['node20'] };
const forBrowsers = { ...common, platform: 'browser', format: 'esm' };

await rm(at('dist'), { recursive: true, force: true });
await mkdir(at('dist'), { recursive: true });
await Promise.all([
  build({
    ...forNode,
    entryPoints: ['src/entries/node.ts'],
    outfile: 'dist/node.cjs',
    format: 'cjs',
    plugins: [embeddedCore, builtins],
  }),
  build({
    ...forNode,
    entryPoints: ['src/entries/testing.ts'],
    outfile: 'dist/testing.cjs',
    format: 'cjs',
    plugins: [beside('node.cjs', 'testing', /^\.\.\/(errors|core\/.*)\.js$/), builtins],
  }),
  // In parts: what serves the page is loaded by that command alone.
  build({
    ...forNode,
    entryPoints: ['src/entries/cli.ts'],
    outdir: 'dist',
    chunkNames: 'cli-[hash]',
    splitting: true,
    format: 'esm',
    // Those of packages that are no ES modules.
    banner: { js: "import { createRequire } from 'node:module';const require = createRequire(import.meta.url);" },
  }),
  build({ ...forBrowsers, entryPoints: ['src/entries/browser.ts'], outfile: 'dist/browser.js' }),
  build({ ...forBrowsers, entryPoints: ['src/entries/external.ts'], outfile: 'dist/external.js' }),
  build({
    ...forBrowsers,
    entryPoints: ['src/entries/element.ts'],
    outfile: 'dist/element.js',
    minify: true,
    plugins: [
      beside('browser.js', 'element', /^\.\.\/\w+\//),
      beside('element-details.js', 'element', /^\.\/details\.js$/),
      styleSheets,
    ],
  }),
  build({ ...forBrowsers, entryPoints: ['src/element/details.ts'], outfile: 'dist/element-details.js', minify: true }),
  writeFile(at('dist/core.wasm'), wasm),
  readFile(at('src/element/element.ts'), 'utf8').then((source) =>
    writeFile(at('dist/custom-elements.json'), `${JSON.stringify(manifestOf(source), undefined, 2)}\n`),
  ),
]).catch(() => {
  // esbuild has said what and where.
  process.exit(1);
});
for (const entry of ['node', 'testing']) {
  const names = Object.keys(require(at(`dist/${entry}.cjs`))).sort();
  const list = names.map((name) => `  ${name},\n`).join('');
  await writeFile(at(`dist/${entry}.js`), `export {\n${list}} from './${entry}.cjs';\n`);
}

// TypeScript last: with a type error the bundles are there all the same, and the build fails.
const compiler = join(dirname(require.resolve('typescript/package.json')), 'bin/tsc');
const tsc = spawnSync(process.execPath, [compiler, '-p', 'tsconfig.build.json'], {
  cwd: root,
  stdio: 'inherit',
});
if (tsc.status !== 0) {
  await rm(at('dist/.types'), { recursive: true, force: true });
  process.exit(1);
}
const entries = ['node', 'browser', 'external', 'element', 'testing'];
const types = await reachableTypes(
  at('dist/.types/'),
  entries.map((entry) => `entries/${entry}.d.ts`),
);
for (const file of types) {
  await cp(at(`dist/.types/${file}`), at(`dist/types/${file}`));
  await cp(at(`dist/.types/${file}`), at(`dist/cjs/${file}`));
}
await writeFile(at('dist/cjs/package.json'), '{ "type": "commonjs" }\n');
await rm(at('dist/.types'), { recursive: true });
for (const entry of entries) {
  await writeFile(at(`dist/${entry}.d.ts`), `export * from './types/entries/${entry}.js';\n`);
}
// Written by hand: what they import is no dependency of the package.
await cp(at('types'), at('dist'), { recursive: true });
for (const entry of ['node', 'testing']) {
  await writeFile(at(`dist/${entry}.d.cts`), `export * from './cjs/entries/${entry}.js';\n`);
}
