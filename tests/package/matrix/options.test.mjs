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
  nodeTransport,
  Recorder,
  resumeCustomization,
  VCenter,
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
const transport = {
  host: 'vc.example.com',
  path: '/sdk',
  send: () => new Promise(() => undefined),
  close: () => undefined,
};
const signIn = { user: 'u', password: 'p' };

const isPlain = (options) => Object.prototype.toString.call(options) === '[object Object]';

/** Where options are given: which there are, and what takes them. */
const TAKERS = {
  connectVCenter: [
    namesOf('ConnectOptions'),
    (options) => connectVCenter(isPlain(options) ? { server: 'vc.example.com', ...options } : options),
  ],
  'a watch': [watchOptions, (options) => watchCustomization(scriptedSource([]), VMS, options).report],
  'a wait that goes on': [
    watchOptions.filter((name) => !monitorOptions.includes(name) && name !== 'requestedSecondsAgo'),
    (options) => resumeCustomization(scriptedSource([]), snapshot, options).report,
  ],
  'a monitor': [monitorOptions, (options) => new Monitor(VMS, options, START, 0)],
  restoring: [namesOf('RestoreOptions'), (options) => Monitor.restore(snapshot, START, 0, options)],
  findVms: [namesOf('SessionOptions'), (options) => VCenter.prototype.findVms.call({}, 'web-1', options)],
  serverTime: [namesOf('SessionOptions'), (options) => VCenter.prototype.serverTime.call({}, options)],
  close: [['leaving'], (options) => VCenter.prototype.close.call({}, options)],
  'VCenter.connect': [namesOf('BeginOptions'), (options) => VCenter.connect(transport, signIn, options)],
  nodeTransport: [
    namesOf('NodeTransportOptions'),
    (options) => nodeTransport(new URL('https://vc.example.com/sdk'), options),
  ],
  'a recorder': [namesOf('RecorderOptions'), (options) => new Recorder(options)],
};

/** What options are given in place of what they take, and those that take it. */
const GIVEN = {
  'a symbol': [Symbol('nonsense')],
  null: [null, 'timeoutSeconds', 'ready'],
  'a number': [
    5,
    ...['timeoutSeconds', 'lookbackSeconds', 'pollIntervalSeconds', 'stuckAfterSeconds', 'settleSeconds'],
    ...['requestedSecondsAgo', 'patienceSeconds', 'maxBytes'],
  ],
  'no number': [Number.NaN],
  'a text': ['nonsense', 'server', 'user', 'password', 'token', 'cloneTicket', 'ca', 'thumbprint'],
  'an array': [[], 'alsoRead'],
  'a map': [new Map()],
  'a function': [() => undefined, 'onProgress', 'onInput', 'onRetry'],
};

/** What is given in place of all options. */
const NO_OPTIONS = [null, 5, 'nonsense', [], new Map(), () => undefined, AbortSignal.abort(), new Date()];

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
    it('what is no plain object is refused', async () => {
      for (const options of NO_OPTIONS) await refuses(options, /^the options are .+: pass an object/);
    });
    for (const name of names) {
      for (const [what, [value, ...takers]] of Object.entries(GIVEN)) {
        if (takers.includes(name)) continue;
        it(`${name} is known, and refused by its name when it is ${what}`, () =>
          refuses({ [name]: value }, new RegExp(`^${name} is (?!no option)`)));
      }
      it(`what is nearly ${name} is refused by its name`, async () => {
        for (const slip of slipsOf(name).filter((each) => !names.includes(each))) {
          await refuses({ [slip]: 1 }, new RegExp(`^'${slip}' is no option of ${taker}: it has `));
        }
      });
    }
  });
}
