/** What a watch keeps, answers and asks for on its way, where nothing of it is to be left out. */
import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { describe, test } from 'node:test';
import { InternalError, Monitor, ReadError, resumeCustomization, watchCustomization } from '../dist/node.js';
import { HANG, START, SUCCESS, scripted } from './scripted-source.mjs';

const VM = [{ vm: 'vm-101', name: 'web-1' }];
const TWO = [...VM, { vm: 'vm-102', name: 'web-2' }];
const NEVER = new AbortController().signal;
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
