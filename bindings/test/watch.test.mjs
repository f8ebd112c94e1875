import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  CancelledError,
  OptionsError,
  ReadError,
  Recorder,
  replay,
  resumeCustomization,
  SnapshotError,
  summarizeEvents,
  VmCustomizationError,
  waitForCustomization,
  watchCustomization,
} from '../dist/node.js';
import { event, HANG, START, SUCCESS, scripted, TWO, VM } from './scripted-source.mjs';

/** Waits with simulated time. */
const wait = (source, vms = VM, options = {}) =>
  source.clock.drive(waitForCustomization(source, vms, { clock: source.clock, ...options }));
const times = (source) => source.reads.map(({ atMs }) => atMs);
const network = new Error('connection reset');

describe('a wait', () => {
  test('ends the moment the last VM is done, with every step told', async () => {
    const source = scripted([SUCCESS]);
    const told = [];
    const report = await wait(source, VM, { onProgress: (progress) => told.push(progress.type) });
    assert.equal(report.vms[0].customizationStatus, 'CustomizationSucceeded');
    assert.equal(report.endedAtMs, 0);
    assert.deepEqual(told, [
      'started',
      'reading',
      'ingested',
      'transition',
      'transition',
      'transition',
      'concluded',
      'read',
    ]);
    assert.equal(source.clock.pending, 0);
  });

  test('reads again at the poll interval', async () => {
    const source = scripted([SUCCESS.slice(0, 1), SUCCESS.slice(1, 2), SUCCESS.slice(2)]);
    const report = await wait(source, VM, { pollIntervalSeconds: 5 });
    assert.deepEqual(times(source), [0, 5000, 10_000]);
    assert.deepEqual(
      report.transitions.map(({ atMs }) => atMs),
      [0, 5000, 10_000],
    );
  });

  test('can be iterated from the first step on, by several at once and afterwards', async () => {
    const source = scripted([SUCCESS.slice(0, 1), SUCCESS.slice(1)]);
    const watch = watchCustomization(source, VM, { clock: source.clock });
    const collect = async () => {
      const steps = [];
      for await (const { to } of watch) steps.push(to);
      return steps;
    };
    const both = await source.clock.drive(Promise.all([collect(), collect()]));
    const expected = ['CustomizationNotStarted', 'CustomizationStarted', 'CustomizationSucceeded'];
    assert.deepEqual(both, [expected, expected]);
    assert.deepEqual(await collect(), expected);
    assert.equal((await watch.report).vms.length, 1);
  });

  test('starts when it was asked for, not when the server told its time', async () => {
    const clock = scripted([]).clock;
    const source = scripted([[event('VmStartingEvent', 1, -5)]], {
      clock,
      serverTime: async ({ signal }) => {
        await clock.sleep(4000, signal);
        return new Date(Date.parse(START) + 4000);
      },
    });
    const report = await wait(source, VM, { timeoutSeconds: 10 });
    assert.equal(source.reads[0].query.since, '2026-03-01T09:55:00.000Z');
    assert.equal(report.endedAtMs, 10_000);
  });

  test('rejects for options that make no sense', async () => {
    await assert.rejects(wait(scripted([]), VM, { timeoutSeconds: -1 }), OptionsError);
  });

  test('rejects at once, naming the option, for a number that JSON has not', async () => {
    for (const name of ['timeoutSeconds', 'lookbackSeconds', 'pollIntervalSeconds', 'stuckAfterSeconds']) {
      for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, '5', 5n]) {
        const source = scripted([], { serverTime: () => assert.fail('nothing is to be asked') });
        await assert.rejects(wait(source, VM, { [name]: value }), (error) => {
          assert.ok(error instanceof OptionsError, `${name} ${String(value)}`);
          assert.equal(error.code, 'invalidOptions');
          assert.ok(error.message.startsWith(`${name} is `), error.message);
          return true;
        });
      }
    }
  });

  test('rejects at once for a source without a method that every wait needs, and for what is no list of VMs', async () => {
    const fine = scripted([]);
    for (const [source, vms, told] of [
      [{}, VM, /no method serverTime/],
      [{ serverTime: fine.serverTime }, VM, /no method readEvents/],
      [{ ...fine, logIn: null }, VM, /^logIn of the source is null/],
      [{ ...fine, pushEvents: true }, VM, /^pushEvents of the source is true/],
      [{ ...fine, readTimeoutMs: Number.NaN }, VM, /^readTimeoutMs of the source is NaN/],
      [undefined, VM, /the source is undefined/],
      [null, VM, /the source is null/],
      [fine, undefined, /the VMs are undefined/],
      [fine, 'vm-101', /the VMs are the text 'vm-101'/],
    ]) {
      await assert.rejects(
        waitForCustomization(source, vms),
        (error) => error instanceof OptionsError && told.test(error.message),
        String(told),
      );
    }
  });

  test('ends with what a progress callback throws', async () => {
    const bug = new Error('bug of the caller');
    const source = scripted([SUCCESS]);
    await assert.rejects(
      wait(source, VM, {
        onProgress: () => {
          throw bug;
        },
      }),
      bug,
    );
  });

  test('keeps its rows and its snapshot where a callback throws', async () => {
    const source = scripted([SUCCESS]);
    const watch = watchCustomization(source, TWO, {
      clock: source.clock,
      onProgress: ({ type }) => {
        if (type === 'concluded') throw new Error('bug of the caller');
      },
    });
    await assert.rejects(source.clock.drive(watch.report), { message: 'bug of the caller' });
    const told = [
      ['vm-101', 'CustomizationSucceeded'],
      ['vm-102', 'VmNotStarted'],
    ];
    const statuses = (rows) => rows.map(({ vm, customizationStatus }) => [vm, customizationStatus]);
    assert.deepEqual(statuses(watch.rows()), told);
    const { clock } = source;
    const resumed = resumeCustomization(scripted([], { clock }), watch.snapshot(), { clock });
    assert.deepEqual(statuses((await clock.drive(resumed.report)).vms), told);
  });
});

