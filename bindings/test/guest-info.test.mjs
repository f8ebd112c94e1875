/** The second signal in a wait: when it is read, in which order it is fed, and that it never fails anything. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  ReadError,
  Recorder,
  replay,
  resumeCustomization,
  waitForCustomization,
  watchCustomization,
} from '../dist/node.js';
import { event, HANG, START, SUCCESS, scripted, TWO, VM } from './scripted-source.mjs';

const at = (second) => new Date(Date.parse(START) + second * 1000).toISOString();
const POWERED_ON = SUCCESS.slice(0, 1);
const STARTED = SUCCESS.slice(1, 2);

const pending = (vm = 'vm-101', is = true) => ({ vm, pendingCustomization: is });
const running = { vm: 'vm-101', customizationStatus: 'TOOLSDEPLOYPKG_RUNNING', startTime: at(1) };
const done = (status, second = 2) => ({
  ...running,
  customizationStatus: `TOOLSDEPLOYPKG_${status}`,
  endTime: at(second),
});

/** A source whose guests answer by a script too; the last entry is answered again and again. */
function withGuests(events, guests, more = {}) {
  const asked = [];
  const entries = [...guests];
  const source = scripted(events, {
    readGuestInfo: async (vms) => {
      asked.push({ at: source.clock.now() - 1000, vms });
      const entry = entries.length > 1 ? entries.shift() : entries[0];
      if (entry instanceof Error) throw entry;
      return typeof entry === 'function' ? entry(vms) : entry;
    },
    ...more,
  });
  return Object.assign(source, { asked });
}

/** Waits with simulated time; what was told and recorded goes with the report. */
async function wait(source, vms = VM, options = {}) {
  const told = [];
  const recorder = new Recorder();
  const report = await source.clock.drive(
    waitForCustomization(source, vms, {
      clock: source.clock,
      onProgress: (progress) => told.push(progress),
      onInput: recorder.take,
      ...options,
    }),
  );
  const recording = recorder.recording();
  assert.deepEqual(JSON.parse(replay(JSON.stringify(recording))), report, 'a recording plays back to the same report');
  return { report, told, recording, row: report.vms[0] };
}

