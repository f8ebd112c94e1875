/** The readers, bundled from the sources on the spot: those of the client, and those of the page. */
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { internal } from '../../bindings/test/internal.mjs';

export const client = await internal(
  'vsphere/soap/codec',
  'vsphere/soap/tree',
  'vsphere/vijson/codec',
  'vsphere/vijson/json',
  'vsphere/api/secrets',
  'http/server-url',
  'core/event-keys',
  'core/playback',
  'core/replay',
  'errors',
  'core/wasm/loader',
  'core/wasm/glue',
);

// The element, of which a link needs the statuses, is a class of the browser.
globalThis.HTMLElement ??= class {};

export const page = await pageModules('page/address', 'sources/files', 'sources/recording-parts');

/** @param {string[]} paths below `web-demo/src`, without extension */
async function pageModules(...paths) {
  const source = (path) => fileURLToPath(new URL(`../../web-demo/src/${path}.ts`, import.meta.url));
  const {
    outputFiles: [bundle],
  } = await build({
    stdin: {
      contents: paths.map((path) => `export * from ${JSON.stringify(source(path))};`).join('\n'),
      resolveDir: fileURLToPath(new URL('../../web-demo/', import.meta.url)),
    },
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'warning',
  });
  const file = join(tmpdir(), `vm-customization-page-${process.pid}.mjs`);
  await writeFile(file, bundle.contents);
  try {
    return await import(pathToFileURL(file).href);
  } finally {
    await rm(file);
  }
}
