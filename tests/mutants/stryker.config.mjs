/**
 * Mutants of the watch and of the vSphere client, by Stryker: all are in one build, and a run of a test file switches one on.
 * `MUTATE` names files, separated by commas; without it both folders.
 */
const files = process.env.MUTATE?.split(',') ?? ['bindings/src/watch/*.ts', 'bindings/src/vsphere/**/*.ts'];
const tests = (...names) => names.map((name) => `bindings/test/${name}.test.mjs`);

export default {
  mutate: files,
  // What the tests read and the build needs; node_modules are links.
  ignorePatterns: ['/target', '/docs', '/web-demo', '/core', '/wasm', '/xtask', '/bindings/dist', '/bindings/page'],
  buildCommand: 'node bindings/scripts/build.mjs',
  testRunner: 'tap',
  plugins: [import.meta.resolve('@stryker-mutator/tap-runner')],
  tap: {
    testFiles: tests(
      'names',
      'soap-codec',
      'vi-json',
      'watch',
      'each-vm',
      'changing-vms',
      'guest-info',
      'readiness',
      'push',
      'collector',
      'shared-source',
      'session-renewal',
      'event-scopes',
      'secrets',
      'connect-options',
      'validation',
      'vim-client',
    ),
    nodeArgs: ['--test-reporter=tap', '-r', '{{hookFile}}', '{{testFile}}'],
  },
  concurrency: 1,
  coverageAnalysis: 'perTest',
  checkers: [],
  tempDirName: 'target/mutants/stryker',
  reporters: ['clear-text', 'json', 'progress-append-only'],
  jsonReporter: { fileName: 'target/mutants/stryker.json' },
  clearTextReporter: { allowColor: false, logTests: false, reportTests: false, reportScoreTable: true },
};
