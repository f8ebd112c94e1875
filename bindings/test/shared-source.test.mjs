/** One source for many watches, over a source that says what it is asked. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { SteppedClock } from '../dist/testing.js';
import { internal } from './internal.mjs';
import { event as eventOf } from './scripted-source.mjs';

const { SharedSource, ReadError } = await internal(
  'source/shared-source',
  'errors',
  'core/wasm/loader',
  'core/wasm/glue',
);

const settle = () => new Promise((resolve) => setImmediate(resolve));
const event = (type, key, second, vm = 'vm-1') => eventOf(type, key, second, vm);
const minute = (second) => `2026-03-01T10:${String(second).padStart(2, '0')}:00.000Z`;
const query = (vms, more = {}) => ({
  vms: vms.split(' '),
  since: minute(0),
  types: ['VmStartingEvent'],
  maxCount: 1000,
  reason: 'start',
  timeoutMs: null,
  ...more,
});

/** A shared source, and the calls that it makes. What they answer is up to the test. */
function shared(more = {}) {
  const clock = new SteppedClock();
  const calls = [];
  const call = (name, given) => {
    const made = { name, at: clock.now() - 1000, given };
    made.answer = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }));
    made.answer.catch(() => undefined);
    calls.push(made);
    return made;
  };
  const answered =
    (name) =>
    (given, { signal, ...more }) =>
      call(name, { given, signal, more }).answer;
  const source = new SharedSource(
    {
      readTimeoutMs: 120_000,
      serverTime: (options) => answered('time')(undefined, options),
      logIn: (options) => answered('logIn')(undefined, options),
      readEvents: answered('read'),
      readGuestInfo: answered('guests'),
      pushEvents: (given, { signal }) => {
        const push = call('push', { given, signal });
        const pages = [];
        let wake = () => undefined;
        Object.assign(push, {
          sets: [],
          put: async (page) => {
            pages.push(page);
            wake();
            await settle();
          },
          fail: async (error) => {
            pages.push(error);
            wake();
            await settle();
          },
        });
        const iterator = {
          next: async () => {
            while (pages.length === 0) {
              await new Promise((resolve) => {
                wake = resolve;
              });
            }
            const page = pages.shift();
            if (page instanceof Error) throw page;
            return page === undefined ? { done: true } : { done: false, value: page };
          },
          return: async () => {
            push.returned = true;
          },
        };
        return {
          [Symbol.asyncIterator]: () => iterator,
          setVms: async (vms) => {
            push.sets.push(vms.join(' '));
            return more.holds?.(vms) ?? true;
          },
        };
      },
    },
    clock,
  );
  /** Lets so many milliseconds pass, a timer at a time. */
  const pass = async (ms) => {
    await settle();
    await clock.drive(clock.sleep(ms, new AbortController().signal));
    await settle();
  };
  const of = (name) => calls.filter((made) => made.name === name);
  return { source, clock, pass, of, calls };
}

/** One watch's call, and what becomes of it. */
function asked(make) {
  const controller = new AbortController();
  const of = { abort: (reason = new Error('enough')) => controller.abort(reason) };
  of.promise = make({ signal: controller.signal }).then(
    (value) => {
      of.value = value;
      return value;
    },
    (error) => {
      of.error = error;
    },
  );
  return of;
}

const reading = (source, ...of) => asked((options) => source.readEvents(query(...of), options));
const itemsOf = ({ events, more = [] }) =>
  [events, ...more].flatMap((document) => (typeof document === 'string' ? JSON.parse(document) : document));
const keysOf = (page) => itemsOf(page).map((item) => item?.key ?? null);

