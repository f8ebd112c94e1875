/** The demo, interrupted as people do. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const DEMO = fileURLToPath(new URL('../demo/demo.mjs', import.meta.url));

for (const [who, signal, wholeGroup] of [
  ["by a terminal's Ctrl-C, which all its processes get", 'SIGINT', true],
  ['by a signal to itself', 'SIGTERM', false],
]) {
  test(`the demo leaves nothing behind when it is interrupted ${who}`, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'vm-customization-demo-test-'));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const demo = spawn(process.execPath, [DEMO, '--fake'], {
      env: { ...process.env, TMPDIR: folder, TEMP: folder },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    let text = '';
    const ended = new Promise((resolve) => demo.once('close', resolve));
    const begun = new Promise((resolve) => {
      demo.stdout.setEncoding('utf8').on('data', (chunk) => {
        text += chunk;
        if (text.includes('has started')) resolve();
      });
    });
    demo.stderr.resume();
    await Promise.race([begun, ended]);
    process.kill(wholeGroup ? -demo.pid : demo.pid, signal);
    assert.equal(await ended, 130);
    assert.match(text, /CustomizationStatus/, 'the command still prints its rows');
    assert.deepEqual(readdirSync(folder), []);
  });
}
