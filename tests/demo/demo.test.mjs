/** The demos, called and interrupted as people do. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const DEMO = fileURLToPath(new URL('./demo.mjs', import.meta.url));

const WEB = fileURLToPath(new URL('./web.mjs', import.meta.url));

const call = (script, ...args) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], { encoding: 'utf8' });
  return { status, stdout, stderr };
};

test('each demo tells its options, and runs nothing then', () => {
  for (const [args, options] of [
    [[DEMO], ['--fake', '--web']],
    [
      [WEB, '--web'],
      ['--port', '--no-open'],
    ],
  ]) {
    for (const flag of ['--help', '-h']) {
      const { status, stdout, stderr } = call(...args, flag);
      assert.deepEqual([status, stderr], [0, '']);
      assert.match(stdout, /^usage: cargo xtask demo/);
      for (const option of options) assert.ok(stdout.includes(option), stdout);
    }
  }
});

test('what a demo does not know is told in one line', () => {
  for (const [args, message] of [
    [[DEMO, '--fast'], /'--fast'.*; --help lists the options$/],
    [[DEMO, 'x'], /'x'.*; --help lists the options$/],
    [[WEB, '--web', '--prot', '1'], /'--prot'.*; --help lists the options$/],
    [[WEB, '--web', '--port'], /'--port <value>'.*; --help lists the options$/],
    [[WEB, '--web', '--port', '70000'], /^--port is `70000`: give a number between 0 and 65535$/],
    [[WEB, '--web', '--port', ''], /^--port is ``: give a number/],
  ]) {
    const { status, stdout, stderr } = call(...args);
    assert.deepEqual([status, stdout], [3, ''], stderr);
    assert.match(stderr.trimEnd(), message);
    assert.equal(stderr.trimEnd().split('\n').length, 1, stderr);
  }
});

test('a port in use is told with the fix', async (t) => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  t.after(() => other.close());
  const { port } = other.address();
  const { status, stderr } = call(WEB, '--web', '--no-open', '--port', String(port));
  assert.equal(stderr, `port ${port} is in use: give another with --port, or leave it out for a free one\n`);
  assert.equal(status, 3);
});

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
