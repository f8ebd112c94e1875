/** Waiting for what no event tells of. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';

const PATIENCE_MS = 30_000;

/**
 * Waits until a condition holds; fails when it does not within 30 s.
 *
 * @param {() => unknown} holds
 * @param {string} [what] is waited for, for the message
 */
export async function until(holds, what = String(holds)) {
  for (const end = performance.now() + PATIENCE_MS; performance.now() < end; await sleep(5)) {
    if (await holds()) return;
  }
  assert.fail(`not within ${PATIENCE_MS / 1000} s: ${what}`);
}

/** As long as what is told at once, or within a second, may take on a machine that is busy: what hangs in tests does so for ever. */
export const SOON_MS = 4_000;
