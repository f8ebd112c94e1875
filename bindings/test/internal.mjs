/**
 * Parts of the package that it does not export, for their own tests: bundled from the sources on the spot. The core is
 * there for those that ask for `core/wasm/loader` and `core/wasm/glue`.
 */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

/** Where the lines that are run are counted: the bundles are kept there, with maps of their sources. */
const { NODE_V8_COVERAGE: counted } = process.env;

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
  const contents = sources.map((source) => `export * from ${JSON.stringify(source)};`).join('\n');
  const file = join(counted ?? tmpdir(), `vm-customization-${process.pid}-${name}.mjs`);
  const {
    outputFiles: [bundle],
  } = await build({
    stdin: { contents, resolveDir: dirname(sources[0]) },
    bundle: true,
    write: false,
    outfile: file,
    sourcemap: counted !== undefined && 'inline',
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'warning',
  });
  await writeFile(file, bundle.contents);
  try {
    return await import(pathToFileURL(file).href);
  } finally {
    if (counted === undefined) await rm(file);
  }
}
