/** Acting on each VM as soon as it is done, letting go of a wait, and a wait that begins late. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  CancelledError,
  DetachedError,
  OptionsError,
  ReadError,
  Recorder,
  replay,
  resumeCustomization,
  watchCustomization,
} from '../dist/node.js';
import { event, HANG, START, scripted } from './scripted-source.mjs';

const VMS = ['vm-101', 'vm-102', 'vm-103'].map((vm) => ({ vm }));

const success = (vm, second = 0) => [
  event('VmStartingEvent', Number(vm.slice(3)) * 10, second - 5, vm),
  event('CustomizationStartedEvent', Number(vm.slice(3)) * 10 + 1, second + 1, vm),
  event('CustomizationSucceeded', Number(vm.slice(3)) * 10 + 2, second + 2, vm),
];
const started = (vm) => success(vm).slice(0, 2);
const failed = (vm) => [...started(vm), event('CustomizationSysprepFailed', Number(vm.slice(3)) * 10 + 3, 3, vm)];

const begin = (source, vms = VMS, options = {}) => watchCustomization(source, vms, { clock: source.clock, ...options });

async function collect(iterable) {
  const items = [];
  for await (const item of iterable) items.push(item);
  return items;
}

/** The same items; time passes before the first. */
async function* slow(items, clock) {
  const loop = items[Symbol.asyncIterator]();
  let next = await clock.drive(loop.next());
  for (; !next.done; next = await loop.next()) yield next.value;
}

const short = ({ vm, conclusion }) => `${vm} ${conclusion}`;

