import { readFile } from 'node:fs/promises';
import { posix } from 'node:path';

/**
 * The declaration files under `folder` that `entries` lead to; the others describe what the package does not export.
 * A file that is not there is an error: the published types would be broken.
 */
export async function reachableTypes(folder, entries) {
  const found = new Set();
  const open = [...entries];
  while (open.length > 0) {
    const file = open.pop();
    if (found.has(file)) {
      continue;
    }
    found.add(file);
    const text = await readFile(`${folder}${file}`, 'utf8').catch((cause) => {
      throw new Error(`the types lead to ${file}, which is not among them`, { cause });
    });
    for (const [, specifier] of text.matchAll(/\b(?:from|import)\s*\(?\s*['"](\.[^'"]*)['"]/g)) {
      open.push(posix.join(posix.dirname(file), specifier).replace(/\.js$/, '.d.ts'));
    }
  }
  return [...found];
}
