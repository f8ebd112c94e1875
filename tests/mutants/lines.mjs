/** Which lines of the package its own tests run: how many each folder has, and which ones no test comes to. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
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
const { eachMapping, TraceMap } = await import('@jridgewell/trace-mapping');

rmSync(OUTPUT, { recursive: true, force: true });
const bash = (command, env) =>
  spawnSync('bash', ['-c', command], { cwd: ROOT, stdio: 'inherit', env: { ...process.env, ...env } }).status;
const tested = bash(`${BUILD} && node --test --test-reporter=dot bindings/test/*.test.mjs`, {
  NODE_V8_COVERAGE: OUTPUT,
});
bash(BUILD);
if (tested !== 0) {
  console.error('lines: the tests have failed, so nothing is known of the lines');
  process.exit(1);
}

/** Of each source the numbers of its lines of code, and whether a test runs it. */
const sources = new Map();
for (const file of readdirSync(OUTPUT).filter((name) => name.endsWith('.json'))) {
  const { result, 'source-map-cache': maps = {} } = JSON.parse(readFileSync(`${OUTPUT}/${file}`, 'utf8'));
  for (const { url, functions } of result) if (maps[url]?.data) take(functions, maps[url]);
}

/** Counts one bundle of one process: what V8 says of its characters, by the lines of the sources. */
function take(functions, { data, lineLengths }) {
  let length = 0;
  const starts = lineLengths.map((own) => {
    length += own + 1;
    return length - own - 1;
  });
  const runs = new Uint8Array(length);
  // The inner after the outer.
  const ranges = functions.flatMap((each) => each.ranges);
  ranges.sort((one, other) => one.startOffset - other.startOffset || other.endOffset - one.endOffset);
  for (const { startOffset, endOffset, count } of ranges) runs.fill(Math.min(count, 1), startOffset, endOffset);
  eachMapping(new TraceMap(data), ({ generatedLine, generatedColumn, source, originalLine }) => {
    const [, name] = /bindings\/src\/(.+)$/.exec(source ?? '') ?? [];
    if (name === undefined) return;
    if (!sources.has(name)) sources.set(name, new Map());
    const lines = sources.get(name);
    lines.set(originalLine, lines.get(originalLine) || runs[starts[generatedLine - 1] + generatedColumn] === 1);
  });
}

const rows = {};
const missed = [];
for (const [name, lines] of [...sources].sort()) {
  const text = readFileSync(`${ROOT}bindings/src/${name}`, 'utf8').split('\n');
  const folder = name.replace(/\/?[^/]*$/, '') || '.';
  rows[folder] ??= { lines: 0, run: 0 };
  for (const [line, runs] of [...lines].sort(([one], [other]) => one - other)) {
    // What only closes something is not come to where everything before it returns.
    if (/^[\s\])};,]*$/.test(text[line - 1])) continue;
    rows[folder].lines += 1;
    if (runs) rows[folder].run += 1;
    else if (folders.some((asked) => name.startsWith(`${asked}/`)))
      missed.push(`${name}:${line}: ${text[line - 1].trim()}`);
  }
}
for (const row of Object.values(rows)) row.percent = ((100 * row.run) / row.lines).toFixed(1);
console.table(Object.fromEntries(Object.entries(rows).sort()));
for (const line of missed) console.log(line);
