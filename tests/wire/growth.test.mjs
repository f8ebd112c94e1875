/** Large documents in the WebAssembly that ships: what memory they take stays within the limit. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';

const GENERATED = new URL('../../bindings/generated/', import.meta.url);
const module = await WebAssembly.compile(await readFile(new URL('core_bg.wasm', GENERATED)));

const BYTES = 8 * 1024 * 1024;
/** Times the length of the document, which is itself in it. */
const AT_MOST = 16;

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

/** `unit` between `before` and `after`, as often as makes a document of that size. */
function filled(before, unit, after) {
  const document = Buffer.alloc(BYTES, ' ');
  const end = BYTES - after.length;
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

describe('a document of 8 MiB', () => {
  for (const [number, [family, document, read]] of FAMILIES.entries()) {
    it(`is read in at most ${AT_MOST} times its memory: ${family}`, async (test) => {
      // Memory is never given back: each gets one of its own, and the glue that knows it.
      const core = await import(new URL(`core_bg.js?${number}`, GENERATED).href);
      const { exports } = await WebAssembly.instantiate(module, { './core_bg.js': core });
      core.__wbg_set_wasm(exports);
      exports.__wbindgen_start?.();
      const bytes = document();
      assert.equal(bytes.length, BYTES);
      let outcome = 'read';
      try {
        read(core, bytes);
      } catch (error) {
        // A document may be refused; a trap is a refusal of none.
        assert.match(error.name, /^(wire|invalid)/, String(error));
        outcome = error.name;
      }
      const times = exports.memory.buffer.byteLength / BYTES;
      test.diagnostic(`${outcome}: ${times.toFixed(1)} times`);
      assert.ok(times <= AT_MOST, `${outcome}: ${times.toFixed(1)} times its memory`);
    });
  }
});