describe('reads of several watches', () => {
  test('asked for within 20 ms are one: all their VMs and types, from the earliest time on', async () => {
    const { source, pass, of } = shared();
    reading(source, 'vm-1 vm-2', { since: minute(5), maxCount: 500, types: ['VmPoweredOffEvent'] });
    await pass(19);
    assert.equal(of('read').length, 0);
    reading(source, 'vm-2 vm-3', { since: minute(3), types: ['VmStartingEvent', 'VmRemovedEvent'], reason: 'retry' });
    await pass(1);
    const [{ given, at }, ...others] = of('read').map((made) => ({ ...made.given, at: made.at }));
    assert.deepEqual(others, []);
    assert.equal(at, 20);
    const { reason: _, ...joined } = given;
    assert.deepEqual(joined, {
      vms: ['vm-1', 'vm-2', 'vm-3'],
      since: minute(3),
      types: ['VmPoweredOffEvent', 'VmStartingEvent', 'VmRemovedEvent'],
      maxCount: 500,
      timeoutMs: null,
    });
  });

  test('are answered each with the events of its own VMs, from its own time on', async () => {
    const { source, pass, of } = shared();
    const first = reading(source, 'vm-1 vm-2', { since: minute(1) });
    const second = reading(source, 'vm-2', { since: minute(0) });
    const third = reading(source, 'vm-3');
    await pass(20);
    of('read')[0].resolve({
      events: [
        event('VmStartingEvent', 1, 59.999),
        event('VmStartingEvent', 2, 60, 'vm-1'),
        event('VmStartingEvent', 3, 10, 'vm-2'),
      ],
      more: [[event('VmStartingEvent', 4, 90, 'vm-2'), event('VmStartingEvent', 5, 90, 'vm-9')]],
    });
    await settle();
    assert.deepEqual(keysOf(first.value), [2, 4]);
    assert.deepEqual(keysOf(second.value), [3, 4]);
    assert.deepEqual(keysOf(third.value), []);
    assert.ok([first, second, third].every(({ value }) => value.complete === true && value.failures.length === 0));
  });

  test('get what names no VM, is no event or has no time, which is for the machine to judge', async () => {
    const { source, pass, of } = shared();
    const [first, second] = [reading(source, 'vm-1'), reading(source, 'vm-2')];
    await pass(20);
    const { vm: _, ...nowhere } = event('VmStartingEvent', 7, 5);
    const mixed = [event('VmStartingEvent', 9, 5, 'vm-9'), 'no event'];
    of('read')[0].resolve({
      events: [nowhere, { ...event('VmStartingEvent', 8, 5), createdTime: 'soon' }],
      more: ['{ no document', mixed],
    });
    await settle();
    for (const [{ value }, keys] of [
      [first, [8, 7]],
      [second, [7]],
    ]) {
      assert.deepEqual(keysOf({ events: value.events }), keys);
      assert.deepEqual(value.more, ['{ no document', mixed]);
    }
  });

  test('hear of a VM that may not be read only where it is theirs, and of a read that is not complete all', async () => {
    const { source, pass, of } = shared();
    const [first, second] = [reading(source, 'vm-1 vm-2'), reading(source, 'vm-3')];
    await pass(20);
    const failures = [{ kind: 'noPermission', vm: 'vm-2', message: 'no' }];
    of('read')[0].resolve({ events: [], complete: false, failures });
    await settle();
    assert.deepEqual([first.value.failures, second.value.failures], [failures, []]);
    assert.deepEqual([first.value.complete, second.value.complete], [false, false]);
  });

  test('fail together, with the same error', async () => {
    const { source, pass, of } = shared();
    const [first, second] = [reading(source, 'vm-1'), reading(source, 'vm-2')];
    await pass(20);
    const error = new ReadError('notAuthenticated', 'no');
    of('read')[0].reject(error);
    await settle();
    assert.equal(first.error, error);
    assert.equal(second.error, error);
  });

  test('are not ended by one that goes, but by the last', async () => {
    const { source, clock, pass, of } = shared();
    const [first, second] = [reading(source, 'vm-1'), reading(source, 'vm-2')];
    await pass(20);
    const { signal } = of('read')[0].given;
    first.abort();
    await settle();
    assert.equal(first.error.message, 'enough');
    assert.equal(signal.aborted, false);
    second.abort();
    await settle();
    assert.equal(signal.aborted, true);
    assert.equal(clock.pending, 0);
  });

  test('are not made where all have gone before, and leave out who has', async () => {
    const { source, clock, pass, of } = shared();
    const [first, second] = [reading(source, 'vm-1'), reading(source, 'vm-2')];
    first.abort();
    await pass(20);
    assert.deepEqual(of('read')[0].given.given.vms, ['vm-2']);
    second.abort();
    const third = reading(source, 'vm-3');
    third.abort();
    await pass(100);
    assert.equal(of('read').length, 1);
    assert.equal(clock.pending, 0);
  });

  test('asked for while one is under way get another, after that one or two seconds', async () => {
    const { source, pass, of } = shared();
    reading(source, 'vm-1');
    await pass(20);
    const late = reading(source, 'vm-1');
    await pass(500);
    assert.equal(of('read').length, 1);
    of('read')[0].resolve({ events: [] });
    await settle();
    assert.equal(late.value, undefined, 'what was answered is of before it was asked');
    assert.equal(of('read').length, 2);
    const later = reading(source, 'vm-2');
    await pass(2019);
    assert.equal(of('read').length, 2);
    await pass(1);
    assert.equal(of('read').length, 3, 'one that hangs does not hold up the others');
    of('read')[2].resolve({ events: [] });
    await settle();
    assert.ok(later.value);
  });

  test('that are in no hurry wait for a common time: each whole second, and where events are pushed each 65', async () => {
    const { source, pass, of } = shared();
    await pass(300);
    reading(source, 'vm-1', { reason: 'safety' });
    await pass(400);
    reading(source, 'vm-2', { reason: 'poll' });
    await pass(299);
    assert.equal(of('read').length, 0);
    await pass(1);
    assert.deepEqual(
      of('read').map(({ at, given }) => [at, given.given.vms]),
      [[1000, ['vm-1', 'vm-2']]],
    );
    of('read')[0].resolve({ events: [] });
    const push = asked((options) => source.pushEvents(query('vm-1'), options)[Symbol.asyncIterator]().next());
    await settle();
    await of('push')[0].put({ events: [] });
    assert.ok(push.value);
    reading(source, 'vm-1', { reason: 'safety' });
    await pass(40_000);
    reading(source, 'vm-2', { reason: 'safety' });
    await pass(22_999);
    assert.equal(of('read').length, 1);
    await pass(1);
    assert.equal(of('read')[1].at, 64_000, 'of the clock, which began with 1000');
    assert.deepEqual(of('read')[1].given.given.vms, ['vm-1', 'vm-2']);
    of('read')[1].resolve({ events: [] });
    await pass(10);
    reading(source, 'vm-1', { reason: 'poll' });
    await pass(1000);
    assert.equal(of('read')[2].at, 65_000, 'what was asked for more often is read so');
  });

  test('that wait for a common time are made at once when something may be missing', async () => {
    const many = Array.from({ length: 2049 }, (_, key) => event('VmStartingEvent', key, 1));
    for (const happens of [
      ({ push }) => push.put({ events: [], complete: false }),
      ({ push }) => push.fail(new ReadError('transient', 'no')),
      ({ push }) => push.put({ events: many }),
      async ({ source, of }) => {
        pushed(source, 'vm-1', { types: ['VmRemovedEvent'] }).pull();
        await settle();
        await of('push')[1].put({ events: [] });
      },
    ]) {
      const run = await pushing();
      reading(run.source, 'vm-1', { reason: 'safety' });
      await run.pass(1000);
      assert.equal(run.of('read').length, 0);
      await happens(run);
      await settle();
      assert.equal(run.of('read').length, 1, happens);
    }
  });

  test('that are in a hurry take along those that are not', async () => {
    const { source, pass, of } = shared();
    await pass(100);
    const poll = reading(source, 'vm-1', { reason: 'poll' });
    await pass(100);
    reading(source, 'vm-2', { reason: 'deadline' });
    await pass(20);
    assert.deepEqual(
      of('read').map(({ at, given }) => [at, given.given.vms]),
      [[220, ['vm-1', 'vm-2']]],
    );
    of('read')[0].resolve({ events: [] });
    await settle();
    assert.ok(poll.value);
  });

  test('may take what one read of the source may, and the time that they wait for each other', () => {
    assert.equal(shared().source.readTimeoutMs, 185_000);
  });
});

