/** Which folder imports from which: ARCHITECTURE.md draws it, and the sources are as drawn. */
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { posix, sep } from 'node:path';
import { describe, test } from 'node:test';

const ROOT = new URL('../../', import.meta.url);
const architecture = await readFile(new URL('ARCHITECTURE.md', ROOT), 'utf8');

for (const [sources, top] of [
  ['bindings/src/', 'entries'],
  ['bindings/fleet/src/', 'cli'],
  ['web-demo/src/', 'main.ts'],
]) {
  const src = new URL(sources, ROOT);
  /** The picture: a folder or a file of its own a line, from top to bottom, and what it imports from. */
  const picture = new RegExp(`^\`\`\`\\n${top} .*?^\`\`\`$`, 'ms').exec(architecture)?.[0] ?? '';
  const drawn = new Map(
    [...picture.matchAll(/^(\S+) +▶ *(.*)$/gm)].map(([, folder, targets]) => [
      folder,
      targets.split(' ').filter(Boolean),
    ]),
  );
  const order = [...drawn.keys()];

  /** The folder of the picture that a file is in; `undefined` for the words at the root, which are everybody's. */
  const folderOf = (file) => {
    const fits = order.filter((folder) => file === folder || file.startsWith(`${folder}/`));
    assert.ok(fits.length === 1 || !file.includes('/'), `${file} is in no folder that ARCHITECTURE.md draws`);
    return fits[0];
  };

  /** The arrows that there are, and what else of the package's sources is imported. */
  const imports = async () => {
    const found = new Set();
    const ofPackage = new Set();
    const files = (await readdir(src, { recursive: true })).map((file) => file.replaceAll(sep, '/'));
    for (const file of files.filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))) {
      const text = await readFile(new URL(file, src), 'utf8');
      const specifiers = text.matchAll(/^(?:import|export)\b[^;]*?from '(\.[^']+)'|\bimport\(?\s*'(\.[^']+)'/gm);
      for (const [, named, bare] of specifiers) {
        const target = posix.normalize(posix.join(posix.dirname(file), named ?? bare)).replace(/\.js$/, '.ts');
        const [, shared] = /^\.\..*\/bindings\/src\/(.*)$/.exec(target) ?? [];
        if (shared !== undefined) ofPackage.add(shared);
        // What wasm-bindgen makes and the simulators are beside the sources, and an example has what the plug-in asks its back end by.
        if (target.startsWith('../')) continue;
        const [from, to] = [folderOf(file), folderOf(target)];
        if (from !== to && to !== undefined) found.add(`${from ?? 'the root'} ▶ ${to}`);
      }
    }
    return { arrows: [...found], ofPackage: [...ofPackage] };
  };

  describe(sources, () => {
    test('the folders import from each other as ARCHITECTURE.md draws it, no more and no less', async () => {
      const { arrows: there } = await imports();
      assert.ok(there.length > 8, 'the imports were read');
      const asDrawn = [...drawn].flatMap(([from, targets]) => targets.map((to) => `${from} ▶ ${to}`));
      assert.deepEqual(there.sort(), asDrawn.sort());
    });

    test('of the sources of the package no more is imported from outside than ARCHITECTURE.md names', async () => {
      const { ofPackage } = await imports();
      const [, named] = /^Of the package's sources .*?:((?:.|\n.)*)/m.exec(architecture);
      const allowed = sources === 'web-demo/src/' ? named.match(/(?<=`)[\w/-]+\.ts(?=`)/g) : [];
      assert.deepEqual(ofPackage.sort(), allowed.sort());
    });

    test('a folder imports only from folders below it', () => {
      for (const [folder, targets] of drawn) {
        for (const target of targets) {
          assert.ok(order.indexOf(target) > order.indexOf(folder), `${folder} ▶ ${target}`);
        }
      }
    });
  });
}
