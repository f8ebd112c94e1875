/** Large documents in the WebAssembly that ships: what memory they take stays within the limit. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';

const GENERATED = new URL('../../bindings/generated/', import.meta.url);
const module = await WebAssembly.compile(await readFile(new URL('core_bg.wasm', GENERATED)));

const MIB = 1024 * 1024;
/** Times the length of the document, which is itself in it. */
const AT_MOST = 16;

const TOO_LARGE = /at most 67108864 are read/;

const EVENT =
  '{"_typeName":"VmStartingEvent","key":7,"createdTime":"2026-03-01T10:00:00Z","vm":{"vm":{"type":"VirtualMachine","value":"vm-101"}}}';
const FAILED = '{"_typeName":"CustomizationFailed","key":1,"fullFormattedMessage":';
/** A name of 4 KiB, which is kept. */
const NO_UTF8 = `${EVENT.replace('"vm":{', `"vm":{"name":"${'\xFF'.repeat(4000)}",`)},`;
const SOAP =
  '<Envelope xmlns:i="http://www.w3.org/2001/XMLSchema-instance"><Body><QueryEventsResponse><returnval i:type="VmStartingEvent"><key>7</key><createdTime>2026-03-01T10:00:00Z</createdTime></returnval>';
const SOAP_END = '</QueryEventsResponse></Body></Envelope>';
const HEAD =
  '{"format":"vm-customization-recording/1","startedAt":"2026-03-01T10:00:00Z","vms":[{"vm":"vm-101"}],"steps":[';

/** `unit` between `before` and `after`, as often as makes a document of so many bytes. */
function filled(before, unit, after, bytes) {
  const document = Buffer.alloc(bytes, ' ');
  const end = bytes - after.length;
  const count = Math.floor((end - before.length) / unit.length);
  document.fill(unit, before.length, before.length + count * unit.length, 'latin1');
  document.write(before, 0, 'latin1');
  document.write(after, end, 'latin1');
  return document;
}

const record = (core, document) => core.recordingEvents(document, true, 0);
const replay = (core, document) => core.replay(document);
const FAMILIES = [
  ['numbers, recorded', filled.bind(null, `[${EVENT},`, '0,', '0]'), record],
  ['numbers alone, recorded', filled.bind(null, '[', '0,', '0]'), record],
  ['empty objects, for a recording', filled.bind(null, `[${EVENT},`, '{},', '{}]'), (core, it) => core.itemsToJson(it)],
  ['empty objects, summarized', filled.bind(null, `[${EVENT},`, '{},', '{}]'), (core, it) => core.summarizeEvents(it)],
  ['members that repeat, recorded', filled.bind(null, `[${EVENT},{"key":1`, ',"key":1', '}]'), record],
  ['bytes that are no UTF-8, recorded', filled.bind(null, `[${EVENT},${FAILED}"`, '\xFF', '"}]'), record],
  ['events with bytes that are no UTF-8, recorded', filled.bind(null, `[${EVENT},`, NO_UTF8, `${EVENT}]`), record],
  ['lists that do not end, recorded', filled.bind(null, '1\n', '[1,\n', ''), record],
  ['lines, recorded', filled.bind(null, `${EVENT}\n`, '1\n', ''), record],
  ['lines, replayed', filled.bind(null, '1\n', '1\n', ''), replay],
  ['empty elements, recorded', filled.bind(null, SOAP, '<returnval/>', SOAP_END), record],
  ['empty elements as a tree', filled.bind(null, SOAP, '<a/>', SOAP_END), (core, it) => core.soapTree(it)],
  [
    'namespaces in elements in elements',
    filled.bind(null, SOAP, '<a xmlns:b="">', ''),
    (core, it) => core.eventKeys(it),
  ],
  [
    'empty steps, played',
    filled.bind(null, HEAD, '{"atMs":0},', '{"atMs":0}]}'),
    (core, it) => new core.RawPlayback(it).free(),
  ],
  [
    'guest info, replayed',
    filled.bind(null, `${HEAD}{"atMs":0,"guestInfo":[`, '{"vm":"a"},', '{"vm":"a"}]}]}'),
    replay,
  ],
];
/** The sizes in MiB of those that are not of 8: 64 is the limit. */
const SIZES = {
  'numbers alone, recorded': 16,
  'members that repeat, recorded': 64,
  'bytes that are no UTF-8, recorded': 64,
  'lines, replayed': 64,
  'empty elements, recorded': 64,
  'namespaces in elements in elements': 64,
};

/** Memory is never given back: each gets one of its own, and the glue that knows it. */
async function instance(number) {
  const core = await import(new URL(`core_bg.js?${number}`, GENERATED).href);
  const { exports } = await WebAssembly.instantiate(module, { './core_bg.js': core });
  core.__wbg_set_wasm(exports);
  exports.__wbindgen_start?.();
  return { core, memory: exports.memory };
}

describe('a large document', () => {
  for (const [number, [family, document, read]] of FAMILIES.entries()) {
    const bytes = (SIZES[family] ?? 8) * MIB;
    it(`of ${bytes / MIB} MiB is read in at most ${AT_MOST} times its memory: ${family}`, async (test) => {
      const { core, memory } = await instance(number);
      const whole = document(bytes);
      assert.equal(whole.length, bytes);
      let outcome = 'read';
      try {
        read(core, whole);
      } catch (error) {
        // A document may be refused, but not for its size; a trap is a refusal of none.
        assert.match(error.name, /^(wire|invalid)/, String(error));
        assert.doesNotMatch(error.message, TOO_LARGE);
        outcome = error.name;
      }
      const times = memory.buffer.byteLength / bytes;
      test.diagnostic(`${outcome}: ${times.toFixed(1)} times`);
      assert.ok(times <= AT_MOST, `${outcome}: ${times.toFixed(1)} times its memory`);
    });
  }

  it('of 64 MiB and a byte is refused', async () => {
    const { core } = await instance('refused');
    const document = filled('[', '0,', '0]', 64 * MIB + 1);
    assert.throws(() => record(core, document), TOO_LARGE);
    assert.match(replay(core, document), TOO_LARGE);
  });
});
