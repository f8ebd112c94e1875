/**
 * What the core costs: pages of events beside JavaScript that reads the same of them, the state of many VMs, and how time
 * and memory grow with their number.
 *
 *   node tests/bench/parsing.mjs
 */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { loadavg } from 'node:os';
import { Monitor, summarizeEvents } from '../../bindings/dist/node.js';
import { interleaved, processorTime } from './lib/interleaved.mjs';
import { asJson, asSoap, LIFE, lives, mixed, SERVER_NOW, vmRef } from './lib/pages.mjs';
import { fromJson, fromSoap } from './lib/readers.mjs';
import { bytes, machine, ms, table, write } from './lib/report.mjs';

const PAGE = 1_000;
const PAGE_ROUNDS = 40;
const STATE_VMS = 5_000;
const STATE_ROUNDS = 10;
const GROWTH_VMS = [10, 100, 1_000, 10_000, 100_000];
const GROWTH_ROUNDS = 5;
/** At least so many events are fed in each round. */
const GROWTH_EVENTS = 30_000;

const GENERATED = new URL('../../bindings/generated/', import.meta.url);
const OPTIONS = { timeoutSeconds: null, attempts: 'reopen' };

const refs = (number) => Array.from({ length: number }, (_, index) => vmRef(index));
const monitorOf = (vms) => new Monitor(vms, OPTIONS, SERVER_NOW, 0);

/** Feeds whole lives of so many VMs, and answers the processor time that took. */
function feedLives(number, feed) {
  const count = number * LIFE.length;
  let spent = 0;
  for (let from = 0; from < count; from += PAGE) {
    const page = asJson(lives(number, from, Math.min(from + PAGE, count)));
    const begin = processorTime();
    feed(page);
    spent += processorTime() - begin;
  }
  return spent;
}

/** By a monitor of another VM: it reads the events, and has nothing to decide. */
function pages() {
  const monitor = monitorOf([{ vm: 'vm-1' }]);
  const [{ query }] = monitor.drain().outputs;
  const types = new Set(query.types);
  const kinds = { mixed: mixed(PAGE), 'all of interest': lives(Math.ceil(PAGE / LIFE.length), 0, PAGE) };
  const forms = { JSON: [asJson, fromJson, '`JSON.parse`'], SOAP: [asSoap, fromSoap, 'saxes'] };
  const cases = Object.entries(forms).flatMap(([form, [write, read, reader]]) =>
    Object.entries(kinds).map(([kind, events]) => ({ name: `${form}, ${kind}`, page: write(events), read, reader })),
  );
  const tasks = {};
  for (const { name, page, read } of cases) {
    const byCore = () => monitor.handleEvents(page, false, 0);
    const byJavaScript = () => read(page, types);
    const expected = summarizeEvents(page)
      .filter(({ kind }) => kind !== null)
      .map(({ type, key, createdTime, vm, name }) => ({ type, key, createdMs: Date.parse(createdTime), vm, name }));
    assert.deepEqual(byJavaScript(), expected, name);
    assert.equal(byCore().ingested.ignored.otherVm, expected.length, name);
    tasks[`${name}, core`] = { fn: byCore, iterations: 5 };
    tasks[`${name}, JavaScript`] = { fn: byJavaScript, iterations: 5 };
  }
  const medians = interleaved(tasks, PAGE_ROUNDS);
  return cases.map(({ name, page, reader }) => {
    const [core, javaScript] = [medians[`${name}, core`], medians[`${name}, JavaScript`]];
    return [name, bytes(page.length), ms(core), `${ms(javaScript)}, ${reader}`, `${(javaScript / core).toFixed(1)} ×`];
  });
}

function state() {
  const monitor = monitorOf(refs(STATE_VMS));
  feedLives(STATE_VMS, (page) => monitor.handleEvents(page, false, 0));
  const snapshot = monitor.snapshot();
  const { vms, transitions } = monitor.report();
  assert.ok(vms.every(({ customizationStatus }) => customizationStatus === 'CustomizationSucceeded'));
  let restored;
  const medians = interleaved(
    {
      snapshot: { fn: () => monitor.snapshot(), iterations: 1 },
      restore: {
        fn: () => {
          restored = Monitor.restore(snapshot, SERVER_NOW, 0);
        },
        afterEach: () => restored.dispose(),
        iterations: 1,
      },
      report: { fn: () => monitor.report(), iterations: 1 },
    },
    STATE_ROUNDS,
  );
  monitor.dispose();
  return {
    transitions: transitions.length,
    rows: Object.entries(medians).map(([name, median]) => [name, ms(median)]),
  };
}

