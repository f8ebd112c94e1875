/** What every call of a source goes through: how long it may take, when it is made again, and what its failure means. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { runInNewContext } from 'node:vm';
import { internal } from './internal.mjs';

const { SteppedClock, Backoff, Pace, SourceFailures, readFailureOf, withTimeout, takesVms, KINDS, ReadError } =
  await internal(
    'source/backoff',
    'source/pace',
    'source/read-failure',
    'source/with-timeout',
    'source/event-push',
    'testing/stepped-clock',
    'errors',
  );

const never = new AbortController().signal;
const hang = () => new Promise(() => undefined);

/** Who listens to a signal, from here on. */
function listenersOf(signal) {
  const listeners = new Set();
  const { addEventListener, removeEventListener } = signal;
  signal.addEventListener = (...given) => {
    listeners.add(given[1]);
    addEventListener.apply(signal, given);
  };
  signal.removeEventListener = (...given) => {
    listeners.delete(given[1]);
    removeEventListener.apply(signal, given);
  };
  return listeners;
}

test('a pause is twice the one before it, up to 30 s, and begins anew after what has worked', () => {
  const backoff = new Backoff();
  const pauses = () => Array.from({ length: 8 }, () => backoff.next());
  const series = [1, 2, 4, 8, 16, 30, 30, 30].map((seconds) => seconds * 1000);
  assert.deepEqual(pauses(), series);
  backoff.reset();
  assert.deepEqual(pauses(), series);
});

describe('the pace of requests', () => {
  const waits = (pace, nowMs, count) => Array.from({ length: count }, () => pace.next(nowMs));

  test('lets 50 pass at once, and then one every half second', () => {
    const pace = new Pace();
    assert.deepEqual(waits(pace, 0, 53), [...Array(50).fill(0), 500, 1000, 1500]);
    assert.equal(pace.next(2_000), 0);
  });

  for (const [idleMs, more] of [
    [499, [1]],
    [500, [0, 500]],
    [24_999, [...Array(49).fill(0), 1]],
    [25_000, [...Array(50).fill(0), 500]],
    [99_000, [...Array(50).fill(0), 500]],
  ]) {
    test(`lets as many pass after ${idleMs} ms without one as were saved up, 50 at most`, () => {
      const pace = new Pace();
      waits(pace, 1_000, 50);
      assert.deepEqual(waits(pace, 1_000 + idleMs, more.length), more);
    });
  }
});

describe('what a source throws', () => {
  test('is of the kind that it says, and may pass where it says none that is known', () => {
    assert.deepEqual(KINDS, ['notAuthenticated', 'noPermission', 'notFound', 'transient', 'fatal']);
    for (const kind of KINDS) {
      assert.deepEqual(readFailureOf(new ReadError(kind, 'why')), { kind, message: 'why' });
      assert.deepEqual(readFailureOf(Object.assign(new Error('theirs'), { kind })), { kind, message: 'theirs' });
    }
    for (const error of [new Error('why'), Object.assign(new Error('why'), { kind: 'gone' })]) {
      assert.deepEqual(readFailureOf(error), { kind: 'transient', message: 'why' });
    }
    assert.deepEqual(readFailureOf({ kind: 'fatal', message: 'why' }), {
      kind: 'transient',
      message: 'the source has thrown an object (Object)',
    });
  });

  test('is told in its own words, whatever it is', () => {
    const odd = Object.assign(new Error('why'), { message: 5 });
    for (const [thrown, message] of [
      ['a text', 'a text'],
      [undefined, 'the source has thrown undefined'],
      [odd, 'the source has thrown an object (Error)'],
      [new TypeError('no method'), 'the source has thrown TypeError: no method'],
      [Object.assign(new TypeError(''), { message: 5 }), 'the source has thrown an object (Error)'],
    ]) {
      assert.deepEqual(readFailureOf(thrown), { kind: 'transient', message });
    }
  });

  test('is told to the programmer once where the program is at fault, and else never', async () => {
    const warnings = [];
    const take = (warning) => warnings.push(warning);
    process.on('warning', take);
    try {
      for (const name of ['EvalError', 'RangeError', 'ReferenceError', 'SyntaxError', 'TypeError', 'URIError']) {
        const failures = new SourceFailures();
        for (const error of [
          new Error('network'),
          'text',
          Object.assign(new Error('in JSON'), { name }),
          new TypeError('again'),
        ]) {
          assert.deepEqual(failures.of(error), readFailureOf(error));
        }
        await new Promise((resolve) => setImmediate(resolve));
        assert.deepEqual(
          warnings.splice(0).map(({ message }) => message),
          [`the source has thrown ${name}: in JSON; it counts as a failure to read, and is tried again`],
        );
      }
    } finally {
      process.off('warning', take);
    }
  });

  test('is told as what it is where it is of another realm, such as that around a test runner', () => {
    const foreign = (code) => readFailureOf(runInNewContext(code));
    assert.deepEqual(foreign('new Error("reset")'), { kind: 'transient', message: 'reset' });
    assert.deepEqual(foreign('Object.assign(new Error("no"), { kind: "fatal" })'), { kind: 'fatal', message: 'no' });
    const mistake = { kind: 'transient', message: 'the source has thrown TypeError: theirs' };
    assert.deepEqual(foreign('new TypeError("theirs")'), mistake);
  });
});

