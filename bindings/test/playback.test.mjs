import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { DisposedError, Playback, replay, VmCustomizationError, WireError } from '../dist/node.js';
import { START, SUCCESS } from './scripted-source.mjs';

const FOLDER = new URL('../../tests/conformance/recordings/', import.meta.url);
const golden = readdirSync(FOLDER).filter((name) => name.endsWith('.recording.json'));

const recording = (steps, options = {}) => ({
  format: 'vm-customization-recording/1',
  startedAt: START,
  vms: [{ vm: 'vm-101' }, { vm: 'vm-102' }],
  options: { waitForPowerOn: true, ...options },
  steps,
});
const RUN = recording([
  { atMs: 0, events: SUCCESS.slice(0, 1) },
  { atMs: 2000, readFailed: { kind: 'transient' } },
  { atMs: 5000, events: SUCCESS.slice(1) },
]);
const told = ({ atMs, reset, rows, transitions }) => [atMs, reset, rows.length, transitions.map(({ to }) => to)];

describe('a playback', () => {
  test('ends as the replay does, for every golden recording', () => {
    assert.ok(golden.length > 100, 'the recordings are there');
    for (const name of golden) {
      const bytes = readFileSync(new URL(name, FOLDER));
      const playback = new Playback(bytes);
      const update = playback.seek(playback.endMs);
      assert.equal(update.ended, true, name);
      assert.equal(`${JSON.stringify(playback.report())}\n`, `${JSON.stringify(JSON.parse(replay(bytes)))}\n`, name);
      assert.equal(playback.report().endedAtMs, playback.endMs, name);
      playback.dispose();
    }
  });

  test('tells what is in a recording', () => {
    const playback = new Playback(RUN);
    assert.equal(playback.startedAt, START);
    assert.deepEqual(playback.vms, RUN.vms);
    assert.equal(playback.endMs, 600_000);
    assert.equal(playback.eventCount, 3);
    assert.deepEqual(
      playback.inputs.map(({ atMs, kind, events, complete }) => [atMs, kind, events.length, complete]),
      [
        [0, 'events', 1, true],
        [2000, 'readFailed', 0, false],
        [5000, 'events', 2, true],
      ],
    );
    assert.equal(playback.inputs[0].events[0].kind, 'powerOn');
  });

  test('tells only what changed on the way forth, and all after a way back', () => {
    const playback = new Playback(JSON.stringify(RUN));
    const result = ['CustomizationStarted', 'CustomizationSucceeded'];
    assert.deepEqual(told(playback.seek(0)), [0, true, 2, ['CustomizationNotStarted']]);
    assert.deepEqual(told(playback.seek(4999)), [4999, false, 0, []]);
    assert.deepEqual(told(playback.seek(5000)), [5000, false, 1, result]);
    assert.deepEqual(told(playback.seek(3000)), [3000, true, 2, ['CustomizationNotStarted']]);
    assert.deepEqual(told(playback.seekEvent(2)), [5000, false, 1, result]);
  });

  test('goes from event to event, also within one input', () => {
    const playback = new Playback(RUN);
    assert.deepEqual(told(playback.seekEvent(-1)), [0, true, 2, []]);
    assert.deepEqual(told(playback.seekEvent(0)), [0, false, 1, ['CustomizationNotStarted']]);
    assert.deepEqual(told(playback.seekEvent(1)), [5000, false, 1, ['CustomizationStarted']]);
    assert.equal(playback.report().vms[0].customizationStatus, 'CustomizationStarted');
    assert.equal(playback.seekEvent(99).reset, true);
    assert.equal(playback.report().vms[0].customizationStatus, 'CustomizationSucceeded');
    assert.equal(playback.report().endedAtMs, null);
  });

  test('clamps times to the run', () => {
    const playback = new Playback(RUN);
    assert.deepEqual(
      [-5, Number.NEGATIVE_INFINITY, 1e300, Number.POSITIVE_INFINITY].map((atMs) => playback.seek(atMs).atMs),
      [0, 0, 600_000, 600_000],
    );
    for (const wrong of [Number.NaN, '5', undefined]) {
      assert.throws(() => playback.seek(wrong), VmCustomizationError);
      assert.throws(() => playback.seekEvent(wrong), { code: 'invalidInput' });
    }
  });

  test('refuses what is no recording, with the place', () => {
    for (const [wrong, place] of [
      ['nonsense', /the recording/],
      [{}, /`format` is missing/],
      [{ ...RUN, format: 'vm-customization-recording/2' }, /`format` is `vm-customization-recording\/2`/],
      [recording([{ atMs: 0, events: '<html/>' }]), /steps\[0\]\.events/],
      [{ ...RUN, big: 1n }, /plain data/],
    ]) {
      assert.throws(
        () => new Playback(wrong),
        (error) => error instanceof WireError && error.code === 'invalidRecording' && place.test(error.message),
        String(place),
      );
    }
    assert.throws(() => new Playback(undefined), WireError);
  });

  test('gives its memory back', () => {
    const playback = new Playback(RUN);
    playback.dispose();
    playback[Symbol.dispose ?? Symbol.for('Symbol.dispose')]();
    assert.throws(
      () => playback.seek(0),
      (error) => error instanceof DisposedError && /playback/.test(error.message),
    );
    assert.equal(playback.endMs, 600_000);
  });
});
