/** What goes into a run and comes out of it: what it is asked with, and each feed of its machine by itself. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { internal } from './internal.mjs';

const {
  SteppedClock,
  GuestInfoFeed,
  MonitorFeed,
  PushFeed,
  ReadinessFeed,
  SourceFailures,
  checkSource,
  checkWatchOptions,
  OptionsError,
  PushUnavailableError,
  ReadError,
  VmCustomizationError,
  WireError,
} = await internal(
  'watch/validate',
  'watch/guest-info-feed',
  'watch/push-feed',
  'watch/monitor-feed',
  'source/read-failure',
  'watch/readiness-feed',
  'testing/stepped-clock',
  'errors',
  'core/wasm/loader',
  'core/wasm/glue',
);

const settle = () => new Promise((resolve) => setImmediate(resolve));
const refused = (message) => ({ name: 'OptionsError', code: 'invalidOptions', message });

/** Whether a promise is settled by now. */
async function isSettled(promise) {
  const pending = Symbol('pending');
  await settle();
  return (await Promise.race([promise, pending])) !== pending;
}

describe('the options of a watch', () => {
  const SOURCE = { readGuestInfo: async () => [] };
  const check = (options, { resumed = false, source = SOURCE } = {}) => checkWatchOptions(options, resumed, source);
  const OF_ANY = 'signal, push, onProgress, alsoRead, onInput, clock';

  test('are those of a monitor and of its run; of a wait that goes on, of its run alone', () => {
    const all =
      'rules, timeoutSeconds, lookbackSeconds, since, pollIntervalSeconds, waitForPowerOn, attempts, stuckAfterSeconds, ready, settleSeconds, ' +
      `requestedSecondsAgo, ${OF_ANY}`;
    assert.throws(() => check({ poll: 5 }), refused(`'poll' is no option of a watch: it has ${all}`));
    const resumed = (name) => refused(`'${name}' is no option of a wait that goes on: it has ${OF_ANY}`);
    for (const options of [{ requestedSecondsAgo: 5 }, { timeoutSeconds: 5 }])
      assert.throws(() => check(options, { resumed: true }), resumed(Object.keys(options)[0]));
    check({ requestedSecondsAgo: 5, timeoutSeconds: 5 });
    for (const resumes of [true, false]) {
      const call = () => undefined;
      const clock = new SteppedClock();
      const { signal } = new AbortController();
      check({ signal, push: false, onProgress: call, alsoRead: [], onInput: call, clock }, { resumed: resumes });
      check({}, { resumed: resumes });
    }
  });

  test('let a wait have been asked for up to a year ago', () => {
    for (const seconds of [undefined, 0, 0.5, 366 * 86_400]) check({ requestedSecondsAgo: seconds });
    for (const [value, shown] of [
      [-0.001, '-0.001'],
      [31_622_400.001, '31622400.001'],
      [Number.NaN, 'NaN'],
      ['5', "the text '5'"],
      [null, 'null'],
    ]) {
      const message = `requestedSecondsAgo is ${shown}: give a number of seconds from 0 to 31622400`;
      assert.throws(() => check({ requestedSecondsAgo: value }), refused(message));
    }
  });

  test('do not let a wait under the published rules have been asked for before it begins', () => {
    check({ rules: 'published' });
    check({ rules: 'default', requestedSecondsAgo: 0 });
    const message =
      'requestedSecondsAgo cannot be used with the published rules, whose passes begin when the wait does: leave it out';
    assert.throws(() => check({ rules: 'published', requestedSecondsAgo: 0 }), refused(message));
  });

  test('name event types to read beside, 64 of them at most', () => {
    const types = ['A', 'a', 'VmPoweredOffEvent', 'com.vmware.vc_9.x', 'A'.repeat(256)];
    check({ alsoRead: types });
    check({ alsoRead: Array(64).fill('A') });
    const many = 'alsoRead names 65 event types: name at most 64, a query holds them all';
    assert.throws(() => check({ alsoRead: Array(65).fill('A') }), refused(many));
    const list = "alsoRead is the text 'A': pass an array such as ['VmPoweredOffEvent']";
    assert.throws(() => check({ alsoRead: 'A' }), refused(list));
    for (const [type, shown] of [
      ['', "the text ''"],
      ['1A', "the text '1A'"],
      ['.A', "the text '.A'"],
      [' A', "the text ' A'"],
      ['A ', "the text 'A '"],
      ['A-b', "the text 'A-b'"],
      // What would be a name as a text.
      [true, 'true'],
      [['A'], 'an array'],
    ]) {
      const message = `alsoRead[1] is ${shown}: give the name of an event type, such as 'VmPoweredOffEvent'`;
      assert.throws(() => check({ alsoRead: ['A', type] }), refused(message));
    }
    assert.throws(() => check({ alsoRead: ['A'.repeat(257)] }), { message: /^alsoRead\[0\] is the text 'A+/ });
  });

  test('wait for ready guests only where the source can tell of them, or they are not asked', () => {
    const message =
      'ready cannot be used with this source, which has no method readGuestInfo: give it one, or leave `ready` out';
    assert.throws(() => check({ ready: 'tools' }, { source: {} }), refused(message));
    check({ ready: 'tools' });
    for (const options of [{}, { ready: null }, { ready: undefined }, { ready: 'tools', rules: 'published' }])
      check(options, { source: {} });
  });
});

describe('a source', () => {
  const call = async () => undefined;
  const FINE = { serverTime: call, readEvents: call };

  test('has to tell the time and read events, whatever else it is', () => {
    checkSource(FINE);
    checkSource(Object.assign(() => undefined, FINE));
    checkSource({ ...FINE, readGuestInfo: call, logIn: call, pushEvents: call, readTimeoutMs: 0.5 });
    for (const [source, message] of [
      [undefined, 'the source is undefined: pass an EventSource'],
      [null, 'the source is null: pass an EventSource'],
      ['vc', "the source is the text 'vc': pass an EventSource"],
      [{ ...FINE, serverTime: undefined }, 'the source has no method serverTime: every EventSource needs one'],
      [{ ...FINE, readEvents: {} }, 'the source has no method readEvents: every EventSource needs one'],
    ]) {
      assert.throws(() => checkSource(source), refused(message));
    }
  });

  test('has what it may have in a form that can be used, or not at all', () => {
    for (const name of ['readGuestInfo', 'logIn', 'pushEvents']) {
      checkSource({ ...FINE, [name]: undefined });
      const message = `${name} of the source is null: give a method, or leave it out`;
      assert.throws(() => checkSource({ ...FINE, [name]: null }), refused(message));
    }
    for (const [limit, shown] of [
      [0, '0'],
      [-1, '-1'],
      [Number.NaN, 'NaN'],
      [Number.POSITIVE_INFINITY, 'Infinity'],
      ['5', "the text '5'"],
      [null, 'null'],
    ]) {
      const message = `readTimeoutMs of the source is ${shown}: give a number of milliseconds, or leave it out`;
      assert.throws(() => checkSource({ ...FINE, readTimeoutMs: limit }), refused(message));
    }
    checkSource({ ...FINE, readTimeoutMs: undefined });
  });
});

describe('questions whether guests are ready', () => {
  const OPERATIONS = { toolsRunningStatus: 'guestToolsRunning', guestOperationsReady: true };

  /** A feed whose source answers a question when `answer` is called with its place. */
  function asking() {
    const clock = new SteppedClock();
    const [questions, posted] = [[], []];
    const read = (vms, { signal, readiness }) =>
      new Promise((answer, fail) => questions.push({ vms, readiness, signal, answer, fail }));
    const feed = new ReadinessFeed({ read, clock, post: (input) => posted.push(input) });
    return { feed, clock, questions, posted };
  }

  test('are answered with their number, and ask no more than was asked for', async () => {
    const { feed, questions, posted, clock } = asking();
    feed.ask({ number: 7, vms: ['vm-1', 'vm-2'] });
    const [{ vms, readiness, answer, signal }] = questions;
    assert.deepEqual([vms, readiness, signal.aborted], [['vm-1', 'vm-2'], true, false]);
    const readings = [{ vm: 'vm-1', ...OPERATIONS }];
    answer(readings);
    await settle();
    assert.deepEqual(posted, [{ type: 'readiness', number: 7, readings }]);
    assert.equal(clock.pending, 0);
  });

  test('that fail, or take longer than 30 s, say so', async () => {
    const { feed, questions, posted, clock } = asking();
    const error = new Error('reset');
    feed.ask({ number: 1, vms: ['vm-1'] });
    questions[0].fail(error);
    await settle();
    assert.deepEqual(posted, [{ type: 'readinessError', error }]);
    feed.ask({ number: 2, vms: ['vm-1'] });
    await clock.advance(29_999);
    assert.equal(posted.length, 1);
    await clock.advance(1);
    assert.equal(posted[1].error.message, 'asking whether guests are ready took longer than 30 s');
    assert.equal(questions[1].signal.aborted, true);
  });

  test('take the place of what was asked before, and end with the wait: nothing comes of those given up', async () => {
    const { feed, questions, posted } = asking();
    feed.stop();
    feed.ask({ number: 1, vms: ['vm-1'] });
    feed.ask({ number: 2, vms: ['vm-2'] });
    const why = 'a newer read was asked for, or the wait is over';
    assert.equal(questions[0].signal.reason.message, why);
    assert.equal(questions[1].signal.aborted, false);
    questions[0].answer([]);
    await settle();
    assert.deepEqual(posted, []);
    feed.stop();
    await settle();
    assert.deepEqual([questions[1].signal.reason.message, posted], [why, []]);
  });

  test('are refused where the source cannot tell', () => {
    const feed = new ReadinessFeed({ read: undefined, clock: new SteppedClock(), post: () => assert.fail() });
    assert.throws(() => feed.ask({ number: 1, vms: [] }), OptionsError);
  });

  test('say of a VM that was not asked about, is watched no more or took a step meanwhile nothing of readiness', () => {
    const { feed } = asking();
    const answer = ['vm-1', 'vm-2', 'vm-3', 'vm-4'].map((vm) => ({ vm, powerState: 'poweredOn', ...OPERATIONS }));
    const plain = (reading) => ({ vm: reading.vm, powerState: 'poweredOn' });
    assert.deepEqual(feed.counted(answer), answer.map(plain));
    feed.ask({ number: 1, vms: ['vm-1', 'vm-2', 'vm-3'] });
    const [one, two, three, four] = answer;
    assert.deepEqual(feed.counted(answer), [one, two, three, plain(four)]);
    feed.told({ type: 'stuck', vm: 'vm-1', hint: 'notStarted' });
    feed.told({ type: 'transition', transition: { vm: 'vm-2' } });
    assert.deepEqual(feed.counted(answer), [one, plain(two), three, plain(four)]);
    feed.changed(new Set(['vm-1', 'vm-4']));
    assert.deepEqual(feed.counted(answer), [one, plain(two), plain(three), plain(four)]);
  });

  test('keep the last read of events waiting for a second, and no longer than they are open', async () => {
    const { feed, questions, clock } = asking();
    const { signal } = new AbortController();
    assert.equal(await isSettled(feed.beforeLastRead(signal)), true);
    feed.ask({ number: 1, vms: ['vm-1'] });
    const patient = feed.beforeLastRead(signal);
    await clock.advance(999);
    assert.equal(await isSettled(patient), false);
    await clock.advance(1);
    assert.equal(await isSettled(patient), true);
    const waiting = feed.beforeLastRead(signal);
    assert.equal(await isSettled(waiting), false);
    questions[0].answer([]);
    assert.equal(await isSettled(waiting), true);
    assert.equal(clock.pending, 0);
  });

  test('keep nothing waiting that is given up', async () => {
    const { feed, clock } = asking();
    const controller = new AbortController();
    feed.ask({ number: 1, vms: ['vm-1'] });
    const waiting = feed.beforeLastRead(controller.signal);
    controller.abort();
    assert.equal(await isSettled(waiting), true);
    // That of the question.
    assert.equal(clock.pending, 1);
  });
});

describe('a push', () => {
  const QUERY = { vms: ['vm-1'], since: 's', types: ['T'], maxCount: 9, reason: 'start', timeoutMs: null };
  const PAGE = { events: [] };
  const lost = new ReadError('notAuthenticated', 'lost');
  const HANG = () => new Promise(() => undefined);

  /**
   * A feed whose pushes do what the script says, one after the other: each is made of numbers, a pause of so many
   * milliseconds, pages, and last an error, or HANG for one that goes on. After the script they go on without a page.
   */
  function feeding(script, { canLogIn = true, taken = () => undefined, more = () => ({}) } = {}) {
    const clock = new SteppedClock();
    const begun = clock.now();
    const entries = [...script];
    const [pushes, posted, sleeps] = [[], [], []];
    const push = (query, { signal }) => {
      const steps = entries.shift() ?? [HANG];
      const own = { atMs: clock.now() - begun, query, signal, pulled: 0, returned: 0 };
      pushes.push(own);
      return {
        [Symbol.asyncIterator]: () => ({
          next: async () => {
            own.pulled += 1;
            while (typeof steps[0] === 'number') await clock.sleep(steps.shift(), signal);
            const step = steps.shift();
            if (step instanceof Error) throw step;
            return step === HANG ? HANG() : { value: step, done: step === undefined };
          },
          return: () => {
            own.returned += 1;
            return Promise.reject(new Error('cannot be cleaned up'));
          },
        }),
        ...more(),
      };
    };
    const post = ({ taken: take, ...input }) => {
      posted.push({ atMs: clock.now() - begun, ...input });
      take?.(taken(input.page));
    };
    const watched = {
      now: () => clock.now(),
      sleep: (ms, signal) => sleeps.push(ms) && clock.sleep(ms, signal),
    };
    const failures = new SourceFailures();
    const feed = new PushFeed({ push, failures, canLogIn, query: () => QUERY, clock: watched, post });
    const advance = async (ms) => {
      await settle();
      await clock.advance(ms);
      await settle();
    };
    return { feed, clock, pushes, posted, sleeps, advance };
  }
  const times = (pushes) => pushes.map(({ atMs }) => atMs);
  const failed = (posted) =>
    posted.filter(({ type }) => type === 'pushFailed').map(({ failure, inARow }) => [failure.kind, inARow]);

  test('asks for what was read last, says once that it has begun, and hands on each page', async () => {
    const { posted, pushes, advance } = feeding([[PAGE, 5, { events: 'x' }, { events: 'y' }, HANG]]);
    await advance(9);
    const page = (text) => ({ events: new TextEncoder().encode(text) });
    assert.deepEqual(posted, [
      { atMs: 0, type: 'pushBegun' },
      { atMs: 0, type: 'pushed', page: PAGE },
      { atMs: 5, type: 'pushed', page: page('x') },
      { atMs: 5, type: 'pushed', page: page('y') },
    ]);
    assert.deepEqual([pushes.length, pushes[0].query, pushes[0].pulled], [1, QUERY, 4]);
  });

  test('that ends, brings what is no page, or what is not understood, has failed with that, and is cleaned up', async () => {
    const cases = [
      [[PAGE], 'transient', 'the push of events has ended'],
      [[5], 'transient', 'the push of events has ended'],
      [
        ['x'],
        'transient',
        "what pushEvents answered cannot be used: it is the text 'x', and has to be a page such as { events: [] }",
      ],
      [[{ events: 'bad' }, HANG], 'fatal', 'bad', { kind: 'fatal', message: 'bad' }],
      [[PAGE, HANG], 'transient', 'what was pushed could not be understood', { kind: 'transient' }],
      [[new ReadError('noPermission', 'no')], 'noPermission', 'no'],
    ];
    for (const [steps, kind, message, failure] of cases) {
      const { posted, pushes, advance } = feeding([steps], { taken: () => failure });
      await advance(10);
      const { atMs: _, ...last } = posted.at(-1);
      assert.deepEqual(last, { type: 'pushFailed', failure: { kind, message }, inARow: 1 });
      assert.deepEqual([pushes.length, pushes[0].returned], [1, 1], message);
    }
  });

  test('need not have a way to be cleaned up', async () => {
    const more = () => ({ [Symbol.asyncIterator]: () => ({ next: async () => ({ done: true }) }) });
    const { posted, advance } = feeding([[]], { more });
    await advance(0);
    assert.equal(posted[0].failure.message, 'the push of events has ended');
  });

  test('is begun again after a pause where it lasted less than 5 s, and then at once, its failures counted anew', async () => {
    const error = new Error('reset');
    for (const [lasts, pushed, counts] of [
      [4_999, [0, 1_000, 3_000, 11_999, 19_999], [1, 2, 3, 4]],
      [5_000, [0, 1_000, 3_000, 8_000, 9_000], [1, 2, 0, 1]],
    ]) {
      const { pushes, posted, advance } = feeding([[error], [error], [PAGE, lasts, error], [error]]);
      await advance(20_000);
      assert.deepEqual(times(pushes), pushed);
      assert.deepEqual(
        failed(posted).map(([, inARow]) => inARow),
        counts,
      );
    }
    // That long without a first page is no life.
    const never = feeding([[9_000, error]]);
    await never.advance(10_000);
    assert.deepEqual(times(never.pushes), [0, 10_000]);
  });

  test('whose session is lost waits for the next one, however long, and is begun at once on it', async () => {
    const { feed, pushes, posted, sleeps, clock, advance } = feeding([[PAGE, lost]]);
    await advance(1e9);
    assert.deepEqual([times(pushes), failed(posted)], [[0], [['notAuthenticated', 0]]]);
    feed.loggedIn();
    await settle();
    assert.deepEqual(times(pushes), [0, 1e9]);
    // Not every clock has a sleep without an end.
    assert.deepEqual([sleeps.filter((ms) => !Number.isFinite(ms)), clock.pending], [[], 0]);
  });

  test('whose session is lost again is no reason for one more log-in until it has brought something or was steady', async () => {
    for (const [life, told] of [
      [[lost], ['transient', 1]],
      [
        [PAGE, lost],
        ['transient', 1],
      ],
      [
        [PAGE, 4_999, lost],
        ['transient', 1],
      ],
      [
        [PAGE, PAGE, lost],
        ['notAuthenticated', 0],
      ],
      [
        [PAGE, 5_000, lost],
        ['notAuthenticated', 0],
      ],
      [[new ReadError('fatal', 'no')], ['fatal', 1]],
    ]) {
      const { feed, posted, advance } = feeding([[lost], life]);
      await advance(0);
      feed.loggedIn();
      await advance(5_500);
      assert.deepEqual(failed(posted), [['notAuthenticated', 0], told]);
    }
    const without = feeding([[lost]], { canLogIn: false });
    await without.advance(1_000);
    assert.deepEqual([failed(without.posted), times(without.pushes)], [[['notAuthenticated', 1]], [0, 1_000]]);
  });

  test('is begun anew on a new session, which is no failure, also out of a pause', async () => {
    const { feed, pushes, posted, advance } = feeding([[PAGE, HANG], [new Error('reset')]]);
    await advance(3);
    feed.loggedIn();
    await settle();
    assert.equal(pushes[0].signal.reason.message, 'a new session has begun');
    assert.deepEqual([times(pushes), failed(posted)], [[0, 3], [['transient', 1]]]);
    feed.loggedIn();
    await advance(5_000);
    assert.deepEqual([times(pushes), failed(posted)], [[0, 3, 3], [['transient', 1]]]);
  });

  test('that is not to be had is told once, and not begun again', async () => {
    const { feed, pushes, posted, advance } = feeding([[new PushUnavailableError('none')]]);
    await advance(60_000);
    feed.loggedIn();
    await advance(60_000);
    assert.deepEqual([times(pushes), posted], [[0], [{ atMs: 0, type: 'pushUnavailable', message: 'none' }]]);
  });

  test('that does not take VMs that are added is begun anew, and no other', async () => {
    for (const [more, added, pushed] of [
      [{}, true, [0, 1]],
      [{}, false, [0]],
      [{ setVms: async () => true }, true, [0]],
      [{ setVms: async () => 'yes' }, true, [0, 1]],
    ]) {
      const { feed, pushes, posted, advance } = feeding([[PAGE, HANG]], { more: () => more });
      await advance(1);
      await feed.vmsChanged(['vm-1', 'vm-2'], { added });
      await advance(5_000);
      assert.deepEqual([times(pushes), failed(posted)], [pushed, []]);
      assert.equal(pushes[0].signal.reason?.message, pushed.length > 1 ? 'other VMs are watched' : undefined);
    }
  });

  test('that is yet to begin keeps to its pause when VMs are added, and so does one that ended meanwhile', async () => {
    const { feed, pushes, advance } = feeding([[new Error('reset')]]);
    await advance(1);
    await feed.vmsChanged(['vm-2'], { added: true });
    await advance(998);
    assert.deepEqual(times(pushes), [0]);
    await advance(1);
    assert.deepEqual(times(pushes), [0, 1_000]);
    const slow = feeding([[PAGE, 5_000, new Error('reset')]], { more: () => ({ setVms: HANG }) });
    await slow.advance(1);
    const change = slow.feed.vmsChanged(['vm-2'], { added: true });
    await slow.advance(40_000);
    await change;
    assert.deepEqual(times(slow.pushes), [0, 5_000]);
  });

  test('says nothing once the wait is over, whatever it was about', async () => {
    for (const steps of [[PAGE, HANG], [new Error('reset')], [lost], [HANG], [7, PAGE, HANG]]) {
      const hasFailed = steps[0] instanceof Error;
      const { feed, pushes, posted, clock, advance } = feeding([steps]);
      await advance(5);
      const told = posted.length;
      feed.stop();
      await settle();
      assert.equal(pushes[0].signal.reason?.message, hasFailed ? undefined : 'the wait is over');
      await advance(60_000);
      feed.loggedIn();
      await advance(60_000);
      assert.deepEqual([pushes.length, posted.length - told, clock.pending], [1, 0, 0]);
    }
  });
});

describe('the machine of a run', () => {
  const text = (value) => (value instanceof Uint8Array ? new TextDecoder().decode(value) : value);
  const broken = new WireError('wireNotEvents', 'no events', { kind: 'fatal' });
  const nonsense = new VmCustomizationError('invalidInput', 'no status');
  const failure = { kind: 'transient', message: 'why' };
  const guest = (vm) => ({ vm, powerState: 'poweredOn' });

  /**
   * A machine that notes what it is fed with, and what is told and recorded then. It answers `answers` by the method, and throws
   * those that are errors.
   */
  function feeding({ fresh = false, answers = {} } = {}) {
    const [fed, told, recorded] = [[], [], []];
    const methods = ['handleEvents', 'handleGuestInfo', 'handleGuestAnswer', 'handleReadFailed', 'handleLoggedIn'];
    const call =
      (method) =>
      (first, ...rest) => {
        fed.push([method.replace('handle', ''), text(first), ...rest]);
        const answer = answers[method]?.(text(first));
        if (answer instanceof Error) throw answer;
        return { number: fed.length, ...answer };
      };
    const monitor = Object.fromEntries(
      [...methods, 'setVms', 'handleTimeout', 'cancel'].map((method) => [method, call(method)]),
    );
    const tell = (progress) => told.push(progress);
    const record = (input) => recorded.push(input.document ? { ...input, document: text(input.document) } : input);
    return { feed: new MonitorFeed({ monitor, fresh, tell, record }), fed, told, recorded };
  }
  const numbers = ({ updates }) => updates.map(({ number }) => number);

  test('is fed an answer, which is complete with the last of its documents', () => {
    const { feed, fed, told, recorded } = feeding();
    assert.deepEqual(feed.page({ events: 'a' }, [], false, 5), {
      updates: [{ number: 1 }],
      failure: undefined,
      guestFailure: undefined,
    });
    const page = feed.page({ events: [], more: ['b', 'c'], complete: true, failures: [] }, [], false, 6);
    assert.deepEqual([numbers(page), page.failure], [[2, 3, 4], undefined]);
    assert.deepEqual(fed, [
      ['Events', 'a', true, 5],
      ['Events', '[]', false, 6],
      ['Events', 'b', false, 6],
      ['Events', 'c', true, 6],
    ]);
    assert.deepEqual(
      recorded,
      fed.map(([, document, complete, atMs]) => ({ type: 'events', document, complete, atMs })),
    );
    assert.deepEqual(told, []);
  });

  test('is fed what was read beside it as what completes nothing', () => {
    const refusal = { kind: 'notFound', vm: 'vm-1' };
    const { feed, fed } = feeding();
    assert.equal(feed.page({ events: 'a', failures: [refusal] }, [guest('vm-2')], true, 5).failure, undefined);
    assert.deepEqual(fed, [
      ['Events', 'a', false, 5],
      ['ReadFailed', refusal, 5],
      ['GuestInfo', [guest('vm-2')], 5],
    ]);
  });

  test('is fed what is said of single VMs after the events, and is told that all was read last', () => {
    const refusals = ['vm-1', 'vm-2'].map((vm) => ({ kind: 'noPermission', vm }));
    const { feed, fed } = feeding();
    const page = feed.page({ events: 'a', failures: refusals }, [], false, 5);
    assert.deepEqual(fed, [
      ['Events', 'a', false, 5],
      ['ReadFailed', refusals[0], 5],
      ['ReadFailed', refusals[1], 5],
      ['Events', '[]', true, 5],
    ]);
    assert.deepEqual(numbers(page), [1, 2, 3, 4]);
  });

  test('hears of guests after the events, but for the first time of a machine that knows nothing yet', () => {
    const infos = [guest('vm-1')];
    const order = (fresh, times) => {
      const { feed, fed, recorded } = feeding({ fresh });
      for (let time = 1; time <= times; time += 1)
        assert.equal(feed.page({ events: 'a' }, infos, false, time).updates.length, fed.at(-1)[1] === '[]' ? 3 : 2);
      assert.deepEqual(recorded.filter(({ type }) => type === 'guestInfo').length, times);
      return fed.filter(([, , , atMs]) => atMs === undefined || atMs === times).slice(fresh && times === 1 ? 0 : -3);
    };
    assert.deepEqual(order(true, 1), [
      ['GuestInfo', infos, 1],
      ['Events', 'a', true, 1],
    ]);
    for (const [fresh, times] of [
      [true, 2],
      [false, 1],
    ]) {
      assert.deepEqual(order(fresh, times), [
        ['Events', 'a', false, times],
        ['GuestInfo', infos, times],
        ['Events', '[]', true, times],
      ]);
    }
  });

  test('is told why an answer was not complete, once', () => {
    const bad = { handleEvents: (document) => (document === 'bad' ? { ingested: { failure } } : undefined) };
    const cut = { kind: 'transient', message: 'the source could not read to the end' };
    const more = (events, ...rest) => ({ events, ...(rest.length > 0 && { more: rest }) });
    for (const [page, own, complete, fails, isFed] of [
      // The machine has seen it itself, in a document that ends the answer.
      [more('bad'), false, [true], failure, false],
      [more('a', 'bad'), false, [false, true], failure, false],
      [more('bad', 'a'), false, [false, false], failure, true],
      [more('bad', 'bad'), false, [false, false], failure, true],
      [more('bad'), true, [false], failure, true],
      [{ events: 'a', complete: false }, false, [false], cut, true],
      [{ events: 'bad', complete: false }, false, [false], failure, true],
    ]) {
      const { feed, fed } = feeding({ answers: bad });
      const result = feed.page(page, [], own, 5);
      assert.deepEqual(result.failure, fails);
      assert.equal(result.updates.length, fed.length);
      assert.deepEqual(
        fed.filter(([method]) => method === 'Events').map(([, , is]) => is),
        complete,
      );
      assert.deepEqual(fed.slice(complete.length), isFed ? [['ReadFailed', fails, 5]] : []);
    }
  });

  test('is fed what of an answer can be understood, and the rest is a failed read of its kind', () => {
    const answers = { handleEvents: (document) => (document === 'bad' ? broken : { ingested: { taken: 1 } }) };
    const { feed, fed, told, recorded } = feeding({ answers });
    const why = { kind: 'fatal', message: 'an answer could not be understood: no events' };
    const page = feed.page({ events: 'a', more: ['bad', 'b'] }, [], false, 5);
    assert.deepEqual(page.failure, why);
    assert.deepEqual(fed, [
      ['Events', 'a', false, 5],
      ['Events', 'bad', false, 5],
      ['Events', 'b', false, 5],
      ['ReadFailed', why, 5],
    ]);
    assert.deepEqual(
      recorded.map(({ type, document }) => document ?? type),
      ['a', 'b', 'readFailed'],
    );
    assert.deepEqual(told, Array(2).fill({ type: 'ingested', ingested: { taken: 1 } }));
    const mine = new Error('mine');
    const failing = feeding({ answers: { handleEvents: () => mine } });
    for (const method of ['page', 'pushed'])
      assert.throws(() => failing.feed[method]({ events: 'a' }, ...(method === 'page' ? [[], false] : []), 5), mine);
  });

  test('is fed what was pushed as what completes nothing, without what is empty', () => {
    const { feed, fed } = feeding();
    const pushed = feed.pushed({ events: [], more: ['', 'a', [{ key: 1 }]] }, 5);
    assert.deepEqual([numbers(pushed), pushed.failure], [[1, 2], undefined]);
    assert.deepEqual(feed.pushed({ events: 'b' }, 6), { updates: [{ number: 3 }], failure: undefined });
    assert.deepEqual(fed, [
      ['Events', 'a', false, 5],
      ['Events', '[{"key":1}]', false, 5],
      ['Events', 'b', false, 6],
    ]);
  });

  test('is told what of a push could not be understood, after the rest', () => {
    const answers = {
      handleEvents: (document) => (document === 'broken' ? broken : document === 'bad' && { ingested: { failure } }),
    };
    const unread = { kind: 'fatal', message: 'what was pushed could not be understood: no events' };
    for (const [more, why] of [
      [['bad', 'a'], failure],
      [['a', 'broken', 'a'], unread],
      [['broken', 'bad'], failure],
    ]) {
      const { feed, fed } = feeding({ answers });
      const pushed = feed.pushed({ events: [], more }, 5);
      assert.deepEqual(pushed.failure, why);
      assert.deepEqual(fed.at(-1), ['ReadFailed', why, 5]);
      assert.equal(fed.length, more.length + 1);
      assert.equal(pushed.updates.length, fed.length - (more.includes('broken') ? 1 : 0));
    }
  });

  test('is fed guests at once, or each alone where one makes no sense; the first of those is named', () => {
    const isBad = (infos) => infos.some(({ powerState }) => powerState === 5);
    const { feed, fed, recorded } = feeding({ answers: { handleGuestInfo: (infos) => isBad(infos) && nonsense } });
    assert.deepEqual(feed.guests([], 3), { updates: [], failure: undefined });
    assert.equal(feed.lastMs, 0);
    const [one, two] = [guest('vm-1'), guest('vm-2')];
    assert.deepEqual(feed.guests([one, two], 4), { updates: [{ number: 1 }], failure: undefined });
    const [three, four] = ['vm-3', 'vm-4'].map((vm) => ({ vm, powerState: 5 }));
    const some = feed.guests([one, three, four, two], 5);
    assert.deepEqual(
      [numbers(some), some.failure],
      [[3, 6], 'what is known of the guest of vm-3 makes no sense: no status'],
    );
    assert.deepEqual(feed.guests([four], 6), {
      updates: [],
      failure: 'what is known of the guest of vm-4 makes no sense: no status',
    });
    assert.deepEqual(recorded, [
      { type: 'guestInfo', infos: [one, two], atMs: 4 },
      { type: 'guestInfo', infos: [one], atMs: 5 },
      { type: 'guestInfo', infos: [two], atMs: 5 },
    ]);
    assert.equal(fed.length, 7);
    const { guestFailure } = feed.page({ events: 'a' }, [four], false, 7);
    assert.equal(guestFailure, 'what is known of the guest of vm-4 makes no sense: no status');
    const apart = feeding({ answers: { handleGuestInfo: ({ length }) => length > 1 && nonsense } });
    assert.deepEqual(apart.feed.guests([one, two], 5).failure, undefined);
    assert.equal(apart.recorded.length, 2);
    for (const error of [new Error('mine'), new VmCustomizationError('disposed', 'gone')]) {
      const failing = feeding({ answers: { handleGuestInfo: () => error, handleGuestAnswer: () => error } });
      assert.throws(() => failing.feed.guests([one], 5), error);
      assert.throws(() => failing.feed.answer(1, [one], 5), error);
    }
  });

  test('is fed an answer of guests by its number, also an empty one; one that makes no sense is none', () => {
    const { feed, fed, recorded } = feeding();
    assert.deepEqual(feed.answer(7, [guest('vm-1')], 5), { update: { number: 1 } });
    assert.deepEqual(feed.answer(8, [], 6), { update: { number: 2 } });
    assert.deepEqual(fed, [
      ['GuestAnswer', 7, [guest('vm-1')], 5],
      ['GuestAnswer', 8, [], 6],
    ]);
    assert.deepEqual(recorded, [{ type: 'guestInfo', infos: [guest('vm-1')], atMs: 5 }]);
    const failing = feeding({ answers: { handleGuestAnswer: () => nonsense } });
    const message = 'what is known of the guests makes no sense: no status';
    assert.deepEqual(failing.feed.answer(7, [guest('vm-1')], 5), { failure: message });
    assert.deepEqual(failing.recorded, []);
  });

  test('tells a failure of one VM by itself, and leaves the others to what it says of the reading', () => {
    for (const [of, reading, tells] of [
      [{ vm: 'vm-1' }, undefined, true],
      [{ vm: 'vm-1' }, { failure: null }, false],
      [{}, undefined, false],
      [{}, { failure }, false],
    ]) {
      const { feed, fed, told, recorded } = feeding({ answers: { handleReadFailed: () => ({ reading }) } });
      assert.deepEqual(feed.failure({ ...failure, ...of }, 5), { number: 1, reading });
      assert.deepEqual(told, tells ? [{ type: 'readFailed', failure: { ...failure, ...of } }] : []);
      assert.deepEqual(fed, [['ReadFailed', { ...failure, ...of }, 5]]);
      assert.deepEqual(recorded, [{ type: 'readFailed', failure: { ...failure, ...of }, atMs: 5 }]);
    }
  });

  test('is told of log-ins, other VMs, the time and the end, which are recorded but for the time', () => {
    const { feed, fed, told, recorded } = feeding();
    const vms = [{ vm: 'vm-1' }];
    const answers = [feed.loggedIn(1), feed.vms(vms, 'now', 2), feed.timeout(3), feed.cancel(4)];
    assert.deepEqual(answers, [{ number: 1 }, { number: 2 }, { number: 3 }, { number: 4 }]);
    assert.deepEqual(fed, [
      ['LoggedIn', 1],
      ['setVms', vms, 'now', 2],
      ['Timeout', 3],
      ['cancel', 4],
    ]);
    assert.deepEqual(told, [{ type: 'loggedIn' }]);
    assert.deepEqual(recorded, [
      { type: 'loggedIn', atMs: 1 },
      { type: 'vms', vms, serverTime: 'now', atMs: 2 },
      { type: 'cancel', atMs: 4 },
    ]);
    const refusing = feeding({ answers: { setVms: () => nonsense } });
    assert.throws(() => refusing.feed.vms(vms, 'now', 2), nonsense);
    assert.deepEqual(refusing.recorded, []);
  });

  test('never hears of a time before the one it was fed last', () => {
    const { feed, fed } = feeding();
    assert.equal(feed.lastMs, 0);
    for (const atMs of [5, 3, 5, 6]) feed.timeout(atMs);
    assert.deepEqual(
      fed.map(([, atMs]) => atMs),
      [5, 5, 5, 6],
    );
    assert.equal(feed.lastMs, 6);
  });
});

describe('what the guests say', () => {
  const { signal: NEVER } = new AbortController();
  const pending = (vm, more = {}) => ({ vm, pendingCustomization: true, ...more });
  const done = (vm, more = {}) => ({ vm, customizationStatus: 'TOOLSDEPLOYPKG_SUCCEEDED', ...more });
  const step = (vm, to) => ({ type: 'transition', transition: { vm, to } });

  /** A feed whose guests say what `says` answers; each question is in `asked`. */
  function asking(says, { vms = ['vm-1', 'vm-2'], readiness = false } = {}) {
    const clock = new SteppedClock();
    const [asked, refusals] = [[], []];
    const read = async (of, call) => {
      asked.push({ vms: of, ...call });
      return says(of, asked.length);
    };
    const feed = new GuestInfoFeed({
      read,
      failures: new SourceFailures(),
      clock,
      readiness,
      refused: (error) => refusals.push(error),
    });
    feed.begin(vms.map((vm) => ({ vm })));
    const times = () => asked.map(({ vms: of }) => of);
    return { feed, clock, asked, times, refusals };
  }
  /** One whose guests have said this, as for the events of a read. */
  async function told(infos, options) {
    const all = asking(async () => infos, options);
    await all.feed.beforeRead('start', NEVER);
    return all;
  }

  test('is asked before the events are read, but for reads that follow another at once or a fixed time', async () => {
    for (const [reasons, isAsked] of [
      [['start', 'poll', 'safety', 'loggedIn', 'vmsChanged', 'restored', 'deadline'], true],
      [['retry', 'vmDropped', 'pass', 'push'], false],
    ]) {
      for (const reason of reasons) {
        for (const readiness of [true, false]) {
          const { feed, asked, clock } = asking(async () => [], { readiness });
          await feed.beforeRead(reason, NEVER);
          assert.deepEqual(
            asked.map(({ vms, readiness: of }) => [vms, of]),
            isAsked ? [[['vm-1', 'vm-2'], readiness]] : [],
            reason,
          );
          assert.equal(clock.pending, 0);
        }
      }
    }
  });

  test('is not asked where there is nobody to ask, no VM is open, or the read was given up', async () => {
    const feed = new GuestInfoFeed({ read: undefined, clock: new SteppedClock() });
    feed.begin([{ vm: 'vm-1' }]);
    await feed.beforeRead('start', NEVER);
    assert.deepEqual(feed.take(), []);
    const none = asking(async () => [], { vms: [] });
    await none.feed.beforeRead('start', NEVER);
    const over = asking(async () => []);
    await over.feed.beforeRead('start', AbortSignal.abort());
    assert.deepEqual([none.asked, over.asked], [[], []]);
  });

  test('is taken once, of the VMs that are watched and may be read, without what only an answer to a question says', async () => {
    const { feed } = await told([
      pending('vm-1', { toolsRunningStatus: 'guestToolsRunning', guestOperationsReady: true }),
      { vm: 'vm-2', noPermission: 'no' },
      pending('vm-9'),
    ]);
    assert.deepEqual(feed.take(), [pending('vm-1')]);
    assert.deepEqual(feed.take(), []);
    await feed.beforeRead('poll', NEVER);
    assert.deepEqual(feed.take(), []);
  });

  test('is taken again where it has changed', async () => {
    const { feed } = asking(async (_, time) => [pending('vm-1', { bootTime: time < 3 ? 'a' : 'b' })]);
    const taken = [];
    for (let time = 1; time <= 4; time += 1) {
      await feed.beforeRead('poll', NEVER);
      taken.push(feed.take().map(({ bootTime }) => bootTime));
    }
    assert.deepEqual(taken, [['a'], [], ['b'], []]);
  });

  test('keeps the events waiting for a second; what comes later is of the next read, or the last', async () => {
    const { feed, clock } = asking(async () => {
      await clock.sleep(1_001, NEVER);
      return [pending('vm-1')];
    });
    const waiting = feed.beforeRead('start', NEVER);
    await clock.advance(999);
    assert.equal(await isSettled(waiting), false);
    await clock.advance(1);
    assert.equal(await isSettled(waiting), true);
    await clock.advance(1);
    assert.deepEqual(feed.take(), []);
    assert.deepEqual(feed.takeAll(), [pending('vm-1')]);
    assert.equal(clock.pending, 0);
    const next = feed.beforeRead('poll', NEVER);
    await clock.advance(1_001);
    await next;
    await feed.beforeRead('retry', NEVER);
    assert.deepEqual(feed.take(), []);
  });

  test('is asked one time at once: who asks meanwhile gets the same answer, and who is given up waits no more', async () => {
    let answer;
    const { feed, asked, clock } = asking(() => new Promise((resolve) => (answer = resolve)));
    const controller = new AbortController();
    const [one, two] = [feed.beforeRead('start', NEVER), feed.beforeRead('poll', controller.signal)];
    assert.equal(await isSettled(two), false);
    controller.abort();
    assert.deepEqual([await isSettled(two), await isSettled(one)], [true, false]);
    answer([pending('vm-1')]);
    assert.equal(await isSettled(one), true);
    assert.deepEqual([asked.length, feed.take(), clock.pending], [1, [pending('vm-1')], 0]);
    const again = feed.beforeRead('poll', NEVER);
    assert.equal(asked.length, 2);
    answer([]);
    await again;
  });

  test('is asked for a hint where it was read 5 s ago or more', async () => {
    for (const [after, times] of [
      [0, 1],
      [4_999, 1],
      [5_000, 2],
    ]) {
      const { feed, asked, clock } = asking(async () => []);
      await feed.beforeHint(NEVER);
      await clock.advance(after);
      await feed.beforeHint(NEVER);
      assert.equal(asked.length, times);
    }
  });

  test('is for a hint whether a customization is pending and the VM runs, where that is news, and no result', async () => {
    const all = { pendingCustomization: false, powerState: 'poweredOn', bootTime: 'a' };
    for (const state of [
      ...Object.entries(all).map(([name, value]) => ({ [name]: value })),
      all,
      { pendingCustomization: true, powerState: 'poweredOff' },
    ]) {
      const { feed } = await told([done('vm-1', state), done('vm-2')]);
      assert.deepEqual(feed.takeState(), [{ vm: 'vm-1', ...state }]);
      assert.deepEqual(feed.takeState(), []);
      // The result is for the events of the next read.
      assert.deepEqual(feed.take(), [done('vm-1', state), done('vm-2')]);
      assert.deepEqual(feed.takeState(), []);
    }
  });

  test('is for a hint also what came later than the events were asked for, and what was told with them is no news', async () => {
    const { feed } = asking(async () => [pending('vm-1')]);
    await feed.beforeHint(NEVER);
    assert.deepEqual(feed.take(), []);
    assert.deepEqual(feed.takeState(), [pending('vm-1')]);
    const { feed: other } = await told([pending('vm-1')]);
    assert.deepEqual(other.take(), [pending('vm-1')]);
    await other.beforeHint(NEVER);
    await other.beforeRead('poll', NEVER);
    assert.deepEqual(other.takeState(), []);
  });

  test('is asked of VMs while they are open', async () => {
    const { feed, times } = asking(async () => []);
    const ask = () => feed.beforeRead('poll', NEVER);
    feed.told({ type: 'concluded', row: { vm: 'vm-1' } });
    feed.told({ type: 'stuck', vm: 'vm-2', hint: 'notStarted' });
    await ask();
    for (const to of ['CustomizationStarted', 'CustomizationNotStarted']) {
      feed.told(step('vm-1', to));
      await ask();
      feed.told({ type: 'concluded', row: { vm: 'vm-1' } });
    }
    for (const to of ['CustomizationSucceeded', 'CustomizationFailed']) {
      feed.told(step('vm-1', 'CustomizationStarted'));
      feed.told(step('vm-1', to));
      await ask();
    }
    assert.deepEqual(times(), [['vm-2'], ['vm-2', 'vm-1'], ['vm-2', 'vm-1'], ['vm-2'], ['vm-2']]);
  });

  test('is told anew after a power-on, where it was told of the power', async () => {
    for (const [info, to, isAgain] of [
      [pending('vm-1', { powerState: 'poweredOff' }), 'CustomizationNotStarted', true],
      [pending('vm-1', { bootTime: 'a' }), 'CustomizationNotStarted', true],
      [pending('vm-1'), 'CustomizationNotStarted', false],
      [pending('vm-1', { powerState: 'poweredOff' }), 'CustomizationStarted', false],
    ]) {
      for (const take of ['take', 'takeState']) {
        const { feed } = await told([info]);
        assert.equal(feed[take]().length, 1);
        feed.told(step('vm-1', to));
        await feed.beforeRead('poll', NEVER);
        assert.equal(feed[take]().length, isAgain ? 1 : 0);
        // Once for each power-on.
        feed.told(step('vm-2', to));
        await feed.beforeRead('poll', NEVER);
        assert.equal(feed[take]().length, 0);
      }
    }
  });

  test('of VMs that went is kept nowhere, of those that stay it is, and those that come are asked about', async () => {
    const off = { powerState: 'poweredOff' };
    const { feed, times } = await told([pending('vm-1', off), pending('vm-2', off)], { vms: ['vm-1', 'vm-2', 'vm-3'] });
    feed.told({ type: 'concluded', row: { vm: 'vm-3' } });
    feed.take();
    await feed.beforeHint(NEVER);
    feed.changed(['vm-2', 'vm-3', 'vm-4']);
    assert.deepEqual(feed.takeAll(), []);
    await feed.beforeRead('poll', NEVER);
    assert.deepEqual(times(), [
      ['vm-1', 'vm-2', 'vm-3'],
      ['vm-2', 'vm-4'],
    ]);
    // What was told of the one that is back is told again, and that of the one that stayed is not.
    feed.changed(['vm-1', 'vm-2']);
    await feed.beforeRead('poll', NEVER);
    assert.deepEqual(feed.takeState(), [pending('vm-1', off)]);
    assert.deepEqual(feed.takeAll(), [pending('vm-1', off)]);
    assert.deepEqual(feed.takeAll(), []);
  });

  test('that came of a VM is forgotten with it', async () => {
    for (const reason of ['poll', undefined]) {
      const { feed } = asking(async () => [pending('vm-1')]);
      await (reason === undefined ? feed.beforeHint(NEVER) : feed.beforeRead(reason, NEVER));
      feed.changed(['vm-2']);
      assert.deepEqual([feed.takeState(), feed.takeAll()], [[], []]);
    }
  });

  test('is asked of the VMs that a snapshot has left open', async () => {
    const { feed, times } = asking(async () => [pending('vm-1'), pending('vm-2'), pending('vm-9')], { vms: [] });
    feed.begin([{ vm: 'vm-1' }, { vm: 'vm-2', conclusion: 'completed' }]);
    await feed.beforeRead('restored', NEVER);
    assert.deepEqual(times(), [['vm-1']]);
    assert.deepEqual(feed.take(), [pending('vm-1'), pending('vm-2')]);
    // Those that are known do not come.
    feed.changed(['vm-1', 'vm-2']);
    await feed.beforeRead('poll', NEVER);
    assert.deepEqual(times().at(-1), ['vm-1']);
  });

  test('that cannot be read is said once, as it was first', async () => {
    const { feed } = asking(async (_, time) => {
      throw new Error(`failure ${time}`);
    });
    assert.equal(feed.takeFailure(), undefined);
    for (let time = 1; time <= 2; time += 1) await feed.beforeRead('poll', NEVER);
    assert.equal(feed.takeFailure(), 'failure 1');
    await feed.beforeRead('poll', NEVER);
    feed.failed('more');
    assert.equal(feed.takeFailure(), undefined);
  });

  test('that takes longer than 30 s cannot be read, and a session that is gone is no trouble of its own', async () => {
    const { feed, clock, asked } = asking(() => new Promise(() => undefined));
    await clock.drive(feed.beforeRead('start', NEVER));
    await clock.advance(28_999);
    assert.equal(feed.takeFailure(), undefined);
    await clock.advance(1);
    assert.equal(feed.takeFailure(), 'asking the guests took longer than 30 s');
    assert.equal(asked[0].signal.aborted, true);
    const lost = asking(async () => {
      throw new ReadError('notAuthenticated', 'lost');
    });
    await lost.feed.beforeRead('start', NEVER);
    assert.equal(lost.feed.takeFailure(), undefined);
  });

  test('that the source cannot say refuses a wait for guests that are ready, and fails no other', async () => {
    const error = new OptionsError('invalidOptions', 'no such property');
    const says = async () => {
      throw error;
    };
    for (const [readiness, thrown, refusals, failure] of [
      [true, error, [error], undefined],
      [false, error, [], 'no such property'],
      [true, new Error('reset'), [], 'reset'],
    ]) {
      const all = asking(thrown === error ? says : async () => Promise.reject(thrown), { readiness });
      await all.feed.beforeRead('start', NEVER);
      assert.deepEqual([all.refusals, all.feed.takeFailure()], [refusals, failure]);
    }
  });

  test('is no trouble once the wait is over', async () => {
    const { feed, asked } = asking(() => new Promise(() => undefined));
    const waiting = feed.beforeRead('start', NEVER);
    feed.stop();
    await waiting;
    assert.equal(asked[0].signal.reason.message, 'the wait is over');
    assert.equal(feed.takeFailure(), undefined);
  });
});
