import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, mock, test } from 'node:test';
import { internal } from './internal.mjs';

const { checkReplaceable, fileProblem, replaceFile, RecordingFile } = await internal(
  'cli/output/private-file',
  'cli/recording-file',
  'core/wasm/loader',
  'core/wasm/glue',
);

const folder = fs.mkdtempSync(join(tmpdir(), 'vm-customization-private-file-'));
after(() => fs.rmSync(folder, { recursive: true }));

let folders = 0;
function newFolder() {
  folders += 1;
  const path = join(folder, String(folders));
  fs.mkdirSync(path);
  return path;
}

/** Puts others in place of functions of Node for one test; `JSON` and the like are none of them. */
function instead(context, module, functions) {
  for (const [name, implementation] of Object.entries(functions)) mock.method(module, name, implementation);
  syncBuiltinESMExports();
  context.after(() => {
    mock.restoreAll();
    syncBuiltinESMExports();
  });
}

const failing = (code) => () => {
  throw Object.assign(new Error(`${code}: no`), { code });
};

describe('a file that is written in one step', () => {
  test('is its owner’s alone, whatever mode the one before had', () => {
    const path = join(newFolder(), 'file');
    for (const mode of [undefined, 0o644, 0o666, 0o777, 0o600, 0o400]) {
      fs.rmSync(path, { force: true });
      if (mode !== undefined) {
        fs.writeFileSync(path, 'before');
        fs.chmodSync(path, mode);
      }
      checkReplaceable(path);
      replaceFile(path, 'after');
      assert.equal(fs.readFileSync(path, 'utf8'), 'after');
      assert.equal(fs.statSync(path).mode & 0o777, 0o600);
    }
  });

  test('is as before, with nothing beside it, wherever the writing fails', (context) => {
    for (const step of ['openSync', 'writeFileSync', 'fsyncSync', 'closeSync', 'renameSync']) {
      for (const before of [undefined, 'before']) {
        const own = newFolder();
        const path = join(own, 'file');
        if (before !== undefined) fs.writeFileSync(path, before);
        const { [step]: real } = fs;
        instead(context, fs, {
          [step]: (...args) => {
            // What was opened is closed all the same.
            if (step === 'closeSync') real(...args);
            failing('EIO')();
          },
        });
        assert.throws(() => replaceFile(path, 'after'), { code: 'EIO' }, step);
        mock.restoreAll();
        syncBuiltinESMExports();
        assert.deepEqual(fs.readdirSync(own), before === undefined ? [] : ['file'], step);
        if (before !== undefined) assert.equal(fs.readFileSync(path, 'utf8'), before, step);
      }
    }
  });

  test('has a path of its own until it is whole, which nobody can know before, and which is no link', (context) => {
    const own = newFolder();
    const path = join(own, 'file');
    const opened = [];
    const { openSync } = fs;
    instead(context, fs, {
      openSync: (...args) => {
        opened.push(args[0]);
        return openSync(...args);
      },
    });
    for (let times = 0; times < 20; times += 1) replaceFile(path, String(times));
    assert.equal(new Set(opened).size, 20);
    for (const each of opened) assert.match(each.slice(own.length), /^\/\.wait-vm-customization-[0-9a-f]{24}\.tmp$/);

    // And were it known, a link there would lead nowhere.
    const victim = join(own, 'victim');
    fs.writeFileSync(victim, 'mine');
    instead(context, crypto, { randomBytes: (size) => Buffer.alloc(size) });
    const planted = join(own, `.wait-vm-customization-${'0'.repeat(24)}.tmp`);
    for (const [target, plant] of [
      [victim, fs.symlinkSync],
      [join(own, 'missing'), fs.symlinkSync],
      [victim, fs.linkSync],
    ]) {
      plant(target, planted);
      assert.throws(() => replaceFile(path, 'after'), { code: 'EEXIST' });
      assert.throws(() => checkReplaceable(path), { code: 'EEXIST' });
      assert.ok(fs.lstatSync(planted, { throwIfNoEntry: false }), 'what others have put there is left');
      fs.rmSync(planted);
    }
    assert.equal(fs.readFileSync(victim, 'utf8'), 'mine');
    assert.equal(fs.existsSync(join(own, 'missing')), false);
    assert.equal(fs.readFileSync(path, 'utf8'), '19');
  });

  test('takes the place of a link that came later, and leaves alone what that leads to', () => {
    const own = newFolder();
    const [path, victim] = [join(own, 'file'), join(own, 'victim')];
    fs.writeFileSync(victim, 'mine');
    fs.symlinkSync(victim, path);
    replaceFile(path, 'after');
    assert.equal(fs.readFileSync(victim, 'utf8'), 'mine');
    assert.equal(fs.lstatSync(path).isFile(), true);
  });

  test('is refused where something else than a file is there', () => {
    const own = newFolder();
    const path = join(own, 'file');
    const fifo = join(own, 'pipe');
    assert.equal(spawnSync('mkfifo', [fifo]).status, 0);
    fs.symlinkSync(join(own, 'missing'), path);
    for (const [what, message] of [
      [path, /^it is a link: give the path that it leads to$/],
      [own, /^it is a directory: give the path of a file$/],
      [fifo, /^it is a device or a pipe: give the path of a file$/],
      ['/dev/null', /^it is a device or a pipe/],
      ['/dev/stdout', /^it is a link/],
      [join(own, 'no', 'file'), /^ENOENT/],
    ]) {
      assert.throws(() => checkReplaceable(what), { message });
    }
    assert.deepEqual(fs.readdirSync(own).sort(), ['file', 'pipe']);
  });

  test('names its problem by the code of the system where there is one', () => {
    assert.deepEqual([Object.assign(new Error('long'), { code: 'ENOSPC' }), new Error('why'), 'odd'].map(fileProblem), [
      'ENOSPC',
      'why',
      'odd',
    ]);
  });
});

describe('the recording of the command', () => {
  const begin = {
    type: 'begin',
    recording: {
      format: 'vm-customization-recording/1',
      startedAt: '2026-03-01T10:00:00Z',
      vms: [{ vm: 'vm-101' }],
      options: {},
    },
  };

  test('is left out where an input could not be recorded, which is told at once and ends nothing', () => {
    const path = join(newFolder(), 'run.json');
    const told = [];
    const file = new RecordingFile(path, (message) => told.push(message));
    const take = file.run();
    take(begin);
    const info = { vm: 'vm-101' };
    info.itself = info;
    take({ type: 'guestInfo', infos: [info], atMs: 1 });
    assert.equal(told.length, 1);
    assert.match(told[0], /^--record .*run\.json is not written: an input could not be recorded \(.*circular/);
    take({ type: 'loggedIn', atMs: 2 });
    file.write();
    assert.deepEqual([told.length, fs.existsSync(path)], [1, false]);
  });

  test('is written whole at the end, and not at all where there was no run', () => {
    const path = join(newFolder(), 'run.json');
    const none = new RecordingFile(path, assert.fail);
    none.write();
    assert.equal(fs.existsSync(path), false);
    const file = new RecordingFile(path, assert.fail);
    const take = file.run();
    take(begin);
    take({ type: 'loggedIn', atMs: 2 });
    file.write();
    const { vms, steps } = JSON.parse(fs.readFileSync(path, 'utf8'));
    assert.deepEqual([vms, steps], [begin.recording.vms, [{ atMs: 2, loggedIn: true }]]);
  });
});
