/** The command where a disk is full, standard output cannot be written, or it meets an error that nobody has foreseen. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { startSimulator } from '../simulators/simulator.mjs';
import { jsonOf, runCommand, startCommand } from './command.mjs';

const QUICK = ['--json', '--poll-interval', '0.3'];
// Each of a run's two files is larger.
const ROOM_KIB = 1;

const folder = mkdtempSync(join(tmpdir(), 'vm-customization-disks-'));
let server;
before(async () => {
  server = await startSimulator({ kind: 'fake' });
});
after(async () => {
  await server?.stop();
  rmSync(folder, { recursive: true });
});

const post = (vm, event) => server.do({ do: 'post', vm, event });

let vms = 0;
/** A VM that was just powered on, with a name that makes a run's files larger than the disk. */
async function newVm() {
  vms += 1;
  const name = `web-${vms}-${'x'.repeat(60)}`;
  const { vm } = await server.do({ do: 'clone', template: server.vms[0].name, name, customize: false, powerOn: true });
  return { name, vm };
}

/** Disks that hold too little: a limit on the size of each file, and where that is allowed a file system of its own. */
const DISKS = {
  'a limit on the size of files': (context) => {
    const own = mkdtempSync(join(folder, 'limited-'));
    context.after(() => rmSync(own, { recursive: true }));
    return { own, shell: `ulimit -f ${ROOM_KIB}; exec "$@"`, fill: () => undefined };
  },
  'a full disk': (context) => {
    const own = mkdtempSync(join(folder, 'full-'));
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=16k', 'tmpfs', own]);
    if (mounted.status !== 0) {
      context.skip('a file system cannot be mounted here');
      return undefined;
    }
    context.after(() => spawnSync('umount', [own]));
    return {
      own,
      shell: undefined,
      fill: () => {
        for (let size = 8192; size >= 1; size = Math.floor(size / 2)) {
          try {
            writeFileSync(join(own, 'ballast'), 'x'.repeat(size), { flag: 'a' });
          } catch {
            // As much of it as there was room for.
          }
        }
      },
    };
  },
};

const tooFull = /(EFBIG|ENOSPC)/;

for (const [name, make] of Object.entries(DISKS)) {
  describe(`a run on ${name}`, () => {
    test('keeps the state that was good, says once that it cannot be written, and ends with its own status', async (context) => {
      const disk = make(context);
      if (disk === undefined) return;
      const file = join(disk.own, 'run.state');
      const vm = await newVm();
      const first = startCommand([...QUICK, '--state', file, vm.name], { server });
      await first.prints(/CustomizationNotStarted/);
      first.kill('SIGINT');
      assert.equal((await first.done).status, 2);
      const good = readFileSync(file, 'utf8');
      assert.ok(good.length > ROOM_KIB * 1024, `${good.length} bytes`);
      JSON.parse(good);
      disk.fill();
      const second = startCommand([...QUICK, '--state', file], { server, shell: disk.shell });
      await second.prints(/cannot be written/, 'stderr');
      await post(vm.vm, 'CustomizationStartedEvent');
      await second.prints(/CustomizationStarted/);
      await post(vm.vm, 'CustomizationSucceeded');
      const ended = await second.done;
      assert.equal(ended.status, 0, ended.stderr);
      assert.equal(jsonOf(ended).report.vms[0].customizationStatus, 'CustomizationSucceeded');
      assert.equal(ended.stderr.match(/--state .* cannot be written/g).length, 1, ended.stderr);
      assert.match(ended.stderr, tooFull);
      assert.doesNotMatch(ended.stderr, /\n\s+at /);
      assert.equal(readFileSync(file, 'utf8'), good);
      assert.deepEqual(
        readdirSync(disk.own).filter((entry) => entry !== 'ballast'),
        ['run.state'],
      );
    });

    test('leaves no recording, and says so', async (context) => {
      const disk = make(context);
      if (disk === undefined) return;
      const vm = await newVm();
      await post(vm.vm, 'CustomizationStartedEvent');
      await post(vm.vm, 'CustomizationSucceeded');
      const file = join(disk.own, 'run.json');
      disk.fill();
      const run = await runCommand([...QUICK, '--record', file, vm.name], { server, shell: disk.shell });
      assert.equal(run.status, 0, run.stderr);
      assert.equal(jsonOf(run).report.vms[0].customizationStatus, 'CustomizationSucceeded');
      assert.match(run.stderr, /^--record .*run\.json is not written: (EFBIG|ENOSPC)$/m);
      assert.doesNotMatch(run.stderr, /\n\s+at /);
      assert.deepEqual(
        readdirSync(disk.own).filter((entry) => entry !== 'ballast'),
        [],
      );
    });

    test('does not pass a part of its output for the whole', async (context) => {
      const disk = make(context);
      if (disk === undefined) return;
      const file = join(disk.own, 'out');
      disk.fill();
      const run = await runCommand(['--help'], { shell: `${disk.shell ?? 'exec "$@"'} >${file}` });
      assert.equal(run.status, 74);
      assert.match(run.stderr, /^wait-vm-customization: standard output cannot be written \((EFBIG|ENOSPC)\): /);
    });
  });
}

