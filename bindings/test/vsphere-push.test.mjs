/** The collector of a push, by itself: what it asks the server for, in which order, and what it hands on. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { internal } from './internal.mjs';

const { SteppedClock, OpenCollectors, VimFaultError } = await internal(
  'vsphere/client/open-collectors',
  'testing/stepped-clock',
  'errors',
  'core/wasm/loader',
  'core/wasm/glue',
);

const settle = () => new Promise((resolve) => setImmediate(resolve));
const HANG = Symbol('a call that is not answered');
const FOLDER = { type: 'Folder', value: 'group-d1' };
const COLLECTOR = { type: 'EventHistoryCollector', value: 'c' };
const POLLER = { type: 'PropertyCollector', value: 'p' };
/** A body with the events of these keys. */
const events = (...keys) => {
  const event = (key) => ({ _typeName: 'VmStartingEvent', key, createdTime: '2026-03-01T10:00:00Z' });
  return new TextEncoder().encode(JSON.stringify(keys.map(event)));
};
const from = (first, count = 10) => Array.from({ length: count }, (_, place) => first + place);
const keysOf = ({ events: body }) =>
  body instanceof Uint8Array ? JSON.parse(new TextDecoder().decode(body)).map(({ key }) => key) : body;

/**
 * Pushes from a server that answers each long poll with the next of `polls`: the keys of events, or undefined for none, as
 * `{ keys, afterMs, truncated }` where it takes its time or there is more; then it hangs. `reads` are those of the collector.
 */
function pushing(polls, { reads = [], fails = {}, scopes = [FOLDER] } = {}) {
  const clock = new SteppedClock();
  const begun = clock.now();
  const calls = [];
  const polled = [];
  const pages = [];
  const call =
    (name, answer) =>
    async (...given) => {
      const context = given.pop();
      calls.push([name, ...given]);
      if (fails[name] !== undefined) throw fails[name];
      return answer(context, ...given);
    };
  const left = [...polls];
  const wait = async ({ signal }) => {
    polled.push(clock.now() - begun);
    const poll = left.length === 0 ? HANG : left.shift();
    if (poll === HANG) return new Promise((_, fail) => signal.addEventListener('abort', () => fail(signal.reason)));
    const { keys, afterMs = 0, truncated = false } = poll === undefined || Array.isArray(poll) ? { keys: poll } : poll;
    await clock.sleep(afterMs, signal);
    return keys && { version: `v${polled.length}`, truncated, body: events(...keys) };
  };
  const readsLeft = [...reads];
  const api = {
    host: 'vc',
    clock,
    sessionCount: 1,
    serviceContent: async () => ({ apiVersion: '8.0.3.0' }),
    createCollectorForEvents: call('createCollector', ({ once }, filter) => {
      assert.equal(once, true);
      if (fails[filter.entity.ref.value] !== undefined) throw fails[filter.entity.ref.value];
      return COLLECTOR;
    }),
    createPropertyCollector: call('createPropertyCollector', () => POLLER),
    createFilter: call('createFilter', () => ({})),
    waitForUpdatesEx: call('wait', wait),
    readNextEvents: call('readNext', () => events(...(readsLeft.shift() ?? []))),
    cancelWaitForUpdates: call('cancel', () => undefined),
    destroyCollector: call('destroyCollector', () => undefined),
    destroyPropertyCollector: call('destroyPropertyCollector', () => undefined),
  };
  const controller = new AbortController();
  const collectors = new OpenCollectors(api);
  const collected = {
    types: ['T'],
    since: 's',
    scopes: async function* () {
      for (const ref of scopes) yield { ref, recursion: 'all' };
    },
  };
  const { events: pushed, scope } = collectors.begin(collected, controller.signal);
  const seen = {};
  const ended = (async () => {
    for await (const page of pushed) pages.push(page);
  })().catch((error) => {
    seen.error = error;
  });
  const advance = async (ms) => {
    await settle();
    await clock.advance(ms);
    await settle();
  };
  const abort = async () => {
    controller.abort(new Error('mine'));
    await clock.drive(ended);
  };
  const names = () => calls.map(([name]) => name);
  return { calls, names, polled, pages, seen, scope, collectors, clock, advance, abort };
}
const told = ({ pages }) => pages.map((page) => (page.complete === false ? 'missed' : keysOf(page)));

