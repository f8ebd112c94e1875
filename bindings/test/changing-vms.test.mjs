/** VMs that come and go while they are watched. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Monitor, OptionsError, Playback, ReadError, Recorder, replay, watchCustomization } from '../dist/node.js';
import { event, HANG, START, SUCCESS, scripted } from './scripted-source.mjs';

const ONE = [{ vm: 'vm-101' }];
const TWO = [{ vm: 'vm-102', name: 'web-2' }, ...ONE];
const REOPEN = { attempts: 'reopen', timeoutSeconds: 60 };
const at = (second) => new Date(Date.parse(START) + second * 1000);
const STARTED = SUCCESS.slice(0, 1);
const reads = (source) =>
  source.reads.map(({ atMs: when, query }) => [when, query.reason, query.since.slice(14, 19), query.vms.join(' ')]);

/** A source that tells the time that it is. */
function timed(script, more = {}) {
  const source = scripted(script, more);
  const begin = source.clock.now();
  return { ...source, serverTime: async () => at((source.clock.now() - begin) / 1000), ...more };
}

/** A watch of which `changes`, by host time in milliseconds, are made on the way. */
async function watched(source, vms, options, changes) {
  const { clock } = source;
  const begin = clock.now();
  const watch = watchCustomization(source, vms, { clock, ...options });
  const made = [];
  for (const [when, list] of changes) {
    const change = clock
      .sleep(begin + when - clock.now(), new AbortController().signal)
      .then(() => watch.setVms(list))
      .then(
        () => 'done',
        (error) => error,
      );
    made.push(change);
  }
  const report = await clock.drive(watch.report);
  return { report, watch, changes: await clock.drive(Promise.all(made)) };
}

describe('a monitor whose VMs change', () => {
  test('reads the new ones at once, from their own window on, until a read was complete', () => {
    const monitor = new Monitor(ONE, REOPEN, START, 0);
    monitor.drain();
    monitor.handleEvents([event('VmStartingEvent', 1, 0)], true, 10);
    const step = monitor.setVms(TWO, at(20), 20_000);
    const [{ query }] = step.outputs;
    assert.deepEqual(
      [query.reason, query.since, query.vms],
      ['vmsChanged', '2026-03-01T09:55:20.000Z', ['vm-102', 'vm-101']],
    );
    monitor.handleReadFailed({ kind: 'transient' }, 20_100);
    const retry = monitor.handleTimeout(21_100).outputs[0].query;
    assert.deepEqual([retry.reason, retry.since], ['retry', query.since]);
    monitor.handleEvents([], true, 21_200);
    assert.deepEqual(
      monitor.rows().map(({ vm, name, conclusion }) => [vm, name, conclusion]),
      [
        ['vm-102', 'web-2', 'notStarted'],
        ['vm-101', 'name of vm-101', undefined],
      ],
    );
    const next = monitor.handleTimeout(36_200).outputs[0].query;
    assert.deepEqual([next.reason, next.since], ['poll', '2026-03-01T09:59:30.000Z']);
  });

  test('tells single rows in the order asked for, without those not watched', () => {
    const monitor = new Monitor(TWO, {}, START, 0);
    assert.deepEqual(monitor.rows(), monitor.report().vms);
    assert.deepEqual(monitor.rows(['vm-101', 'vm-9', 'vm-102']), [...monitor.rows()].reverse());
    assert.deepEqual(monitor.rows([]), []);
  });

  test('refuses what it cannot watch, and is as before', () => {
    const monitor = new Monitor(ONE, {}, START, 0);
    const published = new Monitor(ONE, { rules: 'published' }, START, 0);
    const before = JSON.stringify(monitor.snapshot());
    for (const [target, vms, time, told] of [
      [monitor, [{ vm: '' }], START, /vms\[0\]\.vm is empty/],
      [monitor, 'vm-1', START, /pass an array/],
      [monitor, ONE, '2026-03-01T10:00:00', /^serverNow is .*with an offset/],
      [monitor, [1n], START, /^vms\[0\] is 1n: give \{ vm: 'vm-101' \}$/],
      [published, TWO, START, /`published` rules/],
    ]) {
      assert.throws(
        () => target.setVms(vms, time, 0),
        (error) => error instanceof OptionsError && told.test(error.message),
        String(told),
      );
    }
    assert.equal(JSON.stringify(monitor.snapshot()), before);
  });

  test('goes on from a snapshot with the windows of its VMs', () => {
    const monitor = new Monitor(ONE, REOPEN, START, 0);
    monitor.setVms(TWO, at(600), 600_000 - 590_000);
    const restored = Monitor.restore(JSON.parse(JSON.stringify(monitor.snapshot())), at(11), 0);
    const early = event('VmStartingEvent', 1, 299, 'vm-102');
    const late = event('VmStartingEvent', 2, 300, 'vm-102');
    assert.deepEqual(restored.handleEvents([early], true, 1).ingested, { accepted: 0, ignored: { beforeWindow: 1 } });
    restored.handleEvents([late], true, 2);
    assert.equal(restored.rows(['vm-102'])[0].customizationStatus, 'CustomizationNotStarted');
  });
});

