/**
 * The public API as its reviewers see it: `bindings/api` has a report for each entry, without comments, sorted by name, whatever
 * file a declaration is in. `UPDATE=1` writes the reports.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import ts from 'typescript';

const PACKAGE = new URL('../../../bindings/', import.meta.url);
const REPORTS = new URL('api/', PACKAGE);
const UPDATE = process.env.UPDATE === '1';

/** The declarations of each entry, the more basic ones first: a report leaves out what one before it has. */
const { exports } = JSON.parse(await readFile(new URL('package.json', PACKAGE), 'utf8'));
const node = exports['.'].node.import;
const entries = [node, exports['.'], ...Object.values(exports).map((entry) => entry.import ?? entry)]
  .filter(({ types }) => types !== undefined)
  .map(({ types }) => types)
  .filter((types, place, all) => all.indexOf(types) === place);

const fileOf = (types) => fileURLToPath(new URL(types, PACKAGE));
const program = ts.createProgram(entries.map(fileOf), {
  module: ts.ModuleKind.NodeNext,
  target: ts.ScriptTarget.ES2022,
  lib: ['lib.es2022.d.ts', 'lib.dom.d.ts'],
  types: [],
});
const checker = program.getTypeChecker();
const printer = ts.createPrinter({ removeComments: true });
const isOurs = (node) => node.getSourceFile().fileName.startsWith(fileURLToPath(new URL('dist/', PACKAGE)));

const resolved = (symbol) => (symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol);
const statementOf = (node) => (ts.isVariableDeclaration(node) ? node.parent.parent : node);
const printed = (node) => printer.printNode(ts.EmitHint.Unspecified, node, node.getSourceFile());
const textOf = (symbol) => symbol.declarations.map((node) => printed(statementOf(node))).join('\n');

/** What declarations of ours name: also what no entry exports, but somebody may have in hands. */
function namedBy(symbol, found = new Set()) {
  const visit = (node) => {
    const named = ts.isIdentifier(node) && checker.getSymbolAtLocation(node);
    const target = named && resolved(named);
    const isTop = target?.declarations?.every((each) => isOurs(each) && ts.isSourceFile(statementOf(each).parent));
    if (isTop && !found.has(target)) {
      found.add(target);
      namedBy(target, found);
    }
    ts.forEachChild(node, visit);
  };
  symbol.declarations.filter(isOurs).forEach(visit);
  return found;
}

const exportsOf = (types) => {
  const source = program.getSourceFile(fileOf(types));
  return checker
    .getExportsOfModule(checker.getSymbolAtLocation(source))
    .map((symbol) => [symbol.name, resolved(symbol)]);
};
const byName = ([a], [b]) => (a < b ? -1 : 1);
/** What any entry exports, by declaration. */
const exported = new Set(entries.flatMap(exportsOf).map(([, { declarations }]) => declarations[0]));
/** What a report has, by declaration: its name, and the entry. */
const shown = new Map();

function reportOf(types) {
  const elsewhere = new Map();
  const parts = [];
  const named = new Map();
  for (const [name, symbol] of exportsOf(types).sort(byName)) {
    const [first] = symbol.declarations;
    const before = shown.get(first);
    if (before?.name === name) {
      elsewhere.set(before.types, `${elsewhere.get(before.types) ?? ''}  ${name},\n`);
    } else {
      shown.set(first, { name, types });
      parts.push(textOf(symbol));
      for (const each of namedBy(symbol)) named.set(each.name, each);
    }
  }
  const { statements } = program.getSourceFile(fileOf(types));
  parts.push(...statements.filter((node) => ts.isModuleDeclaration(node)).map(printed));
  const hidden = [...named].filter(
    ([
      ,
      {
        declarations: [first],
      },
    ]) => !exported.has(first) && !shown.has(first),
  );
  if (hidden.length > 0) parts.push('// Not exported, but named by what is:');
  for (const [name, symbol] of hidden.sort(byName)) {
    shown.set(symbol.declarations[0], { name, types });
    parts.push(textOf(symbol));
  }
  const others = [...elsewhere].map(([from, names]) => `export {\n${names}} from '${from}';`);
  return `${[...others, ...parts].join('\n\n')}\n`;
}

describe('the public API', () => {
  assert.ok(entries.length >= 6);
  for (const types of entries) {
    it(`is the one that was reviewed: ${types}`, async () => {
      const file = new URL(types.replace('./dist/', '').concat('.txt'), REPORTS);
      const report = reportOf(types);
      if (UPDATE) {
        await mkdir(REPORTS, { recursive: true });
        await writeFile(file, report);
      }
      assert.equal(
        await readFile(file, 'utf8').catch(() => ''),
        report,
        '`UPDATE=1 node --test tests/package/matrix/api.test.mjs` writes it anew, and its difference is what users will notice',
      );
    });
  }

  it('is documented without a warning', async () => {
    const typedoc = fileURLToPath(new URL('node_modules/typedoc/bin/typedoc', import.meta.url));
    await promisify(execFile)(process.execPath, [
      typedoc,
      '--options',
      fileURLToPath(new URL('typedoc.json', PACKAGE)),
    ]);
  });
});
