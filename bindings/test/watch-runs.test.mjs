/** What a watch keeps, answers and asks for on its way, where nothing of it is to be left out. */
import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { describe, test } from 'node:test';
import {
  InternalError,
  Monitor,
  OptionsError,
  ReadError,
  resumeCustomization,
  watchCustomization,
} from '../dist/node.js';
import { event, HANG, START, SUCCESS, scripted, TWO, VM } from './scripted-source.mjs';

const NEVER = new AbortController().signal;
const POWERED_ON = SUCCESS.slice(0, 1);
const fatal = new ReadError('fatal', 'no');

/** A watch on a clock that is stepped, and what it told. */
function watching(source, vms = VM, options = {}) {
  const told = [];
  const onProgress = (progress) => told.push(progress);
  const watch = watchCustomization(source, vms, { clock: source.clock, onProgress, ...options });
  const of = (type) => told.filter((progress) => progress.type === type);
  return { watch, told, of, end: () => source.clock.drive(watch.report) };
}
const values = (rows) => rows.map(({ vm }) => vm);

describe('a watch', () => {
  test('asks for the types that its rules need, and no others', async () => {
    const source = scripted([SUCCESS]);
    await watching(source).end();
    const [{ query }] = new Monitor(VM, {}, START, 0).drain().outputs;
    assert.deepEqual(source.reads[0].query.types, query.types);
  });

  test('that goes on from a snapshot has the options that the snapshot has', async () => {
    const snapshot = new Monitor(VM, {}, START, 0).snapshot();
    await assert.rejects(resumeCustomization(scripted([]), snapshot, { timeoutSeconds: 5 }).report, {
      name: 'OptionsError',
      message: /is no option of a wait that goes on/,
    });
  });

  test('has no snapshot before the time is known, nor where it was refused', async () => {
    const message = "there is no snapshot before vCenter's time is known: take it after the first `started` progress";
    const { watch } = watching(scripted([], { serverTime: HANG }));
    const refused = watchCustomization({}, VM);
    for (const each of [watch, refused]) {
      assert.throws(() => each.snapshot(), { name: 'VmCustomizationError', code: 'notStarted', message });
      assert.deepEqual(each.rows(), []);
    }
    await assert.rejects(watch.detach(), { code: 'notStarted' });
    assert.deepEqual(watch.rows(), []);
  });

  test('tells the rows that are asked for, also after its end', async () => {
    const { watch, end } = watching(scripted([SUCCESS]), TWO, { timeoutSeconds: 5 });
    const report = await end();
    assert.deepEqual(watch.rows(), report.vms);
    assert.deepEqual(watch.rows(['vm-102', 'vm-9', 'vm-101']), [...report.vms].reverse());
    assert.deepEqual(watch.rows([]), []);
  });

  test('has nothing to be read of a machine that has failed', async () => {
    const failure = new InternalError('the core has stopped');
    const { watch, end } = watching(scripted([SUCCESS]), VM, {
      onProgress: ({ type }) => {
        if (type === 'transition') throw failure;
      },
    });
    await assert.rejects(end(), failure);
    assert.deepEqual(watch.rows(), []);
  });

  test('lets go of the signal of its caller when it ends', async () => {
    const { signal } = new AbortController();
    const { end } = watching(scripted([SUCCESS]), VM, { signal });
    assert.equal(getEventListeners(signal, 'abort').length, 1);
    await end();
    assert.equal(getEventListeners(signal, 'abort').length, 0);
  });

  test('names what is no reference of a VM', async () => {
    const { watch, end } = watching(scripted([SUCCESS]));
    await assert.rejects(watch.vm(5), {
      name: 'OptionsError',
      message: "the VM is 5: pass the value of its managed object reference, such as 'vm-101'",
    });
    await end();
  });

  test('knows of a VM that is done that it is, also after others have come', async () => {
    const source = scripted([SUCCESS]);
    const { watch } = watching(source, TWO, { timeoutSeconds: null, waitForPowerOn: true });
    await source.clock.drive(watch.vm('vm-101'));
    await source.clock.drive(watch.setVms([...TWO, { vm: 'vm-103' }]));
    const { conclusion } = await source.clock.drive(
      Promise.race([watch.vm('vm-101'), source.clock.sleep(60_000, NEVER).then(() => ({}))]),
    );
    assert.equal(conclusion, 'completed');
    await watch.detach();
  });

  test('gives every VM as done where it goes on from a snapshot and the time cannot be read', async () => {
    const source = scripted([SUCCESS]);
    const { watch, end } = watching(source, TWO, { waitForPowerOn: true });
    await source.clock.drive(watch.vm('vm-101'));
    const snapshot = await source.clock.drive(watch.detach());
    await assert.rejects(end());
    const next = scripted([], { serverTime: () => Promise.reject(fatal) });
    const resumed = resumeCustomization(next, snapshot, { clock: next.clock });
    const rows = [];
    await next.clock.drive(
      (async () => {
        for await (const row of resumed.concluded()) rows.push(row);
      })(),
    );
    assert.deepEqual(values(rows).sort(), values(TWO));
  });
});

