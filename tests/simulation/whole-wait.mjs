/**
 * Several waits on one shared source live through a world on simulated time: the real run loop, push, shared source and core.
 * What each machine is fed and tells is judged as that of a scripted host, and so is what the waits ask of the vCenter.
 */

import * as shipped from '../../bindings/dist/node.js';
import { SteppedClock } from '../../bindings/dist/testing.js';
import { internal } from '../../bindings/test/internal.mjs';
import { complaintOf, Oracle, Wrong } from './oracle.mjs';
import { WorldVCenter } from './vcenter.mjs';
import { Wire } from './wire.mjs';

const sources = await internal(
  'watch/watch',
  'source/shared-source',
  'recording/recorder',
  'core/monitor',
  'errors',
  'core/wasm/loader',
  'core/wasm/glue',
);

/** A signal of its own for each sleep: many listeners on one are taken for a leak. */
const unaborted = () => new AbortController().signal;
/** What a wait may read beside its machine: once a push has begun, and each time that it has missed something. */
const GAP_READS = 4;
const GAP_READ_MS = 15_000;

/** Who judges which machine. */
const judges = new WeakMap();
/** The one whose machine has just been made, and not been called yet. */
let beginning;

/** Has a method of all machines judged, of the sources and of what ships. */
function judge(method, fed) {
  for (const { Monitor } of [sources, shipped]) judgeOf(Monitor, method, fed);
}

function judgeOf(Monitor, method, fed) {
  const call = Monitor.prototype[method];
  Monitor.prototype[method] = function (...args) {
    if (method === 'drain' && !judges.has(this)) {
      judges.set(this, beginning);
      beginning = undefined;
    }
    const judged = judges.get(this);
    // That of a scripted host is judged by that.
    if (judged === undefined) return call.apply(this, args);
    const at = judged.startedAt + (args.at(-1) ?? 0);
    fed.before?.(judged.oracle, args, at);
    const update = call.apply(this, args);
    try {
      fed.after?.(judged.oracle, args, at, update);
      judged.take(this, update, at);
    } catch (error) {
      error.wait = judged;
      throw error;
    }
    return update;
  };
}

const decoder = new TextDecoder();
const textOf = (document) => (Array.isArray(document) ? JSON.stringify(document) : decoder.decode(document));

judge('drain', {});
judge('handleTimeout', { before: (oracle, _, at) => oracle.timeout(at) });
judge('cancel', { before: (oracle, _, at) => oracle.cancel(at) });
judge('handleLoggedIn', { before: (oracle, _, at) => oracle.loggedIn(at) });
judge('handleReadFailed', { before: (oracle, [failure], at) => oracle.readFailed(failure, at) });
judge('handleGuestAnswer', { before: (oracle, [number, infos], at) => oracle.guestAnswer(number, infos, at) });
judge('handleGuestInfo', {
  before: (oracle, [info], at) => {
    for (const one of [info].flat()) oracle.guestInfo(one, at);
  },
});
judge('setVms', {
  before: (oracle, [vms, serverTime], at) => {
    oracle.setVms(
      vms.map(({ vm }) => vm),
      serverTime,
      at,
    );
  },
});
judge('handleEvents', {
  after: (oracle, [document, complete], at, { ingested }) =>
    oracle.events(textOf(document), complete, ingested.failure === undefined, at),
});

/** One wait, and its judge. */
class Wait {
  oracle;
  startedAt = 0;
  counts = { reads: 0, asked: 0, pushes: 0, missed: 0 };
  isJudged = false;
  recorder = new sources.Recorder();
  #whole;
  #plan;
  #begunAt = 0;
  /** Whether it was not resumed yet: what comes after that is no recording of its own. */
  #isFirst = true;

  constructor(whole, plan) {
    this.#whole = whole;
    this.#plan = plan;
    this.oracle = new Oracle(whole.world, whole.cover);
  }

