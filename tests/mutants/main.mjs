/**
 * Mutation testing: small faults are put into a source, one at a time. The tests notice each, or `survivors.md` says why
 * none can.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sampled } from './samples.mjs';
import { contradictions, mutationOf, survivors } from './survivors.mjs';

const HELP = `usage: cargo xtask mutants [FILE…] [OPTION…]

Puts faults into FILEs, one at a time, and says which ones no test notices: of Rust by cargo-mutants, of bindings/src by
Stryker. Without FILE it takes core/src/rules/*.rs. OPTIONs are those by which cargo-mutants chooses among the faults, such
as \`--shard 0/8\`: every eighth, from the first on. tests/mutants/survivors.md has those that no test can notice. Of a
core/src/rules file it counts how many its rule's own recordings notice. Each fault is a build: a shard takes a while.`;

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const OUTPUT = 'target/mutants';
const RULES = 'core/src/rules/*.rs';
/** Which recordings are those of the rules of a file. */
const OWN = {
  'assess.rs': /^D(02|03|04|05|06|08|09|17)/,
  'conclusion.rs': /^D(07|08|10|13)/,
  'hint.rs': /^D18/,
  'history.rs': /^D(02|14)/,
  'published.rs': /^P/,
  'readiness.rs': /^D19/,
  'retention.rs': /^(D14|limit)/,
  'time_window.rs': /^D01/,
  'transitions.rs': /^D(04|05|06)/,
};
/** The first pass asks the golden recordings alone; what they do not notice, all tests that end within seconds. */
const PASSES = [
  { by: 'recordings', targets: ['--test=all'], tests: ['recordings::every_golden'] },
  {
    by: 'other tests',
    targets: ['--test=all', '--lib'],
    tests: ['model::', 'rules::', 'run::', 'wire::', 'recordings::', 'state_diagram::', 'limits::', 'update::'],
  },
];

/** Ends with what is to be done, as people read it. */
function fail(message) {
  console.error(`\nmutants: ${message}`);
  process.exit(1);
}

const cargo = (args, options) => spawnSync(process.env.CARGO ?? 'cargo', args, { cwd: ROOT, ...options });
const json = (path) => JSON.parse(readFileSync(`${ROOT}${path}`, 'utf8'));

/** Mutants of Rust files, each with what noticed it. */
function ofRust(files, options) {
  if (cargo(['mutants', '--version']).status !== 0)
    fail('cargo-mutants is not there; install it: `cargo install cargo-mutants --locked`');
  const judged = new Map();
  /** Those that the pass before left over; at first all that are chosen. */
  let left;
  // A shard has some of each file.
  let which = options.some((option) => option.startsWith('--shard')) ? ['--sharding=round-robin', ...options] : options;
  for (const pass of PASSES) {
    const args = [
      ...['mutants', '--output', OUTPUT, '--no-config'],
      ...files.flatMap((file) => ['--file', file]),
      // Of both, so that the unmutated tree is judged by the same tests.
      ...['vm-customization', 'vm-customization-tests'].map((name) => `--cargo-arg=--package=${name}`),
      ...pass.targets.map((target) => `--cargo-arg=${target}`),
      ...[...which, '--', '--no-fail-fast', '--', ...pass.tests],
    ];
    const env = {
      ...process.env,
      CARGO_TARGET_DIR: `${ROOT}${OUTPUT}/build`,
      CARGO_PROFILE_DEV_DEBUG: '0',
      // Each fault is compiled for one short run.
      CARGO_PROFILE_TEST_OPT_LEVEL: '0',
      RUST_BACKTRACE: '0',
    };
    const { status } = cargo(args, { env, stdio: 'inherit' });
    // 2 and 3: some survived, or ran out of time.
    if (![0, 2, 3].includes(status)) fail(`cargo-mutants failed (${status}): ${OUTPUT}/mutants.out/log says why`);
    const missed = new Set();
    for (const { scenario, summary, log_path: log } of json(`${OUTPUT}/mutants.out/outcomes.json`).outcomes) {
      if (scenario === 'Baseline') continue;
      const { name, file } = scenario.Mutant;
      // Fields that are deleted come whatever the patterns are.
      if (left !== undefined && !left.has(name)) continue;
      const survives = summary === 'MissedMutant';
      if (survives) missed.add(name);
      judged.set(name, {
        file,
        mutation: name.replace(/^.+?:\d+:\d+: /, ''),
        survives,
        by: summary === 'CaughtMutant' ? noticedBy(file, pass.by, log) : summary,
      });
    }
    if (missed.size === 0) break;
    left = missed;
    // By their names, which are patterns.
    which = [...missed].map((name) => `--re=^${name.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')}$`);
  }
  return [...judged.values()];
}

