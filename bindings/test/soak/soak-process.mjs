/**
 * What a process holds that waits for months, for `soak.test.mjs`: `node soak-process.mjs WAY NUMBER` prints it as JSON. It is a
 * process of its own, since the test runner keeps track of every promise: that takes memory, and most of the time.
 */
import assert from 'node:assert/strict';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { internal } from '../internal.mjs';
import { event as eventOf } from '../scripted-source.mjs';

setFlagsFromString('--expose_gc');
const collectGarbage = runInNewContext('gc');
// Each end of a call is an error with a stack that nobody reads here.
Error.stackTraceLimit = 0;

// The memory of the core, which nothing exports.
let memory;
WebAssembly.Instance = new Proxy(WebAssembly.Instance, {
  construct(Instance, args) {
    const instance = new Instance(...args);
    memory ??= instance.exports.memory;
    return instance;
  },
});

const { abortableSleep, SharedSource, SteppedClock, ReadError, watchCustomization, resumeCustomization } =
  await internal(
    'source/shared-source',
    'testing/stepped-clock',
    'util/clock',
    'errors',
    'watch/watch',
    'core/wasm/loader',
    'core/wasm/glue',
  );

const STEP_MS = 50;
const MOST_STEPS = 100_000;

const START_MS = Date.parse('2026-03-01T10:00:00Z');

const warnings = [];
process.on('warning', (warning) => warnings.push(`${warning}`));

/** Host time in steps, at the end of which all ends that is due: a thousand waits would go from timer to timer for minutes. */
class CoarseClock {
  #now = 1_000;
  #timers = new Set();

  now() {
    return this.#now;
  }

