/**
 * Plays recordings natively and through WebAssembly, and says where a report differs from what a model expects.
 */
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { asObserved } from './recorded-events.mjs';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const BATCH = 2_000;
const FAILURE_FIELDS = ['type', 'reason', 'logLocation', 'sysprepVersion', 'systemVersion', 'message', 'eventKey'];

/** A player of newline-delimited recordings on the native core; `REPLAY_BIN` names another binary to test. */
export function nativeReplay() {
  const binary = process.env.REPLAY_BIN ?? build();
  return (input) => execFileSync(binary, { input, encoding: 'utf8', maxBuffer: 1 << 30 });
}

/** Always asks cargo: it does nothing when nothing changed, and a stale binary would test yesterday's core. */
function build() {
  const args = ['build', '--release', '--quiet', '-p', 'vm-customization', '--example', 'replay'];
  execFileSync('cargo', args, { cwd: ROOT, stdio: ['ignore', 'ignore', 'inherit'] });
  return path.join(ROOT, process.env.CARGO_TARGET_DIR ?? 'target', 'release', 'examples', 'replay');
}

/** The same player on the built package. */
export function wasmReplay() {
  return createRequire(import.meta.url)('../../../bindings/dist/node.cjs').replay;
}

/** One report line a recording, in batches that keep the players' memory small. */
export function* played(recordings, players) {
  for (let from = 0; from < recordings.length; from += BATCH) {
    const batch = recordings.slice(from, from + BATCH);
    const input = `${batch.map((recording) => JSON.stringify(recording)).join('\n')}\n`;
    const outputs = players.map((play) => play(input).trimEnd().split('\n'));
    for (const [at, recording] of batch.entries()) yield { at: from + at, recording, lines: outputs.map((o) => o[at]) };
  }
}

/** What differs, as text, empty when nothing does. Fields the model does not know are not looked at. */
export function differences(expected, line) {
  const report = JSON.parse(line ?? '{"error":"no line"}');
  if (report.error) return [`refused: ${JSON.stringify(report.error)}`];
  const found = [];
  const compare = (place, want, have) => {
    const [left, right] = [JSON.stringify(want), JSON.stringify(have)];
    if (left !== right) found.push(`${place}: the model says ${left}, the report ${right}`);
  };
  compare('endedAtMs', expected.endedAtMs, report.endedAtMs);
  compare(
    'rows',
    expected.vms.map(({ vm }) => vm),
    report.vms.map(({ vm }) => vm),
  );
  for (const [at, row] of expected.vms.entries()) {
    const told = report.vms[at] ?? {};
    for (const field of Object.keys(row)) compare(`${row.vm} ${field}`, row[field], likeModel(field, row, told));
    for (const field of ['revised', 'guestInfoDisagrees', 'error', 'hint', 'failure', 'windowOpensAt', 'readyAt']) {
      if (!(field in row) && told[field])
        found.push(`${row.vm} ${field}: the model has none, the report ${told[field]}`);
    }
  }
  const { lastReadAtMs, failure } = report.reading ?? {};
  const { kind, sinceMs, count } = failure ?? {};
  compare('reading', expected.reading, { lastReadAtMs, failure: failure && { kind, sinceMs, count } });
  compare('transitions', expected.transitions.map(knownOfTransition), report.transitions.map(knownOfTransition));
  return found;
}

function knownOfTransition({ n, vm, name, from, to, atMs, eventKey, attempt, inferred }) {
  return { n, vm, name, from, to, atMs, eventKey, attempt, inferred };
}

/** A field of the report without what the model does not know: new fields, the wording of an error. */
function likeModel(field, row, told) {
  const value = told[field] ?? null;
  if (field === 'error') return value && { kind: value.kind };
  if (field === 'failure')
    return value && Object.fromEntries(FAILURE_FIELDS.map((name) => [name, value[name] ?? null]));
  return field in row ? value : null;
}

/** Plays `count` recordings from `seed` on, and throws with seed and recording at the first that differ. */
export function checkAgainst(model, { seed, count, make, players }) {
  const recordings = Array.from({ length: count }, (_, at) => make(seed + at));
  const complaints = [];
  for (const { at, recording, lines } of played(recordings, players)) {
    const found = differences(model(asObserved(recording)), lines[0]);
    for (const [other, line] of lines.entries()) {
      if (line !== lines[0]) found.push(`player ${other} gives other bytes: ${line}\nthan player 0: ${lines[0]}`);
    }
    if (found.length > 0) complaints.push(`seed ${seed + at}:\n${found.join('\n')}\n${JSON.stringify(recording)}`);
  }
  if (complaints.length > 0) {
    throw new Error(
      `${complaints.length} of ${count} recordings differ; the first:\n\n${complaints.slice(0, 3).join('\n\n')}`,
    );
  }
}
