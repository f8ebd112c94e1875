/**
 * Every call of the client × every kind of bad answer × SOAP and VI JSON × with and without a push × when it begins, against
 * the fake vCenter on simulated time. In each cell: no status but the truth's or one before it, a row for every VM, an end by
 * the deadline, no loop, and nothing left on the server but what nobody can know of, which is said.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { CALLS, cells, WIRES } from './cells.mjs';
import { KINDS } from './kinds.mjs';

const SHOWN = 20;

/** Lives through all cells, side by side; answers what was wrong, and counts. */
async function liveAll() {
  const shares = Math.min(availableParallelism(), 8);
  const wrong = [];
  const sum = { lived: 0, requests: 0 };
  const live = (share) =>
    new Promise((resolve, reject) => {
      const worker = new Worker(new URL('./worker.mjs', import.meta.url), {
        workerData: { share, shares },
      });
      worker.on('message', (message) => {
        if (message.wrong !== undefined) wrong.push(message.wrong);
        sum.lived += message.lived ?? 0;
        sum.requests += message.requests ?? 0;
      });
      worker.on('error', reject);
      worker.on('exit', resolve);
    });
  await Promise.all(Array.from({ length: shares }, (_, share) => live(share)));
  return { wrong, ...sum };
}

test('whatever a call is answered with, no wait says what is not so, goes on too long or leaves anything behind', async (context) => {
  const count = [...cells()].length;
  const { wrong, lived, requests } = await liveAll();
  const [calls, kinds] = [CALLS, KINDS].map((table) => Object.keys(table).length);
  context.diagnostic(
    `fault matrix: ${lived} cells (${calls} calls, ${kinds} kinds of bad answers, ${WIRES.length} wires), ${requests} requests`,
  );
  assert.deepEqual(wrong.slice(0, SHOWN), [], `${wrong.length} of ${lived} cells`);
  assert.equal(lived, count);
});

test('the matrix knows every call that the client makes', () => {
  const made = new Set();
  for (const file of ['vim-client', 'releases']) {
    const source = readFileSync(new URL(`../../../bindings/src/vsphere/client/${file}.ts`, import.meta.url), 'utf8');
    for (const [, method] of source.matchAll(/\b(?:method|operation)(?:: | = )'(\w+)'/g)) made.add(method);
  }
  for (const verb of ['GET', 'POST']) made.delete(verb);
  assert.deepEqual([...made].sort(), Object.keys(CALLS).sort());
});