  sleep(ms, signal) {
    if (signal.aborted || ms <= 0) return Promise.resolve();
    return abortableSleep(signal, (done) => {
      const timer = { atMs: this.#now + ms, done };
      this.#timers.add(timer);
      return () => this.#timers.delete(timer);
    });
  }

  get pending() {
    return this.#timers.size;
  }

  step() {
    this.#now += STEP_MS;
    for (const timer of [...this.#timers]) {
      if (timer.atMs <= this.#now) timer.done();
    }
  }
}

/** Its clock is there before what needs it. */
class Timed {
  constructor(clock = new SteppedClock()) {
    this.clock = clock;
  }
}

/** A vCenter of a few lines: what was posted of the VMs that are there, pushed and to be read. */
class World extends Timed {
  #begin = this.clock.now();
  #events = new Map();
  #pushes = new Set();
  #key = 0;
  /** Whether the next read finds the session gone. */
  sessionEnds = false;
  count = { reads: 0, logIns: 0, pushes: 0, mostPushes: 0 };
  source = new SharedSource(
    {
      readTimeoutMs: 30_000,
      serverTime: async () => new Date(START_MS + this.#elapsedMs()),
      logIn: async () => {
        this.count.logIns += 1;
      },
      readEvents: async (query) => {
        this.count.reads += 1;
        if (this.sessionEnds) {
          this.sessionEnds = false;
          throw new ReadError('notAuthenticated', 'the session has ended');
        }
        return { events: this.#matching(query) };
      },
      readGuestInfo: async () => [],
      pushEvents: (query, { signal }) => this.#push(query, signal),
    },
    this.clock,
  );

  #elapsedMs = () => this.clock.now() - this.#begin;

  #matching({ vms, since }) {
    return vms.flatMap((vm) => this.#events.get(vm) ?? []).filter(({ createdTime }) => createdTime >= since);
  }

  /** Of all VMs, as those of a collector on what they have in common. */
  #push(query, signal) {
    const push = { pages: [], wake: () => undefined };
    const pages = this.#pages(push, query, signal);
    return { [Symbol.asyncIterator]: () => pages, setVms: async () => true };
  }

  async *#pages(push, query, signal) {
    this.#pushes.add(push);
    this.count.pushes += 1;
    this.count.mostPushes = Math.max(this.count.mostPushes, this.#pushes.size);
    const stop = () => push.wake();
    signal.addEventListener('abort', stop);
    try {
      yield { events: this.#matching(query), complete: false };
      while (!signal.aborted) {
        if (push.pages.length > 0) yield { events: push.pages.splice(0), complete: false };
        await new Promise((resolve) => {
          push.wake = resolve;
          if (signal.aborted || push.pages.length > 0) resolve();
        });
      }
    } finally {
      signal.removeEventListener('abort', stop);
      this.#pushes.delete(push);
    }
  }

  /** Something happens to a VM at this moment of the server's clock, or so many milliseconds ago. */
  post(vm, type, agoMs = 0) {
    this.#key += 1;
    const event = eventOf(type, this.#key, (this.#elapsedMs() - agoMs) / 1000, vm);
    this.#events.set(vm, [...(this.#events.get(vm) ?? []), event]);
    for (const push of this.#pushes) {
      push.pages.push(event);
      push.wake();
    }
  }

  forget(vm) {
    this.#events.delete(vm);
  }

  /** Lets time pass in steps until the promise is settled. */
  async drive(promise) {
    let settled = false;
    const watched = promise.finally(() => {
      settled = true;
    });
    watched.catch(() => undefined);
    for (let steps = 0; !settled; steps += 1) {
      assert.ok(steps < MOST_STEPS, 'it never ends');
      this.clock.step();
      await settle();
    }
    return watched;
  }

  /** Does it after so many milliseconds of the clock. */
  async after(ms, what) {
    await this.clock.sleep(ms, new AbortController().signal);
    what();
  }

  get openPushes() {
    return this.#pushes.size;
  }
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

/** What the process holds, with all garbage collected. */
async function held(world) {
  for (let times = 0; times < 4; times += 1) {
    await settle();
    collectGarbage();
  }
  return {
    heap: process.memoryUsage().heapUsed,
    core: memory.buffer.byteLength,
    timers: world.clock.pending,
    openPushes: world.openPushes,
    handles: process.getActiveResourcesInfo().filter((name) => name !== 'Immediate').length,
    ...world.count,
  };
}

/** The ways of a wait, one after the other; each answers the conclusion and the status that its VM is to have. */
const WAYS = [
  async (world, vm, options) => {
    world.post(vm, 'VmStartingEvent', 5_000);
    world.post(vm, 'CustomizationSucceeded', 1_000);
    return [await watchCustomization(world.source, [{ vm }], options).report, 'completed', 'CustomizationSucceeded'];
  },
  async (world, vm, options) => {
    world.post(vm, 'VmStartingEvent', 5_000);
    const watch = watchCustomization(world.source, [{ vm }], options);
    await world.after(20_000, () => world.post(vm, 'CustomizationFailed'));
    return [await watch.report, 'completed', 'CustomizationFailed'];
  },
  async (world, vm, options) => {
    world.post(vm, 'VmStartingEvent', 5_000);
    const watch = watchCustomization(world.source, [{ vm }], { ...options, timeoutSeconds: 40 });
    return [await watch.report, 'timedOut', 'CustomizationNotStarted'];
  },
  async (world, vm, options) => {
    const watch = watchCustomization(world.source, [{ vm }], { ...options, waitForPowerOn: true });
    await world.after(5_000, () => watch.cancel());
    return [await watch.report, 'cancelled', 'VmNotStarted'];
  },
  async (world, vm, options) => {
    world.post(vm, 'VmStartingEvent', 5_000);
    world.sessionEnds = true;
    const watch = watchCustomization(world.source, [{ vm }], options);
    const steps = watch[Symbol.asyncIterator]();
    await steps.next();
    await world.after(10_000, () => undefined);
    const snapshot = await watch.detach();
    world.post(vm, 'CustomizationStartedEvent');
    const resumed = resumeCustomization(world.source, snapshot, options);
    await world.after(10_000, () => world.post(vm, 'CustomizationSucceeded'));
    return [await resumed.report, 'completed', 'CustomizationSucceeded'];
  },
];

/** One wait by the way that is its number's turn. */
async function wait(world, number) {
  const vm = `vm-${number}`;
  const [report, conclusion, status] = await WAYS[number % WAYS.length](world, vm, { clock: world.clock });
  const [row] = report.vms;
  assert.deepEqual([row.vm, row.conclusion, row.customizationStatus], [vm, conclusion, status]);
  world.forget(vm);
}

/** Waits one after another: what is held after each thousand of them. */
async function oneAfterAnother(thousands) {
  const world = new World();
  const after = [];
  for (let number = 0; number < thousands * 1_000; number += 1) {
    await world.clock.drive(wait(world, number));
    if (number % 1_000 === 999) after.push(await held(world));
  }
  return after;
}

/** A thousand waits at once, and again: what is held after each round. */
async function atOnce(rounds) {
  const world = new World(new CoarseClock());
  const after = [];
  for (let round = 0; round < rounds; round += 1) {
    const all = Array.from({ length: 1_000 }, (_, place) => wait(world, round * 1_000 + place));
    await world.drive(Promise.all(all));
    after.push(await held(world));
  }
  return after;
}

const WATCHED = 30;
const RESULTS = ['CustomizationSucceeded', 'CustomizationFailed'];

/**
 * A wall screen of 30 VMs, of which one goes and another comes each minute: what is held after each hour. Every minute its
 * rows are compared with what is so.
 */
async function wallScreen(hours) {
  const world = new World();
  const { clock } = world;
  const truth = new Map();
  const vms = [];
  const come = (minute) => {
    vms.push({ vm: `vm-${minute}`, name: `web-${minute}` });
    truth.set(`vm-${minute}`, 'VmNotStarted');
  };
  const post = (vm, type, status) => {
    world.post(vm, type);
    truth.set(vm, status);
  };
  /** What happens to a VM of this age in minutes: it is customized twice. */
  const live = (vm, number, age) => {
    const result = RESULTS[number % 2];
    if (age === 1 || age === 15) post(vm, 'VmStartingEvent', 'CustomizationNotStarted');
    if (age === 3 || age === 17) post(vm, 'CustomizationStartedEvent', 'CustomizationStarted');
    if (age === 5 || age === 20) post(vm, result, result);
    if (age === 8) world.post(vm, 'VmPoweredOffEvent');
  };
  come(0);
  const watch = watchCustomization(world.source, vms, { clock, attempts: 'reopen', timeoutSeconds: null });
  let transitions = 0;
  const loop = (async () => {
    for await (const _ of watch) transitions += 1;
  })();
  const after = [];
  for (let minute = 1; minute <= hours * 60; minute += 1) {
    come(minute);
    if (vms.length > WATCHED) {
      const [{ vm }] = vms.splice(0, 1);
      world.forget(vm);
      truth.delete(vm);
    }
    world.sessionEnds = minute % 60 === 30;
    await clock.drive(watch.setVms(vms));
    for (const { vm } of vms) live(vm, Number(vm.slice(3)), minute - Number(vm.slice(3)));
    await clock.drive(clock.sleep(60_000, new AbortController().signal));
    await settle();
    const rows = watch.rows().map((row) => [row.vm, row.customizationStatus]);
    assert.deepEqual(rows, [...truth], `minute ${minute}`);
    if (minute % 60 === 0) {
      const { length } = JSON.stringify(watch.snapshot());
      after.push({ ...(await held(world)), snapshot: length, transitions });
    }
  }
  watch.cancel();
  await watch.report;
  await loop;
  return [...after, await held(world)];
}

const WAYS_TO_SOAK = { oneAfterAnother, atOnce, wallScreen };
const [way, number] = process.argv.slice(2);
process.stdout.write(JSON.stringify({ after: await WAYS_TO_SOAK[way](Number(number)), warnings }));