async function growth() {
  const tasks = {};
  for (const number of GROWTH_VMS) {
    let monitor;
    tasks[number] = {
      beforeEach: () => {
        monitor = monitorOf(refs(number));
      },
      fn: () => ({ overriddenDuration: feedLives(number, (page) => monitor.handleEvents(page, false, 0)) }),
      afterEach: () => monitor.dispose(),
      iterations: Math.ceil(GROWTH_EVENTS / (number * LIFE.length)),
    };
  }
  const medians = interleaved(tasks, GROWTH_ROUNDS);
  const perEvent = GROWTH_VMS.map((number) => medians[number] / (number * LIFE.length));
  const memory = await Promise.all(GROWTH_VMS.map(memoryOf));
  return GROWTH_VMS.map((number, index) => [
    number.toLocaleString('en'),
    `${(perEvent[index] * 1_000).toFixed(1)} µs`,
    `${(perEvent[index] / perEvent[0]).toFixed(2)} ×`,
    bytes(memory[index]),
    number <= PAGE
      ? ''
      : `${Math.round((memory[index] - memory[0]) / (number - GROWTH_VMS[0])).toLocaleString('en')} B`,
  ]);
}

/** What the core takes for whole lives of so many VMs, at its most: in a WebAssembly of its own, which gives nothing back. */
async function memoryOf(number) {
  const core = await import(new URL(`core_bg.js?${number}`, GENERATED).href);
  const module = await WebAssembly.compile(await readFile(new URL('core_bg.wasm', GENERATED)));
  const { exports } = await WebAssembly.instantiate(module, { './core_bg.js': core });
  core.__wbg_set_wasm(exports);
  exports.__wbindgen_start?.();
  const config = { vms: refs(number), options: OPTIONS, serverNow: SERVER_NOW };
  const monitor = new core.RawMonitor(JSON.stringify(config), 0);
  monitor.drain();
  feedLives(number, (page) => monitor.handleEvents(page, false, 0));
  return exports.memory.buffer.byteLength;
}

const load = () => loadavg()[0].toFixed(1);
const loadBefore = load();
const pageRows = pages();
const { rows: stateRows, transitions } = state();
const growthRows = await growth();

write(
  'parsing',
  `
## Pages of events, the state of many VMs, and growth

${table([`a page of ${PAGE.toLocaleString('en')} events`, 'its size', 'the core', 'JavaScript', 'faster'], pageRows)}

From the bytes to the type, key, time, VM and name of each event of interest: by \`Monitor.handleEvents\`, of a monitor that watches
none of the VMs and so has nothing to decide, and by JavaScript alone, which makes an object of each. Of a mixed page one event of ten is of
interest, as in an answer to a query for all types. The others are passed over, which the core does without reading them; \`JSON.parse\` and saxes
have to. saxes runs at its fastest, without namespaces and positions.

${table([`${STATE_VMS.toLocaleString('en')} VMs, ${transitions.toLocaleString('en')} transitions`, ''], stateRows)}

From and to plain objects: the JSON between them and the core is included.

${table(['VMs watched', 'time per event', 'beside 10 VMs', 'memory', 'per VM'], growthRows)}

Each VM is powered on, started and succeeded, all VMs at the same time, in pages of up to ${PAGE.toLocaleString('en')} events as JSON; the
transitions are told as objects. Memory is the WebAssembly's at its most, which gives nothing back; per VM it is what is more than for 10.

${machine()}. Times are those of the processor, of all threads, the collection of
garbage included: medians of ${PAGE_ROUNDS}, ${STATE_ROUNDS} and ${GROWTH_ROUNDS} rounds, in each of which every case has its turn, so that what else the machine does meets
all alike. Its load was ${loadBefore} before and ${load()} after: what is above 1 is the work of others. The ratios can be compared, the times are
upper bounds.
`,
);
