// The core as WebAssembly with overflow checks on: arithmetic that runs over stops it, in place of going on with a wrong
// number. Run by `cargo xtask test checked-core`, which makes that core.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';

const folder = process.env.CHECKED_CORE;
const bytes = readFileSync(join(folder, 'core_bg.wasm'));
const core = await import(pathToFileURL(join(folder, 'core_bg.js')).href);
const { instance } = await WebAssembly.instantiate(bytes, { './core_bg.js': core });
core.__wbg_set_wasm(instance.exports);
instance.exports.__wbindgen_start?.();

const tests = new URL('../', import.meta.url);
const files = (name, ending) => readdirSync(new URL(name, tests)).filter((file) => file.endsWith(ending));
const read = (path) => readFileSync(new URL(path, tests));
const RECORDINGS = files('recordings', '.recording.json').map((file) => file.replace('.recording.json', ''));
const SNAPSHOTS = files('snapshots', '.json');

// As text, because JavaScript has no such numbers.
const EXTREMES = ['0', '1', '2147483647', '-2147483648', '4294967295', '9007199254740992', '18446744073709551615'];
const PAGE = new TextEncoder().encode(
  JSON.stringify([
    {
      _typeName: 'VmStartingEvent',
      key: 2147483647,
      createdTime: '9999-12-31T23:59:59.999Z',
      vm: { vm: { type: 'VirtualMachine', value: 'vm-101' } },
    },
  ]),
);

test('the checks are on', () => {
  assert.ok(bytes.includes('attempt to add with overflow'));
});

test('every golden recording gives its report', () => {
  assert.ok(RECORDINGS.length > 100);
  for (const name of RECORDINGS) {
    const report = JSON.parse(core.replay(read(`recordings/${name}.recording.json`)));
    assert.deepEqual(report, JSON.parse(read(`recordings/${name}.report.json`)), name);
  }
});

test('every golden recording is sought through', () => {
  for (const name of RECORDINGS) {
    const playback = new core.RawPlayback(read(`recordings/${name}.recording.json`));
    const { endMs, eventCount } = JSON.parse(playback.head());
    for (const at of [endMs, 0, endMs / 2, 2 ** 64]) playback.seek(at);
    for (let index = eventCount; index >= -1; index -= 1) playback.seekEvent(index);
    assert.equal(JSON.parse(playback.report()).endedAtMs, null, name);
    playback.free();
  }
});

test('no number of a snapshot, and no host time, makes it stop', () => {
  assert.ok(SNAPSHOTS.length > 30);
  let restored = 0;
  for (const file of SNAPSHOTS) {
    const { snapshot } = JSON.parse(read(`snapshots/${file}`));
    for (const { what, text } of variants(snapshot)) {
      for (const now of [0, 2 ** 64]) {
        let monitor;
        try {
          monitor = core.RawMonitor.restore(text, '9999-12-31T23:59:59.999Z', now, true);
        } catch (error) {
          // It may be refused; a trap is none of these.
          assert.equal(error.name, 'invalidSnapshot', `${file}, ${what}: ${error}`);
          continue;
        }
        restored += 1;
        try {
          monitor.drain();
          monitor.handleEvents(PAGE, true, now);
          for (const later of [0, 2 ** 53, 2 ** 64]) monitor.handleTimeout(later);
          monitor.handleReadFailed('{"kind":"transient"}', 2 ** 64);
          monitor.report();
          monitor.snapshot();
        } catch (error) {
          assert.fail(`${file}, ${what}, host time ${now}: ${error}`);
        }
        monitor.free();
      }
    }
  }
  assert.ok(restored > 1000, `${restored}`);
});

/** The snapshot with each of its numbers at each extreme, one at a time; of the items of a list the first. */
function* variants(snapshot) {
  const MARK = 'a number at its extreme';
  for (const path of numbers(snapshot)) {
    const copy = structuredClone(snapshot);
    const last = path.at(-1);
    path.slice(0, -1).reduce((value, key) => value[key], copy)[last] = MARK;
    const text = JSON.stringify(copy);
    for (const extreme of EXTREMES) {
      yield { what: `${path.join('.')} = ${extreme}`, text: text.replace(JSON.stringify(MARK), extreme) };
    }
  }
}

function numbers(value, path = []) {
  if (typeof value === 'number') return [path];
  if (typeof value !== 'object' || value === null) return [];
  const items = Array.isArray(value) ? value.slice(0, 1).entries() : Object.entries(value);
  return [...items].flatMap(([key, item]) => numbers(item, [...path, key]));
}
