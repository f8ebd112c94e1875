/** Prints the sizes of what is shipped: raw, and as a server sends it with gzip -9. */
import { readFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';

const FILES = ['core.wasm', 'browser.js', 'element.js', 'external.js', 'node.cjs', 'cli.js'];

const dist = new URL('../dist/', import.meta.url);
const rows = await Promise.all(
  FILES.map(async (name) => {
    const content = await readFile(new URL(name, dist));
    return [name, content.length.toLocaleString('en'), gzipSync(content, { level: 9 }).length.toLocaleString('en')];
  }),
);
for (const [name, raw, gzipped] of [['file', 'raw bytes', 'gzip -9'], ...rows]) {
  console.log(`${name.padEnd(12)} ${raw.padStart(12)} ${gzipped.padStart(12)}`);
}
