/**
 * Mutants of the package by Stryker: all are in one copy of the sources, which the tests bundle for themselves or have as the
 * package that is built of it, and a run of a test file switches one on. `MUTATE` and `TESTS` name the sources and the tests, separated by commas; `samples.mjs` has
 * which belong together.
 */
const { MUTATE, TESTS } = process.env;

export default {
  mutate: MUTATE.split(','),
  // What the tests read is left, and what builds the package, with the mutants in it; node_modules are links.
  ignorePatterns: ['**', '!bindings/**', 'bindings/dist', '!tests/simulators/**', 'tests/simulators/vcsim'],
  buildCommand: 'node bindings/scripts/build.mjs',
  testRunner: 'tap',
  plugins: [import.meta.resolve('@stryker-mutator/tap-runner')],
  tap: {
    testFiles: TESTS.split(','),
    nodeArgs: ['--test-reporter=tap', '-r', '{{hookFile}}', '{{testFile}}'],
  },
  concurrency: 1,
  coverageAnalysis: 'perTest',
  checkers: [],
  tempDirName: 'target/mutants/stryker',
  reporters: ['json', 'progress-append-only'],
  jsonReporter: { fileName: 'target/mutants/stryker.json' },
  allowConsoleColors: false,
};
