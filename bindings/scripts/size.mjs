/** Prints the sizes of what is shipped: raw, and as a server sends it with gzip -9. */
import { readdir, readFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';

const dist = new URL('../dist/', import.meta.url);
const files = (await readdir(dist)).filter((name) => /\.(c?js|wasm)$/.test(name));
const rows = await Promise.all(
  files.map(async (name) => {
    const content = await readFile(new URL(name, dist));
    return [name, content.length.toLocaleString('en'), gzipSync(content, { level: 9 }).length.toLocaleString('en')];
  }),
);
for (const [name, raw, gzipped] of [['file', 'raw bytes', 'gzip -9'], ...rows]) {
  console.log(`${name.padEnd(16)} ${raw.padStart(12)} ${gzipped.padStart(12)}`);
}
