import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  DisposedError,
  Monitor,
  OptionsError,
  replay,
  SnapshotError,
  VmCustomizationError,
  WireError,
} from '../dist/node.js';
import { internal } from './internal.mjs';
import { event, START, SUCCESS, VM } from './scripted-source.mjs';

const monitorOf = (options = {}) => new Monitor(VM, options, START, 0);

describe('a monitor', () => {
  test('asks for a read first, and tells what the answer means', () => {
    const monitor = monitorOf();
    const first = monitor.drain();
    assert.equal(first.ended, false);
    const [read] = first.outputs;
    assert.equal(read.type, 'read');
    assert.equal(read.query.since, '2026-03-01T09:55:00.000Z');
    assert.deepEqual(read.query.vms, ['vm-101']);
    assert.ok(read.query.types.includes('CustomizationSysprepFailed'));
    const step = monitor.handleEvents(SUCCESS, true, 40);
    assert.deepEqual(
      step.outputs.filter(({ type }) => type === 'transition').map(({ transition }) => transition.to),
      ['CustomizationNotStarted', 'CustomizationStarted', 'CustomizationSucceeded'],
    );
    assert.equal(step.ended, true);
    assert.equal(step.deadline, null);
    assert.equal(step.ingested.accepted, 3);
    const report = monitor.report();
    assert.equal(report.endedAtMs, 40);
    assert.equal(report.vms[0].conclusion, 'completed');
  });

  test('takes the same events as bytes, as text and as objects', () => {
    const text = JSON.stringify(SUCCESS);
    const rows = [SUCCESS, text, new TextEncoder().encode(text)].map((document) => {
      const monitor = monitorOf();
      monitor.drain();
      monitor.handleEvents(document, true, 0);
      return monitor.report();
    });
    assert.deepEqual(rows[1], rows[0]);
    assert.deepEqual(rows[2], rows[0]);
  });

  test('takes bytes of any buffer', () => {
    const bytes = new TextEncoder().encode(JSON.stringify(SUCCESS));
    const shared = new SharedArrayBuffer(bytes.length);
    new Uint8Array(shared).set(bytes);
    for (const document of [bytes.slice().buffer, shared, new DataView(bytes.slice().buffer)]) {
      const monitor = monitorOf();
      monitor.drain();
      assert.equal(monitor.handleEvents(document, true, 0).ingested.accepted, 3);
    }
  });

  test('refuses what is no document of events with a WireError, and is as it was', () => {
    const monitor = monitorOf();
    monitor.drain();
    const before = monitor.snapshot();
    const own = {};
    own.own = own;
    const moved = new Uint8Array(8);
    structuredClone(moved, { transfer: [moved.buffer] });
    for (const document of [undefined, null, 5, true, 1n, Symbol('s'), {}, [1n], [own], moved, moved.buffer]) {
      assert.throws(
        () => monitor.handleEvents(document, true, 0),
        (error) => error instanceof WireError && error.code === 'wireNotEvents',
      );
    }
    assert.deepEqual(monitor.snapshot(), before);
    assert.throws(() => replay(undefined), WireError);
  });

  test('refuses inputs that are no plain data with stable codes', () => {
    const monitor = monitorOf();
    monitor.drain();
    const own = {};
    own.own = own;
    for (const input of [undefined, 1n, own, { vm: 1n }]) {
      for (const take of ['handleGuestInfo', 'handleReadFailed']) {
        assert.throws(
          () => monitor[take](input, 0),
          (error) => error instanceof VmCustomizationError && error.code === 'invalidInput',
        );
      }
      assert.throws(() => Monitor.restore(input, START, 0), SnapshotError);
    }
    for (const vms of [undefined, 'vm-101', [1n], [own]]) {
      assert.throws(() => new Monitor(vms, {}, START, 0), OptionsError);
    }
    for (const options of [5, { since: 1n }, { since: own }]) {
      assert.throws(() => new Monitor(VM, options, START, 0), OptionsError);
    }
    for (const serverNow of [undefined, null, 5, {}, 'yesterday']) {
      assert.throws(() => new Monitor(VM, {}, serverNow, 0), OptionsError);
    }
  });

  test('refuses guest info that is none, and names the guest and the field', () => {
    const monitor = monitorOf();
    for (const [info, told] of [
      [[{ vm: 'vm-101' }, { vm: 5 }], /^info\[1\]\.vm is 5: give /],
      [[{ vm: 'vm-101' }, 'vm-102'], /^info\[1\] is the text 'vm-102': give /],
      [{}, /^info\.vm is /],
      [{ vm: 'vm-101', customizationStatus: 3 }, /^info\.customizationStatus is 3: give /],
      [{ vm: 'vm-101', pendingCustomization: 'no' }, /^info\.pendingCustomization is the text 'no': give /],
    ]) {
      assert.throws(
        () => monitor.handleGuestInfo(info, 0),
        (error) => error.code === 'invalidInput' && told.test(error.message),
        String(told),
      );
    }
  });

  test('refuses a host time that is none, and names it', () => {
    const monitor = monitorOf();
    const snapshot = monitor.snapshot();
    for (const nowMs of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -1, '5', null, 5n]) {
      for (const use of [
        () => new Monitor(VM, {}, START, nowMs),
        () => Monitor.restore(snapshot, START, nowMs),
        () => monitor.handleEvents([], true, nowMs),
        () => monitor.handleGuestInfo([], nowMs),
        () => monitor.handleReadFailed({ kind: 'transient' }, nowMs),
        () => monitor.handleLoggedIn(nowMs),
        () => monitor.handleTimeout(nowMs),
        () => monitor.cancel(nowMs),
      ]) {
        assert.throws(
          use,
          (error) => error instanceof VmCustomizationError && /^nowMs is /.test(error.message),
          String(nowMs),
        );
      }
    }
    assert.deepEqual(monitor.snapshot(), snapshot);
  });

  test('has its own name in messages', () => {
    assert.throws(() => Monitor(), /Class constructor Monitor cannot/);
    assert.equal(Monitor.name, 'Monitor');
  });

  test('takes server time as a Date or as text', () => {
    const fromDate = new Monitor(VM, {}, new Date(START), 0);
    const fromText = new Monitor(VM, {}, '2026-03-01T11:00:00+01:00', 0);
    assert.deepEqual(fromDate.drain(), fromText.drain());
    assert.throws(() => new Monitor(VM, {}, new Date(Number.NaN), 0), OptionsError);
  });

  test('is as it was after a document that cannot be understood', () => {
    const monitor = monitorOf();
    monitor.drain();
    const before = monitor.snapshot();
    for (const document of ['no JSON', '<html></html>', '{"a":']) {
      assert.throws(
        () => monitor.handleEvents(document, true, 0),
        (error) => error instanceof WireError && error.name === 'WireError' && error.code.startsWith('wire'),
      );
    }
    assert.deepEqual(monitor.snapshot(), before);
  });

  test('refuses options that make no sense with a stable code', () => {
    for (const options of [{ timeoutSeconds: -1 }, { pollIntervalSeconds: 0 }, { attempts: 'all' }, { unknown: 1 }]) {
      assert.throws(
        () => monitorOf(options),
        (error) => error instanceof OptionsError && error.code === 'invalidOptions' && error.message !== '',
        JSON.stringify(options),
      );
    }
  });

  test('goes on from a snapshot as if nothing had happened', () => {
    const monitor = monitorOf();
    monitor.drain();
    monitor.handleEvents(SUCCESS.slice(0, 2), true, 10);
    const snapshot = JSON.parse(JSON.stringify(monitor.snapshot()));
    const restored = Monitor.restore(snapshot, START, 500);
    restored.drain();
    restored.handleEvents([SUCCESS[2]], true, 600);
    assert.equal(restored.report().vms[0].customizationStatus, 'CustomizationSucceeded');
  });

  test('refuses a snapshot that it does not know', () => {
    assert.throws(() => Monitor.restore({}, START, 0), SnapshotError);
    const snapshot = monitorOf().snapshot(0);
    assert.throws(
      () => Monitor.restore({ ...snapshot, format: 'vm-customization-snapshot/99' }, START, 0),
      SnapshotError,
    );
  });

  test('takes guest info, failures, log-ins, time and cancellation', () => {
    const monitor = monitorOf();
    monitor.drain();
    monitor.handleEvents([event('VmStartingEvent', 1, -5)], true, 0);
    const info = { vm: 'vm-101', customizationStatus: 'TOOLSDEPLOYPKG_RUNNING', startTime: '2026-03-01T10:00:01Z' };
    const step = monitor.handleGuestInfo([info], 10);
    assert.equal(step.outputs[0].transition.to, 'CustomizationStarted');
    const { deadline } = monitor.handleTimeout(20);
    assert.equal(deadline.reason, 'read');
    monitor.handleTimeout(deadline.atMs);
    const lost = monitor.handleReadFailed({ kind: 'notAuthenticated' }, deadline.atMs);
    assert.equal(lost.outputs[0].type, 'logIn');
    assert.equal(monitor.handleLoggedIn(deadline.atMs).outputs[0].type, 'read');
    const end = monitor.cancel(deadline.atMs);
    assert.equal(end.ended, true);
    assert.equal(monitor.report().vms[0].conclusion, 'cancelled');
  });

  test('may be disposed of twice, and says so when it is used afterwards', () => {
    const monitor = monitorOf();
    monitor.dispose();
    monitor.dispose();
    monitor[Symbol.dispose]();
    for (const use of [
      () => monitor.drain(),
      () => monitor.handleEvents([], true, 0),
      () => monitor.report(),
      () => monitor.snapshot(),
    ]) {
      assert.throws(use, (error) => error instanceof DisposedError && error.code === 'disposed');
    }
  });

  test('that is given up does not trouble another', () => {
    const first = monitorOf();
    const second = monitorOf();
    first.dispose();
    assert.equal(second.drain().outputs.length, 1);
  });
});

describe('what the core throws', () => {
  test('becomes an error of the package, and a trap an InternalError', async () => {
    const { guarded } = await internal('core/core-handle');
    const thrown = (error) => {
      try {
        guarded(() => {
          throw error;
        });
      } catch (caught) {
        return caught;
      }
      return undefined;
    };
    const trap = new WebAssembly.RuntimeError('unreachable');
    assert.equal(thrown(trap).name, 'InternalError');
    assert.equal(thrown(trap).cause, trap);
    const coded = (name) => thrown(Object.assign(new Error('text'), { name }));
    assert.equal(coded('invalidOptions').name, 'OptionsError');
    assert.equal(coded('unsupportedSnapshot').name, 'SnapshotError');
    assert.equal(coded('wireSyntax').name, 'WireError');
    assert.equal(coded('invalidInput').code, 'invalidInput');
  });
});