describe('a source that throws before it has made a promise', () => {
  const sync = (error) => () => {
    throw error;
  };

  test('is asked again, like one that rejects', async () => {
    const told = [];
    let times = 0;
    const source = scripted([sync(network), SUCCESS], {
      serverTime: () => {
        times += 1;
        if (times === 1) throw network;
        return Promise.resolve(new Date(START));
      },
    });
    const { readEvents } = source;
    let reads = 0;
    source.readEvents = (...args) => {
      reads += 1;
      if (reads === 1) throw network;
      return readEvents(...args);
    };
    const onProgress = (progress) => progress.type === 'readFailed' && told.push(progress.failure);
    const report = await wait(source, VM, { onProgress });
    assert.equal(report.vms[0].customizationStatus, 'CustomizationSucceeded');
    assert.deepEqual(told, Array(3).fill({ kind: 'transient', message: 'connection reset' }));
  });

  test('of a kind that is none is one that may pass', async () => {
    for (const kind of ['gone', undefined, 7]) {
      const told = [];
      const onProgress = (progress) => progress.type === 'readFailed' && told.push(progress.failure.kind);
      const report = await wait(scripted([new ReadError(kind, 'odd'), SUCCESS]), VM, { onProgress });
      assert.equal(report.vms[0].customizationStatus, 'CustomizationSucceeded');
      assert.deepEqual(told, ['transient']);
    }
  });

  test('and one whose log-in does so, end with a report', async () => {
    const lost = new ReadError('notAuthenticated', 'session gone');
    const source = scripted([lost], { logIn: sync(new ReadError('fatal', 'wrong password')) });
    const report = await wait(source);
    assert.equal(report.vms[0].error.message, 'wrong password');
  });

  test('may throw anything', async () => {
    for (const [thrown, message] of [
      ['a text', 'a text'],
      [Object.create(null), 'the source has thrown an object (Object)'],
      [Symbol('sign'), 'the source has thrown Symbol(sign)'],
      [Object.assign(new Error('x'), { message: 5n }), 'the source has thrown an object (Error)'],
    ]) {
      const told = [];
      const source = scripted([sync(thrown), SUCCESS]);
      const onProgress = (progress) => progress.type === 'readFailed' && told.push(progress.failure.message);
      await wait(source, VM, { onProgress });
      assert.deepEqual(told, [message]);
    }
  });

  test('may be wrong in its program, which is told as what it is: at the first failure, and to the programmer once', async (t) => {
    const mistake = () => {
      const nothing = undefined;
      return nothing.events;
    };
    const message = /^the source has thrown TypeError: Cannot read properties of undefined/;
    for (const [method, more] of Object.entries({
      readEvents: {},
      serverTime: {},
      logIn: { readEvents: sync(new ReadError('notAuthenticated', 'session gone')) },
      readGuestInfo: {},
      pushEvents: {},
    })) {
      const warned = [];
      const emitWarning = t.mock.method(process, 'emitWarning', (...args) => warned.push(args));
      const told = [];
      const source = scripted([], { ...more, [method]: mistake });
      const report = await wait(source, VM, {
        timeoutSeconds: 60,
        waitForPowerOn: true,
        onProgress: (progress) => {
          const { message: own, failure } = progress;
          if (/Failed$/.test(progress.type)) told.push([progress.type, own ?? failure.message]);
        },
      });
      emitWarning.mock.restore();
      assert.equal(report.vms.length, 1);
      const first = told.find(([, text]) => /TypeError/.test(text));
      assert.match(first[1], message, method);
      const type = { readGuestInfo: 'guestInfoFailed', pushEvents: 'pushFailed' }[method] ?? 'readFailed';
      assert.equal(first[0], type, method);
      assert.equal(warned.length, 1, method);
      const [[text, { type: name, detail }]] = warned;
      assert.match(text, message);
      assert.equal(name, 'VmCustomizationWarning');
      assert.match(detail, /mistake.*watch\.test\.mjs/);
    }
  });

  test('is told to the programmer on the console where there is no process to tell it', async (t) => {
    const { emitWarning } = process;
    const warn = t.mock.method(console, 'warn', () => undefined);
    process.emitWarning = undefined;
    try {
      const thrown = new RangeError('too far');
      await wait(scripted([sync(thrown), sync(thrown), SUCCESS]));
      assert.deepEqual(
        warn.mock.calls.map((call) => call.arguments),
        [['the source has thrown RangeError: too far; it counts as a failure to read, and is tried again', thrown]],
      );
    } finally {
      process.emitWarning = emitWarning;
    }
  });

  test('says nothing to the programmer where the network is at fault, or the server', async (t) => {
    const emitWarning = t.mock.method(process, 'emitWarning', () => undefined);
    for (const thrown of [new Error('no route'), new ReadError('transient', 'busy'), 'a text']) {
      await wait(scripted([sync(thrown), SUCCESS]));
    }
    assert.equal(emitWarning.mock.callCount(), 0);
  });
});

