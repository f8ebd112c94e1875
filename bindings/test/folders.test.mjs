/** Which folder of `src` imports from which: ARCHITECTURE.md draws it, and the sources are as drawn. */
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { posix, sep } from 'node:path';
import { test } from 'node:test';

const SRC = new URL('../src/', import.meta.url);

/** The picture: a folder a line, from top to bottom, and what it imports from. */
const architecture = await readFile(new URL('../../ARCHITECTURE.md', import.meta.url), 'utf8');
const picture = /^```\nentries .*?^```$/ms.exec(architecture)?.[0] ?? '';
const drawn = new Map(
  [...picture.matchAll(/^(\S+) +▶ *(.*)$/gm)].map(([, folder, targets]) => [
    folder,
    targets.split(' ').filter(Boolean),
  ]),
);
const order = [...drawn.keys()];

const files = (await readdir(SRC, { recursive: true }))
  .map((file) => file.replaceAll(sep, '/'))
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'));

/** The folder of the picture that a file is in; `undefined` for the words at the root, which are everybody's. */
function folderOf(file) {
  const fits = order.filter((folder) => file.startsWith(`${folder}/`));
  assert.ok(fits.length === 1 || !file.includes('/'), `${file} is in no folder that ARCHITECTURE.md draws`);
  return fits[0];
}

/** The arrows that there are, each with a file that has it. */
async function arrows() {
  const found = new Map();
  for (const file of files) {
    const text = await readFile(new URL(file, SRC), 'utf8');
    const specifiers = text.matchAll(/^(?:import|export)\b[^;]*?from '(\.[^']+)'|\bimport\(?\s*'(\.[^']+)'/gm);
    for (const [, named, bare] of specifiers) {
      const target = posix.normalize(posix.join(posix.dirname(file), named ?? bare)).replace(/\.js$/, '.ts');
      // What wasm-bindgen makes is beside the sources.
      if (target.startsWith('../generated/')) continue;
      const [from, to] = [folderOf(file), folderOf(target)];
      if (from !== to) found.set(`${from ?? 'the root'} ▶ ${to ?? 'the root'}`, { from, to, file });
    }
  }
  return found;
}

test('the folders import from each other as ARCHITECTURE.md draws it, no more and no less', async () => {
  const there = [...(await arrows()).values()].filter(({ to }) => to !== undefined);
  assert.ok(there.length > 20, 'the imports were read');
  const asDrawn = [...drawn].flatMap(([from, targets]) => targets.map((to) => `${from} ▶ ${to}`));
  assert.deepEqual(there.map(({ from, to }) => `${from} ▶ ${to}`).sort(), asDrawn.sort());
});

test('a folder imports only from folders below it', () => {
  for (const [folder, targets] of drawn) {
    for (const target of targets) {
      assert.ok(order.indexOf(target) > order.indexOf(folder), `${folder} ▶ ${target}`);
    }
  }
});
