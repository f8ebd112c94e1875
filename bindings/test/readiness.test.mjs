/** Waiting for guests that are ready (D19): when they are asked, what of it counts, and that a recording plays back alike. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  OptionsError,
  ReadError,
  Recorder,
  replay,
  resumeCustomization,
  waitForCustomization,
  watchCustomization,
} from '../dist/node.js';
import { event, START, SUCCESS, scripted, TWO, VM } from './scripted-source.mjs';

const SECOND = [
  event('VmStartingEvent', 11, -5, 'vm-102'),
  event('CustomizationStartedEvent', 12, 1, 'vm-102'),
  event('CustomizationSucceeded', 13, 2, 'vm-102'),
];

const RUNNING = { toolsRunningStatus: 'guestToolsRunning', guestOperationsReady: true };
const BOOTING = { toolsRunningStatus: 'guestToolsNotRunning', guestOperationsReady: false };
const at = (ms) => new Date(Date.parse(START) + ms).toISOString();

/**
 * A source whose guests are as `stateAt` says at each time. What is asked because a guest has to be ready is in `asked`;
 * what goes with reads of events is not.
 */
function withGuests(events, stateAt, more = {}) {
  const asked = [];
  const source = scripted(events, {
    readGuestInfo: async (vms, { readiness }) => {
      const ms = source.clock.now() - 1000;
      assert.equal(readiness, true);
      asked.push({ ms, vms });
      return vms.flatMap((vm) => {
        const state = stateAt(ms, vm);
        return state === undefined ? [] : [{ vm, ...state }];
      });
    },
    ...more,
  });
  return Object.assign(source, { asked });
}

/** Waits with simulated time; its recording has to play back to the same report. */
async function wait(source, vms = VM, options = {}) {
  const recorder = new Recorder();
  const told = [];
  const report = await source.clock.drive(
    waitForCustomization(source, vms, {
      clock: source.clock,
      ready: 'tools',
      onInput: recorder.take,
      onProgress: (progress) => told.push(progress),
      ...options,
    }),
  );
  const recording = recorder.recording();
  assert.deepEqual(JSON.parse(replay(JSON.stringify(recording))), report, 'a recording plays back to the same report');
  return { report, recording, told, row: report.vms[0] };
}

