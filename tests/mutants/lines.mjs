/** Which lines of the package its own tests run: how many each folder has, and which ones no test comes to. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const HELP = `usage: node tests/mutants/lines.mjs [FOLDER…]

Builds the package with maps of its sources, runs bindings/test/*.test.mjs, and says how many lines of code, without blanks and
comments, each folder of bindings/src has and how many of them a test runs; of FOLDERs such as watch also which ones none does.
Then it builds the package as it is again. \`cargo xtask build\` and \`npm ci\` in tests/mutants come first.`;

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const OUTPUT = `${ROOT}target/mutants/lines`;
const BUILD = 'node bindings/scripts/build.mjs';

const folders = process.argv.slice(2);
if (folders.includes('--help')) {
  console.log(HELP);
  process.exit();
}
if (!existsSync(new URL('node_modules', import.meta.url))) {
  console.error('lines: what reads the counts is not there; `npm ci` in tests/mutants installs it');
  process.exit(1);
}
const { CoverageReport } = await import('monocart-coverage-reports');

rmSync(OUTPUT, { recursive: true, force: true });
const bash = (command, env) =>
  spawnSync('bash', ['-c', command], { cwd: ROOT, stdio: 'inherit', env: { ...process.env, ...env } }).status;
const tested = bash(`${BUILD} && node --test --test-reporter=dot bindings/test/*.test.mjs`, {
  NODE_V8_COVERAGE: `${OUTPUT}/v8`,
});
bash(BUILD);
if (tested !== 0) {
  console.error('lines: the tests have failed, so nothing is known of the lines');
  process.exit(1);
}

const report = new CoverageReport({
  logging: 'off',
  outputDir: `${OUTPUT}/report`,
  reports: ['json-summary', 'json'],
  entryFilter: ({ url }) => /\/bindings\/dist\/|\/vm-customization-\d+/.test(url),
  sourceFilter: (path) => path.includes('bindings/src/'),
});
await report.addFromDir(`${OUTPUT}/v8`);
await report.generate();
const read = (name) => Object.entries(JSON.parse(readFileSync(`${OUTPUT}/report/${name}.json`, 'utf8')));
const fileOf = (path) => path.replace(/^.*bindings\/src\//, '');

const rows = {};
for (const [path, { lines }] of read('coverage-summary')) {
  if (!path.includes('bindings/src/')) continue;
  const folder = fileOf(path).replace(/\/?[^/]*$/, '') || '.';
  rows[folder] ??= { lines: 0, run: 0 };
  rows[folder].lines += lines.total;
  rows[folder].run += lines.covered;
}
for (const row of Object.values(rows)) row.percent = ((100 * row.run) / row.lines).toFixed(1);
console.table(Object.fromEntries(Object.entries(rows).sort()));
for (const [path, { statementMap, s }] of read('coverage-final')) {
  if (!folders.some((folder) => fileOf(path).startsWith(`${folder}/`))) continue;
  for (const [id, { start }] of Object.entries(statementMap)) {
    if (s[id] === 0) console.log(`${fileOf(path)}:${start.line}`);
  }
}