describe('a collector of events', () => {
  test('is made, watched and polled, from version to version, and every answer handed on', async () => {
    const push = pushing([[], [1, 2], { keys: [2, 3] }, { keys: undefined, afterMs: 50_000 }, [4]]);
    await push.advance(50_000);
    const wait = (version) => ['wait', POLLER, version, { maxWaitSeconds: 50 }];
    assert.deepEqual(push.calls, [
      ['createCollector', { entity: { ref: FOLDER, recursion: 'all' }, beginTime: 's', types: ['T'], maxCount: 10 }],
      ['createPropertyCollector'],
      ['createFilter', POLLER, { ref: COLLECTOR, paths: ['latestPage'] }],
      ...['', 'v1', 'v2', 'v3', 'v3', 'v5'].map(wait),
    ]);
    assert.deepEqual(told(push), [[], [1, 2], [2, 3], [4]]);
    assert.deepEqual(await push.scope, { ref: FOLDER, recursion: 'all' });
  });

  test('is removed when the push ends, and a poll that is open is ended first', async () => {
    const open = pushing([[1]]);
    await open.advance(0);
    await open.abort();
    assert.equal(open.seen.error.message, 'mine');
    const ends = open.names().slice(-3);
    assert.deepEqual([...ends].sort(), ['cancel', 'destroyCollector', 'destroyPropertyCollector']);
    assert.ok(ends.indexOf('cancel') < ends.indexOf('destroyPropertyCollector'));
    assert.deepEqual(
      open.calls
        .slice(-3)
        .map(([name, ref]) => [name, ref.value])
        .sort(),
      [
        ['cancel', 'p'],
        ['destroyCollector', 'c'],
        ['destroyPropertyCollector', 'p'],
      ],
    );
    // In a pause no poll is open.
    const paused = pushing([[1], undefined, undefined]);
    await paused.advance(500);
    await paused.abort();
    assert.deepEqual(paused.names().slice(-2).sort(), ['destroyCollector', 'destroyPropertyCollector']);
    assert.equal(paused.names().includes('cancel'), false);
    assert.equal(paused.clock.pending, 0);
  });

  test('is ended on the server also where its poll has failed, for it may go on there', async () => {
    const { names, seen, advance } = pushing([[1], []]);
    await advance(1);
    assert.equal(seen.error.message, 'vc: the event collector has gone');
    assert.equal(names().includes('cancel'), false);
    const failing = pushing([[1]], { fails: { wait: new Error('reset') } });
    await failing.advance(1);
    assert.equal(failing.seen.error.message, 'reset');
    assert.equal(failing.names().includes('cancel'), true);
  });

  test('leaves nothing to be removed where it was not made', async () => {
    const none = pushing([], { fails: { createCollector: new Error('no') } });
    await none.advance(1);
    assert.deepEqual([none.names(), await none.scope], [['createCollector'], undefined]);
    const half = pushing([], { fails: { createPropertyCollector: new Error('no') } });
    await half.advance(1);
    assert.deepEqual(half.names(), ['createCollector', 'createPropertyCollector', 'destroyCollector']);
  });

  test('is made of the first objects whose events may be read, and is not to be had of none', async () => {
    const other = { type: 'Datacenter', value: 'dc-1' };
    const refusal = new VimFaultError('noPermission', 'NoPermission', 'no');
    const second = pushing([[1]], { scopes: [FOLDER, other], fails: { 'group-d1': refusal } });
    await second.advance(0);
    assert.deepEqual(await second.scope, { ref: other, recursion: 'all' });
    assert.deepEqual(told(second), [[1]]);
    const none = pushing([], { scopes: [FOLDER, other], fails: { 'group-d1': refusal, 'dc-1': refusal } });
    await none.advance(0);
    const { code, message, cause } = none.seen.error;
    assert.deepEqual(
      [code, message, cause],
      ['pushUnavailable', 'vc: this account may not read the events of all VMs at once', refusal],
    );
    assert.deepEqual([none.names().length, await none.scope], [2, undefined]);
    const failing = pushing([], { scopes: [FOLDER, other], fails: { 'group-d1': new Error('reset') } });
    await failing.advance(0);
    assert.deepEqual([failing.names().length, failing.seen.error.message], [1, 'reset']);
  });

  test('whose poll brings nothing after 25 s or more is polled at once, and after a pause before', async () => {
    for (const [afterMs, next] of [
      [24_999, 25_999],
      [25_000, 25_000],
    ]) {
      const push = pushing([[1], { keys: undefined, afterMs }]);
      await push.advance(60_000);
      assert.deepEqual(push.polled, [0, 0, next]);
    }
    // The pauses grow, and begin anew once something has come.
    const push = pushing([[1], undefined, undefined, [2], undefined, undefined]);
    await push.advance(10_000);
    assert.deepEqual(push.polled, [0, 0, 1_000, 3_000, 3_000, 4_000, 6_000]);
  });

  test('may answer nothing at first, or after an answer that was cut short, and is gone where it does so else', async () => {
    for (const [polls, isGone] of [
      [[[], [1]], false],
      [[{ keys: [1], truncated: true }, []], false],
      [[{ keys: [1], truncated: true }, { keys: [], truncated: true }, []], false],
      [[[1], []], true],
      [[{ keys: [1], truncated: true }, [], []], true],
      [[[], []], true],
    ]) {
      const push = pushing(polls);
      await push.advance(20_000);
      assert.equal(push.seen.error?.message, isGone ? 'vc: the event collector has gone' : undefined);
    }
  });

  for (const [what, first, second, reads] of [
    ['full of what is new', from(0), from(100), true],
    ['with room left', from(0), from(100, 9), false],
    ['with something that was known', from(0), from(9), false],
    ['that is the first', [], from(100), true],
  ]) {
    test(`${reads ? 'is read on' : 'is not read on'} after a page ${what}`, async () => {
      const push = pushing([first, second], { reads: [second] });
      await push.advance(1);
      assert.equal(push.names().includes('readNext'), reads);
    });
  }

  test('is not read on after its first page, however full', async () => {
    const push = pushing([from(0)]);
    await push.advance(1);
    assert.deepEqual([told(push), push.names().includes('readNext')], [[from(0)], false]);
  });

  test('is read on until nothing new comes, and then all is told that was between', async () => {
    const push = pushing([from(0), from(100)], { reads: [from(0, 50), from(50, 60), from(50, 60)] });
    await push.advance(1);
    assert.deepEqual(told(push), [from(0), from(100), from(0, 50), from(50, 60)]);
    assert.deepEqual(
      push.calls.filter(([name]) => name === 'readNext'),
      Array(3).fill(['readNext', COLLECTOR, 1_000]),
    );
  });

  test('has missed something where what was read on does not reach what was polled', async () => {
    for (const [reads, isMissed] of [
      [[from(0, 110)], false],
      [[from(0, 109)], true],
      [[], true],
    ]) {
      const push = pushing([from(0), from(100)], { reads });
      await push.advance(1);
      assert.equal(told(push).at(-1) === 'missed', isMissed);
      assert.deepEqual(push.pages.at(-1), isMissed ? { events: [], complete: false } : push.pages.at(-1));
    }
  });

  test('knows of what was read on that it is not new', async () => {
    // The second page joins on to what was read on after the first; the third to nothing.
    const push = pushing([from(0), from(100), from(105, 10), from(300)], { reads: [from(50, 60), [], from(250, 60)] });
    await push.advance(1);
    assert.deepEqual(
      push.names().filter((name) => name === 'readNext').length,
      // Once to the end each: two for the second page, and two for the fourth.
      4,
    );
  });

  test('is read on a hundred times at a time, and no more', async () => {
    const push = pushing([from(0), from(100)], { reads: Array.from({ length: 200 }, (_, place) => [1_000 + place]) });
    await push.advance(60_000);
    assert.equal(push.names().filter((name) => name === 'readNext').length, 100);
    assert.deepEqual(told(push).slice(-2), [[1_099], 'missed']);
  });

  test('is read on once 500 events were told since it was, so that the server keeps its place', async () => {
    for (const [polls, reads] of [
      [99, 0],
      [100, 1],
      [199, 1],
      [200, 2],
    ]) {
      // Five new ones each, of which one is said twice.
      const pages = Array.from({ length: polls }, (_, place) => [...from(place * 5, 5), place * 5]);
      const push = pushing(pages);
      await push.advance(120_000);
      assert.equal(push.names().filter((name) => name === 'readNext').length, reads, `${polls}`);
      assert.equal(told(push).includes('missed'), false);
    }
  });

  test('is made of no session that was closed, and ends with it', async () => {
    const { collectors, seen, advance, names, clock } = pushing([[1]]);
    await advance(0);
    const closing = collectors.close(new AbortController().signal);
    assert.equal(await clock.drive(closing), true);
    await settle();
    assert.equal(seen.error.message, 'the session is being closed');
    assert.equal(names().includes('destroyCollector'), true);
    const late = collectors.begin({ scopes: () => assert.fail() }, new AbortController().signal);
    await assert.rejects(late.events.next(), { code: 'pushUnavailable', message: 'vc: the session was closed' });
  });

  test('that the server keeps is said to be left, also where who closes does not wait for it', async () => {
    const kept = pushing([[1]], { fails: { destroyCollector: new Error('reset') } });
    await kept.advance(0);
    assert.equal(await kept.clock.drive(kept.collectors.close(new AbortController().signal)), false);
    const hasty = pushing([[1]]);
    await hasty.advance(0);
    assert.equal(await hasty.collectors.close(AbortSignal.abort()), false);
    await hasty.advance(10_000);
  });
});
