/**
 * What docs/field-reports.md and docs/threat-model.md say is there is there: recordings, what they give, and tests by their
 * titles; and so is each place of which tests/mutants/survivors.md says that no test notices a fault.
 */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { sampled, samples } from '../mutants/samples.mjs';
import { contradictions, missing as goneFrom, mutationOf, survivors } from '../mutants/survivors.mjs';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const RECORDINGS = 'tests/conformance/recordings';
const read = (path) => readFileSync(join(ROOT, path), 'utf8');

const reports = read('docs/field-reports.md');
const threats = read('docs/threat-model.md');

/** The rows of all tables of a document, by cells. */
const rowsOf = (text) =>
  [...text.matchAll(/^\|(?! ---|---)(.*)\|$/gm)]
    .map(([, cells]) => cells.split('|').map((cell) => cell.trim()))
    .filter(([first]) => first !== 'situation' && first !== 'promised');
const linksOf = (text) =>
  [...text.matchAll(/\[([^\]]+)\]\(\.\.\/([^)]+)\)/g)].map(([, title, path]) => ({ title, path }));

/** Every title in a file of tests, and every title with one that may stand around it. */
function titlesOf(path) {
  const source = read(path);
  if (path.endsWith('.rs')) {
    return new Set([...source.matchAll(/\bfn (\w+)\(/g)].map(([, name]) => name.replaceAll('_', ' ')));
  }
  const named = (what) =>
    [...source.matchAll(new RegExp(`\\b(?:${what})\\(\\s*(['"\`])(.+?)\\1,`, 'g'))].map(([, , title]) => title);
  const tests = named('test|it|onPage');
  return new Set([...tests, ...named('describe').flatMap((around) => tests.map((title) => `${around} ${title}`))]);
}

/** The tests that are named. */
const namedTests = (text) => linksOf(text).filter(({ path }) => /\.test\.mjs$|\.rs$/.test(path));

/** The tests that are named and are not there. */
const missing = (text) => namedTests(text).filter(({ title, path }) => !titlesOf(path).has(title));

describe('the field reports', () => {
  const withRecordings = rowsOf(reports).filter((cells) => cells.at(-1).includes(RECORDINGS));

  it('name recordings that are there, and give what is in the words about them', () => {
    assert.ok(withRecordings.length > 20);
    for (const [situation, , , ours, link] of withRecordings) {
      const [{ title, path }] = linksOf(link);
      assert.equal(basename(path), `${title}.recording.json`, situation);
      assert.ok(existsSync(join(ROOT, path)), path);
      const report = read(path.replace('.recording.json', '.report.json'));
      // An option is no part of a report.
      const said = [...ours.matchAll(/`([^`]+)`/g)].map(([, word]) => word).filter((word) => word !== 'ready');
      for (const word of said) assert.ok(report.includes(`"${word}"`), `${title}: its report has no ${word}`);
    }
  });

  it('have a recording each that is not that of another', () => {
    const names = withRecordings.map((cells) => cells.at(-1));
    assert.deepEqual(
      names.filter((name, place) => names.indexOf(name) !== place),
      [],
    );
  });

  it('name each source once', () => {
    const sources = [...reports.matchAll(/[\w.-]+(?:\/[\w.-]+)?#\d+/g)]
      .map(([source]) => source)
      .filter((source) => !source.includes('.md#'));
    assert.ok(sources.length > 60);
    assert.deepEqual(
      sources.filter((source, place) => sources.indexOf(source) !== place),
      [],
    );
    for (const [situation, source] of rowsOf(reports)) assert.match(source, /#\d+|`/, situation);
  });

  it('name tests that are there', () => {
    assert.deepEqual(missing(reports), []);
  });
});

describe('the threat model', () => {
  it('has a test for each promise', () => {
    const promises = rowsOf(threats);
    assert.ok(promises.length > 40);
    for (const [promise, tests] of promises) assert.ok(namedTests(tests).length > 0, promise);
  });

  it('names tests that are there', () => {
    assert.deepEqual(missing(threats), []);
  });

  it('says of each party what is not promised', () => {
    const parties = threats.split(/^## /m).slice(1);
    assert.ok(parties.length >= 10);
    for (const party of parties) {
      assert.match(party, /^\| promised \| test \|$/m);
      assert.match(party, /^Not promised: /m, party.slice(0, 40));
    }
  });
});

describe('the faults that no test notices', () => {
  const sourceOf = (file) => (existsSync(join(ROOT, file)) ? read(file) : undefined);
  const rows = read('tests/mutants/survivors.md')
    .split('\n')
    .filter((line) => line.startsWith('| `'));

  it('are a row each, with a reason, where the source still has what is replaced', () => {
    const known = survivors();
    assert.equal(known.length, rows.length, 'a row is | `file: fault` | reason |');
    for (const row of known) {
      assert.ok(row.why.length > 20, row.mutation);
      assert.equal(goneFrom(row, sourceOf), undefined, row.mutation);
    }
  });

  it('are found out when they are not listed, or are noticed, or their place is gone', () => {
    const fault = (mutation, survives) => ({ file: 'core/src/a.rs', mutation, survives });
    const known = [fault('replace < with <= in A::f'), fault('replace g -> u8 with 0')];
    const judged = [fault('replace < with <= in A::f', false), fault('replace + with - in h', true)];
    assert.deepEqual(contradictions(known, judged), [
      'no test notices, and no row explains: core/src/a.rs: replace + with - in h',
      'a test notices: core/src/a.rs: replace < with <= in A::f',
    ]);
    assert.deepEqual(contradictions(known, [fault('replace g -> u8 with 0', true)]), []);
    const gone = (source) => known.map((row) => goneFrom(row, () => source));
    assert.deepEqual(gone('fn f(a: u8) { a < 1 } fn g() {}'), [undefined, undefined]);
    assert.deepEqual(gone('fn f(a: u8) { a == 1 }'), ['<', 'fn g']);
    assert.deepEqual(gone(undefined), ['core/src/a.rs', 'core/src/a.rs']);
  });

  it('in TypeScript name what stands there, and the line where that stands more than once', () => {
    const source = 'if (a ||\n    b) {\n  tell(`x`, 1);\n}\nkeep(`x`, 2);\n';
    const gone = (mutation, text = source) => goneFrom({ file: 'bindings/src/a.ts', mutation }, () => text);
    const whole = mutationOf(source, 'a ||\n    b', 'true', 'if (a ||');
    assert.equal(whole, 'a || b → true');
    const twice = mutationOf(source, '`x`', '``', '  tell(`x`, 1);');
    assert.equal(twice, "'x' → '', in tell('x', 1);");
    assert.deepEqual([gone(whole), gone(twice)], [undefined, undefined]);
    assert.equal(gone(whole, 'if (a) {}'), 'a || b');
    assert.equal(gone(twice, 'keep(`x`, 2);'), "tell('x', 1);");
    const long = mutationOf(source, 'b'.repeat(99), 'c', '');
    assert.equal(long, `${'b'.repeat(80)}… → c`);
    assert.equal(gone(long, 'b'.repeat(99)), undefined);
    assert.deepEqual(survivors(`| \`bindings/src/a.ts: a \\|\\| b → true\` | why |`), [
      { file: 'bindings/src/a.ts', mutation: 'a || b → true', why: 'why' },
    ]);
  });

  it('are looked for in samples of sources and tests that are there, each source in one', () => {
    const sources = samples.flatMap((sample) => sample.sources);
    assert.equal(new Set(sources).size, sources.length);
    for (const path of [...sources, ...samples.flatMap(({ tests }) => tests)])
      assert.ok(existsSync(join(ROOT, path)), path);
    assert.deepEqual(sampled(['bindings/src/']), samples);
    assert.deepEqual(
      sampled(['bindings/src/watch/backlog.ts']).map((sample) => sample.sources),
      [['bindings/src/watch/backlog.ts']],
    );
    assert.deepEqual(sampled(['bindings/src/watch/back']), []);
  });
});

it('a title that is no test’s is found out', () => {
  const [known] = titlesOf('tests/package/docs.test.mjs');
  const link = (title) => `[${title}](../tests/package/docs.test.mjs)`;
  assert.deepEqual(missing(link(known)), []);
  assert.equal(missing(link(`${known} not`)).length, 1);
  assert.ok(readdirSync(join(ROOT, RECORDINGS)).length > 400);
});
