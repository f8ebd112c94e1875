/** The documents lead somewhere: every rule that is cited is written down, and every link between files has its end. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path/posix';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const MADE = new Set(['.git', 'node_modules', 'target', 'dist', 'pkg', 'bin']);
const files = [...filesIn('')];
const read = (path) => readFileSync(join(ROOT, path), 'utf8');

/** The files that people write, by their paths. */
function* filesIn(folder) {
  for (const entry of readdirSync(join(ROOT, folder), { withFileTypes: true })) {
    if (MADE.has(entry.name)) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesIn(path);
    else yield path;
  }
}

/** What a link can end at: ids, and headings as GitHub names them. */
function anchorsOf(markdown) {
  const text = markdown.replace(/^```.*?^```/gms, '');
  const ids = [...text.matchAll(/<a id="([^"]+)">/g)].map(([, id]) => id);
  const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
    heading
      .replace(/<[^>]*>/g, '')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replace(/\s/g, '-'),
  );
  return [...ids, ...headings];
}

describe('the rules', () => {
  const anchors = anchorsOf(read('docs/behaviour.md'));
  const rules = anchors.filter((anchor) => /^[dp]\d+$/.test(anchor));

  it('are each written down once, in order', () => {
    const inOrder = (set) => rules.filter((rule) => rule.startsWith(set)).map((_, at) => `${set}${at + 1}`);
    assert.deepEqual(rules, [...inOrder('p'), ...inOrder('d')]);
    assert.ok(rules.includes('p8') && rules.includes('d18'), 'the rules are there');
  });

  it('that are cited are written down', () => {
    const sources = files.filter((path) =>
      /^(core|wasm|bindings|web-demo|tests|xtask)\/.*\.(rs|ts|mjs|js|go)$/.test(path),
    );
    const texts = [...sources.map((path) => [path, read(path)]), ...files.map((path) => [path, path])];
    const cited = texts.flatMap(([path, text]) =>
      [...text.matchAll(/\b([DP])0?(\d{1,2})\b/g)].map(([all, set, number]) => ({
        path,
        all,
        rule: `${set}${number}`.toLowerCase(),
      })),
    );
    assert.ok(cited.length > 100, 'rules are cited');
    assert.deepEqual(
      cited.filter(({ rule }) => !rules.includes(rule)),
      [],
    );
  });
});

describe('links between files', () => {
  for (const path of files.filter((file) => file.endsWith('.md'))) {
    it(`have their end: ${path}`, () => {
      const text = read(path).replace(/^```.*?^```/gms, '');
      for (const [link, target] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
        if (/^[a-z]+:/.test(target)) continue;
        const [file, anchor] = target.split('#');
        const end = file === '' ? path : join(dirname(path), file);
        assert.ok(existsSync(join(ROOT, end)), `${link}: there is no ${end}`);
        if (anchor !== undefined) assert.ok(anchorsOf(read(end)).includes(anchor), `${link}: there is no #${anchor}`);
      }
    });
  }
});