  /** @returns {Promise<number>} of how many VMs the whole truth was told */
  async toTheEnd() {
    const { clock, source, world, api } = this.#whole;
    await this.#whole.until(this.#plan.at);
    this.startedAt = this.#whole.now();
    this.#begunAt = this.startedAt;
    const options = {
      clock,
      push: world.vcenter.hasPush,
      onProgress: (progress) => this.#told(progress),
      onInput: (input) => {
        if (input.type === 'begin') this.begin(input.recording.startedAt);
        if (this.#isFirst) this.recorder.take(input);
        if (input.type === 'events' && !input.complete) this.counts.missed += 1;
      },
    };
    let isFresh = true;
    this.begin = (serverTime) => {
      beginning = this;
      this.isJudged = true;
      if (isFresh) this.oracle.begin(this.#plan.vms, serverTime, this.startedAt);
      isFresh = false;
    };
    const refs = (vms) => vms.map((vm) => ({ vm }));
    let watch = api.watchCustomization(source, refs(this.#plan.vms), { ...world.options, ...options });
    const acts = async () => {
      for (const action of this.#plan.actions) {
        await this.#whole.until(action.at);
        if (this.oracle.ended) return;
        this.#whole.cover(`a wait: ${action.do}`);
        // It ends the wait (D12), also one that goes on and does not know vCenter's time yet, whose machine is not judged.
        if (action.do === 'cancel') return watch.cancel();
        if (action.do === 'setVms') await watch.setVms(refs(action.vms)).catch(() => undefined);
        else watch = await this.#resumed(watch, action, options);
      }
    };
    const acting = acts();
    let report;
    for (let of; of !== watch; ) {
      of = watch;
      report = await watch.report.catch(async (error) => {
        if (!(error instanceof api.DetachedError)) throw error;
        await acting;
      });
    }
    await acting;
    // One that goes on without a vCenter that tells its time has no machine that is judged.
    if (!this.isJudged) return 0;
    try {
      this.#readsInReason();
      return this.oracle.report(report, this.#whole.now());
    } catch (error) {
      error.wait = this;
      throw error;
    }
  }

  async #resumed(watch, { downMs }, options) {
    const { clock, source, api } = this.#whole;
    const snapshot = await watch.detach().catch(() => undefined);
    if (snapshot === undefined) return watch;
    this.#isFirst = false;
    this.isJudged = false;
    const saved = this.oracle.save();
    await clock.sleep(downMs, unaborted());
    this.oracle.load(saved);
    this.startedAt = this.#whole.now();
    return api.resumeCustomization(source, snapshot, options);
  }

  #told(progress) {
    this.#whole.cover(`told: ${progress.type}`);
    if (progress.type === 'started') this.begin(progress.serverTime);
    if (progress.type === 'reading') this.counts.reads += 1;
    if (progress.type === 'pushing') this.counts.pushes += 1;
  }

  take(monitor, update, at) {
    this.counts.asked += update.outputs.filter(({ type }) => type === 'read').length;
    this.oracle.update(update, at);
    this.oracle.check(at);
    if (update.outputs.some(({ type }) => type === 'transition' || type === 'concluded')) {
      this.oracle.rows(monitor.rows(), at);
    }
  }

  #readsInReason() {
    const { reads, asked, pushes, missed } = this.counts;
    const most = asked + pushes + missed + GAP_READS + (this.#whole.now() - this.#begunAt) / GAP_READ_MS;
    if (reads > most) throw new Wrong(`a wait reads ${reads} times, and ${most} have a reason`);
  }
}

class Whole {
  world;
  cover;
  clock = new SteppedClock();
  source;
  api = sources;
  /** Calls that are under way. */
  open = 0;
  #calls = 0;
  #vcenter;
  #handedOn;
  #begunAt = this.clock.now();

  constructor(world, { cover, handedOn }) {
    this.world = world;
    this.cover = cover;
    this.#handedOn = handedOn;
    this.#vcenter = new WorldVCenter(world, cover);
    this.source = new sources.SharedSource(this.#sourceOf(), this.clock);
  }

  now() {
    return this.clock.now() - this.#begunAt;
  }

  until(at) {
    return this.clock.sleep(at - this.now(), unaborted());
  }

  /** How many calls were made. */
  get calls() {
    return this.#calls;
  }

  async begin() {}

  async end() {}

  async sleeps() {
    for (const { at, forMs } of this.world.actions.filter((action) => action.do === 'sleep')) {
      await this.until(at);
      this.cover('the host: sleep');
      this.clock.jump(forMs);
    }
  }

  #sourceOf() {
    const call = async (what, { signal }, answer) => {
      this.#calls += 1;
      this.open += 1;
      try {
        await this.clock.sleep(this.#vcenter.latencyMs(what), signal);
        signal.throwIfAborted();
        const { hangs, failure, value } = answer();
        if (hangs) await this.clock.sleep(Number.MAX_SAFE_INTEGER, signal);
        signal.throwIfAborted();
        if (failure) throw new sources.ReadError(failure.kind, failure.message ?? failure.kind);
        return value;
      } finally {
        this.open -= 1;
      }
    };
    const failed = (kind) => (kind === 'hangs' ? { hangs: true } : { failure: { kind } });
    return {
      readTimeoutMs: 30_000,
      serverTime: async () => new Date(this.#vcenter.serverTime(this.now())),
      readEvents: (query, options) =>
        call('read', options, () => {
          const answer = this.#handedOn(this.#vcenter.read(query, this.now()));
          if (answer.documents === undefined) return answer;
          const { documents, complete, failures } = answer;
          const [events = '[]', ...more] = documents;
          return { value: { events, more, complete, failures } };
        }),
      readGuestInfo: (vms, options) =>
        call('guestRead', options, () => {
          const answer = this.#vcenter.readGuestInfo(vms, this.now());
          return answer.kind ? failed(answer.kind) : { value: answer.infos };
        }),
      logIn: (options) =>
        call('logIn', options, () => {
          const failure = this.#vcenter.logIn();
          return failure ? failed(failure.kind) : {};
        }),
      pushEvents: (_, { signal }) => this.#push(signal),
    };
  }

  /** What comes from now on; where something is left out it says so. */
  async *#push(signal) {
    this.open += 1;
    try {
      const begun = this.now();
      yield { events: [] };
      for (const { at, document, isLost, ends } of this.#vcenter.pushes(true)) {
        if (at <= begun) continue;
        await this.clock.sleep(at - this.now(), signal);
        signal.throwIfAborted();
        if (ends) throw new sources.ReadError(ends, 'the push ends');
        yield isLost ? { events: [], complete: false } : { events: document };
      }
      await this.clock.sleep(Number.MAX_SAFE_INTEGER, signal);
    } finally {
      this.open -= 1;
    }
  }
}

/** The same with the real client, and a server but for the sockets. */
class WholeOnTheWire extends Whole {
  api = shipped;
  #wire;

  constructor(world, how) {
    super(world, how);
    this.#wire = new Wire(world, this.clock, how.cover);
    this.world = this.#wire.world;
  }

  get calls() {
    return this.#wire.requests;
  }

  async begin() {
    this.source = await this.#wire.connect(sources.SharedSource);
    this.#wire.happen((at) => this.until(at));
  }

  async end() {
    const left = await this.#wire.close();
    const isLeft = left.sessions + left.collectors > 0;
    // What a call has made whose answer was lost is nobody's.
    if (isLeft && this.world.faults.length === 0) throw new Wrong(`on the server are left ${JSON.stringify(left)}`);
  }
}

/**
 * Lives through a world with several waits.
 *
 * @param {object} world
 * @param {object} [how]
 * @param {(what: string) => void} [how.cover] called with what has happened
 * @param {(answer: object) => object} [how.handedOn] changes what a read answers: a source that is wrong
 */
export function liveWhole(world, { cover = () => undefined, handedOn = (answer) => answer } = {}) {
  return live(new Whole(world, { cover, handedOn }));
}

/** The same on the wire. */
export function liveOnTheWire(world, { cover = () => undefined } = {}) {
  return live(new WholeOnTheWire(world, { cover, handedOn: (answer) => answer }));
}

async function live(whole) {
  const { world, clock } = whole;
  const waits = world.waits.map((plan) => new Wait(whole, plan));
  let complaint;
  let wrong = waits[0];
  let told = [];
  const all = async () => {
    await whole.begin();
    whole.sleeps();
    const counts = await Promise.all(waits.map((wait) => wait.toTheEnd()));
    await whole.end();
    return counts;
  };
  try {
    told = await clock.drive(all());
    // Whatever is still under way has its time, and nothing new may begin.
    const { calls } = whole;
    await clock.drive(clock.sleep(3_600_000, unaborted()));
    if (whole.calls > calls) throw new Wrong(`${whole.calls - calls} calls after the last wait was over`);
    if (whole.open > 0) throw new Wrong(`${whole.open} calls are never given up`);
  } catch (error) {
    complaint = complaintOf(error);
    wrong = error.wait ?? wrong;
  }
  return {
    complaint,
    inputs: whole.calls,
    vms: world.waits.reduce((sum, { vms }) => sum + vms.length, 0),
    whole: told.reduce((sum, count) => sum + count, 0),
    recording: wrong?.recorder.recording() ?? { steps: [] },
  };
}