describe('concluded()', () => {
  test('gives every VM once, when it is done, however it ends', async () => {
    const source = scripted([
      [...started('vm-101'), ...started('vm-102'), ...started('vm-103')],
      success('vm-102'),
      failed('vm-103'),
    ]);
    const watch = begin(source, VMS, { timeoutSeconds: 60 });
    const seen = [];
    const loop = (async () => {
      for await (const row of watch.concluded()) seen.push(`${source.clock.now() - 1000} ${short(row)}`);
    })();
    await source.clock.drive(loop);
    assert.deepEqual(seen, ['15000 vm-102 completed', '30000 vm-103 completed', '60000 vm-101 timedOut']);
    const report = await watch.report;
    assert.deepEqual(new Set((await collect(watch.concluded())).map(short)), new Set(report.vms.map(short)));
  });

  // Every way in which a run ends, with one VM done before.
  const ENDS = {
    'the deadline': { script: [success('vm-101')], options: { waitForPowerOn: true, timeoutSeconds: 20 } },
    'no power-on': { script: [success('vm-101')] },
    'a failure for good': {
      script: [success('vm-101'), new ReadError('fatal', 'gone')],
      options: { waitForPowerOn: true },
    },
    'no server time': { script: [], source: { serverTime: () => Promise.reject(new ReadError('fatal', 'gone')) } },
    'the published rules': { script: [success('vm-101')], options: { rules: 'published' } },
    'a VM that is gone': { script: [[...success('vm-101'), event('VmRemovedEvent', 7, 5, 'vm-102')]] },
    'cancel()': { script: [success('vm-101')], options: { waitForPowerOn: true }, act: (watch) => watch.cancel() },
  };
  for (const [how, { script, options, source: more, act }] of Object.entries(ENDS)) {
    test(`ends with a wait that is ended by ${how}, after a row for each VM`, async () => {
      const source = scripted(script, more);
      const watch = begin(source, VMS, options);
      if (act !== undefined) {
        await source.clock.drive(watch.vm('vm-101'));
        act(watch);
      }
      const rows = await source.clock.drive(collect(watch.concluded()));
      assert.deepEqual(
        rows.map(({ vm }) => vm).sort(),
        VMS.map(({ vm }) => vm),
      );
      const report = await watch.report;
      for (const row of report.vms) {
        assert.deepEqual(
          await watch.vm(row.vm),
          rows.find(({ vm }) => vm === row.vm),
        );
      }
    });
  }

  test('has every row before it fails with the signal of the caller', async () => {
    const source = scripted([success('vm-101')]);
    const controller = new AbortController();
    const watch = begin(source, VMS, { waitForPowerOn: true, signal: controller.signal });
    const rows = [];
    const loop = (async () => {
      for await (const row of watch.concluded()) {
        rows.push(row);
        controller.abort();
      }
    })();
    await assert.rejects(source.clock.drive(loop), CancelledError);
    assert.deepEqual(rows.map(short), ['vm-101 completed', 'vm-102 cancelled', 'vm-103 cancelled']);
    assert.equal((await watch.vm('vm-103')).conclusion, 'cancelled');
  });

  test('says once of a VM what is revised later, and the report has the rest', async () => {
    const source = scripted([[...success('vm-101'), ...started('vm-102')], failed('vm-101'), success('vm-102')]);
    const watch = begin(source, VMS.slice(0, 2));
    const rows = await source.clock.drive(collect(watch.concluded()));
    assert.deepEqual(
      rows.map(({ vm, customizationStatus }) => [vm, customizationStatus]),
      [
        ['vm-101', 'CustomizationSucceeded'],
        ['vm-102', 'CustomizationSucceeded'],
      ],
    );
    assert.equal((await watch.report).vms[0].customizationStatus, 'CustomizationFailed');
  });

  test('gives the VMs that a snapshot holds as done', async () => {
    const first = scripted([success('vm-101')]);
    const watch = begin(first, VMS, { waitForPowerOn: true });
    await first.clock.drive(watch.vm('vm-101'));
    const snapshot = await watch.detach();
    const source = scripted([[...success('vm-102'), ...failed('vm-103')]]);
    const resumed = resumeCustomization(source, snapshot, { clock: source.clock });
    const rows = await source.clock.drive(collect(resumed.concluded()));
    assert.deepEqual(
      rows.map(({ vm }) => vm),
      ['vm-101', 'vm-102', 'vm-103'],
    );
  });

  test('has every VM also for a loop that is slow while others take their place', async () => {
    const before = Array.from({ length: 3_000 }, (_, index) => ({ vm: `vm-${index + 1}` }));
    const source = scripted([before.flatMap(({ vm }) => success(vm))]);
    const watch = begin(source, before, { attempts: 'reopen' });
    const rows = [];
    for await (const row of { [Symbol.asyncIterator]: () => slow(watch.concluded(), source.clock) }) {
      rows.push(row.vm);
      if (rows.length === 1) await watch.setVms(VMS.slice(0, 2).concat({ vm: 'vm-9999' }));
      if (rows.length === before.length) break;
    }
    assert.deepEqual(
      rows,
      before.map(({ vm }) => vm),
    );
    watch.cancel();
  });

  test('is left at once from outside, also while nobody is done; and each loop over it has all', async () => {
    const source = scripted([success('vm-101')]);
    const watch = begin(source, VMS, { waitForPowerOn: true });
    const concluded = watch.concluded();
    await source.clock.drive(watch.vm('vm-101'));
    for (let loop = 0; loop < 2; loop += 1) {
      const rows = concluded[Symbol.asyncIterator]();
      assert.equal((await rows.next()).value.vm, 'vm-101');
      const next = rows.next();
      assert.deepEqual(await rows.return(), { done: true, value: undefined });
      assert.deepEqual([await next, await rows.next()], Array(2).fill({ done: true, value: undefined }));
    }
    watch.cancel();
    assert.equal((await collect(concluded)).length, 3);
    const begun = concluded[Symbol.asyncIterator]();
    await begun.next();
    assert.equal((await collect(begun)).length, 2, 'one that has begun goes on');
  });

  test('leaves the wait and other loops as they are, when it is left with break', async () => {
    const source = scripted([[...success('vm-101'), ...started('vm-102')], success('vm-102')]);
    const watch = begin(source, VMS.slice(0, 2));
    const all = collect(watch.concluded());
    const steps = collect(watch);
    const leave = (async () => {
      for await (const row of watch.concluded()) {
        for await (const _ of watch) break;
        return row.vm;
      }
    })();
    assert.equal(await source.clock.drive(leave), 'vm-101');
    const report = await source.clock.drive(watch.report);
    assert.deepEqual(report.vms.map(short), ['vm-101 completed', 'vm-102 completed']);
    assert.deepEqual((await all).map(short), report.vms.map(short));
    assert.deepEqual(await steps, report.transitions);
    assert.deepEqual((await collect(watch.concluded())).map(short), report.vms.map(short), 'a new loop begins anew');
  });
});