describe('standard output that cannot be written', () => {
  const full = 'exec "$@" >/dev/full';
  const said = /^wait-vm-customization: standard output cannot be written \(ENOSPC\): what is missing there is lost$/m;

  test('is said on standard error and ends with 74, whatever the command was to print', async () => {
    const recording = new URL('../conformance/recordings/D04-result-without-started.recording.json', import.meta.url)
      .pathname;
    for (const args of [['--help'], ['--version'], ['replay', recording], ['server-time']]) {
      const run = await runCommand(args, { server, shell: full });
      assert.equal(run.status, 74, `${args}: ${run.stderr}`);
      assert.match(run.stderr, said);
    }
  });

  test('ends a wait, which can be gone on with', async () => {
    const vm = await newVm();
    const file = join(folder, 'full.state');
    for (const how of [['--json'], []]) {
      rmSync(file, { force: true });
      const run = await runCommand([...how, '--poll-interval', '0.3', '--state', file, vm.name], {
        server,
        shell: full,
      });
      assert.equal(run.status, 74, run.stderr);
      assert.match(run.stderr, said);
      assert.equal(run.stderr.match(/standard output/g).length, 1, run.stderr);
      assert.equal(JSON.parse(readFileSync(file, 'utf8')).names[0], vm.name);
    }
    await post(vm.vm, 'CustomizationSucceeded');
    assert.equal((await runCommand([...QUICK, '--state', file], { server })).status, 0);
  });

  test('is quiet where only its reader has gone', async () => {
    const run = await runCommand(['--help'], { shell: '("$@"; echo $? >&2) | true' });
    assert.equal(run.stderr, '0\n');
  });

  test('leaves a mistake on the command line what it is, and so does standard error', async () => {
    assert.equal((await runCommand([], { shell: full })).status, 3);
    assert.equal((await runCommand([], { shell: 'exec "$@" 2>/dev/full' })).status, 3);
    assert.equal((await runCommand(['--help'], { shell: 'exec "$@" 2>/dev/full >/dev/full' })).status, 74);
  });
});

