/** The push of a vCenter, against an API of a few lines. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { internal } from './internal.mjs';

const { Pushes } = await internal('vim/pushes');
const COLLECTED = { scopes: [{ ref: { type: 'Folder', value: 'group-d1' }, recursion: 'all' }], types: [], since: '' };
const PAGE = { version: '1', truncated: false, body: new Uint8Array() };

/** Answers that are worth nothing but an error or an update each; every call is counted. */
function api(answers) {
  const calls = {};
  const call = (name, answer) => async () => {
    calls[name] = (calls[name] ?? 0) + 1;
    return answers[name] === undefined ? answer : answers[name](calls[name]);
  };
  const ref = { type: 'T', value: 'v' };
  return {
    calls,
    host: 'vc',
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

async function pushFor(ms, server) {
  const controller = new AbortController();
  const pages = new Pushes(server).begin(COLLECTED, controller.signal);
  const reading = (async () => {
    for await (const _ of pages);
  })().catch((error) => error);
  await sleep(ms);
  const aborted = performance.now();
  controller.abort(new Error('mine'));
  return { error: await reading, ms: performance.now() - aborted };
}

describe('a long poll that could have waited', { concurrency: true }, () => {
  test('and comes back at once with nothing is asked again after growing pauses, which an abort ends at once', async () => {
    const server = api({ wait: (count) => (count === 1 ? PAGE : undefined) });
    const { error, ms } = await pushFor(2_500, server);
    assert.equal(server.calls.wait, 3);
    assert.equal(error.message, 'mine');
    assert.ok(ms < 100, `${ms} ms`);
    assert.equal(server.calls.destroy, 1);
  });
});
