/**
 * Parts of the package that it does not export, for their own tests: bundled from the sources on the spot. The core is
 * there for those that ask for `core/wasm/loader` and `core/wasm/glue`.
 */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const sourceOf = (path) => fileURLToPath(new URL(`../src/${path}.ts`, import.meta.url));

/** Imports modules of `bindings/src` as one, by their paths there, without extension. */
export async function internal(path, ...more) {
  const contents = [path, ...more].map((each) => `export * from ${JSON.stringify(sourceOf(each))};`).join('\n');
  const {
    outputFiles: [bundle],
  } = await build({
    stdin: { contents, resolveDir: fileURLToPath(new URL('.', import.meta.url)) },
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'warning',
  });
  const file = join(tmpdir(), `vm-customization-${process.pid}-${path.replaceAll('/', '-')}.mjs`);
  await writeFile(file, bundle.contents);
  try {
    const modules = await import(pathToFileURL(file).href);
    const core = await readFile(new URL('../dist/core.wasm', import.meta.url));
    modules.provideSync?.(() => modules.startCoreSync(core));
    return modules;
  } finally {
    await rm(file);
  }
}
