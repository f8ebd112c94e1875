/** `vm-customization/testing`, as a user's tests have it. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, describe, test } from 'node:test';
import { connectVCenter, ReadError, Recorder, replay, waitForCustomization, watchCustomization } from '../dist/node.js';
import * as testing from '../dist/testing.js';

const { recordedSource, SteppedClock, scriptedSource, startFakeVCenter, vmEvent } = testing;
const never = new AbortController().signal;

test('both kinds of import have the same, and the errors of the main entry', async () => {
  const required = createRequire(import.meta.url)('../dist/testing.cjs');
  assert.deepEqual({ ...required }, { ...testing });
  const failing = recordedSource({
    format: 'vm-customization-recording/1',
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
      await clock.advance(ms);
      assert.equal(woken, expected);
    }
    assert.equal(clock.now() - begin, 1001);
    assert.equal(clock.pending, 0);
  });

  test('ends sleeps in the order of their times, each at its own, those that begin on the way too', async () => {
    const clock = new SteppedClock();
    const begin = clock.now();
    const order = [];
    const sleep = async (name, ms) => {
      await clock.sleep(ms, never);
      order.push([name, clock.now() - begin]);
    };
    sleep('late', 2000).then(() => Promise.all([sleep('exactly at the end', 1000), sleep('after it', 1001)]));
    sleep('early', 1000).then(() => sleep('begun on the way', 500));
    sleep('as late', 2000);
    await clock.advance(3000);
    assert.deepEqual(order, [
      ['early', 1000],
      ['begun on the way', 1500],
      ['late', 2000],
      ['as late', 2000],
      ['exactly at the end', 3000],
    ]);
    assert.equal(clock.now() - begin, 3000);
    await Promise.all([clock.advance(1), clock.advance(10)]);
    assert.deepEqual([order.at(-1), clock.now() - begin], [['after it', 3001], 3011]);
  });

  test('never goes back', async () => {
    const clock = new SteppedClock();
    for (const ms of [-1, -500, Number.NaN, Number.POSITIVE_INFINITY, '5', undefined]) {
      await assert.rejects(clock.advance(ms), { code: 'invalidOptions', message: /^ms is .*: give a number of mill/ });
      assert.throws(() => clock.jump(ms), { code: 'invalidOptions', message: /^ms is .*: give a number of mill/ });
    }
    for (const ms of [Number.NaN, '5', undefined]) {
      assert.throws(() => clock.sleep(ms, never), { code: 'invalidOptions', message: /^ms is .*: give a number/ });
    }
    assert.deepEqual([clock.now(), clock.pending], [new SteppedClock().now(), 0]);
  });

  test('never ends a sleep without an end, but where it is aborted', async () => {
    const clock = new SteppedClock();
    const ending = new AbortController();
    const sleeping = clock.sleep(Number.POSITIVE_INFINITY, ending.signal);
    await clock.advance(1e12);
    assert.equal(clock.pending, 1);
    ending.abort();
    await sleeping;
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
    await source.clock.advance(500);
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

/** By what they are given to: a value, and what is said of it. */
const REFUSED = {
  scriptedSource: [
    [[{}], /^the script is an object .*: give an array/],
    [[[[], undefined]], /^script\[1\] is undefined: give an array of events, a page, an Error or a function$/],
    [[['x']], /^script\[0\] is the text 'x': give/],
    [[[], { startedAt: 'yesterday' }], /^startedAt is the text 'yesterday': give a server time/],
    [[[], { startedAt: '2026-99-01T10:00:00Z' }], /^startedAt is the text .*: give a server time/],
    [[[], { startedAt: new Date('x') }], /^startedAt is an object \(Date\): give a server time/],
    [[[], { clock: {} }], /^clock is an object .*: give a SteppedClock/],
    [[[], { clok: new SteppedClock() }], /^'clok' is no option of a scripted source: it has clock, /],
    [[[], { logIn: true }], /^logIn is true: give a function/],
    [[[], { readTimeoutMs: 0 }], /^readTimeoutMs is 0: give a number/],
  ],
  recordedSource: [
    [['{}'], /^the recording is the text '\{\}': give a Recording, an object; read a text by JSON.parse$/],
    [[[]], /^the recording is an array: give/],
    [[undefined], /^the recording is undefined: give/],
    [[{}], /`format` is missing/],
    [[{ format: 'vm-customization-recording/1', startedAt: 'x', vms: [], steps: [] }], /startedAt/],
    [
      [{ format: 'vm-customization-recording/1', startedAt: '2026-03-01T10:00:00Z', vms: [], steps: [{ atMs: -1 }] }],
      /atMs/,
    ],
  ],
  vmEvent: [
    [[undefined, {}], /^the type is undefined: give an event type/],
    [['VmStartingEvent'], /^the event is undefined: give its fields/],
    [['VmStartingEvent', { vm: 1, key: 1, createdTime: '2026-03-01T10:00:00Z' }], /^vm is 1: give/],
    [['VmStartingEvent', { vm: 'vm-1', createdTime: '2026-03-01T10:00:00Z' }], /^key is undefined: give a whole/],
    [['VmStartingEvent', { vm: 'vm-1', key: 1, createdTime: 'now' }], /^createdTime is the text 'now': give/],
  ],
  startFakeVCenter: [
    [[{ vm: 2 }], /^'vm' is no option of a fake vCenter: it has vms, /],
    [[{ vms: -1 }], /^vms is -1: give a whole number from 0/],
    [[{ vms: Number.NaN }], /^vms is NaN: give/],
    [[{ vms: 1.5 }], /^vms is 1.5: give/],
    [[{ apiVersion: 'x' }], /^apiVersion is the text 'x': give a version such as '8\.0\.3\.0'/],
    [[{ tls: 'no' }], /^tls is the text 'no': give true or false/],
    [[{ password: 5 }], /^password is a value of type number: give/],
    [[{ sessionTimeoutMs: -1 }], /^sessionTimeoutMs is -1: give/],
    [[{ clockOffsetMs: '1' }], /^clockOffsetMs is the text '1': give/],
    [[{ maxCollectors: null }], /^maxCollectors is null: give/],
    [[5], /^the options are 5: pass an object/],
  ],
};