describe('an answer of the wrong shape', () => {
  const own = [];
  own.push(own);
  const moved = new Uint8Array([91, 93]);
  structuredClone(moved, { transfer: [moved.buffer] });
  const wrong = [
    [() => undefined, /it is undefined/],
    [() => null, /it is null/],
    [() => [], /it is an array/],
    [() => 'text', /it is the text 'text'/],
    [{}, /no `events`/],
    [{ events: null }, /no `events`/],
    [{ events: 5 }, /`events` cannot be used: it is 5/],
    [{ events: {} }, /`events` cannot be used: it is an object/],
    [{ events: [1n] }, /`events` cannot be used: .*BigInt/],
    [{ events: own }, /`events` cannot be used: .*circular/],
    [{ events: moved }, /`events` cannot be used: its buffer is detached/],
    [{ events: [], more: {} }, /`more` is an object/],
    [{ events: [], more: [undefined] }, /`more` cannot be used: it is undefined/],
    [{ events: [], complete: 'no' }, /`complete` is the text 'no'/],
    [{ events: [], failures: {} }, /`failures` is an object/],
    [{ events: [], failures: [null] }, /`failures\[0\]` is null/],
    [{ events: [], failures: [{ kind: 'gone', vm: 'vm-101' }] }, /`failures\[0\]` has the kind the text 'gone'/],
    [{ events: [], failures: [{ kind: 'notFound' }] }, /`failures\[0\]` names no VM/],
    [{ events: [], failures: [{ kind: 'notFound', vm: 'vm-101', message: 1n }] }, /has 1n as its message/],
  ];

  test('is a read that failed for now, told with what is wrong, and no observation', async () => {
    for (const [answer, pattern] of wrong) {
      const told = [];
      const source = scripted([answer, SUCCESS]);
      const onProgress = (progress) => progress.type === 'readFailed' && told.push(progress.failure);
      const report = await wait(source, VM, { onProgress });
      assert.equal(told.length, 1, String(pattern));
      assert.equal(told[0].kind, 'transient');
      assert.match(told[0].message, pattern);
      assert.match(told[0].message, /readEvents/);
      assert.equal(report.vms[0].customizationStatus, 'CustomizationSucceeded');
    }
  });

  test('is not taken from a push either', async () => {
    const told = [];
    const source = scripted([[event('VmStartingEvent', 1, -5)], [], SUCCESS], {
      pushEvents: async function* () {
        yield undefined;
      },
    });
    const onProgress = (progress) => progress.type === 'pushFailed' && told.push(progress.failure.message);
    const report = await wait(source, VM, { onProgress });
    assert.match(told[0], /what pushEvents answered cannot be used: it is undefined/);
    assert.equal(report.vms[0].customizationStatus, 'CustomizationSucceeded');
  });

  test('to the question for the time ends the wait with a report that says so', async () => {
    for (const [time, pattern] of [
      [1_772_359_200_000, /serverTime .* answered 1772359200000/],
      ['yesterday', /answered the text 'yesterday'/],
      [undefined, /answered undefined/],
      [new Date(Number.NaN), /valid Date/],
      [new Date(8.64e15), /valid Date/],
    ]) {
      const report = await wait(scripted([], { serverTime: async () => time }));
      assert.equal(report.vms[0].conclusion, 'unobservable');
      assert.match(report.vms[0].error.message, pattern);
    }
  });
});