describe('guest info', () => {
  test('does not keep an answer that ends the wait from being a complete read', async () => {
    for (const script of [[SUCCESS], [POWERED_ON, SUCCESS]]) {
      const { report } = await wait(withGuests(script, [[running], [done('SUCCEEDED')]]));
      assert.equal(report.vms[0].conclusion, 'completed');
      assert.deepEqual(report.reading, { lastReadAtMs: report.endedAtMs, failure: null });
    }
  });

  test('is read before the events, for the VMs still open, at the start and at each safety read', async () => {
    const order = [];
    const source = withGuests([POWERED_ON, [event('VmStartingEvent', 4, 3, 'vm-102')], SUCCESS], [[]]);
    const { readEvents, readGuestInfo } = source;
    source.readEvents = (query, options) => order.push('events') && readEvents(query, options);
    source.readGuestInfo = (vms, options) => order.push('guests') && readGuestInfo(vms, options);
    await wait(source, TWO, { waitForPowerOn: true, timeoutSeconds: 40 });
    assert.deepEqual(order, ['guests', 'events', 'guests', 'events', 'guests', 'events', 'guests', 'events']);
    assert.deepEqual(
      source.asked.map(({ at: ms, vms }) => [ms, vms]),
      [
        [0, ['vm-101', 'vm-102']],
        [15_000, ['vm-101', 'vm-102']],
        [30_000, ['vm-101', 'vm-102']],
        [40_000, ['vm-102']],
      ],
    );
  });

  test('is what counts where events are missing', async () => {
    const failed = { ...done('FAILED'), errorMsg: 'no cloud-init' };
    const source = withGuests([POWERED_ON, []], [[pending()], [running], [failed]]);
    const { row, report } = await wait(source);
    assert.equal(row.customizationStatus, 'CustomizationFailed');
    assert.deepEqual([row.failure.type, row.failure.message], ['TOOLSDEPLOYPKG_FAILED', 'no cloud-init']);
    assert.deepEqual(
      report.transitions.map(({ to, atMs, eventKey }) => [to, atMs, eventKey]),
      [
        ['CustomizationNotStarted', 0, 1],
        ['CustomizationStarted', 15_000, null],
        ['CustomizationFailed', 30_000, null],
      ],
    );
  });

  test('never comes before the events of the same read, which say more', async () => {
    const failure = event('CustomizationSysprepFailed', 3, 2, 'vm-101', { reason: 'why', logLocation: 'C:/log' });
    const source = withGuests([POWERED_ON, [...STARTED, failure]], [[pending()], [done('FAILED')]]);
    const { row, report } = await wait(source);
    assert.deepEqual([row.failure.type, row.failure.logLocation], ['CustomizationSysprepFailed', 'C:/log']);
    assert.deepEqual(
      report.transitions.map(({ eventKey }) => eventKey),
      [1, 2, 3],
    );
  });

  test('that came later than the events were asked for waits for the next read', async () => {
    const slow = withGuests(
      [POWERED_ON, STARTED, []],
      [
        async () => {
          await slow.clock.sleep(4000, new AbortController().signal);
          return [done('SUCCEEDED')];
        },
        [],
      ],
    );
    const { report } = await wait(slow);
    assert.deepEqual(
      slow.reads.map(({ atMs: ms }) => ms),
      [1000, 16_000],
      'events wait a second for the guests, and no longer',
    );
    assert.deepEqual(
      report.transitions.map(({ atMs, eventKey }) => [atMs, eventKey]),
      [
        [1000, 1],
        [16_000, 2],
        [16_000, null],
      ],
    );
  });

  test('that disagrees with events already there is flagged, also when they end the wait', async () => {
    const source = withGuests([SUCCESS], [[done('FAILED')]]);
    const { row } = await wait(source);
    assert.equal(row.customizationStatus, 'CustomizationSucceeded');
    assert.equal(row.guestInfoDisagrees, true);
  });

  test('that has not changed is fed once', async () => {
    const source = withGuests([POWERED_ON], [[pending()]]);
    const { recording } = await wait(source, VM, { timeoutSeconds: 100 });
    assert.ok(source.asked.length > 5);
    assert.equal(recording.steps.filter((step) => 'guestInfo' in step).length, 1);
  });

  test('that tells of the power is fed again after a power-on', async () => {
    const off = { ...pending(), powerState: 'poweredOff' };
    const source = withGuests([[], POWERED_ON], [[off]]);
    const { recording, row } = await wait(source, VM, { timeoutSeconds: 100, waitForPowerOn: true });
    assert.deepEqual(
      recording.steps.filter((step) => 'guestInfo' in step).map((step) => [step.atMs, step.guestInfo]),
      [
        [0, off],
        [30_000, off],
      ],
    );
    assert.equal(row.hint, 'poweredOff');
  });

  test('is not asked for under the published rules', async () => {
    const source = withGuests([SUCCESS], [[done('FAILED')]]);
    await wait(source, VM, { rules: 'published', timeoutSeconds: 30 });
    assert.deepEqual(source.asked, []);
  });

  test('is asked for of the VMs that a snapshot left open', async () => {
    const source = withGuests([SUCCESS], [[]]);
    const watch = watchCustomization(source, TWO, { clock: source.clock, waitForPowerOn: true });
    for await (const { to } of watch) if (to === 'CustomizationSucceeded') break;
    const snapshot = watch.snapshot();
    watch.cancel();
    await watch.report;
    const next = withGuests([], [[]]);
    const resumed = resumeCustomization(next, snapshot, { clock: next.clock });
    await next.clock.drive(resumed.report);
    assert.deepEqual(next.asked[0].vms, ['vm-102']);
  });
});

describe('guest info in a wait that goes on from a snapshot', () => {
  test('does not come before the events that happened in between', async () => {
    const source = withGuests([POWERED_ON], [[]]);
    const watch = watchCustomization(source, VM, { clock: source.clock });
    for await (const _ of watch) break;
    const snapshot = watch.snapshot();
    watch.cancel();
    await watch.report;
    const failure = event('CustomizationSysprepFailed', 3, 2, 'vm-101', { logLocation: 'C:/log' });
    const next = withGuests([[...STARTED, failure]], [[done('FAILED')]]);
    const report = await next.clock.drive(resumeCustomization(next, snapshot, { clock: next.clock }).report);
    assert.equal(report.vms[0].failure.logLocation, 'C:/log');
    assert.deepEqual(
      report.transitions.map(({ eventKey }) => eventKey),
      [1, 2, 3],
    );
  });
});

