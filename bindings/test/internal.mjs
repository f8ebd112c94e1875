/**
 * Parts of the package that it does not export, for their own tests: bundled from the sources on the spot, without the
 * core.
 */
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

/** Imports a module of `bindings/src` by its path there, without extension. */
export async function internal(path) {
  const source = fileURLToPath(new URL(`../src/${path}.ts`, import.meta.url));
  const {
    outputFiles: [bundle],
  } = await build({
    entryPoints: [source],
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
    return await import(pathToFileURL(file).href);
  } finally {
    await rm(file);
  }
}