describe('a read that fails', () => {
  test('is tried again after 1, 2, 4 … 30 s until the wait ends', async () => {
    const source = scripted([SUCCESS.slice(0, 1), ...Array(8).fill(network), SUCCESS.slice(1)]);
    const report = await wait(source);
    assert.deepEqual(
      times(source),
      [0, 15, 16, 18, 22, 30, 46, 76, 106, 136].map((second) => second * 1000),
    );
    assert.equal(report.vms[0].customizationStatus, 'CustomizationSucceeded');
  });

  test('is told, and is never a result', async () => {
    const told = [];
    const source = scripted(Array(50).fill(network));
    const report = await wait(source, VM, { timeoutSeconds: 20, onProgress: (progress) => told.push(progress) });
    assert.deepEqual(
      told.find(({ type }) => type === 'readFailed'),
      { type: 'readFailed', failure: { kind: 'transient', message: 'connection reset' } },
    );
    assert.equal(report.vms[0].conclusion, 'timedOut');
    assert.equal(report.vms[0].customizationStatus, 'VmNotStarted');
    assert.ok(report.endedAtMs <= 25_000);
  });

  test('because the session is gone leads to a log-in, and goes on from there', async () => {
    const source = scripted([SUCCESS.slice(0, 1), new ReadError('notAuthenticated', 'session gone'), SUCCESS.slice(1)]);
    const report = await wait(source);
    assert.deepEqual(source.logIns, [15_000]);
    assert.deepEqual(times(source), [0, 15_000, 15_000]);
    assert.equal(source.reads[2].query.reason, 'loggedIn');
    assert.equal(report.vms[0].customizationStatus, 'CustomizationSucceeded');
  });

  test('for good ends the wait with a row for every VM', async () => {
    for (const more of [
      { logIn: undefined },
      { logIn: async () => Promise.reject(new ReadError('fatal', 'wrong password')) },
    ]) {
      const source = scripted(
        [[event('VmStartingEvent', 1, -5)], new ReadError('notAuthenticated', 'session gone')],
        more,
      );
      const report = await wait(source, TWO, { waitForPowerOn: true });
      assert.deepEqual(
        report.vms.map(({ conclusion, customizationStatus }) => [conclusion, customizationStatus]),
        [
          ['unobservable', 'CustomizationNotStarted'],
          ['unobservable', 'VmNotStarted'],
        ],
      );
      assert.match(report.vms[0].error.message, /no way to log in|wrong password/);
    }
  });

  test('by a log-in that fails for the moment is tried again', async () => {
    let tries = 0;
    const source = scripted(
      [SUCCESS.slice(0, 1), new ReadError('notAuthenticated', 'session gone'), SUCCESS.slice(1)],
      {
        logIn: async () => {
          tries += 1;
          if (tries < 3) throw network;
        },
      },
    );
    const report = await wait(source);
    assert.equal(tries, 3);
    assert.equal(report.vms[0].customizationStatus, 'CustomizationSucceeded');
  });

  test('for one VM concludes that VM alone', async () => {
    const refusal = { kind: 'noPermission', vm: 'vm-102', message: 'not yours' };
    const source = scripted([{ events: SUCCESS.slice(0, 1), failures: [refusal] }, SUCCESS.slice(1)]);
    const report = await wait(source, TWO);
    assert.deepEqual(
      report.vms.map(({ conclusion }) => conclusion),
      ['completed', 'unobservable'],
    );
    assert.deepEqual(report.vms[1].error, { kind: 'noPermission', message: 'not yours' });
    assert.ok(source.reads.slice(1).every(({ query }) => !query.vms.includes('vm-102')));
  });

  test('to reach the end is asked for again, and what was there counts', async () => {
    const source = scripted([{ events: SUCCESS.slice(0, 2), complete: false }, SUCCESS.slice(2)]);
    const report = await wait(source);
    assert.deepEqual(times(source), [0, 1000]);
    assert.equal(report.vms[0].customizationStatus, 'CustomizationSucceeded');
  });

  test('to make sense is tried again', async () => {
    const source = scripted([{ events: 'half of an ans' }, { events: [], more: ['<html>'] }, SUCCESS]);
    const report = await wait(source);
    assert.deepEqual(times(source), [0, 1000, 3000]);
    assert.equal(report.vms[0].customizationStatus, 'CustomizationSucceeded');
  });

  test('of which nothing is an event is no read', async () => {
    const nothing = ['', 'null', '[null]', '{}', [{ key: 1 }, { key: 2 }], 'key,type\n1,VmStartingEvent\n'];
    for (const events of nothing) {
      const failures = [];
      const source = scripted([{ events }, SUCCESS]);
      const onProgress = ({ type, failure }) => type === 'readFailed' && failures.push(failure);
      const report = await wait(source, undefined, { onProgress });
      assert.deepEqual(times(source), [0, 1000], JSON.stringify(events));
      assert.equal(failures[0].kind, 'transient');
      assert.match(failures[0].message, /holds no events: /);
      assert.equal(report.vms[0].customizationStatus, 'CustomizationSucceeded');
    }
  });

  test('with a last line that is cut off is read again, and what was there counts', async () => {
    const lines = SUCCESS.map((event) => JSON.stringify(event)).join('\n');
    const source = scripted([{ events: lines.slice(0, -20) }, SUCCESS.slice(2)]);
    const report = await wait(source);
    assert.deepEqual(times(source), [0, 1000]);
    assert.equal(report.vms[0].customizationStatus, 'CustomizationSucceeded');
  });

  test('that is a fault without its usual text is of the kind of the fault', async () => {
    const source = scripted([{ events: '{"_typeName":"NotAuthenticated"}' }, SUCCESS]);
    const report = await wait(source);
    assert.deepEqual([times(source), source.logIns], [[0, 0], [0]]);
    assert.equal(report.vms[0].customizationStatus, 'CustomizationSucceeded');
  });

  test('to be answered is given up after 30 s, or what the source says', async () => {
    for (const [more, expected] of [
      [{}, [0, 31_000]],
      [{ readTimeoutMs: 100_000 }, [0, 101_000]],
    ]) {
      const source = scripted([HANG, SUCCESS], more);
      await wait(source);
      assert.deepEqual(times(source), expected);
      assert.equal(source.reads[0].signal.aborted, true);
    }
  });

  test('several documents of one read count together, and only the last asks for the next', async () => {
    const source = scripted([
      { events: [event('VmRemovedEvent', 9, 1, 'vm-102')], more: [SUCCESS.slice(0, 1), SUCCESS.slice(1)] },
    ]);
    const report = await wait(source, TWO);
    assert.equal(source.reads.length, 1);
    assert.deepEqual(
      report.vms.map(({ conclusion }) => conclusion),
      ['completed', 'vmRemoved'],
    );
  });
});

