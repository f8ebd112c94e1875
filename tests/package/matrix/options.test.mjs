/**
 * Every option that the types declare is known where it is given, and refused by its name when it makes no sense; every name
 * that is nearly one is refused as no option at all.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import {
  connectVCenter,
  Monitor,
  Recorder,
  resumeCustomization,
  watchCustomization,
} from '../../../bindings/dist/node.js';
import { scriptedSource } from '../../../bindings/dist/testing.js';

const TYPES = fileURLToPath(new URL('../../../bindings/dist/node.d.ts', import.meta.url));
const program = ts.createProgram([TYPES], {
  module: ts.ModuleKind.NodeNext,
  target: ts.ScriptTarget.ES2022,
  lib: ['lib.es2022.d.ts', 'lib.dom.d.ts', 'lib.esnext.disposable.d.ts'],
  types: [],
});
const checker = program.getTypeChecker();
const entry = checker.getSymbolAtLocation(program.getSourceFile(TYPES));
const exported = new Map(checker.getExportsOfModule(entry).map((symbol) => [symbol.name, symbol]));

/** The names of the members of an exported type, of each alternative of one that has several. */
function namesOf(type) {
  const symbol = exported.get(type);
  const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  const declared = checker.getDeclaredTypeOfSymbol(target);
  const alternatives = declared.isUnion() ? declared.types : [declared];
  return [...new Set(alternatives.flatMap((each) => checker.getPropertiesOfType(each)).map(({ name }) => name))];
}

const START = '2026-03-01T10:00:00Z';
const VMS = [{ vm: 'vm-101' }];
const snapshot = new Monitor(VMS, {}, START, 0).snapshot();
const monitorOptions = namesOf('MonitorOptions');
const watchOptions = namesOf('WatchOptions');

/** Where options are given: which there are, and what takes them. */
const TAKERS = {
  connectVCenter: [namesOf('ConnectOptions'), (options) => connectVCenter({ server: 'vc.example.com', ...options })],
  'a watch': [watchOptions, (options) => watchCustomization(scriptedSource([]), VMS, options).report],
  'a wait that goes on': [
    watchOptions.filter((name) => !monitorOptions.includes(name) && name !== 'requestedSecondsAgo'),
    (options) => resumeCustomization(scriptedSource([]), snapshot, options).report,
  ],
  'a monitor': [monitorOptions, (options) => new Monitor(VMS, options, START, 0)],
  restoring: [namesOf('RestoreOptions'), (options) => Monitor.restore(snapshot, START, 0, options)],
  'a recorder': [namesOf('RecorderOptions'), (options) => new Recorder(options)],
};

/** What fits no option. */
const NONSENSE = Symbol('nonsense');

/** Names that a slip makes of one. */
function slipsOf(name) {
  const [first] = name;
  return [
    `${name}s`,
    name.slice(0, -1),
    first.toUpperCase() + name.slice(1),
    `${name.slice(0, -2)}${name.at(-1)}${name.at(-2)}`,
    `_${name}`,
  ];
}

for (const [taker, [names, take]] of Object.entries(TAKERS)) {
  describe(`of the options of ${taker}`, () => {
    const refuses = (options, message) =>
      assert.rejects(
        async () => take(options),
        (error) => {
          assert.equal(error.name, 'OptionsError', error.stack);
          assert.match(error.message, message);
          return true;
        },
      );

    it('there are some', () => assert.ok(names.length > 0));
    for (const name of names) {
      it(`${name} is known, and refused by its name where it makes no sense`, () =>
        refuses({ [name]: NONSENSE }, new RegExp(`^${name} is (?!no option)`)));
      it(`what is nearly ${name} is refused by its name`, async () => {
        for (const slip of slipsOf(name).filter((each) => !names.includes(each))) {
          await refuses({ [slip]: 1 }, new RegExp(`^'${slip}' is no option of ${taker}: it has `));
        }
      });
    }
  });
}
