/** What stands between a run and those who read it, and what decides when a run asks: each part by itself. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { internal } from './internal.mjs';

const {
  SteppedClock,
  Backlog,
  InputQueue,
  Conclusions,
  GapReads,
  SAFETY_READ_S,
  checkedPage,
  readServerTime,
  askServerTime,
  SourceFailures,
  ReadError,
  WireError,
} = await internal(
  'watch/backlog',
  'watch/input-queue',
  'watch/conclusions',
  'watch/gap-reads',
  'watch/checked-page',
  'watch/first-server-time',
  'source/read-failure',
  'testing/stepped-clock',
  'errors',
  'core/wasm/loader',
  'core/wasm/glue',
);

const settle = () => new Promise((resolve) => setImmediate(resolve));
const over = async () => undefined;

/** What is read so far, and whether the reading has ended. */
function follow(items) {
  const seen = { items: [], ended: false };
  (async () => {
    for await (const item of items) seen.items.push(item);
    seen.ended = true;
  })();
  return seen;
}

/** Whether a promise is settled by now. */
async function isSettled(promise) {
  const pending = Symbol('pending');
  await settle();
  return (await Promise.race([promise, pending])) !== pending;
}

describe('a backlog', () => {
  test('gives each reader all of it, begun before or after, and ends when it is closed', async () => {
    const backlog = new Backlog();
    const early = follow(backlog.read(over));
    backlog.push('a', 9);
    await settle();
    assert.deepEqual(early, { items: ['a'], ended: false });
    backlog.push('b', 9);
    const late = follow(backlog.read(over));
    await settle();
    assert.deepEqual(
      [early.items, late.items],
      [
        ['a', 'b'],
        ['a', 'b'],
      ],
    );
    backlog.close();
    await settle();
    assert.deepEqual([early.ended, late.ended], [true, true]);
    const after = follow(backlog.read(over));
    await settle();
    assert.deepEqual(after, { items: ['a', 'b'], ended: true });
  });

  for (const [count, kept] of [
    [2, ['1', '2']],
    [3, ['1', '2', '3']],
    [4, ['2', '3', '4']],
    [9, ['7', '8', '9']],
  ]) {
    test(`of 3 keeps of ${count} the newest`, async () => {
      const backlog = new Backlog();
      for (let item = 1; item <= count; item += 1) backlog.push(String(item), 3);
      backlog.close();
      const seen = follow(backlog.read(over));
      await settle();
      assert.deepEqual(seen, { items: kept, ended: true });
    });
  }

  test('lets a reader that has fallen behind go on at the oldest kept, and repeats nothing', async () => {
    const backlog = new Backlog();
    const reader = backlog.read(over)[Symbol.asyncIterator]();
    for (const item of ['1', '2', '3']) backlog.push(item, 3);
    assert.equal((await reader.next()).value, '1');
    assert.equal((await reader.next()).value, '2');
    backlog.push('4', 3);
    assert.equal((await reader.next()).value, '3');
    for (const item of ['5', '6', '7', '8']) backlog.push(item, 3);
    assert.equal((await reader.next()).value, '6');
    assert.equal((await reader.next()).value, '7');
    assert.equal((await reader.next()).value, '8');
    const waiting = reader.next();
    backlog.push('9', 3);
    assert.equal((await waiting).value, '9');
  });
});

describe('the inputs of a run', () => {
  test('are taken in the order in which they came, and one that is put back comes first', () => {
    const queue = new InputQueue();
    assert.equal(queue.take(), undefined);
    queue.put('a');
    queue.put('b');
    assert.equal(queue.take(), 'a');
    queue.putBack('a');
    assert.deepEqual([queue.take(), queue.take(), queue.take()], ['a', 'b', undefined]);
  });

  test('wake who waits for one, each time', async () => {
    const queue = new InputQueue();
    for (const item of ['a', 'b']) {
      const arrival = queue.arrival();
      assert.equal(await isSettled(arrival), false);
      queue.put(item);
      assert.equal(await isSettled(arrival), true);
      assert.equal(queue.take(), item);
    }
    queue.putBack('a');
    assert.equal(await isSettled(queue.arrival()), true);
  });
});