describe('an error that nobody has foreseen', () => {
  const broken = (script) => ({ NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(script)}` });
  /** Once the command has begun, however long that takes. */
  const later = (act) =>
    `const asking = setInterval(() => {
      if (process.listenerCount('uncaughtException') > 0) { clearInterval(asking); ${act} }
    }, 10)`;
  const FAULTS = {
    'while the wait begins': `
      const { on } = process;
      process.on = (event, ...rest) => {
        if (event === 'SIGINT') throw new TypeError('a bug');
        return on.call(process, event, ...rest);
      }`,
    'in a timer': later("throw new TypeError('a bug')"),
    'in a promise that nobody waits for': later("Promise.reject(new TypeError('a bug'))"),
  };
  for (const [where, script] of Object.entries(FAULTS)) {
    test(`ends as itself, ${where}: 70, a sentence, how to report it, and no stack`, async () => {
      const vm = await newVm();
      const state = join(folder, `bug-${vm.vm}.state`);
      const args = ['--poll-interval', '0.3', '--state', state, vm.name];
      const run = await runCommand(args, { server, env: broken(script) });
      assert.equal(run.status, 70, run.stderr);
      assert.match(run.stderr, /^wait-vm-customization: unexpected error: TypeError: a bug$/m);
      assert.match(
        run.stderr,
        /fault of wait-vm-customization \d+\.\d+\.\d+, and says nothing of the VMs\. Please report/,
      );
      assert.doesNotMatch(run.stderr, /\n\s+at /);
      assert.equal((await server.do({ do: 'sessions' })).count, 0);
    });
  }

  test('goes before output that failed, and has its stack where that is asked for', async () => {
    const run = await runCommand([...QUICK, (await newVm()).name], {
      server,
      env: { ...broken(FAULTS['in a timer']), NODE_DEBUG: 'wait-vm-customization' },
    });
    assert.equal(run.status, 70);
    assert.match(run.stderr, /TypeError: a bug\n\s+at /);
    const both = await runCommand(['--version'], {
      shell: 'exec "$@" >/dev/full',
      env: broken(`process.on('exit', () => 0); ${later("throw new Error('a bug')")}`),
    });
    assert.equal(both.status, 70);
  });

  test('is also to stop in the middle', async () => {
    const script = 'process.stdin[Symbol.asyncIterator] = () => ({ next: () => new Promise(() => {}) })';
    const run = await runCommand(['-'], { env: broken(script) });
    assert.equal(run.status, 70);
    assert.match(run.stderr, /unexpected error: Error: the command has stopped in the middle$/m);
  });
});

describe('a link that somebody has planted', () => {
  test('is not followed by --state nor by --record, and is told before anything is waited for', async () => {
    const own = join(folder, 'shared');
    mkdirSync(own);
    const victim = join(own, 'victim');
    writeFileSync(victim, '');
    for (const flag of ['--state', '--record']) {
      const link = join(own, `link${flag}`);
      spawnSync('ln', ['-s', victim, link]);
      const run = await runCommand([flag, link, server.vms[0].name], { server });
      assert.equal(run.status, 3, run.stderr);
      assert.match(
        run.stderr,
        new RegExp(`${flag} .* cannot be written \\(it is a link: give the path that it leads to\\)`),
      );
      assert.equal(readFileSync(victim, 'utf8'), '');
    }
    assert.equal(existsSync(join(own, 'run')), false);
  });
});

describe('a file without an end', () => {
  test('is no state: a device or a pipe is told before anything is read', async () => {
    const pipe = join(folder, 'pipe');
    assert.equal(spawnSync('mkfifo', [pipe]).status, 0);
    for (const path of ['/dev/full', '/dev/zero', pipe]) {
      const run = await runCommand(['--state', path, 'web-1'], { server });
      assert.equal(run.status, 3, run.stderr);
      assert.match(run.stderr, /--state .* cannot be read \(it is a device or a pipe: give the path of a file\)/);
    }
  });

  test('is read to a limit wherever the command reads one', async () => {
    for (const [args, named] of [
      [['replay', '/dev/zero'], '/dev/zero'],
      [['--password-file', '/dev/zero', '--server', '127.0.0.1', '--user', 'u', 'web-1'], '--password-file /dev/zero'],
      [['--inventory', '/dev/zero'], '--inventory /dev/zero'],
    ]) {
      const run = await runCommand(args);
      assert.equal(run.status, 3, run.stderr);
      assert.match(run.stderr, new RegExp(`${named} cannot be read \\(it is larger than 256 MiB\\)`));
    }
    const endless = await runCommand(['replay', '-'], { shell: 'exec "$@" </dev/zero' });
    assert.equal(endless.status, 3, endless.stderr);
    assert.match(endless.stderr, /standard input cannot be read \(it is larger than 256 MiB\)/);
  });

  test('that ends after all is read: a pipe has a password', async () => {
    const run = await runCommand(['server-time', '--password-file', '/dev/stdin'], {
      env: { GOVC_URL: server.url, GOVC_USERNAME: server.user, GOVC_INSECURE: '1' },
      shell: `printf '%s\\n' '${server.password}' | "$@"`,
    });
    assert.equal(run.status, 0, run.stderr);
  });
});
