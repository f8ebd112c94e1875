/** The servers of the tests themselves: a cluster comes up, and a node that was killed comes back as the same. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startNats } from './lib/nats.mjs';

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