describe("the server's time", () => {
  test('is asked for again while it may work in a while', async () => {
    let tries = 0;
    const source = scripted([SUCCESS], {
      serverTime: async () => {
        tries += 1;
        if (tries < 4) throw network;
        return new Date(START);
      },
    });
    const report = await wait(source);
    assert.equal(tries, 4);
    assert.equal(source.reads[0].atMs, 7000);
    assert.equal(report.vms[0].customizationStatus, 'CustomizationSucceeded');
  });

  test('that cannot be had still gives a row for every VM', async () => {
    for (const [error, options] of [
      [new ReadError('fatal', 'no vCenter'), {}],
      [network, { timeoutSeconds: 20 }],
    ]) {
      const source = scripted([], { serverTime: () => Promise.reject(error) });
      const report = await wait(source, TWO, options);
      assert.deepEqual(
        report.vms.map(({ conclusion, error: { message } }) => [conclusion, message]),
        Array(2).fill(['unobservable', error.message]),
      );
      assert.equal(source.reads.length, 0);
      assert.ok(source.clock.now() <= 1000 + 20_000);
    }
  });
});

describe('the deadline', () => {
  test('brings one last read, and what it finds counts', async () => {
    const source = scripted([
      SUCCESS.slice(0, 2),
      (query) => ({ events: query.reason === 'deadline' ? SUCCESS.slice(2) : [] }),
    ]);
    const report = await wait(source, VM, { timeoutSeconds: 10 });
    assert.deepEqual(times(source), [0, 10_000]);
    assert.equal(report.vms[0].customizationStatus, 'CustomizationSucceeded');
  });

  test('ends a wait whose last read hangs, 5 s later', async () => {
    const source = scripted([SUCCESS.slice(0, 2), HANG, HANG, HANG]);
    const report = await wait(source, VM, { timeoutSeconds: 10 });
    assert.equal(report.vms[0].conclusion, 'timedOut');
    assert.equal(report.endedAtMs, 15_000);
    assert.ok(source.reads.every(({ signal }) => signal.aborted));
  });

  test('replaces a read that is still open', async () => {
    const source = scripted([SUCCESS.slice(0, 2), HANG, SUCCESS.slice(2)]);
    const report = await wait(source, VM, { timeoutSeconds: 20 });
    assert.deepEqual(times(source), [0, 15_000, 20_000]);
    assert.equal(source.reads[1].signal.aborted, true);
    assert.equal(report.vms[0].customizationStatus, 'CustomizationSucceeded');
  });

  test('that passed while the machine slept still brings the last read', async () => {
    const source = scripted([
      SUCCESS.slice(0, 2),
      () => {
        source.clock.jump(3_600_000);
        throw network;
      },
      SUCCESS.slice(2),
    ]);
    const report = await wait(source, VM, { timeoutSeconds: 60 });
    assert.equal(report.vms.length, 1);
    assert.ok(report.endedAtMs !== null);
  });

  for (const [lateMs, reads] of [
    [0, [0, 15_000]],
    [1, [0, 15_000, 20_001]],
    [3_600_000, [0, 15_000, 3_620_000]],
  ]) {
    test(`that passed ${lateMs} ms before an answer came, while the machine slept, ${lateMs === 0 ? 'takes it' : 'asks anew'}`, async () => {
      const { clock, ...source } = scripted([
        SUCCESS.slice(0, 2),
        async () => {
          // When the wait sleeps; nobody is woken by what follows but by the answer.
          for (let turn = 0; turn < 50; turn += 1) await undefined;
          clock.jump(5_000 + lateMs);
          return { events: SUCCESS };
        },
        SUCCESS,
      ]);
      const report = await clock.drive(waitForCustomization(source, VM, { clock, timeoutSeconds: 20 }));
      assert.deepEqual(times(source), reads);
      assert.equal(report.vms[0].customizationStatus, 'CustomizationSucceeded');
    });
  }

  test('may be none', async () => {
    const source = scripted([...Array(100).fill([event('VmStartingEvent', 1, -5)]), SUCCESS]);
    const report = await wait(source, VM, { timeoutSeconds: null });
    assert.equal(report.vms[0].customizationStatus, 'CustomizationSucceeded');
    assert.equal(report.endedAtMs, 1_500_000);
  });
});

