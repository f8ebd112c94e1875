/** The servers of the tests themselves: a cluster comes up, and a node that was killed comes back as the same. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { nkeys } from '@nats-io/transport-node';
import { natsProgram, startNats } from './lib/nats.mjs';

test('a node that is killed comes back at its address as another process', async (t) => {
  const { nodes, servers, stop } = await startNats({ nodes: 3 });
  t.after(stop);
  assert.equal(new Set(servers).size, 3);
  const [, node] = nodes;
  const before = { url: node.url, pid: node.pid };
  await node.kill();
  await node.start();
  assert.equal(node.url, before.url);
  assert.notEqual(node.pid, before.pid);
});

test('the configuration of the documents is one that a node takes', async () => {
  const file = fileURLToPath(new URL('../../docs/fleet/nats.conf', import.meta.url));
  const keys = Object.fromEntries(
    ['WORKER', 'CALLER', 'OPERATOR'].map((role) => [`VMC_${role}`, nkeys.createUser().getPublicKey()]),
  );
  const { stderr } = await promisify(execFile)(await natsProgram(), ['-t', '-c', file], {
    env: { ...process.env, ...keys },
  });
  assert.match(stderr, /configuration file .* is valid/);
});
