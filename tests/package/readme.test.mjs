/**
 * The README is true: every command and snippet in it runs here, against the vCenter simulator. Its Rust runs as a doc
 * test of the core.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';

import { transform } from 'esbuild';

import { startSimulator } from '../simulators/simulator.mjs';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
/** The command that runs this test: running it again from here would never end. */
const THIS_TEST = 'cargo xtask test\n';
/** The command that serves a page until it is ended. */
const PAGE = 'cargo xtask demo --web\n';
/** Those of the command that serve it. */
const isServing = (text) => text.includes('wait-vm-customization page');
/** What installs the package from the registry, once it is there. */
const INSTALL_PUBLISHED = 'npm install --global vm-customization\n';
const TARBALL = `vm-customization-${JSON.parse(await readFile(join(ROOT, 'bindings/package.json'), 'utf8')).version}.tgz`;

const NPM = process.platform === 'win32' ? 'npm.cmd' : 'npm';

const readme = await readFile(join(ROOT, 'README.md'), 'utf8');
const blocks = codeBlocks(readme);
const shell = blocks.filter(({ language }) => language === 'sh');

let simulator;
let environment;
let folder;

before(async () => {
  simulator = await startSimulator({ kind: 'vcsim' });
  for (const name of ['web-1', 'web-2']) {
    const template = simulator.vms[0].name;
    await simulator.do({ do: 'clone', template, name, customize: true, powerOn: true });
    const guest = { 'guest.toolsRunningStatus': 'guestToolsRunning', 'guest.guestOperationsReady': true };
    for (const [property, value] of Object.entries(guest)) {
      await simulator.do({ do: 'setProperty', vm: name, property, value });
    }
  }
  folder = await mkdtemp(join(tmpdir(), 'vm-customization-readme-'));
  const installed = join(folder, 'global');
  environment = {
    ...process.env,
    // Where `--global` is.
    npm_config_prefix: installed,
    npm_config_audit: 'false',
    PATH: [join(installed, 'bin'), process.env.PATH].join(delimiter),
    VSPHERE_SERVER: simulator.url,
    VSPHERE_USER: simulator.user,
    VSPHERE_PASSWORD: simulator.password,
    VSPHERE_ALLOW_UNVERIFIED_SSL: 'true',
    VC_THUMBPRINT: simulator.thumbprint,
  };
  await removeTraces();
  const npm = async (cwd, ...args) => {
    const { status, stderr } = await run(NPM, args, cwd);
    assert.equal(status, 0, stderr);
  };
  await npm(ROOT, 'pack', '--workspace', 'bindings', '--pack-destination', folder);
  await npm(folder, 'install', '--global', `./${TARBALL}`);
  // The project that the snippets are of.
  await writeFile(join(folder, 'package.json'), '{ "type": "module", "private": true }\n');
  const [, wanted] = /`npm install (\S+)` adds it to a project/.exec(readme) ?? [];
  assert.ok(
    wanted === `./${TARBALL}` || wanted === 'vm-customization',
    'the README says how a project gets the package',
  );
  await npm(folder, 'install', `./${TARBALL}`);
  for (const name of ['@types', 'undici-types']) {
    await symlink(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name));
  }
});

after(async () => {
  await simulator?.stop();
  await rm(folder, { recursive: true, force: true });
  await removeTraces();
});

/** What the commands write. A run that was left behind would be gone on with. */
async function removeTraces() {
  for (const name of ['run.json', 'run.state', TARBALL]) await rm(join(ROOT, name), { force: true });
}

describe('each command of the README', () => {
  assert.ok(shell.length >= 6, 'the commands are there');
  const others = [THIS_TEST, PAGE, INSTALL_PUBLISHED];
  for (const { text, output } of shell.filter(({ text }) => !others.includes(text) && !isServing(text))) {
    it(`runs: ${text.trim().replaceAll('\n', '; ')}`, async () => {
      const { status, stdout, stderr } = await run('bash', ['-euo', 'pipefail', '-c', text], ROOT);
      assert.equal(status, 0, `${stdout}\n${stderr}`);
      if (output !== undefined) {
        // The simulator takes no time over a customization.
        const withoutTimes = (printed) => printed.replaceAll(/\d\d:\d\d$/gm, '··:··');
        assert.equal(withoutTimes(stdout.replaceAll(/ +$/gm, '')), withoutTimes(output));
      }
    });
  }

  it('names the command that serves the status page until it is ended', async () => {
    assert.ok(shell.some(({ text }) => text === PAGE));
    const [program, ...args] = PAGE.trim().split(' ');
    // A process group of its own is what a terminal sends Ctrl-C to.
    const child = spawn(program, [...args, '--no-open'], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'inherit'],
      detached: true,
    });
    const closed = once(child, 'close');
    try {
      let text = '';
      for await (const chunk of child.stdout) {
        text += chunk;
        const [url] = /http:\/\/127\.0\.0\.1:\d+\/\S*\n/.exec(text) ?? [];
        if (url !== undefined) {
          const page = await fetch(url.trim());
          assert.equal(page.status, 200);
          assert.match(await page.text(), /<script type="module"/);
          process.kill(-child.pid, 'SIGINT');
        }
      }
      assert.match(text, /the status page: http/);
    } finally {
      await closed;
    }
  });

  const serving = shell.filter(({ text }) => isServing(text)).flatMap(({ text }) => text.trim().split('\n'));
  assert.ok(serving.length >= 2, 'the commands that serve the page are there');
  for (const line of serving) {
    it(`serves the page until it is ended: ${line}`, async () => {
      const child = spawn('bash', ['-c', `exec ${line}`], {
        cwd: ROOT,
        env: environment,
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const closed = once(child, 'close');
      let text = '';
      for await (const chunk of child.stdout) {
        text += chunk;
        const [, address] = /^Page: +(\S+)\n/m.exec(text) ?? [];
        if (address !== undefined && !child.killed) {
          assert.match(await (await fetch(address)).text(), /<script type="module"/);
          child.kill('SIGINT');
        }
      }
      assert.deepEqual(await closed, [0, null]);
    });
  }

  it('names the command that runs every check', async () => {
    assert.ok(shell.some(({ text }) => text === THIS_TEST));
    const { status, stdout } = await run('cargo', ['xtask', 'test', '--list'], ROOT);
    assert.equal(status, 0);
    assert.match(stdout, /^node /m);
  });
});

