/** Waiting for what no event tells of. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';

const LIMIT_MS = 20_000;

/**
 * Waits until a condition holds.
 *
 * @param {string} what is waited for, for the message
 * @param {() => unknown} holds
 */
export async function until(what, holds) {
  for (const end = performance.now() + LIMIT_MS; performance.now() < end; await sleep(20)) {
    if (await holds()) return;
  }
  assert.fail(`not within ${LIMIT_MS / 1000} s: ${what}`);
}