describe('other questions of several watches', () => {
  test('to the guests are one, each answered with its own VMs', async () => {
    const { source, pass, of } = shared();
    const ask = (...vms) => asked((options) => source.readGuestInfo(vms, options));
    const [first, second] = [ask('vm-1', 'vm-2'), ask('vm-2', 'vm-3')];
    await pass(20);
    assert.deepEqual(of('guests')[0].given.given, ['vm-1', 'vm-2', 'vm-3']);
    of('guests')[0].resolve([{ vm: 'vm-3' }, { vm: 'vm-2', pendingCustomization: true }]);
    await settle();
    assert.deepEqual(first.value, [{ vm: 'vm-2', pendingCustomization: true }]);
    assert.deepEqual(second.value, [{ vm: 'vm-3' }, { vm: 'vm-2', pendingCustomization: true }]);
    assert.equal(of('guests').length, 1);
  });

  test('to the guests ask whether they are ready where one watch waits for that', async () => {
    const { source, pass, of } = shared();
    const ask = (vm, more) => asked((options) => source.readGuestInfo([vm], { ...options, ...more }));
    const waits = [ask('vm-1', { readiness: true }), ask('vm-2', { readiness: false }), ask('vm-3', {})];
    await pass(20);
    const { given, more } = of('guests')[0].given;
    assert.deepEqual([given, more], [['vm-1', 'vm-2', 'vm-3'], { readiness: true }]);
    of('guests')[0].resolve([{ vm: 'vm-1', noPermission: 'why' }]);
    await settle();
    assert.deepEqual(
      waits.map(({ value }) => value),
      [[{ vm: 'vm-1', noPermission: 'why' }], [], []],
      'also why one may not be read is told to who asked for it',
    );
    const alone = ask('vm-2', {});
    await pass(20);
    assert.deepEqual(of('guests')[1].given.more, { readiness: false });
    of('guests')[1].resolve([]);
    await settle();
    assert.deepEqual(alone.value, []);
  });

  test('for the time are one, asked after all of them', async () => {
    const { source, pass, of } = shared();
    const ask = () => asked((options) => source.serverTime(options));
    const first = ask();
    await pass(19);
    const second = ask();
    assert.equal(of('time').length, 0);
    await pass(1);
    assert.equal(of('time').length, 1);
    first.abort();
    await settle();
    assert.equal(of('time')[0].given.signal.aborted, false);
    const third = ask();
    await pass(20);
    assert.equal(of('time').length, 1, 'an answer of before it was asked would be an old one');
    const time = new Date(minute(1));
    of('time')[0].resolve(time);
    await settle();
    assert.equal(second.value, time);
    assert.equal(third.value, undefined);
    of('time')[1].reject(new Error('no'));
    await settle();
    assert.equal(third.error.message, 'no');
  });

  test('for a log-in are the business of the source', async () => {
    const { source, of } = shared();
    asked((options) => source.logIn(options));
    asked((options) => source.logIn(options));
    assert.equal(of('logIn').length, 2);
  });
});