const givers = new Map(Object.entries(testing));
for (const [name, cases] of Object.entries(REFUSED)) {
  test(`what ${name} cannot use is named, and what to do`, async () => {
    for (const [given, message] of cases) {
      await assert.rejects(
        async () => givers.get(name)(...given),
        { code: /^invalid(Options|Recording)$/, message },
        `${message}`,
      );
    }
  });
}

/** Numbers from 0 to 1, the same for the same seed. */
function random(seed) {
  let state = seed;
  return () => {
    state = (state * 1664525 + 1013904223) % 2 ** 32;
    return state / 2 ** 32;
  };
}

describe('a recorded source', () => {
  const FOLDER = new URL('../../tests/conformance/recordings/', import.meta.url);
  /**
   * What a source cannot do as a player does: at the very end of the last read's 5 s the wait is over; a VM that is refused
   * between two reads is told of with the next; of what guests say between two reads the newest is known; guests are asked when the
   * wait likes, not when the recording answers; a change of the VMs takes the wait a question for the time.
   */
  const NOT_ALIKE =
    /^(D10-last-read-within-5-s-exact|D10-reopen-without-a-vm-to-read|D17-(idle-takes|of-several-runs)|D19-(answer-at-the-result-minus|each-vm|never-by|ready-at-the-end-of-the-last-read-(exact|minus))|vms-(given-up|not-started-needs))/;
  const names = readdirSync(FOLDER).filter((name) => name.endsWith('.recording.json'));

  const outcome = ({ vms }) =>
    vms.map(({ vm, customizationStatus, conclusion }) => [vm, customizationStatus, conclusion]);

  /** What the wait of the example comes to, the host doing what it did in the recording. */
  const played = async (recording, options = {}) => {
    const source = recordedSource(recording);
    const { clock } = source;
    const begin = clock.now();
    const stop = new AbortController();
    const watch = watchCustomization(source, recording.vms, {
      ...recording.options,
      ...options,
      clock,
      signal: stop.signal,
    });
    const host = async () => {
      for (const step of recording.steps.filter((each) => 'vms' in each || 'cancel' in each)) {
        await clock.sleep(step.atMs - (clock.now() - begin), stop.signal);
        if ('cancel' in step) stop.abort();
        else watch.setVms(step.vms).catch(() => undefined);
      }
    };
    void host();
    // A wait that a failure or its host ends has its rows too.
    return clock.drive(watch.report).catch((error) => error.report ?? assert.fail(error));
  };

  test('leads a wait to where the golden recordings lead a replay', async () => {
    let compared = 0;
    for (const name of names.filter((name) => !NOT_ALIKE.test(name))) {
      const recording = JSON.parse(readFileSync(new URL(name, FOLDER), 'utf8'));
      const expected = replay(recording);
      // One without an end ends with its last step, and a wait never.
      if (expected.vms.some(({ conclusion }) => (conclusion ?? null) === null)) continue;
      assert.deepEqual(outcome(await played(recording)), outcome(expected), name);
      compared += 1;
    }
    assert.ok(compared > 220, `${compared}`);
  });

  test('answers as it was answered, however late, in a run that was recorded', async () => {
    for (let seed = 1; seed <= 60; seed += 1) {
      const chance = random(seed);
      const from = (...list) => list[Math.floor(chance() * list.length)];
      const count = from(1, 1, 2, 3);
      const at = (second) => new Date(Date.parse('2026-03-01T10:00:00Z') + second * 1000);
      const vms = Array.from({ length: count }, (_, index) => ({ vm: `vm-${index + 1}` }));
      const ago = from(undefined, undefined, 30, 100);
      const history = vms.flatMap(({ vm }, index) => {
        const first = from(-200, -20, 3, 40);
        const types = [
          'VmStartingEvent',
          'CustomizationStartedEvent',
          from('CustomizationSucceeded', 'CustomizationFailed'),
        ];
        return types.slice(0, from(0, 1, 2, 3, 3, 3)).map((type, step) => ({
          seenAt: first + step * from(1, 20, 50),
          event: (seenAt) => vmEvent(type, { vm, key: index * 10 + step + 1, createdTime: at(seenAt) }),
        }));
      });
      const clock = new SteppedClock();
      const begin = clock.now();
      const seen = () =>
        history.filter(({ seenAt }) => seenAt * 1000 <= clock.now() - begin).map(({ seenAt, event }) => event(seenAt));
      const pause = (signal) => clock.sleep(from(0, 1, 70, 999, 1000, 1001, 2500, 20_000), signal);
      const failures = [new ReadError('transient', 'reset'), new ReadError('notAuthenticated', 'gone')];
      const pushes = from(false, true);
      const guests = from(false, true);
      const source = scriptedSource([], {
        clock,
        readEvents: async (_query, { signal }) => {
          await pause(signal);
          if (chance() < 0.2) throw from(...failures);
          return { events: seen(), complete: chance() > 0.1 };
        },
        logIn: async ({ signal }) => {
          await pause(signal);
          if (chance() < 0.2) throw failures[0];
        },
        ...(guests && {
          readGuestInfo: async (asked, { signal }) => {
            await clock.sleep(from(0, 70, 500), signal);
            return asked.map((vm) => ({ vm, powerState: 'poweredOn', pendingCustomization: chance() < 0.5 }));
          },
        }),
        ...(pushes && {
          pushEvents: async function* (_query, { signal }) {
            yield { events: [] };
            for (let told = seen().length; !signal.aborted; ) {
              await clock.sleep(1000, signal);
              const events = seen();
              if (events.length > told) yield { events };
              told = events.length;
            }
          },
        }),
      });
      const recorder = new Recorder();
      const options = {
        clock,
        onInput: recorder.take,
        timeoutSeconds: from(150, 600),
        waitForPowerOn: from(true, false),
      };
      const live = await clock.drive(
        waitForCustomization(source, vms, { ...options, ...(ago && { requestedSecondsAgo: ago }) }),
      );
      const recording = recorder.recording();
      assert.deepEqual(outcome(await played(recording)), outcome(live), `seed ${seed}`);
      assert.deepEqual(outcome(replay(recording)), outcome(live), `replay, seed ${seed}`);
    }
  });

  test('answers a second wait as the first', async () => {
    const recording = {
      format: 'vm-customization-recording/1',
      startedAt: '2026-03-01T10:00:00Z',
      vms: [{ vm: 'vm-1' }, { vm: 'vm-2' }],
      options: {},
      steps: [
        {
          atMs: 70,
          events: ['vm-1', 'vm-2'].flatMap((vm, index) =>
            ['VmStartingEvent', 'CustomizationSucceeded'].map((type, step) =>
              vmEvent(type, { vm, key: index * 10 + step, createdTime: '2026-03-01T09:59:59Z' }),
            ),
          ),
        },
      ],
    };
    const source = recordedSource(recording);
    const { clock } = source;
    const wait = (vm) => waitForCustomization(source, [{ vm }], { clock });
    const reports = await clock.drive(Promise.all([wait('vm-1'), wait('vm-2')]));
    assert.deepEqual(
      reports.map(({ vms: [{ conclusion }], endedAtMs }) => [conclusion, endedAtMs]),
      [
        ['completed', 70],
        ['completed', 70],
      ],
    );
  });

  test('leads a wait to where it was led by a vCenter, whenever its first step is', async () => {
    const chance = random(7);
    const server = await startFakeVCenter({ vms: 4 });
    const vcenter = await connectVCenter(server.connectOptions);
    try {
      for (const [index, { vm, name }] of server.vms.entries()) {
        const { vms } = await vcenter.findVms(name);
        if (index < 3) await server.do({ do: 'customize', vm });
        if (index < 2) await server.do({ do: 'powerOn', vm });
        if (index === 2) void server.do({ do: 'powerOn', vm, afterMs: 300 });
        const recorder = new Recorder();
        const live = await waitForCustomization(vcenter.events(), vms, {
          onInput: recorder.take,
          waitForPowerOn: index === 2,
          timeoutSeconds: 600,
          requestedSecondsAgo: index % 2 === 0 ? 0 : chance() * 200,
        });
        const recording = recorder.recording();
        assert.ok(recording.steps[0].atMs > 0);
        assert.deepEqual(outcome(await played(recording)), outcome(live));
        assert.equal(outcome(live)[0][2], index < 3 ? 'completed' : 'notStarted');
      }
    } finally {
      await vcenter.close();
      await server.stop();
    }
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

    test('refuses what a command cannot mean', async () => {
      const [{ vm }] = server.vms;
      for (const [command, message] of [
        [undefined, /^the command is undefined: give an object/],
        [{ do: 'fly' }, /unknown "fly"/],
        [{ do: 'powerOn', vm: 5 }, /^vm is 5: give/],
        [{ do: 'powerOn', vm, afterMs: -1 }, /^afterMs is -1: give a whole number/],
        [{ do: 'guestInfo', vm, status: 5 }, /^status is 5: give .*'TOOLSDEPLOYPKG_RUNNING'/],
        [{ do: 'guestInfo', vm, status: 'RUNNING' }, /^status is the text 'RUNNING': give/],
        [{ do: 'guestInfo', vm, toolsRunningStatus: 'yes' }, /^toolsRunningStatus is the text 'yes': give/],
        [{ do: 'guestInfo', vm, pending: 1 }, /^pending is 1: give true or false/],
        [{ do: 'post', event: 5 }, /^event is 5: give an event type/],
        [{ do: 'post', event: 'no class' }, /is no class name/],
        [{ do: 'post', event: 'VmStartingEvent', fields: [] }, /^fields is an array: give/],
        [{ do: 'setClock', offsetMs: Number.NaN }, /^offsetMs is NaN: give/],
      ]) {
        await assert.rejects(server.do(command), { message });
      }
    });

    test('has a certificate where it speaks TLS, and lets in nobody else', async () => {
      assert.equal(server.url.startsWith(tls ? 'https:' : 'http:'), true);
      assert.equal(server.thumbprint?.length, tls ? 95 : undefined);
      const wrong = connectVCenter({ ...server.connectOptions, password: 'wrong' });
      await assert.rejects(wrong, { name: 'LoginError' });
    });
  });
}
