/**
 * A fleet under attack: waits whose truth is staged on simulated vCenters, while workers and brokers are killed. What it
 * leaves behind is compared with the truth.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { cancelWait, requestWait } from '../../../bindings/fleet/dist/index.js';
import { makeCertificate } from '../../simulators/certificate.mjs';
import { startFakeVCenter } from '../../simulators/fake-vcenter/server.mjs';
import { startFleet } from '../lib/fleet.mjs';
import { makeNetwork } from '../lib/network.mjs';
import { judge, quantile } from './judge.mjs';
import { planFaults, planWaits } from './plan.mjs';

const OPTIONS = { waitForPowerOn: true, timeoutSeconds: 900, lookbackSeconds: 300 };
// The guests of the simulator are ready from their power-on on.
const READY_OPTIONS = { ...OPTIONS, ready: 'tools', settleSeconds: 2 };
// A step of the cast: what was to be asked for, and was not answered, is asked for again.
const AGAIN_MS = 500;
const SETTLE_MS = 90_000;
// A worker that is told to end gives up what it cannot hand over after 20 s.
const END_MS = 60_000;
// Faults of brokers colour what is measured for so long.
const CALM_AFTER_MS = 20_000;

/**
 * @param {object} size
 * @param {number} size.seed
 * @param {number} size.seconds how long waits are asked for, and things killed
 * @param {number} [size.vcenters]
 * @param {number} [size.workers]
 * @param {number} [size.waits]
 * @param {boolean} [size.calm] nothing is killed
 * @param {(line: string) => void} [size.say]
 */
export async function runChaos({
  seed,
  seconds,
  vcenters: vcenterCount = 20,
  workers: workerCount = 4,
  waits: waitCount = 500,
  calm = false,
  say = () => undefined,
}) {
  const vms = 2 * Math.ceil(waitCount / vcenterCount);
  const waits = planWaits({ seed, seconds, vcenters: vcenterCount, waits: waitCount, vms });
  const faults = calm ? [] : planFaults({ seed, seconds, workers: workerCount, brokers: 3 });
  const { certificate, key, thumbprint } = makeCertificate();
  const { network, missing } = await makeNetwork();
  const partition =
    network === undefined
      ? `SIGSTOP of its process, for want of ${missing}`
      : 'a network namespace whose link goes down';
  say(`a broker is parted from the others by ${partition}`);
  const fleet = await startFleet({
    networks: [network],
    worker: { http: { port: 0 } },
    vcenters: Array.from({ length: vcenterCount }, (_, at) => `vc${at}`),
    simulate: async () => ({ thumbprint, ...(await startFakeVCenter({ vms, maxCollectors: 1000, certificate, key })) }),
  });
  try {
    return { ...(await new Run(fleet, waits, faults, workerCount, say).run()), partition };
  } finally {
    await fleet.stop();
    await network?.stop();
  }
}

class Run {
  #fleet;
  #waits;
  #faults;
  #say;
  #workers;
  #begunAt = 0;
  /** When the last of a wait's events was posted, by this machine's clock, as are the brokers' stamps. */
  #lastEventAt = new Map();
  #brokers = Promise.resolve();
  #brokerFaults = [];
  #kills = [];
  /** Looks at the workers and vCenters on the way. */
  #samples = [];
  #collectorProblems = [];
  /** While a worker was stopped. */
  #hung = { from: 0, to: 0 };

  constructor(fleet, waits, faults, workerCount, say) {
    this.#fleet = fleet;
    this.#waits = waits;
    this.#faults = faults;
    this.#say = say;
    this.#workers = Array.from({ length: workerCount }, (_, at) => fleet.startWorker(`w${at}`));
  }