describe('guest info that cannot be read', () => {
  const cases = {
    'for an error': new Error('the property collector is busy'),
    'for good': new ReadError('fatal', 'the property collector is busy'),
  };
  for (const [why, error] of Object.entries(cases)) {
    test(`${why} is told once, and fails nothing`, async () => {
      const source = withGuests([POWERED_ON, STARTED, SUCCESS], [error]);
      const { row, told } = await wait(source);
      assert.equal(row.customizationStatus, 'CustomizationSucceeded');
      assert.deepEqual(
        told.filter(({ type }) => type === 'guestInfoFailed' || type === 'readFailed'),
        [{ type: 'guestInfoFailed', message: 'the property collector is busy' }],
      );
    });
  }

  test('because it makes no sense is told once, and what makes sense counts', async () => {
    const nonsense = { vm: 'vm-102', pendingCustomization: 'perhaps' };
    const source = withGuests([POWERED_ON], [[nonsense, running]]);
    const { row, told } = await wait(source, TWO, { timeoutSeconds: 40, waitForPowerOn: true });
    assert.equal(row.customizationStatus, 'CustomizationStarted');
    const messages = told.filter(({ type }) => type === 'guestInfoFailed').map(({ message }) => message);
    assert.equal(messages.length, 1);
    assert.match(messages[0], /the guest of vm-102 makes no sense/);
  });

  test('because the session is gone is no trouble of its own', async () => {
    const lost = new ReadError('notAuthenticated', 'session gone');
    const source = withGuests([POWERED_ON, lost, SUCCESS], [[], lost, []]);
    const { row, told } = await wait(source);
    assert.equal(row.customizationStatus, 'CustomizationSucceeded');
    assert.ok(!told.some(({ type }) => type === 'guestInfoFailed'));
    assert.equal(source.logIns.length, 1);
  });

  test('because it hangs keeps the events a second at most, and the end not at all', async () => {
    const source = withGuests([POWERED_ON, STARTED, SUCCESS], [HANG]);
    const { report } = await wait(source);
    assert.ok(report.endedAtMs <= 3000 + 30_000, `${report.endedAtMs}`);
    assert.equal(source.clock.pending, 0);
  });
});

describe('a hint', () => {
  const hints = (told) => told.filter(({ type }) => type === 'stuck').map(({ vm, hint }) => [vm, hint]);

  test('is told of a VM that gets no further, from what the guest says at that moment', async () => {
    const source = withGuests([POWERED_ON], [[pending()], [pending('vm-101', false)]]);
    const { told, row, report } = await wait(source, VM, {
      stuckAfterSeconds: 20,
      pollIntervalSeconds: 100,
      timeoutSeconds: 50,
    });
    assert.deepEqual(hints(told), [['vm-101', 'nothingPending']]);
    assert.equal(row.hint, 'nothingPending');
    assert.equal(report.endedAtMs, 50_000);
    assert.deepEqual(
      source.asked.map(({ at: ms }) => ms),
      [0, 20_000, 50_000],
    );
  });

  test('is from the guest of that moment also when a read is due with it', async () => {
    const source = withGuests([POWERED_ON], [[pending()], [pending()], [pending('vm-101', false)]]);
    const { told } = await wait(source, VM, { stuckAfterSeconds: 20, pollIntervalSeconds: 10, timeoutSeconds: 25 });
    assert.deepEqual(hints(told), [['vm-101', 'nothingPending']]);
  });

  test('leaves results to the events of the next read', async () => {
    const failure = event('CustomizationFailed', 3, 19, 'vm-101', { reason: 'why' });
    const source = withGuests([[...POWERED_ON, ...STARTED], [failure]], [[], [done('FAILED', 19)]]);
    const { row } = await wait(source, VM, { stuckAfterSeconds: 20, pollIntervalSeconds: 30 });
    assert.equal(row.failure.reason, 'why');
  });

  const power = (powerState, more = {}) => [{ vm: 'vm-101', powerState, ...more }];
  for (const [hint, guest, events = POWERED_ON] of [
    ['neverPoweredOn', [], []],
    ['neverPoweredOn', power('poweredOff'), []],
    ['poweredOnEarlier', power('poweredOn', { bootTime: at(-301) }), []],
    ['notStarted', power('poweredOn', { bootTime: at(-300) }), []],
    ['poweredOff', power('poweredOff', { pendingCustomization: true })],
    ['poweredOff', power('suspended')],
    ['poweredOff', power('poweredOff'), SUCCESS.slice(0, 2)],
    ['pendingNotStarted', [pending()]],
    ['nothingPending', [pending('vm-101', false)]],
    ['notStarted', []],
    ['startedNoResult', [], SUCCESS.slice(0, 2)],
  ]) {
    test(`of a wait that timed out: ${hint} from ${JSON.stringify(guest)} and ${events.length} events`, async () => {
      const source = withGuests([events], [guest]);
      const { row } = await wait(source, VM, { timeoutSeconds: 10, waitForPowerOn: true });
      assert.equal(row.conclusion, 'timedOut');
      assert.equal(row.hint, hint);
    });
  }

  test('of a wait in which vCenter could not be read says nothing of the guest', async () => {
    const source = withGuests([HANG, HANG, HANG, HANG], [power('poweredOff')]);
    const { row, report } = await wait(source, VM, { timeoutSeconds: 10 });
    assert.equal(row.hint, 'notRead');
    assert.equal(report.reading.lastReadAtMs, null);
    assert.equal(report.reading.failure.kind, 'transient');
  });

  test('is from the guest of the last moment also when the events can no longer be read', async () => {
    const source = withGuests([POWERED_ON, HANG, HANG, HANG], [[pending()], [pending('vm-101', false)]]);
    const { row } = await wait(source, VM, { timeoutSeconds: 10 });
    assert.equal(row.hint, 'nothingPending');
  });
});
