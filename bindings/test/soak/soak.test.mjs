/**
 * A process that waits for months: what it holds after 10,000 waits one after another, after 1,000 at once again and again,
 * and after 36 hours of a wall screen. Time is simulated, the core, the run loop and the shared source are those that ship.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const PROCESS = fileURLToPath(new URL('soak-process.mjs', import.meta.url));
const KIB = 1024;

/** What a process held again and again on the way. */
async function soaked(way, number) {
  // All garbage is collected before it is looked: till then in larger portions, a quarter of the time less.
  const args = ['--max-semi-space-size=64', PROCESS, way, `${number}`];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  const { after, warnings } = JSON.parse(stdout);
  assert.deepEqual(warnings, []);
  return after;
}

/** Asserts that the later holds what the earlier did, but for so many bytes of the heap. */
function assertFlat(context, earlier, later, heapBytes) {
  const grown = later.heap - earlier.heap;
  const inKib = (bytes) => `${Math.round(bytes / KIB)} KiB`;
  context.diagnostic(`heap ${inKib(earlier.heap)}, later ${inKib(grown)} more; core ${inKib(later.core)}`);
  for (const what of ['core', 'timers', 'handles', 'openPushes']) assert.equal(later[what], earlier[what], what);
  assert.ok(grown <= heapBytes, `the heap has grown by ${inKib(grown)}`);
  assert.equal(later.mostPushes, 1, 'one collector serves all');
}

describe('a process', { concurrency: 1 }, () => {
  test('has nothing left of 10,000 waits one after another, of which each thousand asks as much as the first', async (context) => {
    const after = await soaked('oneAfterAnother', 10);
    const [first, second] = after;
    const last = after.at(-1);
    // 8,000 waits that left 64 bytes each would be more.
    assertFlat(context, second, last, 500 * KIB);
    assert.deepEqual([last.timers, last.openPushes], [0, 0]);
    for (const what of ['reads', 'logIns', 'pushes']) assert.equal(last[what], 10 * first[what], what);
  });

  test('has nothing left of 1,000 waits at once, however often they come', async (context) => {
    const after = await soaked('atOnce', 4);
    const last = after.at(-1);
    assertFlat(context, after[1], last, 250 * KIB);
    assert.deepEqual([last.timers, last.openPushes], [0, 0]);
    assert.ok(last.reads <= 4 * 20, `${last.reads} reads for 4,000 waits`);
  });

  test('of a wall screen holds after 36 hours what it held after 18, while a VM comes and another goes each minute', async (context) => {
    const after = await soaked('wallScreen', 36);
    // By then 1,024 VMs have gone, of which the watch keeps the rows for loops that fall behind.
    const [earlier, later, ended] = [after[17], after[35], after[36]];
    // What the engine compiles meanwhile comes and goes: the least of six hours is what is held.
    const held = (from) => ({ ...after[from], heap: Math.min(...after.slice(from, from + 6).map(({ heap }) => heap)) });
    assertFlat(context, held(17), held(30), 250 * KIB);
    // Numbers of VMs and keys have a digit more.
    assert.ok(
      later.snapshot <= earlier.snapshot * 1.05,
      `a snapshot of ${later.snapshot} bytes, ${earlier.snapshot} before`,
    );
    assert.deepEqual([ended.timers, ended.openPushes], [0, 0]);
    assert.equal(later.logIns, 36, 'one an hour, as sessions end');
    // One a minute, one for the VM that came, and one after each log-in.
    assert.ok(later.reads <= 2 * 36 * 60 + 36 + 1, `${later.reads} reads`);
    assert.ok(later.transitions >= 12_000, `${later.transitions} transitions`);
  });
});