describe('a call that has a time', () => {
  const LATE = { name: 'ReadError', kind: 'transient', code: 'timeout' };

  test('answers and throws what it does, before its time is up, and leaves no timer', async () => {
    const clock = new SteppedClock();
    const mine = new Error('mine');
    const thrown = () => {
      throw mine;
    };
    assert.equal(await withTimeout('asking', async () => 5, 100, clock, never), 5);
    await assert.rejects(
      withTimeout('asking', () => Promise.reject(mine), 100, clock, never),
      mine,
    );
    await assert.rejects(withTimeout('asking', thrown, 100, clock, never), mine);
    assert.equal(clock.pending, 0);
  });

  for (const [ms, text] of [
    [30_000, '30'],
    [1_000, '1'],
    [1_549, '1.5'],
    [1_550, '1.6'],
    [49, '0'],
  ]) {
    test(`fails after ${ms} ms, though it ignores its signal`, async () => {
      const clock = new SteppedClock();
      const begun = clock.now();
      await assert.rejects(clock.drive(withTimeout('asking', hang, ms, clock, never)), {
        ...LATE,
        message: `asking took longer than ${text} s`,
      });
      assert.equal(clock.now() - begun, ms);
    });
  }

  test('fails with what is made for it then', async () => {
    const clock = new SteppedClock();
    const late = new Error('late');
    await assert.rejects(clock.drive(withTimeout(() => late, hang, 5, clock, never)), late);
    const early = () => assert.fail('it was in time');
    assert.equal(await clock.drive(withTimeout(early, async () => 5, 5, clock, never)), 5);
    await clock.drive(clock.sleep(10, never));
  });

  test('fails at once with what aborts it, and is not made after that', async () => {
    const clock = new SteppedClock();
    const outer = new AbortController();
    let signal;
    const call = (options) => {
      signal = options.signal;
      return hang();
    };
    const made = withTimeout('asking', call, 1_000, clock, outer.signal);
    outer.abort(new Error('enough'));
    await assert.rejects(made, /enough/);
    assert.match(signal.reason.message, /enough/);
    let calls = 0;
    const counted = async () => {
      calls += 1;
    };
    await assert.rejects(withTimeout('asking', counted, 1_000, clock, outer.signal), /enough/);
    assert.equal(calls, 0);
    assert.equal(clock.pending, 0);
  });

  test('hears when it is over, and keeps nothing of the signal around it', async () => {
    const clock = new SteppedClock();
    let signal;
    const call = async (options) => {
      signal = options.signal;
      assert.equal(signal.aborted, false);
    };
    const outer = new AbortController();
    const kept = listenersOf(outer.signal);
    await withTimeout('asking', call, 1_000, clock, outer.signal);
    assert.equal(signal.reason.message, 'the call is over');
    assert.equal(kept.size, 0);
  });
});

describe('a push that is asked whether it brings the events of other VMs', () => {
  const ask = (setVms, clock = new SteppedClock(), ...until) =>
    clock.drive(takesVms({ setVms }, ['vm-1', 'vm-2'], clock, ...until));

  test('does so where it says true, and nothing else', async () => {
    assert.equal(await ask(async () => true), true);
    for (const answer of [false, undefined, 1, 'true', {}]) assert.equal(await ask(async () => answer), false);
    assert.equal(await ask(undefined), false);
  });

  test('does not where it fails, throws, or takes 30 s', async () => {
    assert.equal(await ask(() => Promise.reject(new Error('no'))), false);
    const thrown = () => {
      throw new Error('no');
    };
    assert.equal(await ask(thrown), false);
    for (const [ms, taken] of [
      [29_999, true],
      [30_001, false],
    ]) {
      const clock = new SteppedClock();
      assert.equal(await ask(() => clock.sleep(ms, never).then(() => true), clock), taken, String(ms));
    }
  });

  test('is told the VMs, and to stop when the push is over', async () => {
    const [one, other] = [new AbortController(), new AbortController()];
    const clock = new SteppedClock();
    let asked;
    const push = {
      setVms: (vms, { signal }) => {
        asked = { vms, signal };
        return hang();
      },
    };
    const taken = takesVms(push, ['vm-1'], clock, one.signal, other.signal);
    assert.deepEqual(asked.vms, ['vm-1']);
    other.abort(new Error('over'));
    assert.equal(await taken, false);
    assert.match(asked.signal.reason.message, /over/);
    assert.equal(await takesVms(push, ['vm-1'], clock, one.signal, other.signal), false);
    const kept = [one, new AbortController()].map(({ signal }) => [signal, listenersOf(signal)]);
    await takesVms({ setVms: async () => true }, ['vm-1'], clock, ...kept.map(([signal]) => signal));
    assert.deepEqual(
      kept.map(([, listeners]) => listeners.size),
      [0, 0],
    );
  });
});
