/** What is inside bundles: copies of the core, and traces of Node. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync, inflateRawSync } from 'node:zlib';
import { transform } from 'esbuild';

const MAGIC = Buffer.from('\0asm', 'latin1');
/** Far longer than any other word in a bundle, far shorter than the core. */
const LONG_WORD = /[A-Za-z0-9+/=]{20000,}/g;
/** Node's globals; a page has none of them. */
const GLOBALS = [
  'Buffer',
  'process',
  'require',
  'module',
  'exports',
  '__dirname',
  '__filename',
  'global',
  'setImmediate',
];
const MARK = 'taken_from_node_';

/** All WebAssembly in the contents of files: by itself, and inside scripts in base64, deflated or not. */
export function coresIn(contents) {
  return contents.flatMap((content) => {
    if (isWebAssembly(content)) {
      return [content];
    }
    const words = content.toString('latin1').match(LONG_WORD) ?? [];
    return words.map((word) => unpacked(Buffer.from(word, 'base64'))).filter(isWebAssembly);
  });
}

/** What of Node a script for browsers uses: modules, and globals that are not declared in the script itself. */
export async function nodeIn(script) {
  const define = Object.fromEntries(GLOBALS.map((name) => [name, MARK + name]));
  const { code } = await transform(script, { define, format: 'esm', charset: 'utf8' });
  const globals = code.matchAll(new RegExp(`${MARK}\\w+`, 'g'));
  const modules = code.matchAll(/["'`]node:\w+["'`]|\bgetBuiltinModule\b/g);
  return [...globals, ...modules].map(([found]) => found.replace(MARK, ''));
}

/** The names and contents of all files in a folder and below. */
export async function filesIn(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return Promise.all(
    files.map(async ({ name, path, parentPath }) => ({
      name,
      content: await readFile(join(parentPath ?? path, name)),
    })),
  );
}

/** The sizes of contents together, as text. */
export function sizesOf(contents) {
  const all = Buffer.concat(contents);
  const gzipped = gzipSync(all, { level: 9 });
  return `${all.length.toLocaleString('en')} bytes, ${gzipped.length.toLocaleString('en')} after gzip -9`;
}

function unpacked(bytes) {
  if (isWebAssembly(bytes)) {
    return bytes;
  }
  try {
    return inflateRawSync(bytes);
  } catch {
    return bytes;
  }
}

function isWebAssembly(bytes) {
  return bytes.subarray(0, MAGIC.length).equals(MAGIC);
}