describe('a wait for guests that are ready', () => {
  test('asks at the result and every 5 s from the answer on, until the guest has settled', async () => {
    const source = withGuests([SUCCESS], () => RUNNING);
    const { row, report, told } = await wait(source);
    assert.deepEqual([row.customizationStatus, row.conclusion], ['CustomizationSucceeded', 'completed']);
    assert.equal(row.readyAt, at(30_000));
    assert.equal(report.endedAtMs, 30_000);
    // The first goes with the read of the events.
    assert.deepEqual(
      source.asked.map(({ ms }) => ms),
      [0, 0, 5_000, 10_000, 15_000, 20_000, 25_000, 30_000],
    );
    assert.equal(told.filter(({ type }) => type === 'concluded').length, 1);
  });

  test('takes no guest for ready that reboots right after its success', async () => {
    const source = withGuests([SUCCESS], (ms) => (ms >= 12_000 && ms < 40_000 ? BOOTING : RUNNING));
    const { row } = await wait(source);
    assert.equal(row.readyAt, at(70_000));
  });

  test('waits for guest operations where those are asked for', async () => {
    const source = withGuests([SUCCESS], (ms) => ({ ...RUNNING, guestOperationsReady: ms >= 8_000 }));
    const { row } = await wait(source, VM, { ready: 'guestOperations', settleSeconds: 5 });
    assert.equal(row.readyAt, at(15_000));
  });

  test('asks of all that are so far with one request', async () => {
    const source = withGuests([SUCCESS, SECOND], () => RUNNING);
    const { report } = await wait(source, TWO, { settleSeconds: 12, waitForPowerOn: true });
    assert.deepEqual(
      report.vms.map(({ readyAt }) => readyAt),
      [at(15_000), at(30_000)],
    );
    const together = source.asked.filter(({ vms }) => vms.length === 2);
    assert.ok(together.length > 0);
  });

  test('never asks twice at a time, and again 30 s after a question that nobody answers', async () => {
    let open = 0;
    let most = 0;
    const source = withGuests([[], SUCCESS], () => RUNNING, {
      readGuestInfo: async (vms, { signal }) => {
        // Those that go with reads of the events before the result.
        if (source.reads.length < 2) return [];
        source.asked.push({ ms: source.clock.now() - 1000, vms });
        open += 1;
        most = Math.max(most, open);
        try {
          if (source.asked.length < 3) await new Promise((_, failed) => signal.addEventListener('abort', failed));
          return vms.map((vm) => ({ vm, ...RUNNING }));
        } finally {
          open -= 1;
        }
      },
    });
    const { row } = await wait(source, VM, { settleSeconds: 0, waitForPowerOn: true });
    assert.equal(row.readyAt, at(75_000));
    assert.equal(most, 1);
    assert.deepEqual(
      source.asked.map(({ ms }) => ms),
      [15_000, 45_000, 75_000],
    );
  });

  test('times out with its status and the hint where a guest does not get ready', async () => {
    const source = withGuests([SUCCESS], () => BOOTING);
    const { row } = await wait(source, VM, { timeoutSeconds: 60 });
    assert.deepEqual(
      [row.customizationStatus, row.conclusion, row.hint, row.readyAt],
      ['CustomizationSucceeded', 'timedOut', 'notReady', undefined],
    );
    assert.equal(source.asked.at(-1).ms, 60_000, 'one more with the last read');
  });

  test('counts an answer to the last question that comes with the last events', async () => {
    const source = withGuests([SUCCESS], (ms) => (ms >= 59_999 ? RUNNING : BOOTING));
    const { row } = await wait(source, VM, { timeoutSeconds: 60, settleSeconds: 0 });
    assert.deepEqual([row.conclusion, row.readyAt], ['completed', at(60_000)]);
  });

  test('lets a failed question pass, and says so once', async () => {
    let fails = true;
    const source = withGuests([SUCCESS, [], []], () => RUNNING, {});
    const { readGuestInfo } = source;
    source.readGuestInfo = async (vms, options) => {
      if (fails && source.reads.length > 0) {
        fails = false;
        throw new ReadError('transient', 'the server is busy');
      }
      return readGuestInfo(vms, options);
    };
    const { row, told } = await wait(source, VM, { settleSeconds: 10 });
    // 30 s after it was asked for the question is asked again.
    assert.equal(row.readyAt, at(40_000));
    const failures = told.filter(({ type }) => type === 'guestInfoFailed').map(({ message }) => message);
    assert.deepEqual(failures, ['the server is busy']);
    assert.equal(told.filter(({ type }) => type === 'readFailed').length, 0, 'it is no failed read');
  });

  test('lets an answer that makes no sense pass, and says so once', async () => {
    let wrong = true;
    const source = withGuests([SUCCESS], () => RUNNING, {});
    const { readGuestInfo } = source;
    source.readGuestInfo = async (vms, options) => {
      if (wrong && source.reads.length > 0) {
        wrong = false;
        return [{ vm: 'vm-101', bootTime: 'yesterday', toolsRunningStatus: 5 }];
      }
      return readGuestInfo(vms, options);
    };
    const { row, told } = await wait(source, VM, { settleSeconds: 0 });
    assert.equal(row.readyAt, at(30_000));
    const failures = told.filter(({ type }) => type === 'guestInfoFailed').map(({ message }) => message);
    assert.equal(failures.length, 1);
    assert.match(failures[0], /^what is known of the guests makes no sense: ./);
  });

  test('logs in again where the session is gone', async () => {
    let isGone = true;
    const source = withGuests([SUCCESS], () => RUNNING, {});
    const { readGuestInfo } = source;
    source.readGuestInfo = async (vms, options) => {
      if (isGone && source.reads.length > 0) {
        isGone = false;
        throw new ReadError('notAuthenticated', 'the session is gone');
      }
      return readGuestInfo(vms, options);
    };
    const { row } = await wait(source, VM, { settleSeconds: 0 });
    assert.deepEqual(source.logIns, [0]);
    assert.equal(row.readyAt, at(30_000));
  });

  test('ends for a VM whose properties may not be read, and its row says why', async () => {
    const why = 'the account needs System.Read';
    const source = withGuests([[...SUCCESS, ...SECOND]], (_, vm) =>
      vm === 'vm-101' ? { noPermission: why } : RUNNING,
    );
    const { report, told } = await wait(source, TWO, { settleSeconds: 5 });
    const [refused, ready] = report.vms;
    assert.deepEqual(
      [refused.customizationStatus, refused.conclusion, refused.error],
      ['CustomizationSucceeded', 'unobservable', { kind: 'noPermission', message: why }],
    );
    assert.equal(ready.conclusion, 'completed');
    assert.equal(told.filter(({ type }) => type === 'readFailed').length, 1, 'told once');
  });

  test('goes on in the middle of settling', async () => {
    const source = withGuests([SUCCESS, []], () => RUNNING);
    const { clock } = source;
    const watch = watchCustomization(source, VM, { clock, ready: 'tools' });
    const snapshot = await clock.drive(
      (async () => {
        await clock.sleep(12_000, new AbortController().signal);
        return watch.detach();
      })(),
    );
    await clock.drive(clock.sleep(10_000, new AbortController().signal));
    const report = await clock.drive(
      resumeCustomization(source, JSON.parse(JSON.stringify(snapshot)), { clock }).report,
    );
    // Settling began at 0; time down passes.
    assert.equal(report.vms[0].readyAt, at(32_000));
  });

  test('tells each VM as it becomes ready', async () => {
    const source = withGuests([[...SUCCESS, ...SECOND]], (ms, vm) =>
      vm === 'vm-102' || ms >= 20_000 ? RUNNING : BOOTING,
    );
    const { clock } = source;
    const watch = watchCustomization(source, TWO, { clock, ready: 'tools', settleSeconds: 5 });
    const rows = [];
    await clock.drive(
      (async () => {
        for await (const row of watch.concluded()) rows.push([row.vm, row.readyAt]);
      })(),
    );
    assert.deepEqual(rows, [
      ['vm-102', at(5_000)],
      ['vm-101', at(25_000)],
    ]);
  });

  test('counts no answer of before the VM took another step', async () => {
    // It is powered on again while the question is open: what it was answered says nothing of the second success.
    const again = [event('VmStartingEvent', 21, 3), event('CustomizationSucceeded', 22, 4)];
    const source = withGuests([SUCCESS, again], () => RUNNING, {
      readGuestInfo: async (vms) => {
        const ms = source.clock.now() - 1000;
        if (source.reads.length > 0) await source.clock.sleep(16_000, new AbortController().signal);
        source.asked.push({ ms, vms });
        return vms.map((vm) => ({ vm, ...RUNNING }));
      },
    });
    const { row } = await wait(source, VM, { settleSeconds: 0, attempts: 'reopen', timeoutSeconds: 60 });
    assert.equal(row.attempt, 2);
    assert.equal(row.conclusion, 'completed');
  });

  test('is refused where the source cannot tell, or where its server does not', async () => {
    const { readGuestInfo: _, ...source } = withGuests([SUCCESS], () => RUNNING);
    const refused = waitForCustomization(source, VM, { ready: 'tools' });
    await assert.rejects(refused, (error) => error instanceof OptionsError && /readGuestInfo/.test(error.message));
    const old = withGuests([[]], () => RUNNING, {
      readGuestInfo: async () => {
        throw new OptionsError(
          'invalidOptions',
          'ready cannot be used with vc: no property guest.guestOperationsReady',
        );
      },
    });
    const report = old.clock.drive(
      waitForCustomization(old, VM, { ready: 'guestOperations', waitForPowerOn: true, clock: old.clock }),
    );
    await assert.rejects(report, /no property guest.guestOperationsReady/);
  });

  test('changes nothing under published rules, nor without the option', async () => {
    const asked = [];
    const readGuestInfo = async (_, { readiness }) => {
      asked.push(readiness);
      return [];
    };
    const published = scripted([SUCCESS, SUCCESS, SUCCESS], { readGuestInfo });
    const report = await published.clock.drive(
      waitForCustomization(published, VM, { clock: published.clock, rules: 'published', ready: 'tools' }),
    );
    assert.equal(report.vms[0].conclusion, 'completed');
    assert.deepEqual(asked, []);
    const plain = scripted([SUCCESS], { readGuestInfo });
    const { vms } = await plain.clock.drive(waitForCustomization(plain, VM, { clock: plain.clock }));
    assert.deepEqual(asked, [false]);
    assert.equal(vms[0].readyAt, undefined);
  });
});