  async run() {
    await Promise.all(this.#workers.map((worker) => worker.told('serving')));
    this.#caller = await this.#fleet.connect();
    this.#begunAt = Date.now();
    this.#say(`${this.#waits.length} waits on ${this.#fleet.vcenters.size} vCenters, ${this.#faults.length} faults`);
    const over = new AbortController();
    const looks = this.#look(over.signal);
    await Promise.all([
      ...this.#waits.flatMap((wait) => [this.#ask(wait), ...wait.members.map((member) => this.#stage(wait, member))]),
      ...this.#faults.map((fault) => this.#strike(fault)),
    ]);
    const left = await this.#settled();
    over.abort();
    await looks;
    const ends = await this.#endInOrder();
    return { ...this.#figures(left), ...ends, ...this.#memory() };
  }

  #caller;

  async #at(ms) {
    await sleep(Math.max(0, this.#begunAt + ms - Date.now()));
  }

  async #ask(wait) {
    const { vcenter, id, askedAtMs, againAtMs, cancelAtMs, ready, members } = wait;
    const all = this.#fleet.vcenters.get(vcenter).vms;
    const asked = {
      vcenter,
      id,
      vms: members.map(({ vm }) => ({ vm: all[vm].vm, name: all[vm].name })),
      options: ready ? READY_OPTIONS : OPTIONS,
    };
    await this.#at(askedAtMs);
    await this.#insist(() => requestWait(this.#caller, asked));
    const [second, third] = againAtMs;
    await this.#at(second);
    await this.#insist(() => requestWait(this.#caller, asked));
    await this.#at(third);
    const { id: _, vcenter: __, ...message } = asked;
    const subject = `vmc.wait.${vcenter}.${id}`;
    await this.#insist(() => jetstream(this.#caller.connection).publish(subject, JSON.stringify(message)));
    if (cancelAtMs !== undefined) {
      await this.#at(cancelAtMs);
      // What is to be seen before it has been seen.
      await this.#insist(() => this.#seen(wait));
      await this.#insist(() => cancelWait(this.#caller, wait));
    }
  }

  /** Resolves when every step that was staged has been told, so that the truth does not hang on who is faster. */
  async #seen({ vcenter, id, members }) {
    const jsm = await jetstreamManager(this.#caller.connection);
    const expected = members.reduce((sum, { truth }) => sum + (truth.conclusion === 'cancelled' ? 2 : 3), 0);
    for (;;) {
      const { state } = await jsm.streams.info('VMC_EVENTS', { subjects_filter: `vmc.event.${vcenter}.${id}.*` });
      if (Object.keys(state.subjects ?? {}).length >= expected) return;
      await sleep(1000);
    }
  }

  async #insist(call) {
    for (;;) {
      try {
        return await call();
      } catch {
        await sleep(AGAIN_MS);
      }
    }
  }

  async #stage(wait, { vm, steps }) {
    const vcenter = this.#fleet.vcenters.get(wait.vcenter);
    const { vm: ref } = vcenter.vms[vm];
    for (const { atMs, powerOn, event, fields } of steps) {
      await this.#at(atMs);
      await vcenter.do(powerOn ? { do: 'powerOn', vm: ref } : { do: 'post', event, vm: ref, fields });
      this.#lastEventAt.set(wait.id, Date.now());
    }
  }