describe('the VMs that are done', () => {
  const row = (vm, more = {}) => ({ vm, ...more });

  test('are told once each, as they were at that moment', async () => {
    const conclusions = new Conclusions();
    const told = follow(conclusions.read(over));
    conclusions.add(row('vm-1', { time: 1 }), 2);
    conclusions.add(row('vm-1', { time: 2 }), 2);
    conclusions.add(row('vm-2'), 2);
    await settle();
    assert.deepEqual(told, { items: [row('vm-1', { time: 1 }), row('vm-2')], ended: false });
    assert.deepEqual(conclusions.row('vm-1'), row('vm-1', { time: 1 }));
    assert.equal(conclusions.row('vm-3'), undefined);
    conclusions.close();
    await settle();
    assert.equal(told.ended, true);
  });

  for (const [vmCount, kept] of [
    [1, 1_025],
    [976, 2_000],
  ]) {
    test(`of a watch of ${vmCount} are kept, the newest ${kept}, also when it has become smaller`, async () => {
      const conclusions = new Conclusions();
      for (let place = 0; place < kept + 1; place += 1) conclusions.add(row(`vm-${place}`), place === 0 ? vmCount : 1);
      conclusions.close();
      const told = follow(conclusions.read(over));
      await settle();
      await settle();
      assert.equal(told.items.length, kept);
      assert.equal(told.items[0].vm, 'vm-1');
    });
  }

  test('wake who waits for one of them, and nobody else', async () => {
    const conclusions = new Conclusions();
    const [one, same, other] = ['vm-1', 'vm-1', 'vm-2'].map((vm) => conclusions.change(vm));
    conclusions.add(row('vm-1'), 2);
    assert.deepEqual(await Promise.all([one, same, other].map(isSettled)), [true, true, false]);
    const again = conclusions.change('vm-1');
    assert.equal(await isSettled(again), false);
    conclusions.close();
    assert.deepEqual(await Promise.all([again, other].map(isSettled)), [true, true]);
  });

  test('are forgotten where they are watched no more, and may be done again', async () => {
    const conclusions = new Conclusions();
    const told = follow(conclusions.read(over));
    conclusions.add(row('vm-1'), 2);
    conclusions.add(row('vm-2'), 2);
    const [gone, kept] = [conclusions.change('vm-3'), conclusions.change('vm-4')];
    conclusions.watched(new Set(['vm-2', 'vm-4']));
    assert.deepEqual([conclusions.row('vm-1'), conclusions.row('vm-2')], [undefined, row('vm-2')]);
    assert.deepEqual(await Promise.all([gone, kept].map(isSettled)), [true, false]);
    conclusions.add(row('vm-1', { time: 2 }), 2);
    conclusions.add(row('vm-2', { time: 2 }), 2);
    await settle();
    assert.deepEqual(told.items, [row('vm-1'), row('vm-2'), row('vm-1', { time: 2 })]);
  });
});