/** The push of one watch, and the pages that it brings. */
function pushed(source, vms, more = {}) {
  const controller = new AbortController();
  const push = source.pushEvents(query(vms, more), { signal: controller.signal });
  const iterator = push[Symbol.asyncIterator]();
  const of = { pages: [], push, iterator, abort: () => controller.abort(new Error('enough')) };
  of.pull = async () => {
    try {
      for (;;) {
        const { done, value } = await iterator.next();
        if (done) return;
        of.pages.push(value);
      }
    } catch (error) {
      of.error = error;
    }
  };
  of.keys = () => of.pages.flatMap(keysOf).filter((key) => key !== undefined);
  return of;
}

/** With one that has begun. */
async function pushing(vms = 'vm-1', more = {}) {
  const run = shared(more);
  const first = pushed(run.source, vms);
  first.pull();
  await settle();
  await run.of('push')[0].put({ events: [] });
  assert.deepEqual(first.pages.splice(0), [{ events: [], more: [], complete: true }]);
  return { ...run, first, push: run.of('push')[0] };
}

describe('the push of several watches', () => {
  test('is one, and begins for each of them when nothing is missed any more', async () => {
    const run = shared();
    const [first, second] = [pushed(run.source, 'vm-1'), pushed(run.source, 'vm-2')];
    first.pull();
    second.pull();
    await settle();
    assert.equal(run.of('push').length, 1);
    assert.deepEqual([first.pages.length, second.pages.length], [0, 0]);
    await run.of('push')[0].put({ events: [] });
    assert.deepEqual([first.pages.length, second.pages.length], [1, 1]);
    const third = pushed(run.source, 'vm-3');
    third.pull();
    await settle();
    assert.deepEqual(third.pages, [{ events: [], more: [], complete: true }]);
    assert.equal(run.of('push').length, 1);
    assert.deepEqual(run.of('push')[0].sets, ['vm-1 vm-2', 'vm-1 vm-2 vm-3']);
  });

  test('goes to the watches for whose VMs it has something new, and to no other', async () => {
    const { source, push, first } = await pushing('vm-1 vm-2');
    const second = pushed(source, 'vm-2 vm-3');
    second.pull();
    await settle();
    const before = second.pages.length;
    const at = (key, vm) => event('VmStartingEvent', key, key, vm);
    await push.put({ events: [at(1, 'vm-1'), at(2, 'vm-9')] });
    assert.deepEqual(first.keys(), [1]);
    assert.equal(second.pages.length, before);
    // The newest ten are told again and again.
    await push.put({ events: [at(3, 'vm-2'), at(1, 'vm-1'), at(2, 'vm-9')] });
    assert.deepEqual([first.keys(), second.keys()], [[1, 3], [3]]);
    const pages = first.pages.length;
    await push.put({ events: [at(3, 'vm-2'), at(1, 'vm-1')], more: [[at(4, 'vm-3')]] });
    assert.equal(first.pages.length, pages);
    assert.deepEqual(second.keys(), [3, 4]);
  });

  test('tells apart events that differ in VM, key, type or time alone', async () => {
    const { push, first } = await pushing('vm-1 vm-2');
    const events = [
      event('VmStartingEvent', 1, 1),
      event('VmStartingEvent', 1, 1, 'vm-2'),
      event('VmStartingEvent', 2, 1),
      event('VmPoweredOnEvent', 1, 1),
      event('VmStartingEvent', 1, 1.001),
    ];
    for (const one of [...events, ...events]) await push.put({ events: [one] });
    assert.equal(first.keys().length, events.length);
  });

  test('brings every watch what cannot be routed: no VM, no event, no document, a page that is not all', async () => {
    const { source, push, first } = await pushing();
    const second = pushed(source, 'vm-2');
    second.pull();
    await settle();
    const { vm: _, ...nowhere } = event('VmStartingEvent', 7, 5);
    const pages = [
      { events: [nowhere] },
      { events: [nowhere] },
      { events: '{ no document' },
      { events: [event('VmStartingEvent', 9, 5, 'vm-9'), null] },
      { events: [], complete: false },
    ];
    for (const of of [first, second]) of.pages.length = 0;
    for (const page of pages) await push.put(page);
    for (const { pages: brought } of [first, second]) {
      const seen = brought.map((page) => (page.events === '{ no document' ? page.events : keysOf(page)));
      assert.deepEqual(seen, [[7], '{ no document', [9, null], []]);
      assert.deepEqual(
        brought.map(({ complete }) => complete),
        [true, true, true, false],
      );
    }
  });

  test('ends for all of them with what ended it, and begins again with the first that comes back', async () => {
    const { source, push, first, of } = await pushing();
    const second = pushed(source, 'vm-2');
    second.pull();
    await settle();
    const error = new ReadError('notAuthenticated', 'no');
    await push.fail(error);
    assert.equal(first.error, error);
    assert.equal(second.error, error);
    assert.equal(await second.push.setVms(['vm-2']), false);
    const again = pushed(source, 'vm-2', { since: minute(9) });
    again.pull();
    await settle();
    assert.equal(of('push').length, 2);
    assert.deepEqual([of('push')[1].given.given.vms, of('push')[1].given.given.since], [['vm-2'], minute(9)]);
    await of('push')[1].put(undefined);
    assert.match(again.error.message, /the push of events has ended/);
    assert.equal(again.error.kind, 'transient');
  });

  test('ends with the last of them, whether it waits or was given something it did not come back from', async () => {
    const { source, push, first, of, clock } = await pushing();
    const second = pushed(source, 'vm-2');
    await second.iterator.next();
    first.abort();
    await settle();
    assert.equal(push.given.signal.aborted, false);
    second.abort();
    await settle();
    assert.equal(push.given.signal.aborted, true);
    assert.equal(push.returned, true);
    assert.equal(clock.pending, 0);
    const third = pushed(source, 'vm-3');
    third.pull();
    await settle();
    assert.equal(of('push').length, 2);
    assert.deepEqual(of('push')[1].given.given.vms, ['vm-3']);
  });

  test('of one that has gone is no more for it, though others watch the same VM', async () => {
    const { source, push, first } = await pushing();
    const second = pushed(source, 'vm-1');
    second.pull();
    await settle();
    first.abort();
    await settle();
    await push.put({ events: [event('VmStartingEvent', 1, 1)] });
    assert.deepEqual([first.keys(), second.keys()], [[], [1]]);
  });

  test('follows the VMs of each as they come and go, without a new one', async () => {
    const { source, push, first, of } = await pushing();
    const second = pushed(source, 'vm-2');
    second.pull();
    await settle();
    assert.equal(await first.push.setVms(['vm-2', 'vm-3']), true);
    await settle();
    assert.equal(push.sets.at(-1), 'vm-2 vm-3');
    const asked = push.sets.length;
    await first.push.setVms(['vm-3']);
    await first.push.setVms(['vm-3', 'vm-2']);
    assert.equal(push.sets.length, asked, 'it holds them already');
    await push.put({ events: ['vm-1', 'vm-2', 'vm-3'].map((vm, key) => event('VmStartingEvent', key, 1, vm)) });
    assert.deepEqual([first.keys().sort(), second.keys()], [[1, 2], [1]]);
    assert.equal(of('push').length, 1);
  });

  test('is begun anew for VMs that it does not hold, and for types that it does not bring; all read then', async () => {
    for (const change of [
      (source) => pushed(source, 'vm-9').pull(),
      (source) => pushed(source, 'vm-1', { types: ['VmStartingEvent', 'VmPoweredOffEvent'] }).pull(),
      (_, first) => first.push.setVms(['vm-1', 'vm-9']),
    ]) {
      const { source, push, first, of, pass } = await pushing('vm-1', { holds: (vms) => !vms.includes('vm-9') });
      const newest = reading(source, 'vm-1', { since: minute(7) });
      await pass(20);
      newest.abort();
      change(source, first);
      await settle();
      assert.equal(push.given.signal.aborted, true);
      assert.equal(of('push').length, 2);
      assert.deepEqual(of('push')[1].given.given.since, minute(7), 'of the newest read');
      await push.put({ events: [event('VmStartingEvent', 1, 1)] });
      assert.deepEqual(first.pages, [], 'the old one is not listened to');
      await of('push')[1].put({ events: [] });
      assert.deepEqual(first.pages, [{ events: [], more: [], complete: false }]);
      assert.equal(first.error, undefined);
    }
  });

  test('asks once for the VMs of many watches that come at the same time', async () => {
    const { source, push } = await pushing();
    for (let count = 2; count <= 100; count += 1) pushed(source, `vm-${count}`).pull();
    await settle();
    assert.equal(push.sets.length, 2);
    assert.equal(push.sets[1].split(' ').length, 100);
  });

  test('keeps no more for a watch that is slow than it may, and has it read then', async () => {
    const { source, push, first: quick } = await pushing();
    const slow = pushed(source, 'vm-1');
    await slow.iterator.next();
    for (let page = 0; page < 3; page += 1) {
      const events = Array.from({ length: 1000 }, (_, at) => event('VmStartingEvent', page * 1000 + at, 1));
      await push.put({ events });
    }
    assert.equal(quick.keys().length, 3000);
    const { value } = await slow.iterator.next();
    assert.deepEqual([value.complete, keysOf(value).length], [false, 0]);
    await push.put({ events: [event('VmStartingEvent', 5000, 1)] });
    assert.deepEqual(keysOf((await slow.iterator.next()).value), [5000]);
  });
});