  async #strike({ atMs, type, worker, broker, awayMs }) {
    await this.#at(atMs);
    const { nodes } = this.#fleet.nats;
    switch (type) {
      case 'killWorker': {
        const victim = this.#workers[worker];
        if (victim.child.exitCode !== null || victim.child.signalCode !== null) return;
        victim.child.kill('SIGKILL');
        const killedAt = Date.now();
        await victim.exited;
        // Now all that it has told is read.
        this.#kills.push({ killedAt, served: servedBy(victim), everServed: everServedBy(victim) });
        await sleep(awayMs);
        this.#workers[worker] = this.#fleet.startWorker(victim.name);
        return;
      }
      case 'stopWorker': {
        const victim = this.#workers[worker];
        victim.child.kill('SIGSTOP');
        this.#hung = { from: Date.now(), to: Date.now() + awayMs };
        await sleep(awayMs);
        victim.child.kill('SIGCONT');
        return;
      }
      case 'partBroker':
        this.#brokers = this.#brokers.then(async () => {
          this.#brokerFaults.push(Date.now());
          await nodes[broker].cut();
          await sleep(awayMs);
          await nodes[broker].mend();
          this.#brokerFaults.push(Date.now());
        });
        return this.#brokers;
      case 'killBroker':
        return this.#killBrokers([nodes[broker]], awayMs);
      case 'killAllBrokers':
        return this.#killBrokers(nodes, awayMs);
      default:
        throw new Error(`${type} is no fault`);
    }
  }

  /** Every second: what the workers and the bucket of states hold, and whether a vCenter has more collectors than it should. */
  async #look(signal) {
    const jsm = await jetstreamManager(this.#caller.connection);
    while (!signal.aborted) {
      const [workers, states] = await Promise.all([
        Promise.all(this.#workers.map(figuresOf)),
        jsm.streams.info('KV_vmc_state').catch(() => undefined),
      ]);
      const whole = workers.every((one) => one !== undefined) && states !== undefined;
      if (whole) {
        this.#samples.push({
          waits: workers.reduce((sum, one) => sum + one.waits, 0),
          resident: workers.reduce((sum, one) => sum + one.resident, 0),
          states: states.state.messages,
          stored: states.state.bytes,
        });
      }
      // Counted before the kills are: one in between makes it one more.
      for (const [name, count] of await this.#collectors()) {
        // One that has lost its lease, stopped or starved as it is, still has its collector for a while.
        const alive = this.#workers.filter((worker) => everServedBy(worker).includes(name)).length;
        const allowed = Math.max(1, alive) + this.#ownersKilled(name);
        if (count > allowed)
          this.#collectorProblems.push(`${name} has ${count} collectors, ${allowed} are accounted for`);
      }
      await sleep(1000, undefined, { signal }).catch(() => undefined);
    }
  }

  async #collectors() {
    return Promise.all(
      [...this.#fleet.vcenters].map(async ([name, vcenter]) => [name, (await vcenter.do({ do: 'collectors' })).count]),
    );
  }

  /** How many workers were killed while they served it. */
  #ownersKilled(name) {
    return this.#kills.reduce((sum, { everServed }) => sum + (everServed.includes(name) ? 1 : 0), 0);
  }

  /**
   * What a wait takes: the workers' resident sets when most waits are open, against those when fewest are; and the value in the bucket. Garbage
   * that is not collected yet, and what a worker holds of vCenters, is in it.
   */
  #memory() {
    const byWaits = this.#samples.toSorted((left, right) => left.waits - right.waits);
    const part = Math.max(1, Math.floor(byWaits.length / 5));
    const mean = (list, of) => list.reduce((sum, one) => sum + of(one), 0) / list.length;
    const [few, many] = [byWaits.slice(0, part), byWaits.slice(-part)];
    const waits = mean(many, (one) => one.waits) - mean(few, (one) => one.waits);
    const resident = mean(many, (one) => one.resident) - mean(few, (one) => one.resident);
    const stored = this.#samples.filter(({ states }) => states > 0);
    return {
      openAtMost: byWaits.at(-1)?.waits ?? 0,
      memoryPerWait: waits < 1 ? undefined : Math.round(resident / waits),
      storedPerWait: stored.length === 0 ? undefined : Math.round(mean(stored, (one) => one.stored / one.states)),
    };
  }

  /** One fault of brokers after the other: each begins when all of them serve again. */
  #killBrokers(nodes, awayMs) {
    this.#brokers = this.#brokers.then(async () => {
      this.#brokerFaults.push(Date.now());
      await Promise.all(nodes.map((node) => node.kill()));
      await sleep(awayMs);
      await Promise.all(nodes.map((node) => node.begin()));
      await Promise.all(nodes.map((node) => node.isHealthy()));
      this.#brokerFaults.push(Date.now());
    });
    return this.#brokers;
  }

  /** Waits until every wait has its result, or for as long as it could take, and reads what is there. */
  async #settled() {
    const jsm = await jetstreamManager(this.#caller.connection);
    const deadline = Date.now() + SETTLE_MS;
    for (;;) {
      const { state } = await jsm.streams.info('VMC_RESULTS').catch(() => ({ state: { messages: 0 } }));
      if (state.messages >= this.#waits.length || Date.now() > deadline) break;
      await sleep(250);
    }
    const results = await readAll(jsm, 'VMC_RESULTS');
    const events = await readAll(jsm, 'VMC_EVENTS');
    return { results, events };
  }

  #figures({ results, events }) {
    const resultsOf = grouped(results, ({ body }) => body.data.wait);
    const eventsOf = grouped(events, ({ body }) => body.data.wait);
    const found = { lost: [], doubled: [], wrong: [] };
    const latencies = [];
    const readyLatencies = [];
    for (const wait of this.#waits) {
      const own = resultsOf.get(wait.id) ?? [];
      const transitions = grouped(
        (eventsOf.get(wait.id) ?? []).map(({ body }) => body),
        ({ data }) => data.n,
      );
      const problems = judge(wait, { results: own.map(({ body }) => body), transitions });
      for (const kind of Object.keys(found)) found[kind].push(...problems[kind]);
      const storedAt = own[0]?.storedAt;
      if (storedAt !== undefined && wait.cancelAtMs === undefined) {
        (wait.ready ? readyLatencies : latencies).push({
          at: this.#lastEventAt.get(wait.id),
          ms: storedAt - this.#lastEventAt.get(wait.id),
        });
      }
    }
    const isCalm = (at) => !this.#brokerFaults.some((fault) => at >= fault - 1000 && at < fault + CALM_AFTER_MS);
    const recoveries = this.#kills.flatMap(({ killedAt, served }) =>
      served.map((vcenter) => ({ at: killedAt, ms: this.#servedAgain(vcenter, killedAt) - killedAt })),
    );
    const spread = (list) => {
      const ms = list.map((one) => one.ms).filter(Number.isFinite);
      return { count: ms.length, p50: quantile(ms, 0.5), p95: quantile(ms, 0.95), max: quantile(ms, 1) };
    };
    return {
      waits: this.#waits.length,
      ...found,
      kills: this.#kills.length,
      eventToResult: spread(latencies),
      eventToResultCalm: spread(latencies.filter(({ at }) => this.#isQuiet(at))),
      eventToReady: spread(readyLatencies),
      recovery: spread(recoveries),
      recoveryCalm: spread(recoveries.filter(({ at }) => isCalm(at))),
    };
  }

  /** No fault of any kind was near. */
  #isQuiet(at) {
    const faults = [...this.#brokerFaults, ...this.#kills.map(({ killedAt }) => killedAt)];
    const isHung = at >= this.#hung.from - 2000 && at < this.#hung.to + 4000;
    return !isHung && !faults.some((fault) => at >= fault - 2000 && at < fault + 4000);
  }

  #servedAgain(vcenter, since) {
    const times = this.#fleet.workers
      .flatMap(({ log }) => log)
      .filter((entry) => entry.event === 'serving' && entry.vcenter === vcenter)
      .map(({ time }) => Date.parse(time))
      .filter((time) => time >= since);
    return Math.min(...times);
  }

  /**
   * Ends the workers as their operator would. What is left on the vCenters then is of those that were killed, and of those whose log-out was
   * not answered in the time that there is for it.
   */
  async #endInOrder() {
    const before = await this.#collectors();
    for (const worker of this.#workers) worker.child.kill('SIGTERM');
    const hung = setTimeout(() => {
      for (const worker of this.#workers) worker.child.kill('SIGKILL');
    }, END_MS);
    const ends = await Promise.all(this.#workers.map(({ exited }) => exited));
    clearTimeout(hung);
    const sessions = await Promise.all(
      [...this.#fleet.vcenters.values()].map(async (vcenter) => (await vcenter.do({ do: 'sessions' })).count),
    );
    const problems = ends.every((end) => end === 0)
      ? []
      : [`workers that were told to end have ended with ${ends.join(', ')}`];
    const after = await this.#collectors();
    for (const [name, count] of after) {
      const killed = this.#ownersKilled(name);
      if (count > killed) problems.push(`${name} has ${count} collectors left, of ${killed} owners that were killed`);
    }
    const total = (list) => list.reduce((sum, [, count]) => sum + count, 0);
    return {
      problems: [...this.#collectorProblems, ...problems],
      collectors: total(before),
      collectorsLeft: total(after),
      sessionsLeft: sessions.reduce((sum, count) => sum + count, 0),
      ownersKilled: this.#kills.reduce((sum, { served }) => sum + served.length, 0),
    };
  }
}

/** The vCenters that a worker serves, by its log. */
function servedBy({ log }) {
  const served = new Set();
  for (const { event, vcenter } of log) {
    if (event === 'leaseBegun') served.add(vcenter);
    else if (event === 'leaseEnded') served.delete(vcenter);
  }
  return [...served];
}

/** Those that it has served at any time: it may have been killed before it gave back what it had of one. */
function everServedBy({ log }) {
  return [...new Set(log.filter(({ event }) => event === 'leaseBegun').map(({ vcenter }) => vcenter))];
}

/** What a worker says of itself; undefined where it does not answer. */
async function figuresOf({ child, log, told }) {
  if (child.exitCode !== null || child.signalCode !== null || !log.some(({ event }) => event === 'started'))
    return undefined;
  const { httpPort } = await told('started');
  try {
    const answer = await fetch(`http://127.0.0.1:${httpPort}/metrics`, { signal: AbortSignal.timeout(1000) });
    const text = await answer.text();
    const waits = [...text.matchAll(/^vmc_waits\{.*\} (\S+)$/gm)].reduce((sum, [, count]) => sum + Number(count), 0);
    return { waits, resident: Number(/^process_resident_memory_bytes (\S+)$/m.exec(text)?.[1]) };
  } catch {
    return undefined;
  }
}

/** Every message of a stream. */
async function readAll(jsm, stream) {
  const { state } = await jsm.streams.info(stream);
  const messages = [];
  for (let seq = state.first_seq; seq <= state.last_seq; seq += 1) {
    const message = await jsm.streams.getMessage(stream, { seq }).catch(() => null);
    if (message !== null) messages.push({ storedAt: message.time.getTime(), body: message.json() });
  }
  return messages;
}

/** Lists of what has the same key. */
function grouped(list, keyOf) {
  const groups = new Map();
  for (const item of list) {
    const key = keyOf(item);
    if (groups.has(key)) groups.get(key).push(item);
    else groups.set(key, [item]);
  }
  return groups;
}