describe('vm()', () => {
  test('resolves when its VM is done, while others are waited for', async () => {
    const source = scripted([started('vm-101'), [...success('vm-101'), ...started('vm-102')]]);
    const watch = begin(source, VMS, { waitForPowerOn: true });
    const row = await source.clock.drive(watch.vm('vm-101'));
    assert.equal(row.customizationStatus, 'CustomizationSucceeded');
    assert.equal(source.clock.now() - 1000, 15_000);
    watch.cancel();
    await watch.report;
  });

  test('rejects for a VM that is not watched, one that is taken out, and what is no reference', async () => {
    const source = scripted([]);
    const watch = begin(source, VMS, { waitForPowerOn: true });
    await assert.rejects(watch.vm({ vm: 'vm-101' }), { code: 'invalidOptions', message: /^the VM is an object/ });
    await assert.rejects(source.clock.drive(watch.vm('vm-999')), { code: 'invalidOptions', message: /vm-999 is not/ });
    const taken = assert.rejects(watch.vm('vm-103'), OptionsError);
    await source.clock.drive(watch.setVms(VMS.slice(0, 2)));
    await taken;
    watch.cancel();
    await watch.report;
    await assert.rejects(watch.vm('vm-103'), OptionsError);
  });

  test('rejects with what the wait rejects with', async () => {
    const watch = watchCustomization(scripted([]), VMS, { timeoutSeconds: Number.NaN });
    await assert.rejects(watch.vm('vm-101'), { message: /^timeoutSeconds is NaN/ });
    await assert.rejects(collect(watch.concluded()), { message: /^timeoutSeconds is NaN/ });
  });

  test('waits anew for a VM that went and came again', async () => {
    const source = scripted([success('vm-101'), [], [], success('vm-101')]);
    const watch = begin(source, VMS, { waitForPowerOn: true });
    await source.clock.drive(watch.vm('vm-101'));
    await source.clock.drive(watch.setVms(VMS.slice(1)));
    await source.clock.drive(watch.setVms(VMS));
    const before = source.reads.length;
    assert.equal((await source.clock.drive(watch.vm('vm-101'))).conclusion, 'completed');
    assert.ok(source.reads.length >= before);
    watch.cancel();
    assert.deepEqual(
      (await collect(watch.concluded())).map(({ vm }) => vm),
      ['vm-101', 'vm-101', 'vm-102', 'vm-103'],
    );
  });
});

describe('detach()', () => {
  // Wherever it is called, even in the middle of what one input brings: what was told before and what the wait that goes
  // on tells are together what one wait would have told.
  test('answers a snapshot that holds exactly what was told, at whatever it is called', async () => {
    const script = () => [[...success('vm-101'), ...started('vm-102')], success('vm-102'), failed('vm-103')];
    const whole = scripted(script());
    const options = { waitForPowerOn: true };
    const telling = [];
    const expected = await whole.clock.drive(
      begin(whole, VMS, { ...options, onProgress: (progress) => telling.push(progress) }).report,
    );
    for (let at = 0; at < telling.length; at += 1) {
      const source = scripted(script());
      const told = [];
      let seen = 0;
      let detached;
      const watch = begin(source, VMS, {
        ...options,
        onProgress: (progress) => {
          if (progress.type === 'transition') told.push(progress.transition);
          if (seen === at) detached = watch.detach();
          seen += 1;
        },
      });
      await source.clock.drive(watch.report.catch(() => undefined));
      const snapshot = await detached;
      const count = told.length;
      const next = scripted([script().flat()], { clock: source.clock });
      const resumed = resumeCustomization(next, JSON.parse(JSON.stringify(snapshot)), {
        clock: source.clock,
        onProgress: (progress) => {
          if (progress.type === 'transition') told.push(progress.transition);
        },
      });
      const report = await source.clock.drive(resumed.report);
      const steps = (list) => list.map(({ vm, to }) => `${vm} ${to}`).sort();
      assert.deepEqual(
        steps(told),
        steps(expected.transitions),
        `detached at ${at} (${telling[at].type}), ${count} told`,
      );
      assert.deepEqual(
        report.vms.map(({ vm, customizationStatus }) => [vm, customizationStatus]),
        expected.vms.map(({ vm, customizationStatus }) => [vm, customizationStatus]),
      );
    }
  });

  test('fails the report and the loops, and reads nothing more', async () => {
    const source = scripted([success('vm-101'), HANG]);
    const watch = begin(source, VMS, { waitForPowerOn: true });
    await source.clock.drive(watch.vm('vm-101'));
    const loops = [watch.report, collect(watch), collect(watch.concluded()), watch.vm('vm-102')];
    const failures = loops.map((each) => assert.rejects(each, DetachedError));
    await watch.detach();
    await Promise.all(failures);
    assert.equal((await watch.vm('vm-101')).conclusion, 'completed', 'what was told stands');
    assert.deepEqual(watch.rows().map(short), ['vm-101 completed', 'vm-102 undefined', 'vm-103 undefined']);
    assert.deepEqual(watch.snapshot(), await watch.detach());
    assert.equal(source.clock.pending, 0);
    assert.equal(source.reads.length, 1);
  });

  test("has no snapshot before vCenter's time is known, but that of which the wait goes on", async () => {
    const silent = () => scripted([], { serverTime: HANG });
    const watch = begin(silent());
    await assert.rejects(watch.detach(), { code: 'notStarted' });
    await assert.rejects(watch.report, DetachedError);

    const source = scripted([success('vm-101')]);
    const first = begin(source, VMS, { waitForPowerOn: true });
    await source.clock.drive(first.vm('vm-101'));
    const snapshot = await first.detach();
    const next = silent();
    assert.deepEqual(await resumeCustomization(next, snapshot, { clock: next.clock }).detach(), snapshot);
  });

  test('answers the snapshot of the end after the end, and what a wait that failed rejects with', async () => {
    const source = scripted([success('vm-101')]);
    const watch = begin(source, VMS.slice(0, 1));
    const report = await source.clock.drive(watch.report);
    assert.deepEqual(await watch.detach(), watch.snapshot());
    assert.equal(await watch.report, report);
    await assert.rejects(watchCustomization(source, 'vm-101').detach(), OptionsError);
  });
});