describe('the options of readiness', () => {
  for (const [options, message] of [
    [{ ready: 'soon' }, /^ready is the text 'soon': give 'tools' or 'guestOperations'/],
    [{ settleSeconds: '30' }, /^settleSeconds is the text '30': give a number of seconds/],
    [{ settleSeconds: -1 }, /settleSeconds/],
  ]) {
    test(`${JSON.stringify(options)} is refused by name`, async () => {
      const source = scripted([], { readGuestInfo: async () => [] });
      const refused = source.clock.drive(waitForCustomization(source, VM, { clock: source.clock, ...options }));
      await assert.rejects(refused, { name: 'OptionsError', message });
    });
  }
});

test('a wait for guests that goes on from a snapshot ends where the source cannot tell of them', async () => {
  const source = withGuests([SUCCESS], () => BOOTING);
  const { clock } = source;
  const watch = watchCustomization(source, VM, { clock, ready: 'tools' });
  await clock.drive(clock.sleep(2_000, new AbortController().signal));
  const snapshot = await clock.drive(watch.detach());
  const bare = scripted([]);
  await assert.rejects(bare.clock.drive(resumeCustomization(bare, snapshot, { clock: bare.clock }).report), {
    name: 'OptionsError',
    message: /^ready cannot be used with this source, which has no method readGuestInfo: /,
  });
});

test('a wait for guests ends where the server turns out not to tell of them', async () => {
  const error = new OptionsError('notTold', 'ready cannot be used with this server');
  const source = withGuests([SUCCESS], () => RUNNING);
  const { readGuestInfo } = source;
  source.readGuestInfo = async (vms, options) => {
    if (source.reads.length > 0) throw error;
    return readGuestInfo(vms, options);
  };
  await assert.rejects(wait(source), error);
});