describe('a wait that is called off', () => {
  test('by its signal rejects as an abort, with the reason and every row', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const source = scripted([
      SUCCESS.slice(0, 2),
      () => {
        controller.abort(reason);
        return HANG();
      },
    ]);
    await assert.rejects(wait(source, TWO, { signal: controller.signal, waitForPowerOn: true }), (error) => {
      assert.ok(error instanceof CancelledError);
      assert.equal(error.name, 'AbortError');
      assert.equal(error.code, 'cancelled');
      assert.equal(error.cause, reason);
      assert.deepEqual(
        error.report.vms.map(({ customizationStatus, conclusion }) => [customizationStatus, conclusion]),
        [
          ['CustomizationStarted', 'cancelled'],
          ['VmNotStarted', 'cancelled'],
        ],
      );
      return true;
    });
    assert.equal(source.reads[1].signal.aborted, true);
    assert.equal(source.clock.pending, 0);
  });

  test('before it began has every row too, and asks for nothing', async () => {
    const source = scripted([], { serverTime: HANG });
    const signal = AbortSignal.abort();
    await assert.rejects(wait(source, TWO, { signal }), (error) => error.report.vms.length === 2);
    assert.equal(source.reads.length, 0);
  });

  test('after its end has its result', async () => {
    const controller = new AbortController();
    const source = scripted([SUCCESS]);
    const report = await wait(source, VM, {
      signal: controller.signal,
      onProgress: ({ type }) => type === 'concluded' && controller.abort(),
    });
    assert.equal(report.vms[0].conclusion, 'completed');
  });

  test('by cancel() resolves with the rows it has', async () => {
    const source = scripted([SUCCESS.slice(0, 2)]);
    const watch = watchCustomization(source, VM, { clock: source.clock });
    for await (const { to } of watch) {
      if (to === 'CustomizationStarted') watch.cancel();
    }
    const report = await watch.report;
    assert.equal(report.vms[0].conclusion, 'cancelled');
  });

  test('fails the loop that iterates it, and no rejection goes unhandled', async () => {
    const source = scripted([], { serverTime: HANG });
    const watch = watchCustomization(source, VM, { clock: source.clock, signal: AbortSignal.abort() });
    await assert.rejects(async () => {
      for await (const _ of watch);
    }, CancelledError);
  });
});