describe('a watch whose VMs change', () => {
  test('reads and tells of the new list; a recording of it plays back the same', async () => {
    const recorder = new Recorder();
    const source = timed([STARTED, [], [event('VmStartingEvent', 9, 4, 'vm-102')]]);
    const { report, watch, changes } = await watched(source, ONE, { ...REOPEN, onInput: recorder.take }, [
      [20_000, TWO],
      [40_000, [{ vm: 'vm-102' }]],
    ]);
    assert.deepEqual(changes, ['done', 'done']);
    assert.deepEqual(reads(source).slice(0, 4), [
      [0, 'start', '55:00', 'vm-101'],
      [15_000, 'poll', '59:25', 'vm-101'],
      [20_000, 'vmsChanged', '55:20', 'vm-102 vm-101'],
      [35_000, 'poll', '59:34', 'vm-102 vm-101'],
    ]);
    assert.equal(reads(source)[4][3], 'vm-102');
    assert.deepEqual(
      report.vms.map(({ vm, customizationStatus, attempt }) => [vm, customizationStatus, attempt]),
      [['vm-102', 'CustomizationNotStarted', 1]],
    );
    assert.deepEqual(watch.rows(), report.vms);
    const recording = recorder.recording();
    assert.deepEqual(recording.steps[2], { atMs: 20_000, vms: TWO, serverTime: at(20).toISOString() });
    assert.deepEqual(JSON.parse(replay(JSON.stringify(recording))), report);
    assert.equal(new Playback(recording).inputs[2].kind, 'vms');
  });

  test('gives up the read that is open, even where its answer is there and waits to be taken', async () => {
    // Before a hint the guests are asked, for a second at most; what arrives meanwhile waits.
    const lateAnswer = async () => {
      await source.clock.sleep(1500, new AbortController().signal);
      return { events: [] };
    };
    const source = timed([STARTED, lateAnswer, ...Array(9).fill(HANG)], { readGuestInfo: HANG });
    const { report } = await watched(source, ONE, { timeoutSeconds: 40, stuckAfterSeconds: 17 }, [[18_200, TWO]]);
    assert.equal(source.reads[1].atMs, 17_000);
    assert.equal(source.reads[2].query.reason, 'vmsChanged');
    assert.deepEqual(
      report.vms.map(({ conclusion }) => conclusion),
      ['timedOut', 'timedOut'],
      'the answer of before says nothing of the new VM',
    );
  });

  test('asks for the time first, and changes nothing where that cannot be read', async () => {
    const source = timed([STARTED]);
    const failure = new ReadError('transient', 'no time');
    let asked = 0;
    const { serverTime } = source;
    source.serverTime = async (options) => {
      asked += 1;
      if (asked === 2) throw failure;
      return asked === 3 ? 5 : serverTime(options);
    };
    const { report, changes } = await watched(source, ONE, REOPEN, [
      [5000, TWO],
      [5000, TWO],
      [6000, 'vm-102'],
      [7000, [{ vm: '' }]],
    ]);
    assert.equal(changes[0], failure);
    assert.match(changes[1].message, /serverTime of the source has answered 5/);
    assert.ok(changes[2] instanceof OptionsError && changes[3] instanceof OptionsError);
    assert.equal(report.vms.length, 1);
  });

  test('logs in where the session is gone: one that reads nothing would never find out', async () => {
    const source = timed([]);
    const { serverTime, clock } = source;
    let isLost = false;
    const logIns = [];
    source.serverTime = async (options) => {
      if (isLost) throw new ReadError('notAuthenticated', 'lost');
      return serverTime(options);
    };
    source.logIn = async () => {
      logIns.push(clock.now() - 1000);
      isLost = false;
    };
    void clock.sleep(4000, new AbortController().signal).then(() => {
      isLost = true;
    });
    const { report, changes } = await watched(source, [], REOPEN, [[5000, ONE]]);
    assert.deepEqual(changes, ['done']);
    assert.deepEqual(logIns, [5000]);
    assert.equal(report.vms.length, 1);
  });

  test('takes changes in the order in which they were made', async () => {
    const source = timed([STARTED]);
    const { serverTime, clock } = source;
    const pauses = [0, 3000, 0];
    source.serverTime = async (options) => {
      await clock.sleep(pauses.shift() ?? 0, options.signal);
      return serverTime(options);
    };
    const { report, changes } = await watched(source, ONE, REOPEN, [
      [5000, TWO],
      [5001, [{ vm: 'vm-103' }]],
    ]);
    assert.deepEqual(changes, ['done', 'done']);
    assert.deepEqual(
      report.vms.map(({ vm }) => vm),
      ['vm-103'],
    );
  });

  test('may be asked to change before it has begun, and after its end, when nothing changes', async () => {
    const answer = ({ vms }) => ({ events: vms.includes('vm-101') ? SUCCESS : [] });
    const source = timed([answer, answer]);
    const watch = watchCustomization(source, [{ vm: 'vm-9' }], { clock: source.clock, waitForPowerOn: true });
    assert.deepEqual(watch.rows(), []);
    const change = watch.setVms(ONE);
    await source.clock.drive(Promise.all([change, watch.report]));
    await watch.setVms(TWO);
    assert.deepEqual(
      watch.rows().map(({ vm, conclusion }) => [vm, conclusion]),
      [['vm-101', 'completed']],
    );
    assert.deepEqual(watch.rows(['vm-9', 'vm-101']), watch.rows());
  });

  test('changes nothing when it ends while the time is asked for, and says so with its rows', async () => {
    let asked = 0;
    const source = timed([STARTED], {
      serverTime: () => {
        asked += 1;
        return asked === 1 ? Promise.resolve(at(0)) : HANG();
      },
    });
    const { clock } = source;
    const watch = watchCustomization(source, ONE, { clock, waitForPowerOn: true });
    await clock.drive(watch[Symbol.asyncIterator]().next());
    const change = watch.setVms(TWO);
    while (asked < 2) await new Promise((resolve) => setImmediate(resolve));
    watch.cancel();
    await change;
    await watch.report;
    assert.deepEqual(
      watch.rows().map(({ vm, conclusion }) => [vm, conclusion]),
      [['vm-101', 'cancelled']],
    );
  });

  test('rejects under the published rules, and for a watch that never began', async () => {
    const source = timed([STARTED]);
    const { changes } = await watched(source, ONE, { rules: 'published', timeoutSeconds: 20 }, [[1000, TWO]]);
    assert.ok(changes[0] instanceof OptionsError);
    const wrong = watchCustomization({}, ONE);
    await assert.rejects(wrong.setVms(TWO), OptionsError);
    assert.deepEqual(wrong.rows(), []);
  });

  test('asks the guests of the new VMs, and no longer those of the ones that went', async () => {
    const asked = [];
    const source = timed([STARTED], {
      readGuestInfo: async (vms) => {
        asked.push(vms.join(' '));
        return vms.map((vm) => ({ vm, pendingCustomization: true }));
      },
    });
    await watched(source, ONE, { ...REOPEN, waitForPowerOn: true }, [[20_000, [{ vm: 'vm-102' }]]]);
    assert.deepEqual(asked.slice(0, 4), ['vm-101', 'vm-101', 'vm-102', 'vm-102']);
  });

  test('begins its push anew with the new VMs, after a read', async () => {
    const pushes = [];
    const source = timed([STARTED], {
      pushEvents: async function* (query, { signal }) {
        pushes.push([query.vms.join(' '), signal]);
        yield { events: [] };
        await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      },
    });
    await watched(source, ONE, REOPEN, [
      [20_000, TWO],
      [30_000, ONE],
    ]);
    assert.deepEqual(
      pushes.map(([vms]) => vms),
      ['vm-101', 'vm-102 vm-101'],
    );
    assert.equal(pushes[0][1].aborted, true);
    const ownAfter = source.reads.filter(({ atMs: when }) => when > 20_000 && when < 60_000);
    assert.ok(
      ownAfter.every(({ query }) => !query.vms.includes('vm-102') || query.reason === 'push'),
      'nothing more is read of a VM that went',
    );
  });

  test('keeps a push that takes the new VMs as it goes, and begins one anew that does not', async () => {
    for (const [what, answer, count] of [
      ['takes them', async () => true, 1],
      ['does not', async () => false, 3],
      ['answers something else', async () => 'yes', 3],
      ['fails', async () => Promise.reject(new Error('no')), 3],
      [
        'throws',
        () => {
          throw new TypeError('no');
        },
        3,
      ],
    ]) {
      const pushes = [];
      const taken = [];
      const source = timed([STARTED], {
        pushEvents: (query, { signal }) => {
          pushes.push(query.vms.join(' '));
          const pages = async function* () {
            yield { events: [] };
            await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
          };
          return {
            [Symbol.asyncIterator]: pages,
            setVms: (vms, { signal: own }) => {
              taken.push([vms.join(' '), own.aborted]);
              return answer();
            },
          };
        },
      });
      await watched(source, ONE, REOPEN, [
        [20_000, TWO],
        [30_000, ONE],
        [40_000, TWO],
      ]);
      assert.equal(pushes.length, count, what);
      assert.deepEqual(
        taken,
        [
          ['vm-102 vm-101', false],
          ['vm-101', false],
          ['vm-102 vm-101', false],
        ],
        what,
      );
      assert.equal(source.clock.pending, 0, what);
    }
  });

  test('begins a push anew that does not answer whether it takes the new VMs, after half a minute', async () => {
    const pushes = [];
    const source = timed([STARTED], {
      pushEvents: (query, { signal }) => {
        pushes.push([source.clock.now() - 1000, query.vms.join(' ')]);
        const pages = async function* () {
          yield { events: [] };
          await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
        };
        return { [Symbol.asyncIterator]: pages, setVms: HANG };
      },
    });
    await watched(source, ONE, REOPEN, [[20_000, TWO]]);
    assert.deepEqual(pushes, [
      [0, 'vm-101'],
      [50_000, 'vm-102 vm-101'],
    ]);
  });

  test('goes on without any VM where it is to go on', async () => {
    const source = timed([[event('VmStartingEvent', 1, 18)]]);
    const { report } = await watched(source, [], REOPEN, [
      [20_000, ONE],
      [30_000, []],
    ]);
    assert.deepEqual([report.endedAtMs, report.vms, report.transitions.length], [60_000, [], 1]);
    assert.deepEqual(reads(source), [[20_000, 'vmsChanged', '55:20', 'vm-101']]);
  });
});
