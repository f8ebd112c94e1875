import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { runInNewContext } from 'node:vm';
import {
  PushUnavailableError,
  ReadError,
  Recorder,
  replay,
  resumeCustomization,
  waitForCustomization,
  watchCustomization,
} from '../dist/node.js';
import { SteppedClock } from '../dist/testing.js';
import { event, HANG, SUCCESS, scripted, VM } from './scripted-source.mjs';

const STARTED = SUCCESS.slice(0, 1);

/** A source whose pushes follow a script: one function of (signal, clock) per call, each an async generator. */
function pushing(script, reads = [STARTED]) {
  const clock = new SteppedClock();
  const begin = clock.now();
  const pushes = [];
  const entries = [...script];
  const source = scripted(reads, {
    clock,
    pushEvents: (query, { signal }) => {
      pushes.push({ atMs: clock.now() - begin, query, signal });
      const entry = entries.shift() ?? silent;
      return entry(signal, clock);
    },
  });
  return { ...source, pushes };
}

/** Begins, and brings nothing. */
async function* silent(signal) {
  yield { events: [] };
  await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
}

function after(ms, ...pages) {
  return async function* (signal, clock) {
    yield { events: [] };
    await clock.sleep(ms, signal);
    signal.throwIfAborted();
    yield* pages;
    yield* silent(signal);
  };
}

/** Never gets to its first page. */
const failing = (error) => () => ({
  [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(error) }),
});

const run = async (source, options = {}) => {
  const told = [];
  const onProgress = (progress) => told.push(progress);
  const report = await source.clock.drive(
    waitForCustomization(source, VM, { clock: source.clock, onProgress, ...options }),
  );
  return { report, told, of: (type) => told.filter((progress) => progress.type === type) };
};
const times = (calls) => calls.map(({ atMs }) => atMs);

