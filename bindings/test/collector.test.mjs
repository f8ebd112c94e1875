/** The push of a vCenter, against an API of a few lines. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SteppedClock } from '../dist/testing.js';
import { internal } from './internal.mjs';

const { CertificateError, OpenCollectors, ConnectionError, VimFaultError } = await internal(
  'vsphere/client/open-collectors',
  'errors',
  'core/wasm/loader',
  'core/wasm/glue',
);
const COLLECTED = {
  scopes: async function* () {
    yield { ref: { type: 'Folder', value: 'group-d1' }, recursion: 'all' };
  },
  types: [],
  since: '',
};
const PAGE = { version: '1', truncated: false, body: new Uint8Array() };

/** A call that is never answered. */
const hang = ({ signal }) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));

/** Answers that are worth nothing but an error or an update each; every call is counted. */
function api(answers, clock = new SteppedClock()) {
  const calls = {};
  const call =
    (name, answer) =>
    async (...given) => {
      calls[name] = (calls[name] ?? 0) + 1;
      return answers[name] === undefined ? answer : answers[name](calls[name], given.at(-1));
    };
  const ref = { type: 'T', value: 'v' };
  return {
    calls,
    /** What was pushed. */
    pages: [],
    host: 'vc',
    clock,
    sessionCount: 1,
    serviceContent: async () => ({ apiVersion: '8.0.3.0' }),
    createCollectorForEvents: call('create', ref),
    createPropertyCollector: call('createPropertyCollector', ref),
    createFilter: call('createFilter', ref),
    waitForUpdatesEx: call('wait', PAGE),
    readNextEvents: call('readNext'),
    cancelWaitForUpdates: call('cancel'),
    destroyCollector: call('destroy'),
    destroyPropertyCollector: call('destroyPropertyCollector'),
  };
}

/** Reads what is pushed until it is aborted after so long; answers the error, and how long after the abort it came. */
async function pushFor(ms, server) {
  const { clock } = server;
  const controller = new AbortController();
  const pages = new OpenCollectors(server).begin(COLLECTED, controller.signal).events;
  const reading = (async () => {
    for await (const page of pages) server.pages.push(page);
  })().catch((error) => error);
  await clock.drive(clock.sleep(ms, new AbortController().signal));
  const aborted = clock.now();
  controller.abort(new Error('mine'));
  return { error: await clock.drive(reading), ms: clock.now() - aborted };
}

describe('a collector', { concurrency: true }, () => {
  const begin = async (collectors) => {
    const next = collectors.begin(COLLECTED, new AbortController().signal).events.next();
    return next.catch((error) => error);
  };

  test('whose answer was lost is not asked for again in that session, which is said', async () => {
    for (const code of ['connection', 'timeout', 'tooLarge', 'badAnswer', 'http']) {
      for (const method of ['create', 'createPropertyCollector']) {
        const server = api({ [method]: () => Promise.reject(new ConnectionError('lost', { code })) });
        const collectors = new OpenCollectors(server);
        for (let time = 0; time < 3; time += 1) {
          const error = await begin(collectors);
          assert.equal(error.code, 'pushUnavailable');
          assert.match(error.message, /^lost; an event collector, or a part of one, may have been left on the server/);
        }
        assert.equal(server.calls[method], 1);
        // With its session it has gone.
        server.sessionCount += 1;
        await begin(collectors);
        assert.equal(server.calls[method], 2);
      }
    }
  });

  test('is asked for by one push at a time, so that not more than one can be lost', async () => {
    const server = api({ create: () => server.clock.sleep(30_000, new AbortController().signal).then(lose) });
    const lose = () => Promise.reject(new ConnectionError('lost'));
    const collectors = new OpenCollectors(server);
    const errors = await server.clock.drive(Promise.all([begin(collectors), begin(collectors), begin(collectors)]));
    assert.deepEqual(
      errors.map(({ code }) => code),
      Array(3).fill('pushUnavailable'),
    );
    assert.equal(server.calls.create, 1);
  });

  test('that could not be removed is removed before the next is asked for', async () => {
    let there = 0;
    let most = 0;
    let works = false;
    const server = api({
      create: () => {
        there += 1;
        most = Math.max(most, there);
        return { type: 'T', value: String(there) };
      },
      // A push that does not last, on a connection that is broken when it ends.
      wait: () => Promise.reject(new ConnectionError('reset')),
      destroy: () => {
        if (!works) return Promise.reject(new ConnectionError('reset'));
        there -= 1;
        return undefined;
      },
    });
    const collectors = new OpenCollectors(server);
    for (let time = 0; time < 5; time += 1) {
      assert.equal((await server.clock.drive(begin(collectors))).message, 'reset');
      assert.equal(there, 1);
    }
    assert.equal(server.calls.create, 1);
    works = true;
    await server.clock.drive(begin(collectors));
    assert.deepEqual([server.calls.create, there, most], [2, 0, 1]);
    // What is left at the end is tried once more.
    works = false;
    await server.clock.drive(begin(collectors));
    works = true;
    await server.clock.drive(collectors.close(new AbortController().signal));
    assert.equal(there, 0);
  });

  test('is asked for again where the server has not done what it was asked, however often', async () => {
    for (const error of [
      new ConnectionError('no', { mayBeDone: false }),
      new CertificateError('other', 'AA', 'transient'),
      new VimFaultError('transient', 'SystemError', 'no'),
    ]) {
      const collectors = new OpenCollectors(api({ create: () => Promise.reject(error) }));
      for (let time = 0; time < 5; time += 1) {
        assert.equal(await begin(collectors), error);
      }
    }
  });
});