describe('a shared source', () => {
  setFlagsFromString('--expose_gc');
  const collectGarbage = runInNewContext('gc');

  test('keeps nothing of watches that have gone, however many come and go', async () => {
    const { source, push, pass, of, calls, clock } = await pushing('vm-0');
    const gone = [];
    for (let count = 1; count <= 200; count += 1) {
      const watch = pushed(source, `vm-${count}`);
      watch.pull();
      const read = reading(source, `vm-${count}`);
      const guests = asked((options) => source.readGuestInfo([`vm-${count}`], options));
      await pass(20);
      await push.put({ events: [event('VmStartingEvent', count, 1, `vm-${count}`)] });
      // Some go before they are answered.
      if (count % 2 === 0) {
        of('read')
          .at(-1)
          .resolve({ events: [event('VmStartingEvent', count, 1, `vm-${count}`)] });
        of('guests')
          .at(-1)
          .resolve([{ vm: `vm-${count}` }]);
        await settle();
      }
      for (const each of [watch, read, guests]) each.abort();
      await settle();
      for (const each of [watch, watch.pages.at(-1), read, read.promise, guests]) gone.push(new WeakRef(each));
      calls.length = 0;
      push.sets.length = 0;
    }
    for (let times = 0; times < 3; times += 1) {
      await settle();
      collectGarbage();
    }
    const before = gone.slice(0, -5);
    assert.equal(before.filter((each) => each.deref() !== undefined).length, 0, 'all but the last');
    assert.equal(clock.pending, 0);
    pushed(source, 'vm-201').pull();
    await settle();
    assert.deepEqual(push.sets, ['vm-0 vm-201']);
  });
});
