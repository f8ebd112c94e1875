/** `vm-customization/testing`, as a user's tests have it. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, describe, test } from 'node:test';
import { connectVCenter, ReadError, replay, waitForCustomization } from '../dist/node.js';
import * as testing from '../dist/testing.js';

const { recordedSource, SteppedClock, scriptedSource, startFakeVCenter, vmEvent } = testing;
const never = new AbortController().signal;

test('both kinds of import have the same, and the errors of the main entry', async () => {
  const required = createRequire(import.meta.url)('../dist/testing.cjs');
  assert.deepEqual({ ...required }, { ...testing });
  const failing = recordedSource({
    startedAt: '2026-03-01T10:00:00Z',
    vms: [{ vm: 'vm-101' }],
    steps: [{ atMs: 0, readFailed: { kind: 'fatal' } }],
  });
  await assert.rejects(failing.readEvents({}, { signal: never }), ReadError);
});

describe('a stepped clock', () => {
  test('ends a sleep at its time, not before', async () => {
    const clock = new SteppedClock();
    const begin = clock.now();
    let woken = 0;
    clock.sleep(1000, never).then(() => {
      woken += 1;
    });
    for (const [ms, expected] of [
      [999, 0],
      [1, 1],
      [1, 1],
    ]) {
      clock.advance(ms);
      await Promise.resolve();
      assert.equal(woken, expected);
    }
    assert.equal(clock.now() - begin, 1001);
    assert.equal(clock.pending, 0);
  });

  test('wakes nobody when it jumps, and ends a sleep whose signal is aborted', async () => {
    const clock = new SteppedClock();
    const ending = new AbortController();
    const sleeping = clock.sleep(10, ending.signal);
    clock.jump(100);
    assert.equal(clock.pending, 1);
    ending.abort();
    await sleeping;
    assert.equal(clock.pending, 0);
    await clock.sleep(10, ending.signal);
  });

  test('goes from timer to timer until a promise is settled, and answers what it settles to', async () => {
    const clock = new SteppedClock();
    const begin = clock.now();
    const order = [];
    const sleep = async (ms) => {
      await clock.sleep(ms, never);
      order.push(ms);
    };
    await clock.drive(Promise.all([sleep(3000), sleep(1000), sleep(2000).then(() => sleep(500))]));
    assert.deepEqual(order, [1000, 2000, 500, 3000]);
    assert.equal(clock.now() - begin, 3000);
    await assert.rejects(clock.drive(Promise.reject(new Error('as it was'))), /^Error: as it was$/);
  });

  test('gives up on a promise that nothing settles', async () => {
    await assert.rejects(new SteppedClock().drive(new Promise(() => undefined)), /nothing it waits for comes/);
  });
});

describe('a scripted source', () => {
  test('answers each read by an entry, tells of the reads and log-ins, and has nothing new after the last', async () => {
    const event = vmEvent('VmStartingEvent', { vm: 'vm-101', key: 1, createdTime: '2026-03-01T10:00:01Z' });
    const page = { events: [event], complete: false };
    const source = scriptedSource([[event], page, new ReadError('fatal', 'no'), ({ vms }) => ({ events: [vms] })]);
    const read = () => source.readEvents({ vms: ['vm-101'] }, { signal: never });
    assert.deepEqual(await read(), { events: [event] });
    source.clock.advance(500);
    assert.equal(await read(), page);
    await assert.rejects(read(), /no/);
    assert.deepEqual(await read(), { events: [['vm-101']] });
    assert.deepEqual(await read(), { events: [] });
    await source.logIn({ signal: never });
    assert.deepEqual(
      source.reads.map(({ atMs }) => atMs),
      [0, 500, 500, 500, 500],
    );
    assert.deepEqual(source.logIns, [500]);
    assert.equal((await source.serverTime({ signal: never })).toISOString(), '2026-03-01T10:00:00.500Z');
  });

  test('takes a clock, a start and methods of its own', async () => {
    const clock = new SteppedClock();
    const startedAt = new Date('2020-01-01T00:00:00Z');
    const source = scriptedSource([], {
      clock,
      startedAt,
      readTimeoutMs: 5,
      logIn: () => Promise.reject(new Error('x')),
    });
    assert.equal(source.clock, clock);
    assert.equal(source.readTimeoutMs, 5);
    assert.deepEqual(await source.serverTime({ signal: never }), startedAt);
    await assert.rejects(source.logIn({ signal: never }), /x/);
  });
});

describe('a recorded source', () => {
  const FOLDER = new URL('../../tests/conformance/recordings/', import.meta.url);
  /** Reads ask when the machine says so, and these are about when the reads of a recording were answered. */
  const ABOUT_READS =
    /^(D07-out-of-time|D10-(a-failed-last|a-push-in|complete-read|last-read|one-more-read)|D17-(idle-takes|of-several-runs)|D18-nothing-is-known|D19-)/;
  const names = readdirSync(FOLDER).filter((name) => name.endsWith('.recording.json'));

  const ofHost = (step) => 'vms' in step || 'cancel' in step;
  const outcome = ({ vms }) =>
    vms.map(({ vm, customizationStatus, conclusion }) => [vm, customizationStatus, conclusion]);

  test('leads a wait to where the golden recordings lead a replay', async () => {
    let compared = 0;
    for (const name of names.filter((name) => !ABOUT_READS.test(name))) {
      const text = readFileSync(new URL(name, FOLDER), 'utf8');
      const recording = JSON.parse(text);
      if (recording.steps.some(ofHost) || recording.options?.timeoutSeconds === null) continue;
      const source = recordedSource(recording);
      const { clock } = source;
      const waiting = waitForCustomization(source, recording.vms, { ...recording.options, clock });
      // A wait that a failure ends has its rows too.
      const report = await clock.drive(waiting).catch((error) => error.report ?? assert.fail(error));
      assert.deepEqual(outcome(report), outcome(JSON.parse(replay(text))), name);
      compared += 1;
    }
    assert.ok(compared > 100, `${compared}`);
  });
});

for (const [protocol, tls] of [
  ['soap', true],
  ['soap', false],
  ['vi-json', true],
]) {
  describe(`a fake vCenter over ${protocol}${tls ? '' : ', without TLS'}`, () => {
    let server;
    let vcenter;
    before(async () => {
      server = await startFakeVCenter({ vms: 2, tls });
      vcenter = await connectVCenter({ ...server.connectOptions, protocol });
    });
    after(async () => {
      await vcenter?.close();
      await server?.stop();
    });

    test('is waited on', async () => {
      const [{ vm, name }] = server.vms;
      const { vms } = await vcenter.findVms(name);
      const waiting = waitForCustomization(vcenter.events(), vms);
      await server.do({ do: 'customize', vm });
      await server.do({ do: 'powerOn', vm });
      assert.deepEqual(
        (await waiting).vms.map((row) => [row.vm, row.customizationStatus]),
        [[vm, 'CustomizationSucceeded']],
      );
    });

    test('says why something cannot be done', async () => {
      await assert.rejects(server.do({ do: 'powerOff', vm: 'nobody' }), /vm "nobody": not found/);
    });

    test('has a certificate where it speaks TLS, and lets in nobody else', async () => {
      assert.equal(server.url.startsWith(tls ? 'https:' : 'http:'), true);
      assert.equal(server.thumbprint?.length, tls ? 95 : undefined);
      const wrong = connectVCenter({ ...server.connectOptions, password: 'wrong' });
      await assert.rejects(wrong, { name: 'LoginError' });
    });
  });
}