describe('a call that a run makes', () => {
  const PENDING = [event('VmStartingEvent', 1, -5)];

  test('is told why it is given up: for a newer read, a newer log-in, or the end', async () => {
    const source = scripted([PENDING, HANG, []]);
    await watching(source, VM, { timeoutSeconds: 20, push: false }).end();
    assert.equal(source.reads[1].signal.reason.message, 'a newer read was asked for');
    const hanging = scripted([HANG]);
    const { watch, end } = watching(hanging);
    hanging.clock.sleep(1, NEVER).then(() => watch.cancel());
    await end();
    assert.equal(hanging.reads[0].signal.aborted, true);
  });

  test('that takes too long fails with what it was, and how long it took', async () => {
    for (const [readTimeoutMs, seconds] of [
      [undefined, 30],
      [7_000, 7],
    ]) {
      const source = scripted([HANG, SUCCESS], { readTimeoutMs });
      const { end, of } = watching(source);
      await end();
      assert.deepEqual(of('readFailed')[0].failure, {
        kind: 'transient',
        message: `reading the events took longer than ${seconds} s`,
      });
      assert.equal(source.reads[1].atMs, seconds * 1_000 + 1_000);
    }
    const source = scripted([new ReadError('notAuthenticated', 'lost'), SUCCESS], { logIn: HANG });
    const { end, of } = watching(source);
    await end();
    assert.equal(of('readFailed').at(-1).failure.message, 'logging in took longer than 30 s');
  });

  test('is no log-in where the source has none, which ends the run with that', async () => {
    const source = scripted([new ReadError('notAuthenticated', 'lost')], { logIn: undefined });
    const { end } = watching(source);
    const { kind, message } = (await end()).reading.failure;
    assert.deepEqual([kind, message], ['fatal', 'the session has ended and the source has no way to log in again']);
  });

  test('for the time, when the VMs change, ends with the run, or after 30 s', async () => {
    const signals = [];
    let asked = 0;
    const source = scripted([PENDING], {
      serverTime: ({ signal }) => {
        signals.push(signal);
        asked += 1;
        return asked === 1 ? new Date(START) : HANG();
      },
    });
    const { clock } = source;
    const { watch, end } = watching(source, VM, { timeoutSeconds: null });
    await clock.drive(clock.sleep(1, NEVER));
    await assert.rejects(clock.drive(watch.setVms(TWO)), {
      message: "asking for vCenter's time took longer than 30 s",
    });
    const change = watch.setVms(TWO);
    clock.sleep(1, NEVER).then(() => watch.cancel());
    await end();
    await change;
    assert.equal(signals[2].reason.message, 'the wait is over');
    assert.deepEqual(values(watch.rows()), ['vm-101']);
  });
});