describe('a push', () => {
  test('tells events when they come, and ends with the wait', async () => {
    const source = pushing([after(7, { events: SUCCESS.slice(1) })]);
    const { report } = await run(source);
    assert.equal(report.vms[0].customizationStatus, 'CustomizationSucceeded');
    assert.equal(report.endedAtMs, 7);
    assert.equal(source.pushes[0].signal.aborted, true);
    assert.equal(source.clock.pending, 0);
  });

  test('takes every document of a page', async () => {
    const source = pushing([after(7, { events: SUCCESS.slice(1, 2), more: [SUCCESS.slice(2)] })]);
    assert.equal((await run(source)).report.endedAtMs, 7);
  });

  test('begins after the first read, a second read closes the gap, and the next come after 60 s', async () => {
    const source = pushing([silent]);
    await run(source, { timeoutSeconds: 150 });
    assert.deepEqual(
      source.reads.map(({ atMs, query }) => [atMs, query.reason]),
      [
        [0, 'start'],
        [0, 'push'],
        [60_000, 'safety'],
        [120_000, 'safety'],
        [150_000, 'deadline'],
      ],
    );
    assert.equal(source.pushes.length, 1);
  });

  test('that misses something all the time is made good by two reads a second after a burst of 50', async () => {
    const missing = async function* (signal, clock) {
      while (!signal.aborted) {
        yield { events: [], complete: false };
        await clock.sleep(7, signal);
      }
    };
    const source = pushing([missing]);
    await run(source, { timeoutSeconds: 5 });
    const at = times(source.reads).slice(1, -1);
    assert.deepEqual(
      at.slice(0, 51),
      Array.from({ length: 51 }, (_, index) => index * 7),
    );
    // Each when half a second is over, counted from the first on as if none had been faster.
    assert.deepEqual(at.slice(51), [500, 1000, 1500, 2000, 2500, 3000, 3500, 4000, 4500]);
  });

  test('leaves an interval that was asked for as it is', async () => {
    const source = pushing([silent]);
    await run(source, { timeoutSeconds: 12, pollIntervalSeconds: 5 });
    assert.deepEqual(times(source.reads), [0, 0, 5000, 10_000, 12_000]);
  });

  test('is not begun for a wait that ends with its first read, nor when it is not wanted, nor under published rules', async () => {
    for (const [reads, options] of [
      [[SUCCESS], {}],
      [[STARTED, SUCCESS], { push: false }],
      [[STARTED, SUCCESS], { rules: 'published' }],
    ]) {
      const source = pushing([silent], reads);
      await run(source, options);
      assert.equal(source.pushes.length, 0);
    }
    const polled = pushing([silent], [STARTED, SUCCESS]);
    await run(polled, { push: false });
    assert.deepEqual(times(polled.reads), [0, 15_000]);
  });

  test('that ends or fails is begun again after 1, 2, 4 … 30 s, and events are read every 15 s meanwhile', async () => {
    const ends = async function* () {
      yield { events: [] };
    };
    const source = pushing([ends, ...Array.from({ length: 9 }, () => failing(new Error('reset')))]);
    const { report, of } = await run(source, { timeoutSeconds: 110 });
    assert.deepEqual(times(source.pushes), [0, 1000, 3000, 7000, 15_000, 31_000, 61_000, 91_000]);
    assert.deepEqual(times(source.reads), [0, 0, 15_000, 30_000, 45_000, 60_000, 75_000, 90_000, 105_000, 110_000]);
    assert.deepEqual(
      of('pushFailed').map(({ inARow }) => inARow),
      [1, 2, 3, 4, 5, 6, 7, 8],
    );
    assert.equal(of('readFailed').length, 0);
    assert.equal(report.vms[0].conclusion, 'timedOut');
  });

  test('that was steady is begun again at once, and its pauses anew', async () => {
    const steady = async function* (signal, clock) {
      yield { events: [] };
      await clock.sleep(30_000, signal);
      throw new Error('reset');
    };
    const source = pushing([failing(new Error('reset')), failing(new Error('reset')), steady, silent]);
    await run(source, { timeoutSeconds: 40 });
    assert.deepEqual(times(source.pushes), [0, 1000, 3000, 33_000]);
  });

  test('that ends before its first page, for good or by throwing anything, never ends the wait', async () => {
    for (const error of [
      new ReadError('fatal', 'no'),
      new ReadError('noPermission', 'no'),
      new ReadError('notFound', 'no'),
      'text',
    ]) {
      const source = pushing([failing(error), after(5, { events: SUCCESS.slice(1) })]);
      const { report } = await run(source);
      assert.equal(report.endedAtMs, 1005);
    }
  });

  test('that is not to be had is told once, and the wait goes on with a read every 15 s', async () => {
    // Also where the source has a class of its own, or is of another realm.
    const foreign = 'Object.assign(new Error("too many collectors"), { code: "pushUnavailable" })';
    for (const error of [new PushUnavailableError('too many collectors'), runInNewContext(foreign)]) {
      const source = pushing([failing(error)]);
      const { of } = await run(source, { timeoutSeconds: 70 });
      assert.deepEqual(of('pushUnavailable'), [{ type: 'pushUnavailable', message: 'too many collectors' }]);
      assert.equal(source.pushes.length, 1);
      assert.deepEqual(times(source.reads), [0, 15_000, 30_000, 45_000, 60_000, 70_000]);
    }
  });

  test('leads to a log-in when its session is gone, and begins anew on the next', async () => {
    const lost = async function* (signal, clock) {
      yield { events: [] };
      await clock.sleep(3000, signal);
      throw new ReadError('notAuthenticated', 'gone');
    };
    const source = pushing([lost, after(5, { events: SUCCESS.slice(1) })]);
    const { report, of } = await run(source);
    assert.deepEqual(source.logIns, [3000]);
    assert.deepEqual(times(source.pushes), [0, 3000]);
    assert.equal(report.endedAtMs, 3005);
    assert.equal(of('pushFailed')[0].inARow, 0);
    assert.equal(of('loggedIn').length, 1);
  });

  test('is begun anew when a read has led to a log-in, for it may never notice', async () => {
    const source = pushing(
      [silent, after(5, { events: SUCCESS.slice(1) })],
      [STARTED, [], new ReadError('notAuthenticated', 'gone')],
    );
    const { report } = await run(source);
    assert.deepEqual(times(source.pushes), [0, 60_000]);
    assert.equal(source.pushes[0].signal.aborted, true);
    assert.equal(report.endedAtMs, 60_005);
  });

  test('whose session is gone again and again though reads work leads to one log-in, and then waits like any other', async () => {
    const error = new ReadError('notAuthenticated', 'gone');
    const begun = async function* () {
      yield { events: [] };
      throw error;
    };
    for (const push of [failing(error), begun]) {
      const source = pushing(Array(99).fill(push));
      const { of } = await run(source, { timeoutSeconds: 100 });
      assert.deepEqual(source.logIns, [0]);
      assert.deepEqual(times(source.pushes), [0, 0, 1000, 3000, 7000, 15_000, 31_000, 61_000, 91_000]);
      assert.deepEqual(
        of('pushFailed').map(({ failure: { kind } }) => kind),
        ['notAuthenticated', ...Array(8).fill('transient')],
      );
    }
  });

  test('without a way to log in is begun again like any other', async () => {
    const source = pushing([
      failing(new ReadError('notAuthenticated', 'gone')),
      after(5, { events: SUCCESS.slice(1) }),
    ]);
    const { report } = await run({ ...source, logIn: undefined });
    assert.equal(report.endedAtMs, 1005);
  });

  test('that brings nonsense is read after', async () => {
    const source = pushing([after(7, { events: '<html>' })], [STARTED, [], SUCCESS]);
    const { report, of } = await run(source);
    assert.equal(of('readFailed').length, 1);
    assert.equal(report.endedAtMs, 1007);
  });

  test('waits with its gap for a read that is open', async () => {
    let answer;
    const open = () => new Promise((resolve) => (answer = resolve));
    const late = async function* (signal, clock) {
      await clock.sleep(60_500, signal);
      answer({ events: [] });
      yield* silent(signal);
    };
    const source = pushing([late], [STARTED, [], [], [], open, SUCCESS]);
    const { report } = await run(source);
    assert.deepEqual(times(source.reads), [0, 15_000, 30_000, 45_000, 60_000, 60_500]);
    assert.equal(report.endedAtMs, 60_500);
  });

  test('that ignores its signal holds nothing up', async () => {
    const deaf = async function* () {
      yield { events: [] };
      await HANG();
    };
    const source = pushing([deaf]);
    const watch = watchCustomization(source, VM, { clock: source.clock });
    source.clock.sleep(5, new AbortController().signal).then(() => watch.cancel());
    const report = await source.clock.drive(watch.report);
    assert.equal(report.vms[0].conclusion, 'cancelled');
  });

  test('is asked for more only when what it brought was taken', async () => {
    let pulled = 0;
    const endless = async function* () {
      for (;;) {
        pulled += 1;
        yield { events: [event('VmPoweredOnEvent', 50 + pulled, -4)] };
        if (pulled === 20) yield { events: SUCCESS.slice(1) };
      }
    };
    await run(pushing([endless]));
    assert.ok(pulled <= 21, `${pulled}`);
  });

  test('is in a recording, which plays back to the same report', async () => {
    const recorder = new Recorder();
    const source = pushing([after(7, { events: SUCCESS.slice(1) })]);
    const { report } = await run(source, { onInput: recorder.take });
    assert.equal(recorder.recording().options.pollIntervalSeconds, 60);
    assert.deepEqual(JSON.parse(replay(JSON.stringify(recorder.recording()))), report);
  });

  test('that says something is missing is read after', async () => {
    const source = pushing([after(7, { events: [], complete: false })], [STARTED, [], SUCCESS]);
    const { report, of } = await run(source);
    assert.equal(report.endedAtMs, 7);
    assert.equal(of('readFailed').length, 0);
  });

  test('ends with a page that says nothing of events, and is begun again', async () => {
    const second = async function* (signal) {
      yield { events: SUCCESS.slice(1) };
      yield* silent(signal);
    };
    const source = pushing([after(7, { events: [{ key: 1 }] }), second], [STARTED, []]);
    const { report, of } = await run(source);
    assert.deepEqual(times(source.pushes), [0, 1007]);
    assert.equal(source.pushes[0].signal.aborted, false);
    const [{ failure }] = of('pushFailed');
    assert.equal(failure.kind, 'transient');
    assert.match(failure.message, /what was pushed could not be understood: .*item 1: the event has no type/);
    assert.deepEqual(of('readFailed')[0].failure, failure);
    assert.equal(report.vms[0].customizationStatus, 'CustomizationSucceeded');
  });

  test('goes on after a restore', async () => {
    const first = pushing([silent]);
    let snapshot;
    const watch = watchCustomization(first, VM, {
      clock: first.clock,
      onProgress: ({ type }) => {
        if (type === 'pushing') {
          snapshot = watch.snapshot();
          watch.cancel();
        }
      },
    });
    await first.clock.drive(watch.report);
    const second = pushing([after(7, { events: SUCCESS.slice(1) })], []);
    const report = await second.clock.drive(resumeCustomization(second, snapshot, { clock: second.clock }).report);
    assert.equal(report.vms[0].customizationStatus, 'CustomizationSucceeded');
    assert.equal(second.pushes.length, 1);
  });
});
