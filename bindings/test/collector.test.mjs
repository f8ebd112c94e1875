/** The push of a vCenter, against an API of a few lines. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { internal } from './internal.mjs';
import { SimulatedClock } from './simulated-clock.mjs';

const { OpenCollectors, ConnectionError, VimFaultError } = await internal('vsphere/client/open-collectors', 'errors');
const COLLECTED = { scopes: [{ ref: { type: 'Folder', value: 'group-d1' }, recursion: 'all' }], types: [], since: '' };
const PAGE = { version: '1', truncated: false, body: new Uint8Array() };

/** Answers that are worth nothing but an error or an update each; every call is counted. */
function api(answers, clock = new SimulatedClock()) {
  const calls = {};
  const call = (name, answer) => async () => {
    calls[name] = (calls[name] ?? 0) + 1;
    return answers[name] === undefined ? answer : answers[name](calls[name]);
  };
  const ref = { type: 'T', value: 'v' };
  return {
    calls,
    host: 'vc',
    clock,
    serviceContent: async () => ({ apiVersion: '8.0.3.0' }),
    createCollectorForEvents: call('create', ref),
    createPropertyCollector: call('createPropertyCollector', ref),
    createFilter: call('createFilter', ref),
    waitForUpdatesEx: call('wait', PAGE),
    cancelWaitForUpdates: call('cancel'),
    destroyCollector: call('destroy'),
    destroyPropertyCollector: call('destroyPropertyCollector'),
  };
}

/** Reads what is pushed until it is aborted after so long; answers the error, and how long after the abort it came. */
async function pushFor(ms, server) {
  const { clock } = server;
  const controller = new AbortController();
  const pages = new OpenCollectors(server).begin(COLLECTED, controller.signal);
  const reading = (async () => {
    for await (const _ of pages);
  })().catch((error) => error);
  await clock.drive(clock.sleep(ms, new AbortController().signal));
  const aborted = clock.now();
  controller.abort(new Error('mine'));
  return { error: await clock.drive(reading), ms: clock.now() - aborted };
}

describe('a collector', { concurrency: true }, () => {
  test('whose answer was lost twice in a row is not asked for again', async () => {
    for (const code of ['connection', 'timeout']) {
      const lost = new ConnectionError('lost', { code });
      const answers = [lost, new VimFaultError('transient', 'SystemError', 'no'), lost, lost];
      const server = api({ create: (count) => Promise.reject(answers[count - 1]) });
      const collectors = new OpenCollectors(server);
      const codes = [];
      for (const _ of answers) {
        const next = collectors.begin(COLLECTED, new AbortController().signal).next();
        codes.push(await next.catch((error) => error.code));
      }
      assert.deepEqual(codes, [code, 'vimFault', code, 'pushUnavailable']);
    }
  });

  test('is asked for again where the request did not get to the server, however often', async () => {
    const cause = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
    for (const error of [new ConnectionError('no', { cause }), new ConnectionError('503', { code: 'http' })]) {
      const collectors = new OpenCollectors(api({ create: () => Promise.reject(error) }));
      for (let time = 0; time < 5; time++) {
        const next = collectors.begin(COLLECTED, new AbortController().signal).next();
        assert.equal(await next.catch((caught) => caught), error);
      }
    }
  });
});

describe('a long poll that could have waited', { concurrency: true }, () => {
  test('and comes back at once with nothing is asked again after growing pauses, which an abort ends at once', async () => {
    const server = api({ wait: (count) => (count === 1 ? PAGE : undefined) });
    const { error, ms } = await pushFor(2_500, server);
    assert.equal(server.calls.wait, 3);
    assert.equal(error.message, 'mine');
    assert.equal(ms, 0);
    assert.equal(server.calls.destroy, 1);
  });
});
