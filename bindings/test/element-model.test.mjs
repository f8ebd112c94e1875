/** The model behind the custom element: what it keeps, tells and bounds. No core and no DOM are needed for it. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { Playback } from 'vm-customization';
import { needOf, RunModel, TIMELINE_EVENT_TYPES, VmCustomizationStatusElement } from 'vm-customization/element';

const STARTED_AT = '2026-03-01T09:00:00.000Z';
const START = Date.parse(STARTED_AT);
const at = (ms) => new Date(START + ms).toISOString();
const row = (vm, customizationStatus = 'VmNotStarted', more = {}) => ({ vm, name: null, customizationStatus, ...more });
const event = (vm, ms, type, kind, key) => ({ vm, name: null, key, createdTime: at(ms), type, kind });
const step = (vm, atMs, to = 'CustomizationStarted') => ({
  vm,
  from: 'CustomizationNotStarted',
  to,
  atMs,
  attempt: 1,
  eventKey: null,
});
const update = (rows, more = {}) => ({ atMs: 1_000, ended: false, reset: false, rows, transitions: [], ...more });

function begun(...vms) {
  const model = new RunModel();
  model.begin(
    STARTED_AT,
    vms.map((vm) => ({ vm })),
  );
  return model;
}

function changesOf(model) {
  const changes = [];
  model.addEventListener('change', ({ vms, transitions }) => changes.push({ vms, transitions }));
  return changes;
}

const total = (model) => Object.values(model.counts).reduce((sum, count) => sum + count, 0);

describe('the element where there is no DOM', () => {
  it('is a class, and nothing is registered', () => {
    assert.equal(typeof VmCustomizationStatusElement, 'function');
    assert.equal(globalThis.customElements, undefined);
  });
});

describe('rows', () => {
  it('has one for each VM, in the order asked for, from the beginning on', () => {
    const model = begun('vm-2', 'vm-1', 'vm-2');
    assert.deepEqual(
      model.rows.map(({ vm, customizationStatus }) => [vm, customizationStatus]),
      [
        ['vm-2', 'VmNotStarted'],
        ['vm-1', 'VmNotStarted'],
      ],
    );
    assert.equal(model.counts.VmNotStarted, 2);
  });

  it('counts by status as rows change', () => {
    const model = begun('vm-1', 'vm-2', 'vm-3');
    model.update(update([row('vm-1', 'CustomizationStarted'), row('vm-2', 'CustomizationFailed')]));
    assert.deepEqual(model.counts, {
      VmNotStarted: 1,
      CustomizationNotStarted: 0,
      CustomizationStarted: 1,
      CustomizationSucceeded: 0,
      CustomizationFailed: 1,
    });
    model.update(update([row('vm-1', 'CustomizationSucceeded')]));
    assert.equal(model.counts.CustomizationStarted, 0);
    assert.equal(model.counts.CustomizationSucceeded, 1);
    assert.equal(total(model), 3);
  });

  it('tells which VMs changed, and what is new', () => {
    const model = begun('vm-1', 'vm-2');
    const changes = changesOf(model);
    const transitions = [step('vm-1', 900)];
    model.update(update([row('vm-1', 'CustomizationStarted')], { transitions }));
    assert.deepEqual(changes, [{ vms: ['vm-1'], transitions }]);
  });

  it('takes statuses and attempts as they are, whatever way they go', () => {
    const model = begun('vm-1');
    for (const [status, attempt] of [
      ['CustomizationSucceeded', 2],
      ['VmNotStarted', 1],
      ['CustomizationFailed', 7],
    ]) {
      model.update(update([row('vm-1', status, { attempt })]));
      assert.equal(model.row('vm-1').customizationStatus, status);
      assert.equal(model.row('vm-1').attempt, attempt);
    }
  });

  it('follows a rename', () => {
    const model = begun('vm-1');
    model.update(update([row('vm-1', 'VmNotStarted', { name: 'old' })]));
    model.update(update([row('vm-1', 'VmNotStarted', { name: 'new' })]));
    assert.equal(model.row('vm-1').name, 'new');
    model.setVms([{ vm: 'vm-1', name: 'newest' }]);
    assert.equal(model.row('vm-1').name, 'newest');
  });

  it('keeps what is known of VMs that stay when others come and go', () => {
    const model = begun('vm-1', 'vm-2');
    model.update(update([row('vm-2', 'CustomizationFailed')]));
    model.events([event('vm-2', 0, 'VmStartingEvent', 'powerOn', 1)]);
    model.setVms([{ vm: 'vm-3' }, { vm: 'vm-2' }]);
    assert.deepEqual(
      model.rows.map(({ vm, customizationStatus }) => [vm, customizationStatus]),
      [
        ['vm-3', 'VmNotStarted'],
        ['vm-2', 'CustomizationFailed'],
      ],
    );
    assert.equal(model.marks('vm-2').length, 1);
    assert.equal(model.row('vm-1'), undefined);
    assert.equal(total(model), 2);
  });

  it('forgets everything at a new beginning', () => {
    const model = begun('vm-1');
    model.update(update([row('vm-1', 'CustomizationFailed')], { transitions: [step('vm-1', 1)], ended: true }));
    model.read({ atMs: 1, ok: true });
    model.begin(at(60_000), [{ vm: 'vm-9' }]);
    assert.deepEqual([model.rows.length, model.transitions.length, model.reads.length], [1, 0, 0]);
    assert.deepEqual([model.ended, model.nowMs, total(model)], [false, 0, 1]);
  });

  it('forgets transitions, marks and reads with a reset, and none of that is news', () => {
    const model = begun('vm-1', 'vm-2');
    model.update(update([row('vm-1', 'CustomizationStarted')], { transitions: [step('vm-1', 500)] }));
    model.events([event('vm-1', 0, 'VmStartingEvent', 'powerOn', 1)]);
    model.read({ atMs: 500, ok: true });
    const changes = changesOf(model);
    const transitions = [step('vm-1', 100, 'CustomizationNotStarted')];
    model.update(update([row('vm-1'), row('vm-2')], { atMs: 200, reset: true, transitions }));
    assert.deepEqual(changes, [{ vms: null, transitions: [] }]);
    assert.deepEqual(model.transitions, transitions);
    assert.deepEqual([model.marks('vm-1').length, model.reads.length, model.nowMs], [0, 0, 200]);
  });
});

describe('reports', () => {
  const report = (vms, transitions = [], more = {}) => ({
    format: 'vm-customization-report/1',
    endedAtMs: null,
    vms,
    transitions,
    ...more,
  });

  it('takes marks and the time axis from the rows', () => {
    const model = new RunModel();
    const times = { poweredOnAt: at(0), startedAt: at(10), finishedAt: at(30) };
    model.report(report([row('vm-1', 'CustomizationFailed', times)], [], { endedAtMs: 40 }));
    assert.deepEqual(
      model.marks('vm-1').map(({ kind, timeMs }) => [kind, timeMs - START]),
      [
        ['powerOn', 0],
        ['started', 10],
        ['failed', 30],
      ],
    );
    assert.deepEqual(
      [model.startedAt, model.originMs, model.serverNowMs, model.ended],
      [null, START, START + 30, true],
    );
  });

  it('tells only rows that differ from those of the report before, and only what is new', () => {
    const model = new RunModel();
    model.report(
      report([row('vm-1'), row('vm-2', 'CustomizationFailed', { failure: { type: 'A' } })], [step('vm-2', 1)]),
    );
    const changes = changesOf(model);
    const next = step('vm-1', 2);
    model.report(
      report(
        [row('vm-1', 'CustomizationStarted'), row('vm-2', 'CustomizationFailed', { failure: { type: 'A' } })],
        [next],
        { transitionsDropped: 1 },
      ),
    );
    assert.deepEqual(changes, [{ vms: ['vm-1'], transitions: [next] }]);
  });

  it('tells everything when the VMs are others', () => {
    const model = new RunModel();
    model.report(report([row('vm-1'), row('vm-2')]));
    const changes = changesOf(model);
    model.report(report([row('vm-2')]));
    assert.deepEqual(changes, [{ vms: null, transitions: [] }]);
    assert.equal(total(model), 1);
  });
});

describe('a recording played forth and back', () => {
  it('gives the rows of the report at each place', async () => {
    const file = new URL(
      '../../tests/conformance/recordings/D06-reopen-opens-after-a-result.recording.json',
      import.meta.url,
    );
    const playback = new Playback(await readFile(file));
    const model = new RunModel();
    model.begin(playback.startedAt, playback.vms);
    const statuses = new Set();
    for (const part of [0.2, 1, 0, 0.6, 0.5, 0.9, 1]) {
      model.update(playback.seek(playback.endMs * part));
      const report = playback.report();
      assert.deepEqual(model.rows, report.vms);
      assert.deepEqual(model.transitions, report.transitions);
      assert.equal(model.counts[report.vms[0].customizationStatus], 1);
      statuses.add(report.vms[0].customizationStatus);
    }
    assert.ok(statuses.size > 1, 'it has been at different places');
    playback.dispose();
  });
});

describe('marks', () => {
  it('are those the machine goes by, and what people want to see beside them', () => {
    const model = begun('vm-1');
    model.events([
      event('vm-1', 50, 'VmPoweredOffEvent', null, 5),
      event('vm-1', 10, 'VmStartingEvent', 'powerOn', 1),
      event('vm-1', 20, 'VmGuestRebootEvent', null, 2),
      event('vm-1', 30, 'CustomizationGuestFailureFuture', 'failed', 3),
      event('vm-1', 40, 'VmRenamedEvent', null, 4),
      event('vm-1', 45, 'constructor', null, 6),
      event('vm-7', 10, 'VmStartingEvent', 'powerOn', 7),
      event(null, 10, 'VmStartingEvent', 'powerOn', 8),
    ]);
    assert.deepEqual(
      model.marks('vm-1').map(({ kind, timeMs }) => [kind, timeMs - START]),
      [
        ['powerOn', 10],
        ['reboot', 20],
        ['failed', 30],
        ['powerOff', 50],
      ],
    );
  });

  it('are there once, however often an event is read', () => {
    const model = begun('vm-1');
    const events = [
      event('vm-1', 10, 'VmStartingEvent', 'powerOn', 1),
      event('vm-1', 20, 'VmGuestRebootEvent', null, null),
      event('vm-1', 25, 'VmGuestRebootEvent', null, null),
    ];
    model.events(events);
    const changes = changesOf(model);
    model.events(events);
    assert.equal(model.marks('vm-1').length, 3);
    assert.deepEqual(changes, []);
  });

  it('include what only the row tells', () => {
    const model = begun('vm-1');
    model.events([event('vm-1', 10, 'VmStartingEvent', 'powerOn', 1)]);
    model.update(
      update([row('vm-1', 'CustomizationSucceeded', { poweredOnAt: at(10), startedAt: at(20), finishedAt: at(30) })]),
    );
    assert.deepEqual(
      model.marks('vm-1').map(({ kind, type }) => [kind, type]),
      [
        ['powerOn', 'VmStartingEvent'],
        ['started', null],
        ['succeeded', null],
      ],
    );
  });

  it('lists the types to read for them without those the machine reads anyway', () => {
    assert.ok(TIMELINE_EVENT_TYPES.includes('VmGuestRebootEvent'));
    assert.ok(TIMELINE_EVENT_TYPES.includes('VmPoweredOffEvent'));
    assert.ok(!TIMELINE_EVENT_TYPES.includes('VmStartingEvent'));
    assert.equal(new Set(TIMELINE_EVENT_TYPES).size, TIMELINE_EVENT_TYPES.length);
  });
});

describe('bounds', () => {
  it('keeps the newest 64 marks of a VM, in whichever order they come', () => {
    const model = begun('vm-1');
    for (let i = 0; i < 200; i += 1) {
      const n = (i * 77) % 200;
      model.events([event('vm-1', n, 'VmGuestRebootEvent', null, n)]);
    }
    const marks = model.marks('vm-1');
    assert.equal(marks.length, 64);
    assert.deepEqual([marks[0].timeMs - START, marks.at(-1).timeMs - START], [136, 199]);
  });

  it('keeps the newest 1,000 transitions and 500 reads', () => {
    const model = begun('vm-1');
    for (let i = 0; i < 30; i += 1) {
      model.update(update([], { transitions: Array.from({ length: 100 }, (_, k) => step('vm-1', i * 100 + k)) }));
    }
    for (let atMs = 0; atMs < 700; atMs += 1) {
      model.read({ atMs, ok: true });
    }
    assert.deepEqual([model.transitions.length, model.transitions.at(0).atMs], [1_000, 2_000]);
    assert.deepEqual([model.reads.length, model.reads.at(0).atMs], [500, 200]);
  });

  it('leaves nothing of VMs that went: a wall screen runs for weeks', () => {
    const model = begun();
    for (let i = 0; i < 200; i += 1) {
      model.setVms([{ vm: `vm-${i}` }, { vm: `vm-${i + 1}` }]);
      model.update(update([row(`vm-${i}`, 'CustomizationSucceeded')]));
    }
    assert.equal(model.size, 2);
    assert.equal(model.entries.length, 2);
    assert.equal(total(model), 2);
  });
});

describe('what needs people', () => {
  const failedAt = (vm, ms) =>
    row(vm, 'CustomizationFailed', {
      attempt: 1,
      poweredOnAt: at(ms - 1_000),
      finishedAt: at(ms),
      conclusion: 'completed',
    });

  it('a result of before the run began is earlier, by the server’s clock and to the millisecond', () => {
    const model = begun('vm-1', 'vm-2', 'vm-3');
    model.update(update([failedAt('vm-1', -1), failedAt('vm-2', 0), failedAt('vm-3', 1)]));
    assert.deepEqual(
      model.entries.map(({ isEarlier }) => isEarlier),
      [true, false, false],
    );
    assert.equal(model.counts.CustomizationFailed, 3);
    assert.equal(model.earlier.CustomizationFailed, 1);
    assert.deepEqual(model.entries.map(needOf), [null, 'failed', 'failed']);
    // It is powered on again.
    model.update(update([row('vm-1', 'CustomizationNotStarted', { attempt: 2, poweredOnAt: at(5) })]));
    assert.equal(model.earlier.CustomizationFailed, 0);
    model.setVms([]);
    assert.equal(model.earlier.CustomizationFailed, 0);
  });

  it('a VM is stuck while it is waited for and has to go on, not where it is off or has nothing pending', () => {
    const hints = ['notRead', 'poweredOff', 'poweredOnEarlier', 'neverPoweredOn', 'nothingPending'];
    const stuck = ['pendingNotStarted', 'notStarted', 'startedNoResult'];
    for (const hint of [...hints, ...stuck]) {
      const model = begun('vm-1');
      model.update(update([row('vm-1', 'CustomizationNotStarted', { hint })]));
      const isStuck = stuck.includes(hint);
      assert.deepEqual([model.stuck, needOf(model.entry('vm-1'))], [isStuck ? 1 : 0, isStuck ? 'stuck' : null], hint);
      model.update(update([row('vm-1', 'CustomizationNotStarted', { hint, conclusion: 'timedOut' })]));
      assert.deepEqual([model.stuck, needOf(model.entry('vm-1'))], [0, 'timedOut'], hint);
      model.update(update([row('vm-1', 'CustomizationNotStarted', { hint, conclusion: 'unobservable' })]));
      assert.equal(needOf(model.entry('vm-1')), 'unreadable', hint);
    }
  });
});
