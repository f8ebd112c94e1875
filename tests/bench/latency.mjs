/**
 * From an event posted to the status told: this package with pushed events, this package with reads alone, and govmomi's
 * `event.Manager.Events`, one after the other on the same simulator, with the same posts.
 *
 *   node tests/bench/latency.mjs [NUMBER OF VMS…]
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { startSimulator } from '../simulators/simulator.mjs';
import { machine, ms, quantile, table, write } from './lib/report.mjs';
import { govmomi, ours, wallClock } from './lib/watchers.mjs';

const SINGLE_EVENTS = 200;
const SINGLE_EVERY_MS = 37;
const POLLED_EVENTS = 40;
const POLLED_EVERY_MS = 400;
const BURST = 500;
const PATIENCE_MS = 60_000;
const DEFAULT_COLLECTORS = 32;

/** A VM goes round: started, succeeded, powered on again. */
const ROUND = [
  ['CustomizationStartedEvent', 'CustomizationStarted'],
  ['CustomizationSucceeded', 'CustomizationSucceeded'],
  ['VmStartingEvent', 'CustomizationNotStarted'],
];

/** Posts the events that a VM's round has next, and knows how many there were. */
class Poster {
  #server;
  #posted = new Map();

  constructor(server) {
    this.#server = server;
  }

  count(vm) {
    return this.#posted.get(vm) ?? 0;
  }

  /** What the VM is at when all of its events are known. */
  expected(vm) {
    const count = this.count(vm);
    return { to: ROUND[(count + 2) % 3][1], attempt: 1 + Math.floor(count / 3) };
  }

  async post(vm) {
    const count = this.count(vm);
    this.#posted.set(vm, count + 1);
    await this.#server.do({ do: 'post', vm, event: ROUND[count % 3][0] });
  }

  /** As fast as the simulator takes them; answers the milliseconds that took. */
  async postAll(vms) {
    const posts = vms.map((vm) => {
      const count = this.count(vm);
      this.#posted.set(vm, count + 1);
      return { vm, event: ROUND[count % 3][0] };
    });
    return (await this.#server.do({ do: 'postAll', posts })).ms;
  }
}

async function until(condition) {
  const end = wallClock() + PATIENCE_MS;
  while (!condition()) {
    if (wallClock() > end) return false;
    await sleep(1);
  }
  return true;
}

/** One event at a time. Answers the latencies, and how many were never told. */
async function singles(watcher, poster, vms, polled) {
  const [number, every] = polled ? [POLLED_EVENTS, POLLED_EVERY_MS] : [SINGLE_EVENTS, SINGLE_EVERY_MS];
  const posts = [];
  const indices = new Map();
  for (let i = 0; i < number; i += 1) {
    const vm = vms[i % vms.length];
    const index = indices.get(vm) ?? 0;
    indices.set(vm, index + 1);
    const at = wallClock();
    const posting = poster.post(vm);
    posts.push({ vm, index, at, expected: poster.expected(vm) });
    await Promise.all([posting, sleep(every)]);
  }
  if (polled) {
    // What a VM went through between two reads is told as one: an event counts as told with the read that found it.
    const found = ({ at }) => watcher.reads.find(({ begun }) => begun >= at)?.ended;
    await until(() => Number.isFinite(found(posts.at(-1))));
    return { latencies: posts.map((post) => found(post) - post.at), lost: 0 };
  }
  const toldAt = ({ vm, index, expected }) => watcher.toldAt(vm, index, expected);
  await until(() => posts.every((post) => toldAt(post) !== undefined));
  const told = posts.filter((post) => toldAt(post) !== undefined);
  return { latencies: told.map((post) => toldAt(post) - post.at), lost: posts.length - told.length };
}

/** Many at once. Answers how long posting took, and when all was known since the first was posted and since the last. */
async function burst(watcher, poster, vms) {
  const each = Math.max(1, Math.floor(BURST / vms.length));
  const before = new Map(vms.map((vm) => [vm, { told: watcher.count(vm), status: watcher.status(vm) }]));
  const begin = wallClock();
  const postingMs = await poster.postAll(Array.from({ length: each }, () => vms).flat());
  const posted = wallClock();
  const known = (vm) => {
    const status = watcher.status(vm);
    if (status === undefined) return watcher.count(vm) - before.get(vm).told >= each;
    return status.at > begin && watcher.toldAt(vm, 0, poster.expected(vm)) !== undefined;
  };
  const all = await until(() => vms.every(known));
  const afterMs = wallClock() - posted;
  return { events: each * vms.length, postingMs, ...(all ? { afterMs, ms: afterMs + postingMs } : {}) };
}

async function measure(number) {
  const server = await startSimulator({ args: ['-vms', String(number), '-max-collectors', '2000'] });
  try {
    const vms = server.vms.map(({ vm }) => vm);
    const each = vms.map((vm) => `VirtualMachine:${vm}`);
    // With more than 32 collectors, which no server allows by default, the simulator takes minutes for a burst.
    const isServed = number <= DEFAULT_COLLECTORS;
    const ways = [
      { name: 'this package, pushed', start: () => ours(server, { push: true }), bursts: true },
      { name: 'govmomi, one call per VM (Terraform)', start: () => govmomi(server, each), bursts: isServed },
      { name: 'govmomi, one call for all', start: () => govmomi(server, ['Folder:group-d1']), bursts: true },
      { name: 'this package, reads every 15 s', start: () => ours(server, { push: false }), polled: true },
    ];
    const rows = [];
    for (const { name, start, polled = false, bursts = false } of ways) {
      // Each begins anew: with VMs that were just powered on, and nothing of them in its memory.
      await Promise.all(vms.map((vm) => server.do({ do: 'post', vm, event: 'VmStartingEvent' })));
      const poster = new Poster(server);
      const watcher = await start();
      const one = await singles(watcher, poster, vms, polled);
      const many = bursts ? await burst(watcher, poster, vms) : undefined;
      await watcher.stop();
      rows.push([
        `${number} VM${number === 1 ? '' : 's'}: ${name}`,
        ms(quantile(one.latencies, 0.5)),
        ms(quantile(one.latencies, 0.95)),
        ms(quantile(one.latencies, 1)),
        one.lost,
        many === undefined ? '–' : many.ms === undefined ? 'never all' : `${ms(many.ms)} (${many.events})`,
        many === undefined ? '' : ms(many.postingMs),
        many?.afterMs === undefined ? '' : ms(many.afterMs),
      ]);
      console.log(rows.at(-1).join('  '));
    }
    return rows;
  } finally {
    await server.stop();
  }
}

const given = process.argv.slice(2).map(Number);
const numbers = given.length > 0 ? given : [1, 32, 500];
const rows = [];
for (const number of numbers) rows.push(...(await measure(number)));

if (given.length === 0) {
  write(
    'latency',
    `
## From an event posted to the status told

${table(['', 'median', '95 %', 'worst', 'lost', 'burst of 500, all told', 'posting it took', 'after the last was posted'], rows)}

${machine()}. One event every ${SINGLE_EVERY_MS} ms, ${SINGLE_EVENTS} of them (every ${POLLED_EVERY_MS} ms, ${POLLED_EVENTS} of them, where events are only read); timed from the
command to post, which itself takes two calls of the simulator, to the \`transition\` told or govmomi's callback. The burst is
posted as fast as the simulator takes it, and timed until the status of every VM is the last one: from its first event on, which is mostly the
simulator's own time to take the posts, and from the moment at which the last of them was taken. The simulator allows 32
collectors by default, as a vCenter does; govmomi's way of one call per VM needs more from 33 VMs on, and was given 2,000.
`,
  );
}
