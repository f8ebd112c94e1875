/** The package in every runtime that it is for, unbundled. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { emptyFolder, project, report, run, TOOLS } from '../lib/package.mjs';

// npm has these binaries for other systems too, under other names; one system's are enough to know the package.
const header = process.report.getReport().header;
const elsewhere =
  header.platform === 'linux' && header.arch === 'x64' && header.glibcVersionRuntime
    ? false
    : 'the binaries among the packaging tools are for Linux with glibc on x64';

const home = await emptyFolder('home');
const quiet = { ...process.env, HOME: home, DENO_DIR: join(home, 'deno'), DENO_NO_UPDATE_CHECK: '1', NO_COLOR: '1' };

function binary(path) {
  const program = join(TOOLS, path);
  assert.ok(
    existsSync(program),
    `${program} is not there: remove its node_modules and run \`cargo xtask test packaging\``,
  );
  return program;
}

const folder = await project('node', 'runtimes');
const COMMAND = 'node_modules/vm-customization/bin/wait-vm-customization.js';

async function answer(program, args) {
  const { stdout, stderr } = await run(program, args, { cwd: folder, env: quiet });
  assert.equal(stderr, '');
  return stdout;
}

for (const major of [20, 22, 24, 26]) {
  describe(`Node ${major}`, { skip: elsewhere }, () => {
    const node = (...args) => answer(binary(`node-${major}/bin/node`), args);

    it('is that version', async () => {
      assert.match(await node('--version'), new RegExp(`^v${major}\\.`));
    });

    it('plays the recording in an ES module', async () => {
      assert.deepEqual(JSON.parse(await node('main.mjs', 'recording.json')), report);
    });

    it('plays the recording in a CommonJS module', async () => {
      assert.deepEqual(JSON.parse(await node('main.cjs', 'recording.json')), report);
    });

    it('has the same classes in both', async () => {
      assert.equal(await node('both.mjs'), 'same\n');
    });

    it('imports the custom element, without a DOM', async () => {
      assert.equal(await node('element.mjs'), 'function 1\n');
    });

    it('plays the recording by the command', async () => {
      assert.deepEqual(JSON.parse(await node(COMMAND, 'replay', 'recording.json')), report);
    });
  });
}

describe('Deno', { skip: elsewhere }, () => {
  const deno = (...args) => answer(binary('@deno/linux-x64-glibc/deno'), args);

  // It may read its project's files, and nothing else.
  const restricted = (...args) => deno('run', '--no-prompt', '--cached-only', `--allow-read=${folder}`, ...args);

  it('plays the recording in an ES module', async () => {
    assert.deepEqual(JSON.parse(await restricted('main.mjs', 'recording.json')), report);
  });

  it('plays the recording in a CommonJS module', async () => {
    assert.deepEqual(JSON.parse(await restricted('main.cjs', 'recording.json')), report);
  });

  it('has the same classes in both', async () => {
    assert.equal(await restricted('both.mjs'), 'same\n');
  });

  it('plays the recording by the command', async () => {
    // The command asks for its environment: terminals, proxies, credentials.
    assert.deepEqual(JSON.parse(await restricted('--allow-env', COMMAND, 'replay', 'recording.json')), report);
  });
});

describe('Bun', { skip: elsewhere }, () => {
  const bun = (...args) => answer(binary('@oven/bun-linux-x64-baseline/bin/bun'), ['--no-install', ...args]);

  it('plays the recording in an ES module', async () => {
    assert.deepEqual(JSON.parse(await bun('main.mjs', 'recording.json')), report);
  });

  it('plays the recording in a CommonJS module', async () => {
    assert.deepEqual(JSON.parse(await bun('main.cjs', 'recording.json')), report);
  });

  it('has the same classes in both', async () => {
    assert.equal(await bun('both.mjs'), 'same\n');
  });

  it('plays the recording by the command', async () => {
    assert.deepEqual(JSON.parse(await bun(COMMAND, 'replay', 'recording.json')), report);
  });
});