describe('reads beside those of the machine', () => {
  const QUERY = { vms: ['vm-1', 'vm-2'], since: 's', types: ['T'], maxCount: 9, reason: 'poll', timeoutMs: 5 };
  const NEVER = Number.POSITIVE_INFINITY;

  /** As after a read that was answered at 1,000 ms. */
  function read(polls) {
    const reads = new GapReads(polls);
    reads.asked(QUERY);
    reads.answered(1_000);
    return reads;
  }

  test('are none before the machine has read, and there is nothing to read then', () => {
    const reads = new GapReads(true);
    assert.equal(reads.dueMs, NEVER);
    assert.throws(() => reads.latest, { message: 'nothing was read yet' });
    reads.changed(new Set());
    reads.asked(QUERY);
    assert.equal(reads.dueMs, NEVER);
    assert.deepEqual(reads.latest, QUERY);
  });

  test('come 15 s after the last where a push that should be there is not, and else not at all', () => {
    assert.equal(read(false).dueMs, NEVER);
    const reads = read(true);
    assert.equal(reads.dueMs, 16_000);
    assert.deepEqual(reads.query(16_000), { ...QUERY, reason: 'poll', timeoutMs: null });
    reads.pushBegun();
    reads.asked(QUERY);
    reads.answered(2_000);
    assert.equal(reads.dueMs, NEVER);
    reads.pushEnded();
    assert.equal(reads.dueMs, 17_000);
    assert.equal(SAFETY_READ_S, 60);
  });

  test('come at once after a push has begun or has missed something, also where nothing is polled', () => {
    for (const polls of [true, false]) {
      for (const gap of ['pushBegun', 'missed']) {
        const reads = read(polls);
        reads[gap]();
        assert.equal(reads.dueMs, 1_000);
        assert.deepEqual(reads.query(1_000), { ...QUERY, reason: 'push', timeoutMs: null });
        reads.asked(QUERY);
        assert.equal(reads.dueMs, NEVER);
        reads.answered(3_000);
        assert.equal(reads.dueMs, polls && gap === 'missed' ? 18_000 : NEVER);
      }
    }
  });

  test('wait while one is open, and after a failure for that of the machine', () => {
    const reads = read(true);
    reads.missed();
    reads.failed();
    assert.equal(reads.dueMs, NEVER);
    reads.answered(4_000);
    assert.equal(reads.dueMs, 4_000);
  });

  test('are two a second after a burst of 50, and those that poll are no part of it', () => {
    const reads = read(true);
    for (let poll = 0; poll < 100; poll += 1) reads.query(1_000);
    for (let time = 1; time <= 52; time += 1) {
      reads.missed();
      // The 51st is counted and waits its turn: what it asks for is due half a second later.
      assert.equal(reads.dueMs, 1_000 + Math.max(0, time - 51) * 500, String(time));
      reads.query(1_000);
      reads.asked(QUERY);
      reads.answered(1_000);
    }
  });

  test('are of the VMs that are still watched, and none without one', () => {
    const reads = read(true);
    reads.changed(new Set(['vm-2', 'vm-3']));
    assert.deepEqual(reads.query(0).vms, ['vm-2']);
    assert.equal(reads.dueMs, 16_000);
    reads.missed();
    reads.changed(new Set(['vm-3']));
    assert.equal(reads.dueMs, NEVER);
  });
});

describe('a page of a source', () => {
  const refused = (why, method = 'readEvents') => ({
    name: 'ReadError',
    kind: 'transient',
    code: 'badAnswer',
    message: `what ${method} answered cannot be used: ${why}`,
  });

  test('is taken with its documents as bytes; an empty list stays one', () => {
    const encode = (text) => new TextEncoder().encode(text);
    const failures = [
      { kind: 'notFound', vm: 'vm-1' },
      { kind: 'noPermission', vm: 'vm-2', message: 'why' },
    ];
    for (const [page, taken] of [
      [{ events: [] }, { events: [] }],
      [{ events: 'text' }, { events: encode('text') }],
      [{ events: [{ a: 1 }] }, { events: encode('[{"a":1}]') }],
      [
        { events: '', more: [[], 'x'], complete: false, failures },
        { events: encode(''), more: [[], encode('x')], complete: false, failures },
      ],
      [
        { events: [], more: [], complete: true, failures: [] },
        { events: [], more: [], complete: true, failures: [] },
      ],
    ]) {
      assert.deepEqual(checkedPage(page, 'readEvents'), taken);
    }
  });

  test('that is none is refused, with what is wrong and where', () => {
    const shape = 'and has to be a page such as { events: [] }';
    const failureShape = "and has to be such as { kind: 'noPermission', vm: 'vm-101' }";
    const kinds = 'notAuthenticated, noPermission, notFound, transient, fatal';
    for (const [page, why] of [
      [undefined, `it is undefined, ${shape}`],
      [null, `it is null, ${shape}`],
      ['text', `it is the text 'text', ${shape}`],
      [[], `it is an array, ${shape}`],
      [{}, 'the page has no `events`'],
      [{ events: null }, 'the page has no `events`'],
      [{ events: 5 }, '`events` cannot be used: it is 5, and has to be bytes, text or an array of objects'],
      [{ events: [], more: 'x' }, "`more` is the text 'x', and has to be an array of documents"],
      [{ events: [], more: [5] }, '`more` cannot be used: it is 5, and has to be bytes, text or an array of objects'],
      [{ events: [], complete: 0 }, '`complete` is 0, and has to be true or false'],
      [{ events: [], failures: 'x' }, "`failures` is the text 'x', and has to be an array"],
      [{ events: [], failures: ['x'] }, `\`failures[0]\` is the text 'x', ${failureShape}`],
      [{ events: [], failures: [null] }, `\`failures[0]\` is null, ${failureShape}`],
      [
        {
          events: [],
          failures: [
            { kind: 'notFound', vm: 'vm-1' },
            { kind: 'gone', vm: 'vm-1' },
          ],
        },
        `\`failures[1]\` has the kind the text 'gone', and has to have one of ${kinds}`,
      ],
      [{ events: [], failures: [{ kind: 'notFound' }] }, '`failures[0]` names no VM: `vm` is undefined'],
      [{ events: [], failures: [{ kind: 'notFound', vm: '' }] }, "`failures[0]` names no VM: `vm` is the text ''"],
      [{ events: [], failures: [{ kind: 'fatal', vm: 'v', message: 1 }] }, '`failures[0]` has 1 as its message'],
    ]) {
      assert.throws(() => checkedPage(page, 'readEvents'), refused(why), why);
    }
    assert.throws(() => checkedPage(undefined, 'pushEvents'), refused(`it is undefined, ${shape}`, 'pushEvents'));
  });

  test('whose documents throw something of their own throws that', () => {
    const mine = new Error('mine');
    const events = [
      {
        toJSON: () => {
          throw mine;
        },
      },
    ];
    assert.throws(
      () => checkedPage({ events }, 'readEvents'),
      (error) => error === mine || (error.code === 'badAnswer' && !(error instanceof WireError)),
    );
  });
});