describe('a recording of a run', () => {
  const recorded = async (source, vms, options = {}) => {
    const recorder = new Recorder();
    const report = await wait(source, vms, { ...options, onInput: recorder.take });
    return { report, recording: recorder.recording() };
  };

  test('plays back to the same report', async () => {
    const runs = [
      [scripted([SUCCESS.slice(0, 1), network, new ReadError('notAuthenticated', 'gone'), SUCCESS.slice(1)]), VM],
      [scripted([SUCCESS, HANG, HANG, network]), TWO, { waitForPowerOn: true, timeoutSeconds: 40 }],
      [
        scripted([{ events: SUCCESS.slice(0, 1), failures: [{ kind: 'notFound', vm: 'vm-102', message: 'gone' }] }]),
        TWO,
      ],
      [scripted([SUCCESS.slice(0, 1), SUCCESS.slice(1)]), TWO, { rules: 'published', timeoutSeconds: 60 }],
      [scripted([new ReadError('fatal', 'no')]), VM],
    ];
    for (const [source, vms, options] of runs) {
      const { report, recording } = await recorded(source, vms, options);
      assert.deepEqual(JSON.parse(replay(JSON.stringify(recording))), report);
    }
  });

  test('of the published rules has what each pass saw at the time of the pass', async () => {
    const clock = scripted([]).clock;
    const slowly = (events) => async (_, signal) => {
      await clock.sleep(700, signal);
      return { events };
    };
    const source = scripted([slowly(SUCCESS), slowly(SUCCESS)], { clock });
    const { report, recording } = await recorded(source, VM, { rules: 'published' });
    assert.deepEqual(
      report.transitions.map(({ atMs }) => atMs),
      [0, 0, 15_000],
    );
    assert.deepEqual(recording.steps.map(({ atMs }) => atMs).slice(0, 2), [0, 15_000]);
    assert.deepEqual(JSON.parse(replay(JSON.stringify(recording))), report);
  });
});

describe('a snapshot of a wait', () => {
  test('lets another process go on', async () => {
    const source = scripted([SUCCESS.slice(0, 2)]);
    const watch = watchCustomization(source, VM, { clock: source.clock });
    assert.throws(() => watch.snapshot(), { code: 'notStarted' });
    for await (const { to } of watch) {
      if (to === 'CustomizationStarted') break;
    }
    const snapshot = JSON.parse(JSON.stringify(watch.snapshot()));
    watch.cancel();
    await watch.report;

    const next = scripted([SUCCESS.slice(2)]);
    const report = await next.clock.drive(resumeCustomization(next, snapshot, { clock: next.clock }).report);
    assert.equal(report.vms[0].customizationStatus, 'CustomizationSucceeded');
    assert.equal(report.vms[0].startedAt, '2026-03-01T10:00:01.000Z');
    assert.deepEqual(times(next), [0], 'it reads at once, however long after the last read');
  });
});

describe('what is kept of a long watch', () => {
  const many = (from, count) =>
    Array.from({ length: count }, (_, at) => event('VmStartingEvent', from + at, (from + at) / 1000));

  test('is the newest transitions: 1,024 at least; a late loop begins at the oldest kept', async () => {
    const pages = Array.from({ length: 30 }, (_, page) => () => ({
      events: [],
      more: many(page * 40, 40).map((one) => [one]),
    }));
    const source = scripted(pages);
    const watch = watchCustomization(source, VM, { clock: source.clock, attempts: 'reopen' });
    const report = await source.clock.drive(watch.report);
    const kept = [];
    for await (const { attempt } of watch) kept.push(attempt);
    assert.equal(kept.length, 1024);
    assert.equal(kept.at(-1), report.vms[0].attempt);
    assert.deepEqual(
      kept,
      report.transitions.map(({ attempt }) => attempt),
    );
    assert.equal(report.transitionsDropped, kept[0] - 1);
    assert.ok(report.transitionsDropped > 0);
  });

  test('is as much of a recording as there is room for, up to a whole input', async () => {
    const run = async (options) => {
      const recorder = new Recorder(options);
      const source = scripted([[], SUCCESS.slice(0, 2), SUCCESS.slice(2)]);
      const onInput = (input) => {
        recorder.take(input);
        if (options === undefined) return;
        assert.ok(JSON.stringify(recorder.recording()).length <= options.maxBytes);
      };
      await wait(source, VM, { onInput, waitForPowerOn: true });
      return recorder;
    };
    const whole = await run();
    assert.equal(whole.incomplete, undefined);
    const bytes = JSON.stringify(whole.recording()).length;
    // The size is counted with a comma after each step.
    const fits = await run({ maxBytes: bytes + 1 });
    assert.deepEqual([fits.incomplete, fits.recording()], [undefined, whole.recording()]);
    const short = await run({ maxBytes: bytes - 1 });
    assert.equal(short.incomplete, `it has reached the ${bytes - 1} bytes that it may have`);
    assert.deepEqual(short.recording(), { ...whole.recording(), steps: whole.recording().steps.slice(0, 2) });
    assert.equal(
      JSON.parse(replay(JSON.stringify(short.recording()))).vms[0].customizationStatus,
      'CustomizationStarted',
    );
    for (const maxBytes of [0, -1, Number.NaN, '5']) {
      assert.throws(() => new Recorder({ maxBytes }), OptionsError);
    }
  });
});

