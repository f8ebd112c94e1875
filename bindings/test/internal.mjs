/**
 * Parts of the package that it does not export, for their own tests: bundled from the sources on the spot. The core is
 * there for those that ask for `core/wasm/loader` and `core/wasm/glue`.
 */
import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/**
 * Folders in which bundles stay: with maps of their sources where the lines that are run are counted, and for the next run
 * where there are many of the same sources.
 */
const { NODE_V8_COVERAGE: counted, BUNDLES: repeated } = process.env;

const sourceOf = (path) => fileURLToPath(new URL(`../src/${path}.ts`, import.meta.url));

/** Imports modules of `bindings/src` as one, by their paths there, without extension. */
export async function internal(path, ...more) {
  const modules = await bundled([path, ...more].map(sourceOf), path.replaceAll('/', '-'));
  const core = await readFile(new URL('../dist/core.wasm', import.meta.url));
  modules.provideSync?.(() => modules.startCoreSync(core));
  return modules;
}

/**
 * Imports sources as one module.
 *
 * @param {string[]} sources their paths
 * @param {string} name no other bundle of the process has it
 */
export async function bundled(sources, name) {
  const run = repeated === undefined ? process.pid : basename(process.argv[1]);
  const file = join(counted ?? repeated ?? tmpdir(), `vm-customization-${run}-${name}.mjs`);
  if (repeated === undefined || !existsSync(file)) await bundle(sources, file);
  try {
    return await import(pathToFileURL(file).href);
  } finally {
    if ((counted ?? repeated) === undefined) await rm(file);
  }
}

async function bundle(sources, file) {
  const { build } = await import('esbuild');
  const contents = sources.map((source) => `export * from ${JSON.stringify(source)};`).join('\n');
  await build({
    stdin: { contents, resolveDir: dirname(sources[0]) },
    bundle: true,
    outfile: file,
    sourcemap: counted !== undefined && 'inline',
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'warning',
  });
}