describe('requestedSecondsAgo', () => {
  const AGO = 100;
  const at = (second) => [event('VmStartingEvent', 1, second), event('CustomizationStartedEvent', 2, second)];

  test('counts what has been waited: the deadline comes so much earlier', async () => {
    const source = scripted([]);
    const watch = begin(source, VMS, { requestedSecondsAgo: AGO, timeoutSeconds: 160, waitForPowerOn: true });
    const report = await source.clock.drive(watch.report);
    assert.equal(source.clock.now() - 1000, 60_000);
    assert.equal(report.endedAtMs, 160_000);
  });

  test('a deadline that has passed already still brings what is there', async () => {
    const source = scripted([success('vm-101', -50)]);
    const watch = begin(source, VMS, { requestedSecondsAgo: AGO, timeoutSeconds: 60, waitForPowerOn: true });
    const report = await source.clock.drive(watch.report);
    assert.deepEqual(report.vms.map(short), ['vm-101 completed', 'vm-102 timedOut', 'vm-103 timedOut']);
  });

  for (const [name, second, status] of [
    ['1 s before the window is none', -AGO - 301, 'VmNotStarted'],
    ['at its beginning counts', -AGO - 300, 'CustomizationStarted'],
    ['in between counts', -AGO - 1, 'CustomizationStarted'],
  ]) {
    test(`moves the window: a power-on ${name}`, async () => {
      const source = scripted([at(second)]);
      const watch = begin(source, VMS.slice(0, 1), { requestedSecondsAgo: AGO, timeoutSeconds: AGO + 10 });
      const report = await source.clock.drive(watch.report);
      assert.equal(report.vms[0].customizationStatus, status);
      assert.equal(source.reads[0].query.since <= new Date(Date.parse(START) - (AGO + 300) * 1000).toISOString(), true);
    });
  }

  test('is in a recording, which plays back to the same report', async () => {
    const source = scripted([at(-50), [event('CustomizationSucceeded', 3, -20)]]);
    const recorder = new Recorder();
    const watch = begin(source, VMS.slice(0, 1), { requestedSecondsAgo: AGO, onInput: recorder.take });
    const report = await source.clock.drive(watch.report);
    assert.deepEqual(JSON.parse(replay(JSON.stringify(recorder.recording()))), report);
  });

  test('is refused where it is no age, and under published rules', async () => {
    for (const ago of [-1, Number.NaN, Number.POSITIVE_INFINITY, '60', null, 366 * 86_400 + 1]) {
      await assert.rejects(begin(scripted([]), VMS, { requestedSecondsAgo: ago }).report, {
        code: 'invalidOptions',
        message: /^requestedSecondsAgo is /,
      });
    }
    await assert.rejects(begin(scripted([]), VMS, { requestedSecondsAgo: 1, rules: 'published' }).report, OptionsError);
  });
});