describe('types read beside those of interest', () => {
  const alsoRead = ['VmReconfiguredEvent', 'CustomizationSucceeded', 'VmReconfiguredEvent'];

  test('are asked for in each query, once, and come to onInput; the machine ignores them', async () => {
    const off = event('VmReconfiguredEvent', 4, 3);
    const source = scripted([[SUCCESS[0], off], SUCCESS]);
    const seen = [];
    const onInput = (input) => {
      if (input.type === 'events') seen.push(...summarizeEvents(input.document).map(({ type }) => type));
    };
    const report = await wait(source, VM, { alsoRead, onInput });
    for (const { query } of source.reads) {
      assert.equal(query.types.at(-1), 'VmReconfiguredEvent');
      assert.equal(new Set(query.types).size, query.types.length);
    }
    assert.ok(seen.includes('VmReconfiguredEvent'));
    assert.equal(report.ignored.otherType, 1);
  });

  test('are asked for by a run that goes on from a snapshot, whose inputs are told too', async () => {
    const first = watchCustomization(scripted([HANG]), VM, { timeoutSeconds: null });
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
    const snapshot = first.snapshot();
    first.cancel();
    await first.report;
    const source = scripted([SUCCESS]);
    const recorder = new Recorder();
    const inputs = [];
    const onInput = (input) => {
      inputs.push(input.type);
      recorder.take(input);
    };
    const watch = resumeCustomization(source, snapshot, { clock: source.clock, alsoRead, onInput });
    await source.clock.drive(watch.report);
    assert.equal(source.reads[0].query.types.at(-1), 'VmReconfiguredEvent');
    assert.deepEqual(inputs, ['events']);
    assert.equal(recorder.recording(), undefined);
  });

  test('are refused where they are no list of names', async () => {
    for (const wrong of ['VmPoweredOffEvent', [5], [''], ['a b'], Array.from({ length: 65 }, (_, at) => `T${at}`)]) {
      await assert.rejects(
        wait(scripted([]), VM, { alsoRead: wrong }),
        (error) => error instanceof OptionsError && error.message.startsWith('alsoRead'),
      );
    }
  });
});

describe('what JavaScript may hand over', () => {
  test('is refused by a promise that rejects, where an option of a watch cannot be used', async () => {
    for (const name of ['signal', 'onProgress', 'onInput', 'clock']) {
      for (const value of [5, 'x', {}]) {
        await assert.rejects(
          waitForCustomization(scripted([]), VM, { [name]: value }),
          (error) => error instanceof OptionsError && error.message.startsWith(`${name} is `),
        );
      }
      const source = scripted([SUCCESS]);
      const options = name === 'clock' ? {} : { [name]: undefined };
      assert.equal((await wait(source, VM, options)).vms[0].conclusion, 'completed');
    }
  });

  test('is no snapshot to go on from', async () => {
    for (const snapshot of [undefined, null, 5, 'text']) {
      const source = scripted([]);
      const { report } = resumeCustomization(source, snapshot, { clock: source.clock });
      await assert.rejects(
        report,
        (error) => error instanceof SnapshotError && /^the snapshot is /.test(error.message),
      );
      assert.equal(source.reads.length, 0);
    }
  });

  test('is no list of VMs whose rows are asked for', async () => {
    const source = scripted([SUCCESS]);
    const watch = watchCustomization(source, VM, { clock: source.clock });
    const refuses = () => {
      for (const vms of [null, 5, 'vm-101']) assert.throws(() => watch.rows(vms), OptionsError);
    };
    refuses();
    await source.clock.drive(watch.report);
    refuses();
    assert.equal(watch.rows(['vm-101']).length, 1);
  });

  test('is no input of a recorder', () => {
    for (const options of [null, 5]) assert.throws(() => new Recorder(options), OptionsError);
    const recorder = new Recorder();
    for (const input of [undefined, null, 5, {}, { type: 'toString' }]) {
      assert.throws(
        () => recorder.take(input),
        (error) => error instanceof VmCustomizationError && error.code === 'invalidInput',
      );
    }
  });
});