/** Whether recordings of the file's own rules are among those that noticed a mutant. */
function noticedBy(file, by, log) {
  const own = OWN[basename(file)];
  if (by !== 'recordings' || own === undefined) return by;
  const text = readFileSync(`${ROOT}${OUTPUT}/mutants.out/${log}`, 'utf8');
  const names = [...text.matchAll(/^([A-Za-z]+\d*-\S+)\n {2}(?:got|panics|cannot)/gm)].map(([, name]) => name);
  return names.some((name) => own.test(name)) ? 'own recordings' : 'other recordings';
}

/** Mutants of TypeScript files of the package, each judged by the tests of its sample. */
function ofTypeScript(paths) {
  const stryker = `${ROOT}tests/mutants/node_modules/@stryker-mutator/core/bin/stryker.js`;
  if (!existsSync(stryker)) fail('Stryker is not there; `npm ci` in tests/mutants installs it');
  const unknown = paths.find((path) => sampled([path]).length === 0);
  if (unknown !== undefined) fail(`${unknown} is in no sample; tests/mutants/samples.mjs has them`);
  return sampled(paths).flatMap(({ sources, tests }) => {
    // All mutants are in one bundle, which the first run makes.
    const BUNDLES = `${ROOT}${OUTPUT}/bundles`;
    rmSync(BUNDLES, { recursive: true, force: true });
    const { status } = spawnSync(process.execPath, [stryker, 'run', 'tests/mutants/stryker.config.mjs'], {
      cwd: ROOT,
      stdio: 'inherit',
      env: { ...process.env, MUTATE: sources.join(','), TESTS: tests.join(','), BUNDLES },
    });
    if (status !== 0) fail(`Stryker failed (${status})`);
    return Object.entries(json(`${OUTPUT}/stryker.json`).files).flatMap(([file, report]) => mutantsOf(file, report));
  });
}

function mutantsOf(file, { source, mutants }) {
  const lines = source.split('\n');
  const offset = ({ line, column }) => lines.slice(0, line - 1).join('\n').length + column - (line === 1 ? 1 : 0);
  return mutants.map(({ location: { start, end }, replacement, status: by }) => ({
    file,
    mutation: mutationOf(source, source.slice(offset(start), offset(end)), replacement, lines[start.line - 1]),
    survives: by === 'Survived' || by === 'NoCoverage',
    by,
  }));
}

/** How many mutants of each file were noticed by what. */
function table(judged) {
  const rows = {};
  for (const { file, by } of judged) {
    rows[file] ??= { mutants: 0 };
    rows[file].mutants += 1;
    rows[file][by] = (rows[file][by] ?? 0) + 1;
  }
  return rows;
}

const args = process.argv.slice(2);
if (args.includes('--help')) {
  console.log(HELP);
  process.exit();
}
const given = args.filter((arg) => /\.(rs|ts)$|^bindings\//.test(arg));
const options = args.filter((arg) => !given.includes(arg));
const files = given.length === 0 ? [RULES] : given;
const rust = files.filter((file) => file.endsWith('.rs'));
const typeScript = files.filter((file) => !file.endsWith('.rs'));
const judged = [
  ...(rust.length > 0 ? ofRust(rust, options) : []),
  ...(typeScript.length > 0 ? ofTypeScript(typeScript) : []),
];
console.table(table(judged));
const others = judged.filter(({ by }) => by === 'other recordings' || by === 'other tests');
for (const { file, mutation, by } of others) if (OWN[basename(file)]) console.log(`by ${by}: ${file}: ${mutation}`);
const told = contradictions(survivors(), judged);
if (told.length > 0) fail(`tests/mutants/survivors.md says otherwise:\n${told.join('\n')}`);
