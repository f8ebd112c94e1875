/** The readers, bundled from the sources on the spot: those of the client, and those of the page. */
import { fileURLToPath } from 'node:url';
import { bundled, internal } from '../../bindings/test/internal.mjs';

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

export const page = await bundled(
  ['page/address', 'sources/files', 'sources/recording-link', 'sources/recording-parts'].map((path) =>
    fileURLToPath(new URL(`../../web-demo/src/${path}.ts`, import.meta.url)),
  ),
  'page',
);