describe('each snippet of the README', () => {
  const [wait, nextStep, ...otherPrograms] = blocks.filter(({ language }) => language === 'js');
  assert.equal(otherPrograms.length, 0);

  it('runs in Node', async () => {
    await writeFile(join(folder, 'wait.mjs'), wait.text);
    const { status, stdout, stderr } = await run(process.execPath, ['wait.mjs'], folder);
    assert.equal(status, 0, stderr);
    assert.equal(stdout, 'web-1 CustomizationSucceeded\nweb-2 CustomizationSucceeded\n');
  });

  it('runs the next step on each VM as it becomes ready', async () => {
    await writeFile(join(folder, 'next-step.mjs'), nextStep.text);
    const { status, stdout, stderr } = await run(process.execPath, ['next-step.mjs'], folder);
    assert.equal(status, 0, stderr);
    assert.equal(stdout, 'web-1 is ready for its next step\nweb-2 is ready for its next step\n');
  });

  it('stands in the README of the package too', async () => {
    const ofPackage = codeBlocks(await readFile(join(ROOT, 'bindings', 'README.md'), 'utf8'));
    const programs = ofPackage.filter(({ language }) => language === 'js');
    // The one after it, a test of a user's, is run by packaging.test.mjs.
    assert.deepEqual(programs[0], { language: 'js', text: wait.text });
  });

  it('runs with events from a back end', async () => {
    const backEnd = createServer((request, response) => {
      response.end(request.url === '/vc/time' ? '2026-03-01T10:00:00Z' : JSON.stringify(EVENTS));
    });
    backEnd.listen(0, '127.0.0.1');
    await once(backEnd, 'listening');
    try {
      const { code } = await transform(only('ts'), { loader: 'ts', format: 'esm', target: 'es2022' });
      // A page has an origin; Node has none.
      const origin = `const { fetch: plain } = globalThis;
        globalThis.fetch = (path, options) => plain(new URL(path, 'http://127.0.0.1:${backEnd.address().port}'), options);\n`;
      await writeFile(join(folder, 'page.mjs'), origin + code);
      const { status, stdout, stderr } = await run(process.execPath, ['page.mjs'], folder);
      assert.equal(status, 0, stderr);
      assert.equal(
        stdout,
        'vm-101 CustomizationNotStarted\nvm-101 CustomizationStarted\nvm-101 CustomizationSucceeded\n',
      );
    } finally {
      backEnd.close();
    }
  });

  it('has the types it says', async () => {
    await writeFile(join(folder, 'page.ts'), `${only('ts')}\nexport {};\n`);
    const tsc = join(ROOT, 'node_modules', '.bin', 'tsc');
    const options = '--noEmit --strict --module node16 --target es2022 --lib es2022,dom,esnext.disposable --types node';
    const { status, stdout } = await run(tsc, [...options.split(' '), 'page.ts'], folder);
    assert.equal(status, 0, stdout);
  });
});

const event = (_typeName, key, createdTime) => ({
  _typeName,
  key,
  createdTime,
  vm: { name: 'web-1', vm: { type: 'VirtualMachine', value: 'vm-101' } },
});
const EVENTS = [
  event('VmStartingEvent', 1, '2026-03-01T09:59:58Z'),
  event('CustomizationStartedEvent', 2, '2026-03-01T09:59:59Z'),
  event('CustomizationSucceeded', 3, '2026-03-01T10:00:00Z'),
];

/** The fenced blocks, each with the output that the next block shows where that is plain text. */
function codeBlocks(markdown) {
  const blocks = [...markdown.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, language, text]) => ({ language, text }));
  return blocks.map((block, place) => {
    const next = blocks[place + 1];
    return next?.language === 'text' ? { ...block, output: next.text } : block;
  });
}

function only(language) {
  const found = blocks.filter((block) => block.language === language);
  assert.equal(found.length, 1);
  return found[0].text;
}

async function run(program, args, cwd) {
  const child = spawn(program, args, { cwd, env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
  const collected = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr']) {
    child[name].setEncoding('utf8').on('data', (text) => {
      collected[name] += text;
    });
  }
  const [status] = await once(child, 'close');
  return { status, ...collected };
}