describe("the first question for vCenter's time", () => {
  const TIME = new Date('2026-03-01T10:00:00Z');

  /** A run whose source answers the entries one after the other; the last again and again. */
  function asking(entries, { logIn = [], options = {}, noLogIn = false } = {}) {
    const clock = new SteppedClock();
    const begun = clock.now();
    const stop = new AbortController();
    const seen = { asked: [], logIns: [], told: [] };
    const answer = (list, place, call) => {
      const entry = list[Math.min(place, list.length - 1)];
      if (entry instanceof Error) throw entry;
      return typeof entry === 'function' ? entry(call) : entry;
    };
    const source = {
      serverTime: async (call) => {
        seen.asked.push(clock.now() - begun);
        return answer(entries, seen.asked.length - 1, call);
      },
      ...(!noLogIn && {
        logIn: async (call) => {
          seen.logIns.push(clock.now() - begun);
          return answer(logIn, seen.logIns.length - 1, call);
        },
      }),
    };
    const tell = (progress) => seen.told.push(progress);
    const setup = { source, failures: new SourceFailures(), clock, stop: stop.signal, tell, options };
    const run = () => clock.drive(readServerTime(setup, begun)).then((result) => ({ ...seen, ...result }));
    return { clock, begun, stop, seen, source, run };
  }

  const reset = new ReadError('transient', 'reset');
  const lost = new ReadError('notAuthenticated', 'lost');
  const HANG = () => new Promise(() => undefined);

  test('is answered', async () => {
    const { asked, logIns, told, ...answer } = await asking([TIME]).run();
    assert.deepEqual([asked, logIns, told, answer], [[0], [], [], { time: TIME }]);
  });

  test('is asked again after 1, 2, 4 … 30 s, each failure told', async () => {
    const { asked, told, time } = await asking([...Array(7).fill(reset), TIME]).run();
    assert.deepEqual(
      asked,
      [0, 1, 3, 7, 15, 31, 61, 91].map((seconds) => seconds * 1000),
    );
    assert.deepEqual(told, Array(7).fill({ type: 'readFailed', failure: { kind: 'transient', message: 'reset' } }));
    assert.equal(time, TIME);
  });

  for (const [timeoutSeconds, asked] of [
    [2, [0, 1, 2]],
    [3, [0, 1, 3]],
    [4, [0, 1, 3, 4]],
  ]) {
    test(`is asked until the deadline of ${timeoutSeconds} s, and then has failed for good`, async () => {
      const seen = await asking([reset], { options: { timeoutSeconds } }).run();
      assert.deepEqual(
        seen.asked,
        asked.map((seconds) => seconds * 1000),
      );
      assert.deepEqual(seen.failure, { kind: 'fatal', message: 'reset' });
      assert.equal(seen.told.length, asked.length - 1);
    });
  }

  test('is asked for ten minutes where nothing else is said, and for ever where there is no deadline', async () => {
    const seen = await asking([reset]).run();
    assert.equal(seen.asked.at(-1), 600_000);
    const answer = await asking([...Array(500).fill(reset), TIME], { options: { timeoutSeconds: null } }).run();
    assert.equal(answer.time, TIME);
  });

  test('may take 30 s, or what is left of the wait but at least one', async () => {
    for (const [timeoutSeconds, asked, message] of [
      [null, [0, 31_000], '30 s'],
      [60, [0, 31_000], '30 s'],
      [31, [0, 31_000, 32_000], '1 s'],
      [20, [0, 20_000], '20 s'],
      [0.5, [0], '1 s'],
    ]) {
      const options = { timeoutSeconds };
      const answers = timeoutSeconds !== null && timeoutSeconds < 60 ? [HANG] : [HANG, TIME];
      const seen = await asking(answers, { options }).run();
      assert.deepEqual(seen.asked, timeoutSeconds === 20 || timeoutSeconds === 31 ? asked.slice(0, -1) : asked);
      const text = (seen.failure ?? seen.told.at(-1).failure).message;
      assert.equal(text, `asking for vCenter's time took longer than ${message}`);
    }
  });

  test('leads to a log-in where the session is gone, and is asked once more then', async () => {
    const seen = await asking([lost, TIME], { logIn: [undefined] }).run();
    assert.deepEqual([seen.asked, seen.logIns, seen.told, seen.time], [[0, 0], [0], [], TIME]);
  });

  test('is asked again after a while where a log-in did not help, and has failed where there is none', async () => {
    const seen = await asking([lost, lost, TIME], { logIn: [undefined] }).run();
    assert.deepEqual([seen.asked, seen.logIns, seen.time], [[0, 0, 1000], [0], TIME]);
    assert.deepEqual(seen.told[0].failure, { kind: 'transient', message: 'lost' });
    const without = await asking([lost, TIME], { noLogIn: true }).run();
    assert.deepEqual([without.asked, without.failure], [[0], { kind: 'fatal', message: 'lost' }]);
  });

  test('is not asked after a log-in that fails, which says what is wrong', async () => {
    const seen = await asking([lost], { logIn: [new ReadError('fatal', 'refused')] }).run();
    assert.deepEqual([seen.asked, seen.failure], [[0], { kind: 'fatal', message: 'refused' }]);
    const slow = await asking([lost, TIME], { logIn: [HANG] }).run();
    assert.equal(slow.told[0].failure.message, 'logging in took longer than 30 s');
  });

  test('has failed at once for what does not pass', async () => {
    for (const kind of ['fatal', 'noPermission', 'notFound']) {
      const seen = await asking([new ReadError(kind, 'no')]).run();
      assert.deepEqual([seen.asked, seen.told, seen.failure], [[0], [], { kind: 'fatal', message: 'no' }]);
    }
  });

  test('is answered with a time or has failed for good, with what was answered', async () => {
    for (const [answer, what] of [
      [undefined, 'undefined'],
      ['now', "the text 'now'"],
      [new Date(Number.NaN), 'a Date that is none of vCenter'],
    ]) {
      const { asked, failure } = await asking([answer]).run();
      const message = `serverTime of the source has answered ${what}: it has to answer a valid Date`;
      assert.deepEqual([asked, failure], [[0], { kind: 'fatal', message }]);
    }
  });

  test('ends with the run: without a word before it has failed, with the last failure after that', async () => {
    const open = asking([HANG]);
    const answer = open.run();
    open.stop.abort(new Error('over'));
    assert.deepEqual(await answer, { asked: [0], logIns: [], told: [] });
    const paused = asking([reset]);
    const failed = paused.run();
    paused.stop.abort(new Error('over'));
    const { asked, failure } = await failed;
    assert.deepEqual([asked, failure], [[0], undefined]);
    const told = asking([() => Promise.reject(reset)]);
    told.seen.told.push = () => told.stop.abort(new Error('over'));
    const last = await told.run();
    assert.deepEqual([last.asked, last.failure], [[0], { kind: 'transient', message: 'reset' }]);
    const before = asking([TIME]);
    before.stop.abort(new Error('over'));
    assert.deepEqual(await before.run(), { asked: [], logIns: [], told: [] });
  });

  test('does not log in for who has gone', async () => {
    const { clock, seen, source } = asking([]);
    const controller = new AbortController();
    source.serverTime = async () => {
      controller.abort(new Error('over'));
      throw lost;
    };
    await assert.rejects(
      askServerTime(source, () => 1000, clock, controller.signal),
      { message: 'over' },
    );
    assert.deepEqual(seen.logIns, []);
  });
});
