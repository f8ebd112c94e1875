/** Event files as people have them, opened with the command and with the package; `tests/page` has the page. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { Playback, recordingFromEvents, replay, summarizeEvents, WireError } from '../../bindings/dist/node.js';
import { runCommand } from '../command/command.mjs';
import { eventForms, rowsOf } from './event-forms.mjs';

const FORMS = eventForms();

/** The same text as programs of Windows write it. */
const ENCODINGS = {
  'UTF-8': (bytes) => bytes,
  'UTF-8 with a mark': (bytes) => Buffer.concat([Buffer.from('\uFEFF'), bytes]),
  'UTF-16': (bytes) => Buffer.from(`\uFEFF${bytes}`, 'utf16le'),
  'UTF-16 the other way round': (bytes) => Buffer.from(`\uFEFF${bytes}`, 'utf16le').swap16(),
  'UTF-16 without a mark': (bytes) => Buffer.from(String(bytes), 'utf16le'),
};

for (const { name, bytes, rows, errors } of FORMS) {
  describe(name, () => {
    test(rows ? 'is read by the package, in every encoding' : 'is refused by the package, with the way out', () => {
      for (const [encoding, encode] of Object.entries(ENCODINGS)) {
        const document = encode(bytes);
        if (errors) {
          assert.throws(
            () => recordingFromEvents([document]),
            (error) => {
              assert.ok(error instanceof WireError, String(error));
              for (const expected of errors) assert.match(error.message, expected, encoding);
              return true;
            },
          );
          continue;
        }
        const recording = recordingFromEvents([document]);
        assert.deepEqual(rowsOf(JSON.parse(replay(JSON.stringify(recording)))), rows, encoding);
        const playback = new Playback(recording);
        playback.seek(playback.endMs);
        assert.deepEqual(rowsOf(playback.report()), rows, encoding);
      }
    });

    test(rows ? 'is played by the command' : 'is refused by the command, with the way out', async () => {
      const input = ENCODINGS['UTF-16'](bytes);
      const { status, stdout, stderr } = await runCommand(['replay', '-'], { input });
      if (errors) {
        assert.equal(status, 3);
        assert.equal(stdout, '');
        assert.match(
          stderr,
          /^wait-vm-customization: standard input holds neither a recording nor events that can be read: /,
        );
        for (const expected of errors) assert.match(stderr, expected);
        return;
      }
      assert.equal(status, 0, stderr);
      assert.equal(
        stderr,
        'standard input holds events and no recording: they are played one by one, from the first on\n',
      );
      assert.deepEqual(rowsOf(JSON.parse(stdout)), rows);
    });

    test('has a row for those VMs alone of which the machine takes an event', () => {
      const shown = new Set();
      try {
        for (const { vm, kind } of summarizeEvents(bytes)) if (kind !== null) shown.add(vm);
      } catch (error) {
        assert.ok(error instanceof WireError, String(error));
      }
      assert.deepEqual(
        [...shown].sort(),
        (rows ?? []).map(([vm]) => vm),
      );
    });
  });
}

describe('other files that are no events', () => {
  const refused = async (input, message) => {
    assert.throws(() => recordingFromEvents([input]), { code: 'wireNotEvents', message });
    const { status, stdout, stderr } = await runCommand(['replay', '-'], { input });
    assert.deepEqual([status, stdout], [3, '']);
    assert.match(stderr, message);
  };

  test('are named where they are known: packed, printed for people, of a folder, a table', async () => {
    const { bytes } = FORMS.find(({ name }) => name === 'govc-events-json-l-two-vms.txt');
    const text = String(bytes);
    await refused(gzipSync(bytes), /is compressed: unpack it first/);
    await refused('[Sat Nov 28 00:41:11 2026] [info] [20] [VmStartingEvent] starting\n', /govc prints without -json/);
    await refused('\n==> VirtualMachine:vm-29 <==\n[Sat Nov 28 00:41:11 2026] [info] starting\n', /without -json/);
    await refused(text.replaceAll(/VirtualMachine:vm-\d+/g, 'Folder:group-v3'), /do not say which VM/);
    await refused('Name;PowerState;Num CPUs;MemoryGB\nweb-1;PoweredOn;2;4\n', /is a table/);
  });

  test('are named by their number where there are several', () => {
    const good = FORMS.find(({ rows }) => rows !== undefined).bytes;
    assert.throws(() => recordingFromEvents([good, '<html>Not Found</html>']), { message: /^document 2 / });
  });
});