describe('a run', () => {
  /** A source that pushes what the script says: pages, and numbers for pauses in milliseconds; then nothing more. */
  function pushing(reads, script, more = {}) {
    const source = scripted(reads, {
      async *pushEvents(_, { signal }) {
        for (const step of script) {
          if (typeof step === 'number') await source.clock.sleep(step, signal);
          else yield step;
        }
        await HANG();
      },
      ...more,
    });
    return source;
  }

  test('is recorded in the format that players know, with what completes a read and what comes beside it', async () => {
    const inputs = [];
    const onInput = (input) => inputs.push(input);
    const source = pushing([SUCCESS.slice(0, 1), [], SUCCESS], [{ events: [] }, 5, { events: [], complete: false }]);
    await watching(source, VM, { onInput }).end();
    assert.equal(inputs[0].recording.format, 'vm-customization-recording/1');
    assert.deepEqual(
      inputs.filter(({ type }) => type === 'events').map(({ complete, atMs }) => [complete, atMs]),
      [
        [true, 0],
        [false, 0],
        [false, 5],
      ],
    );
  });

  test('under the published rules asks no guest, also when it goes on', async () => {
    const first = scripted([HANG]);
    const { watch } = watching(first, VM, { rules: 'published' });
    while (first.reads.length === 0) await first.clock.drive(first.clock.sleep(1_000, NEVER));
    const snapshot = await first.clock.drive(watch.detach());
    const asked = [];
    const readGuestInfo = async (vms) => {
      asked.push(vms);
      return [];
    };
    const source = scripted([SUCCESS, SUCCESS], { readGuestInfo });
    await source.clock.drive(resumeCustomization(source, snapshot, { clock: source.clock }).report);
    assert.equal(source.reads[0].query.reason, 'restored');
    assert.deepEqual(asked, []);
  });

  /** A snapshot of a run with these options, two seconds after its first read. */
  async function snapshotOf(options, more = {}) {
    const source = pushing([SUCCESS.slice(0, 1)], [], more);
    const { watch } = watching(source, VM, options);
    await source.clock.drive(source.clock.sleep(2_000, NEVER));
    return source.clock.drive(watch.detach());
  }
  const resume = (source, snapshot) => {
    const told = [];
    const watch = resumeCustomization(source, snapshot, {
      clock: source.clock,
      onProgress: (progress) => told.push(progress),
    });
    return { watch, told };
  };

  test('under the published rules has no push when it goes on, either', async () => {
    const snapshot = await snapshotOf({ rules: 'published' });
    let pushes = 0;
    const source = scripted([SUCCESS, SUCCESS, SUCCESS], {
      pushEvents: () => {
        pushes += 1;
        return (async function* () {})();
      },
    });
    await source.clock.drive(resume(source, snapshot).watch.report);
    assert.equal(pushes, 0);
  });

  test('reads as often when it goes on as it was asked to, and every 15 s where its push should be there and is not', async () => {
    for (const [options, times, reasons] of [
      [{ pollIntervalSeconds: 20 }, [0, 20_000, 40_000], 'poll'],
      [{ push: false }, [0, 15_000, 30_000, 45_000], 'poll'],
      [{}, [0, 15_000, 30_000, 45_000], 'poll'],
    ]) {
      const snapshot = await snapshotOf(options);
      const source = scripted([], {
        pushEvents: () => ({ [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(fatal) }) }),
      });
      const { watch, told } = resume(source, snapshot);
      await source.clock.drive(source.clock.sleep(50_000, NEVER));
      assert.deepEqual(
        source.reads.map(({ atMs }) => atMs),
        times,
      );
      const later = told.filter(({ type }) => type === 'reading').slice(1);
      assert.ok(later.every(({ query }) => query.reason === reasons));
      await watch.detach();
    }
  });

  test('reads every 60 s while its push is there, also when it goes on', async () => {
    const snapshot = await snapshotOf({});
    const source = pushing([], [{ events: [] }, 5, { events: SUCCESS.slice(0, 1) }]);
    const { watch, told } = resume(source, snapshot);
    await source.clock.drive(source.clock.sleep(70_000, NEVER));
    assert.deepEqual(
      told.filter(({ type }) => type === 'reading').map(({ query }) => query.reason),
      ['safety', 'push', 'safety'],
    );
    await watch.detach();
  });

  test('that has no deadline waits for the time as long as it takes, also when it goes on', async () => {
    const snapshot = await snapshotOf({ timeoutSeconds: null });
    let asked = 0;
    const source = scripted([SUCCESS], {
      serverTime: async () => {
        asked += 1;
        if (asked < 100) throw new ReadError('transient', 'reset');
        return new Date(Date.parse(START) + 3_600_000);
      },
    });
    const { vms } = await source.clock.drive(resume(source, snapshot).watch.report);
    assert.equal(vms[0].conclusion, 'completed');
  });

  test('says at its first read that the server does not tell of guests that are to be ready, also when it goes on', async () => {
    const readGuestInfo = async (_, { readiness }) => {
      if (readiness) throw new OptionsError('invalidOptions', 'no such property');
      return [];
    };
    const snapshot = await snapshotOf({ ready: 'tools' }, { readGuestInfo: async () => [] });
    const source = scripted([], { readGuestInfo });
    await assert.rejects(source.clock.drive(resume(source, snapshot).watch.report), { message: 'no such property' });
    assert.ok(source.reads.length <= 1);
  });

  test('does not go on from a snapshot whose options are none', async () => {
    const snapshot = await snapshotOf({});
    for (const options of [undefined, null, 5, 'x', { ...snapshot.options, timeoutSeconds: 'x' }, { rules: 5 }]) {
      const source = scripted([SUCCESS]);
      const { watch } = resume(source, { ...snapshot, options });
      await assert.rejects(source.clock.drive(watch.report), { name: 'SnapshotError' });
    }
  });

  test('takes VMs as of when that was asked for, whatever the question for the time takes', async () => {
    let asked = 0;
    const inputs = [];
    const source = scripted([SUCCESS.slice(0, 1)], {
      serverTime: async () => {
        asked += 1;
        if (asked > 1) await source.clock.sleep(4_000.5, NEVER);
        return new Date(Date.parse(START) + asked * 60_000);
      },
    });
    const { clock } = source;
    const { watch } = watching(source, VM, { timeoutSeconds: null, onInput: (input) => inputs.push(input) });
    await clock.drive(clock.sleep(1, NEVER));
    await clock.drive(watch.setVms(TWO));
    const { serverTime } = inputs.find(({ type }) => type === 'vms');
    assert.equal(Date.parse(serverTime) - Date.parse(START), 120_000 - 4_000);
    await watch.detach();
  });

  test('takes what came while the host slept, after what was due meanwhile', async () => {
    const source = scripted([SUCCESS.slice(0, 1), HANG], {
      serverTime: async () => {
        source.clock.jump(source.reads.length > 0 ? 20_000 : 0);
        return new Date(START);
      },
    });
    const { clock } = source;
    const { watch } = watching(source, VM, { timeoutSeconds: null });
    await clock.drive(clock.sleep(1, NEVER));
    const change = watch.setVms(TWO);
    await clock.drive(Promise.race([change, clock.sleep(5_000, NEVER)]));
    assert.deepEqual(values(watch.rows()), ['vm-101', 'vm-102']);
    assert.equal(source.reads[1].query.reason, 'poll');
    await watch.detach();
  });

  test('gives back the memory of its machine when it is over', async (t) => {
    const { mock } = t.mock.method(Monitor.prototype, 'dispose');
    const { end } = watching(scripted([SUCCESS]));
    await end();
    assert.equal(mock.callCount(), 1);
  });

  test('ends with what a callback throws at other VMs, as at anything else', async () => {
    const mine = new Error('mine');
    const source = scripted([SUCCESS.slice(0, 1)]);
    const { clock } = source;
    const onInput = ({ type }) => {
      if (type === 'vms') throw mine;
    };
    const { watch, end } = watching(source, VM, { timeoutSeconds: null, onInput });
    await clock.drive(clock.sleep(1, NEVER));
    watch.setVms(TWO).catch(() => undefined);
    await assert.rejects(end(), mine);
  });

  test('logs in once, though its push and its guests miss the session too while it does', async () => {
    const lost = new ReadError('notAuthenticated', 'lost');
    for (const by of ['push', 'guests']) {
      const loses = async (signal) => {
        await source.clock.sleep(15_500 - (source.clock.now() - 1_000), signal);
        throw lost;
      };
      const source = scripted(by === 'push' ? [SUCCESS, [], lost] : [SUCCESS, lost], {
        logIn: async () => {
          logIns += 1;
          await source.clock.sleep(1_000, NEVER);
        },
        ...(by === 'push' && {
          pushEvents: (_, { signal }) => ({ [Symbol.asyncIterator]: () => ({ next: () => loses(signal) }) }),
        }),
        readGuestInfo: async (_, { signal }) => (by === 'guests' && source.clock.now() > 15_500 ? loses(signal) : []),
      });
      let logIns = 0;
      const { watch, of } = watching(source, VM, { ready: 'tools', pollIntervalSeconds: by === 'push' ? 7.5 : 15 });
      await source.clock.drive(source.clock.sleep(16_200, NEVER));
      assert.deepEqual([logIns, of('readFailed').length], [1, 1], by);
      await watch.detach();
    }
  });

  test('records of guests that may not be read nothing', async () => {
    const inputs = [];
    const source = scripted([[...SUCCESS, event('CustomizationSucceeded', 9, 2, 'vm-102')]], {
      readGuestInfo: async (vms) =>
        vms.map((vm) =>
          vm === 'vm-101' ? { vm, noPermission: 'no' } : { vm, toolsRunningStatus: 'guestToolsRunning' },
        ),
    });
    await watching(source, TWO, { ready: 'tools', settleSeconds: 5, onInput: (input) => inputs.push(input) }).end();
    const infos = inputs.flatMap(({ type, infos: of }) => (type === 'guestInfo' ? of : []));
    assert.ok(infos.length > 0);
    assert.deepEqual([...new Set(values(infos))], ['vm-102']);
  });

  test('tells of each complete read that it was, also beside those of its machine, and of no other', async () => {
    const types = ['reading', 'read', 'readFailed', 'pushing'];
    const tellsOf = (told) => told.map(({ type }) => type).filter((type) => types.includes(type));
    for (const [reads, expected] of [
      [
        [POWERED_ON, []],
        ['reading', 'read', 'pushing', 'reading', 'read'],
      ],
      [
        [POWERED_ON, { events: [], complete: false }, []],
        ['reading', 'read', 'pushing', 'reading', 'readFailed', 'reading', 'read'],
      ],
    ]) {
      const source = pushing(reads, [{ events: [] }]);
      const { watch, told } = watching(source);
      await source.clock.drive(source.clock.sleep(1_500, NEVER));
      assert.deepEqual(tellsOf(told), expected);
      await watch.detach();
    }
    // What was pushed makes no sense while a read beside is open, whose answer is no word on that.
    const slow = async () => {
      await source.clock.sleep(1_000, NEVER);
      return { events: [] };
    };
    const source = pushing([POWERED_ON, slow, []], [{ events: [] }, 500, { events: '<html>' }]);
    const { watch, told } = watching(source);
    await source.clock.drive(source.clock.sleep(1_200, NEVER));
    assert.deepEqual(tellsOf(told), ['reading', 'read', 'pushing', 'reading', 'readFailed']);
    await watch.detach();
  });

  test('tells what keeps the guests from being read with the first complete read', async () => {
    const source = scripted([{ events: POWERED_ON, complete: false }, []], {
      readGuestInfo: () => Promise.reject(new Error('busy')),
    });
    const { watch, told } = watching(source);
    await source.clock.drive(source.clock.sleep(1_500, NEVER));
    assert.deepEqual(
      told.map(({ type }) => type).filter((type) => ['readFailed', 'read', 'guestInfoFailed'].includes(type)),
      ['readFailed', 'read', 'guestInfoFailed'],
    );
    await watch.detach();
  });

  test('without a push tells nothing of one', async () => {
    const source = scripted([POWERED_ON]);
    const { watch, told } = watching(source);
    await source.clock.drive(source.clock.sleep(5_000, NEVER));
    assert.equal(
      told.some(({ type }) => type.startsWith('push')),
      false,
    );
    await watch.detach();
  });

  for (const [jumpMs, toldMs] of [
    [1_000, 15_000],
    [2_000, 15_000],
    [2_001, 16_001],
  ]) {
    test(`whose timer fires ${jumpMs - 1_000} ms late tells its machine that it is ${toldMs} ms`, async () => {
      const source = scripted([POWERED_ON, [event('VmPoweredOnEvent', 9, 20)]]);
      const { clock } = source;
      const { watch } = watching(source, VM, { timeoutSeconds: null });
      clock.sleep(14_000, NEVER).then(() => clock.jump(jumpMs));
      await clock.drive(clock.sleep(40_000, NEVER));
      // Reads go back to 30 s before the one before was asked for.
      assert.equal(Date.parse(source.reads[2].query.since) - Date.parse(START), toldMs - 30_000);
      await watch.detach();
    });
  }

  test('that is called off while a guest is asked for a hint gives none', async () => {
    const source = scripted([SUCCESS.slice(0, 1)], {
      readGuestInfo: async () => (source.clock.now() > 11_000 ? HANG() : []),
    });
    const { watch, of, end } = watching(source, VM, { stuckAfterSeconds: 12, pollIntervalSeconds: 100 });
    source.clock.sleep(12_500, NEVER).then(() => watch.cancel());
    await end();
    assert.deepEqual(of('stuck'), []);
  });

  test('that ends without the time is recorded as what ended it, and not as called off', async () => {
    const inputs = [];
    const source = scripted([], { serverTime: () => Promise.reject(fatal) });
    await watching(source, VM, { onInput: ({ type }) => inputs.push(type) }).end();
    assert.deepEqual(inputs, ['begin', 'readFailed']);
  });

  test('logs in anew where what was pushed makes no sense meanwhile, and gives the log-in up that is open', async () => {
    const lost = new ReadError('notAuthenticated', 'lost');
    const signals = [];
    const source = pushing([POWERED_ON, [], lost], [{ events: [] }, 5_500, { events: '<html>' }], {
      logIn: ({ signal }) => {
        signals.push(signal);
        return HANG();
      },
    });
    const { watch } = watching(source, VM, { pollIntervalSeconds: 5 });
    await source.clock.drive(source.clock.sleep(10_000, NEVER));
    assert.equal(signals.length, 2);
    assert.deepEqual([signals[0].reason?.message, signals[1].aborted], ['a newer log-in was asked for', false]);
    await watch.detach();
  });

  test('waits with its last read of events for the last word of the guests', async () => {
    const source = scripted([SUCCESS], {
      readGuestInfo: async (vms, { signal }) => {
        const isLast = source.clock.now() >= 61_000;
        if (isLast) await source.clock.sleep(500, signal);
        return vms.map((vm) => ({ vm, toolsRunningStatus: isLast ? 'guestToolsRunning' : 'guestToolsNotRunning' }));
      },
    });
    const report = await watching(source, VM, { ready: 'tools', settleSeconds: 0, timeoutSeconds: 60 }).end();
    assert.deepEqual([report.vms[0].conclusion, report.endedAtMs], ['completed', 60_500]);
  });

  test('says of which call an answer is none', async () => {
    const source = scripted([() => 5, SUCCESS]);
    const { end, of } = watching(source);
    await end();
    assert.equal(
      of('readFailed')[0].failure.message,
      'what readEvents answered cannot be used: it is 5, and has to be a page such as { events: [] }',
    );
  });

  test('without a VM and without a deadline asks its clock for no sleep without an end', async () => {
    const source = scripted([SUCCESS]);
    const sleeps = [];
    const clock = {
      now: () => source.clock.now(),
      sleep: (ms, signal) => sleeps.push(ms) && source.clock.sleep(ms, signal),
    };
    const { watch } = watching(source, VM, { clock, attempts: 'reopen', timeoutSeconds: null });
    await source.clock.drive(watch.setVms([]));
    await source.clock.drive(source.clock.sleep(60_000, NEVER));
    assert.deepEqual(watch.rows(), []);
    assert.equal(sleeps.every(Number.isFinite), true);
    await watch.detach();
  });

  test('asks for nothing that the rest of the same answer makes needless', async () => {
    const failures = ['vm-102', 'vm-103'].map((vm) => ({ kind: 'notFound', vm }));
    const source = scripted([{ events: POWERED_ON, failures }]);
    const vms = ['vm-101', 'vm-102', 'vm-103'].map((vm) => ({ vm }));
    const { watch, of } = watching(source, vms, { waitForPowerOn: true });
    await source.clock.drive(source.clock.sleep(1_500, NEVER));
    assert.deepEqual(
      of('reading').map(({ query }) => query.reason),
      ['start'],
    );
    await watch.detach();
  });
});