describe('a long poll that could have waited', { concurrency: true }, () => {
  const events = (...keys) =>
    Buffer.from(
      JSON.stringify(keys.map((key) => ({ _typeName: 'VmStartingEvent', key, createdTime: '2026-03-01T10:00:00Z' }))),
    );
  const update = (version, body, truncated = false) => ({ version: String(version), truncated, body });
  const AT_ONCE = {
    'with nothing': (count) => (count === 1 ? PAGE : undefined),
    'with the same update': () => update(1, events(1, 2)),
    'with a new version of the same': (count) => update(count, events(1, 2)),
    'with more of it to come, for ever': (count) => update(count, count === 1 ? events(1) : events(), true),
    'with the same events and more to come': (count) => update(count, events(1), true),
  };
  for (const [what, wait] of Object.entries(AT_ONCE)) {
    test(`and comes back at once ${what} is asked again after growing pauses, which an abort ends at once`, async () => {
      const server = api({ wait });
      const { error, ms } = await pushFor(600_000, server);
      // 1, 2, 4, 8, 16, and then every 30 s.
      assert.ok(server.calls.wait >= 20 && server.calls.wait <= 27, `${server.calls.wait} requests in ten minutes`);
      assert.equal(error.message, 'mine');
      assert.equal(ms, 0);
      assert.equal(server.calls.destroy, 1);
    });
  }

  test('is not begun once the push has ended by itself', async () => {
    const server = api({ wait: (count) => update(count, count === 1 ? events(1) : events()) });
    const { error } = await pushFor(600_000, server);
    assert.match(error.message, /the event collector has gone/);
    assert.equal(server.calls.wait, 2);
  });

  test('and brings something new each time is asked at once, and after a pause it is so again', async () => {
    const server = api({ wait: (count) => (count > 3 && count < 6 ? undefined : update(count, events(count))) });
    const times = [];
    const { waitForUpdatesEx } = server;
    server.waitForUpdatesEx = (...given) => {
      times.push(server.clock.now());
      return times.length > 8 ? hang(given.at(-1)) : waitForUpdatesEx(...given);
    };
    await pushFor(60_000, server);
    const begin = times[0];
    assert.deepEqual(
      times.map((at) => at - begin),
      [0, 0, 0, 0, 1_000, 3_000, 3_000, 3_000, 3_000],
    );
  });

  const keysFrom = (first) => events(...Array.from({ length: 10 }, (_, index) => first + index));
  const ENDLESS = {
    'an event': { wait: (count) => update(count, events(count)) },
    'an event and more to come': { wait: (count) => update(count, events(count), true) },
    'a page of events': { wait: (count) => update(count, keysFrom(count * 10)) },
    'a page of events, with others without end before it': {
      wait: (count) => update(count, keysFrom(count * 10)),
      readNext: (count) => keysFrom(1e9 + count * 10),
    },
  };
  for (const [what, answers] of Object.entries(ENDLESS)) {
    test(`and brings ${what} each time, for ever, is asked twice a second after a burst of 50`, async () => {
      for (const [ms, most] of [
        [0, 50],
        [499, 50],
        [600_000, 50 + 1_200],
      ]) {
        const server = api(answers);
        const { error } = await pushFor(ms, server);
        const { wait, readNext = 0 } = server.calls;
        // The first poll answers no news, and what comes at the very end may be on its way.
        assert.ok(wait + readNext >= most && wait + readNext <= most + 3, `${wait} and ${readNext} in ${ms} ms`);
        assert.equal(error.message, 'mine');
        assert.equal(server.calls.destroy, 1);
      }
    });
  }

  test('is read on from the collector until nothing new comes, and however much comes, to an end', async () => {
    for (const [read, most] of [
      [() => keysFrom(21), 2],
      [(count) => keysFrom(1_000 + count * 10), 100],
      [() => events(), 1],
    ]) {
      const server = api({
        wait: (count, context) => (count < 3 ? update(count, keysFrom(count * 10)) : hang(context)),
        readNext: read,
      });
      await pushFor(60_000, server);
      assert.equal(server.calls.readNext, most);
      // What did not join up is read by a query.
      assert.deepEqual(server.pages.at(-1), { events: [], complete: false });
    }
  });
});
