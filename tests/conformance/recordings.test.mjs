/**
 * The golden recordings through WebAssembly, from the built package. `tests/rust/recordings.rs` runs the same files
 * natively.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

import { replay } from '../../bindings/dist/node.js';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const FOLDER = new URL('./recordings/', import.meta.url);
const ENDING = '.recording.json';

const names = readdirSync(FOLDER)
  .filter((name) => name.endsWith(ENDING))
  .map((name) => name.slice(0, -ENDING.length));

const read = (name) => readFileSync(new URL(name, FOLDER), 'utf8');
const oneLine = (text) => JSON.stringify(JSON.parse(text));

describe('a golden recording through WebAssembly', () => {
  assert.ok(names.length > 100, 'the recordings are there');
  for (const name of names) {
    it(`gives its report: ${name}`, () => {
      assert.deepEqual(JSON.parse(replay(read(name + ENDING))), JSON.parse(read(`${name}.report.json`)));
    });
  }
});

describe('recordings as lines', () => {
  const input = `${names.map((name) => oneLine(read(name + ENDING))).join('\n')}\nno recording\n`;

  it('give the same bytes from the command and from the native example', () => {
    const command = run('npx', ['--no-install', 'wait-vm-customization', 'replay', '-'], input);
    const native = run('cargo', 'run --release --quiet -p vm-customization --example replay'.split(' '), input);
    assert.equal(command.stdout, native.stdout);
    assert.equal(command.status, native.status);
    const lines = native.stdout.trimEnd().split('\n');
    assert.equal(lines.length, names.length + 1);
    assert.equal(JSON.parse(lines.at(-1)).error.code, 'invalidRecording');
  });
});

function run(program, args, input) {
  try {
    const options = { cwd: ROOT, input, encoding: 'utf8', maxBuffer: 1 << 28, stdio: ['pipe', 'pipe', 'inherit'] };
    return { status: 0, stdout: execFileSync(program, args, options) };
  } catch (error) {
    return { status: error.status, stdout: error.stdout };
  }
}
