/**
 * Watches over one shared source end as each would alone: random watches that come and go, with random events, faults
 * and ends of sessions. A seed of its own for each round; a failing one is named.
 */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { randomFrom } from '../../tests/conformance/models/random.mjs';
import { SteppedClock } from '../dist/testing.js';
import { internal } from './internal.mjs';
import { event, START } from './scripted-source.mjs';

const { SharedSource, ReadError, PushUnavailableError, watchCustomization } = await internal(
  'source/shared-source',
  'watch/watch',
  'errors',
  'core/wasm/loader',
  'core/wasm/glue',
);

const ROUNDS = Number(process.env.ROUNDS ?? 60);
const FIRST = Number(process.env.SEED ?? 1);

// All faults are over, all watches are there and all events are known by then; the first wait ends after twice as long.
const QUIET_S = 240;

const START_MS = Date.parse(START);
const RESULTS = ['CustomizationSucceeded', 'CustomizationFailed', 'CustomizationNetworkSetupFailed'];

/** What happens, by seconds since the beginning: the same for the shared source and for each alone. */
function story(random) {
  const { below, pick, chance } = random;
  const second = (from, to) => from + below((to - from) * 1000) / 1000;
  const vms = Array.from({ length: 2 + below(6) }, (_, index) => `vm-${index + 1}`);
  let key = 0;
  const events = [];
  const post = (vm, type, at) => {
    key += 1;
    // Events commit out of order, and some only a while after their time.
    events.push({ vm, visible: at + (chance(0.3) ? second(0, 5) : 0), event: event(type, key, at, vm) });
  };
  const kinds = new Map();
  for (const vm of vms) {
    const kind = pick(['plain', 'plain', 'plain', 'wild', 'silent', 'refused']);
    kinds.set(vm, kind);
    if (kind === 'plain') {
      const at = second(-200, -1);
      post(vm, 'VmStartingEvent', at);
      if (chance(0.9)) post(vm, 'CustomizationStartedEvent', at + second(0.01, 150));
      if (chance(0.8)) post(vm, pick(RESULTS), at + second(150, 200));
    } else if (kind === 'wild') {
      for (let count = 1 + below(8); count > 0; count -= 1) {
        const type = pick(['VmStartingEvent', 'VmPoweredOnEvent', 'CustomizationStartedEvent', ...RESULTS]);
        post(vm, type, second(-200, 200));
      }
      // What comes after it is not read any more by those who know of it.
      if (chance(0.2)) post(vm, 'VmRemovedEvent', 206);
    }
  }
  // Of VMs that nobody watches, in the same pages.
  for (let count = below(40); count > 0; count -= 1) post(`vm-${100 + below(3)}`, pick(RESULTS), second(-200, 200));
  events.sort((left, right) => left.visible - right.visible);

  const times = (most) => Array.from({ length: below(most + 1) }, () => second(0, QUIET_S));
  const faults = times(4).map((from) => ({
    from,
    to: from + second(0, 20),
    what: pick(['reads', 'pushes', 'guests', 'log-ins', 'all']),
  }));
  const isCalm = chance(0.3);
  return {
    vms,
    kinds,
    events,
    isCalm,
    faults: isCalm ? [] : faults,
    ends: isCalm ? [] : times(4).sort((left, right) => left - right),
    gaps: times(3),
    /** Whether a push brings the events of its own VMs only. */
    isNarrow: chance(0.3),
    hasPush: isCalm || chance(0.9),
    latency: chance(0.5) ? 0 : second(0.001, 0.2),
  };
}

/** A source of that story, as a vCenter's: with a session, and pushes that tell the newest ten again and again. */
function sourceOf({ events, kinds, faults, ends, gaps, isNarrow, hasPush, latency }, clock, beganAt) {
  const now = () => (clock.now() - beganAt) / 1000;
  const facts = { pushes: 0, mostPushes: 0, reads: 0 };
  let loggedInAt = -1;
  const lost = () => ends.some((at) => at > loggedInAt && at <= now());
  const fails = (what) =>
    faults.some((fault) => [what, 'all'].includes(fault.what) && now() >= fault.from && now() < fault.to);
  const call = async (what, { signal }, answer) => {
    await clock.sleep(latency * 1000, signal);
    signal.throwIfAborted();
    if (fails(what)) throw new ReadError('transient', `${what} fail`);
    if (what !== 'log-ins' && lost()) throw new ReadError('notAuthenticated', 'lost');
    return answer();
  };
  const visible = (vms, since) =>
    events.filter(
      (each) =>
        each.visible <= now() && vms.includes(each.vm) && Date.parse(each.event.createdTime) >= Date.parse(since),
    );
  const refused = (vm) => kinds.get(vm) === 'refused';
  return {
    facts,
    readTimeoutMs: 30_000,
    serverTime: (options) => call('reads', options, () => new Date(START_MS + Math.floor(now() * 1000))),
    logIn: (options) =>
      call('log-ins', options, () => {
        loggedInAt = now();
      }),
    readEvents: (query, options) =>
      call('reads', options, () => {
        facts.reads += 1;
        const vms = query.vms.filter((vm) => !refused(vm));
        return {
          events: visible(vms, query.since).map((each) => each.event),
          failures: query.vms.filter(refused).map((vm) => ({ kind: 'noPermission', vm, message: `not ${vm}` })),
        };
      }),
    readGuestInfo: (vms, options) =>
      call('guests', options, () => vms.filter((vm) => !refused(vm)).map((vm) => ({ vm, pendingCustomization: true }))),
    pushEvents: (query, { signal }) => {
      let vms = [...query.vms];
      const pages = async function* () {
        if (!hasPush) throw new PushUnavailableError('none');
        await call('pushes', { signal }, () => undefined);
        facts.pushes += 1;
        facts.mostPushes = Math.max(facts.mostPushes, facts.pushes);
        try {
          let told = events.filter((each) => each.visible <= now()).length;
          yield { events: events.slice(Math.max(0, told - 10), told).map((each) => each.event) };
          for (;;) {
            // Looked at every so often, as a long poll that gathers.
            await clock.sleep(700, signal);
            signal.throwIfAborted();
            if (fails('pushes')) throw new ReadError('transient', 'pushes fail');
            if (lost()) throw new ReadError('notAuthenticated', 'lost');
            const is = events.filter((each) => each.visible <= now()).length;
            const gap = gaps.some((at) => at > now() - 0.7 && at <= now());
            if (is > told || gap) {
              const page = events.slice(Math.min(told, Math.max(0, is - 10)), is);
              const brought = page.filter((each) => !refused(each.vm) && (!isNarrow || vms.includes(each.vm)));
              yield { events: brought.map((each) => each.event), ...(gap ? { complete: false } : {}) };
            }
            told = is;
          }
        } finally {
          facts.pushes -= 1;
        }
      };
      return {
        [Symbol.asyncIterator]: pages,
        setVms: async (given) => {
          const holds = !isNarrow || given.every((vm) => vms.includes(vm));
          if (holds) vms = [...given];
          return holds;
        },
      };
    },
  };
}

/** The watches of a story. Those whose VMs may end otherwise for being looked at a moment later go on to the deadline. */
function plans({ vms, kinds }, { below, pick, chance, shuffled }) {
  return Array.from({ length: 1 + below(5) }, () => {
    const mine = () => shuffled(vms).slice(0, 1 + below(vms.length));
    const first = mine();
    const changes = chance(0.4) ? [{ at: 10 + below(100), vms: mine() }] : [];
    const wild = [first, ...changes.map((change) => change.vms)].flat().some((vm) => kinds.get(vm) === 'wild');
    return {
      from: below(60),
      vms: first,
      changes,
      /** Cancelled after all has come to rest. */
      goes: chance(0.2) ? QUIET_S + 150 + below(60) : undefined,
      options: {
        timeoutSeconds: 2 * QUIET_S + below(100),
        lookbackSeconds: 600,
        waitForPowerOn: true,
        attempts: wild || changes.length > 0 ? 'reopen' : pick(['follow', 'first']),
        ...(chance(0.3) ? { pollIntervalSeconds: 5 + below(30) } : {}),
        ...(chance(0.2) ? { push: false } : {}),
        ...(chance(0.2) ? { alsoRead: ['VmPoweredOffEvent'] } : {}),
      },
    };
  });
}

/** Lives a story; answers the report of each watch. */
async function lived(story, watches, { isShared }) {
  const clock = new SteppedClock();
  const beganAt = clock.now();
  const until = (second, signal) => clock.sleep(beganAt + second * 1000 - clock.now(), signal);
  const inner = sourceOf(story, clock, beganAt);
  const source = isShared ? new SharedSource(inner, clock) : undefined;
  const sources = [];
  const reports = watches.map(async ({ from, vms, changes, goes = from, options }) => {
    const refs = (list) => list.map((vm) => ({ vm }));
    const over = new AbortController();
    await until(from, over.signal);
    const own = source ?? sourceOf(story, clock, beganAt);
    sources.push(own);
    const told = new Map();
    const onProgress = ({ type, transition }) => {
      if (type !== 'transition') return;
      const { vm, attempt, to } = transition;
      const what = `${vm} ${attempt} ${to}`;
      told.set(what, told.get(what) ?? (clock.now() - beganAt) / 1000);
    };
    const watch = watchCustomization(own, refs(vms), { ...options, clock, onProgress });
    for (const change of changes) {
      // Where the time cannot be read it changes nothing; it is asked for again.
      const apply = () => watch.setVms(refs(change.vms)).catch(() => until(QUIET_S, over.signal).then(apply));
      void until(change.at, over.signal).then(apply);
    }
    if (goes > from) void until(goes, over.signal).then(() => watch.cancel());
    const report = await watch.report;
    over.abort();
    return { ...report, told };
  });
  const all = await clock.drive(Promise.all(reports));
  await new Promise((resolve) => setImmediate(resolve));
  return { reports: all, clock, inner, reads: sources.reduce((sum, { facts }) => sum + (facts?.reads ?? 0), 0) };
}

/** What does not depend on when it was learnt. */
function outcome({ vms }) {
  return vms.map(({ revised: _, hint: __, error, ...row }) => ({ ...row, error: error?.kind }));
}

/** Each VM's transitions are a chain that ends where its row is. */
function assertChains({ vms, transitions }, message) {
  for (const { vm, customizationStatus } of vms) {
    const own = transitions.filter((transition) => transition.vm === vm);
    let at = 'VmNotStarted';
    for (const { from, to } of own) {
      assert.equal(from, at, message);
      at = to;
    }
    assert.equal(at, customizationStatus, message);
  }
}

/** What was told to both was told as soon, but for the time that questions wait for each other. */
function assertAsSoon(together, apart, message) {
  for (const [what, at] of together) {
    const alone = apart.get(what) ?? at;
    // A long poll of this source looks every 0.7 s, beginning with the first watch.
    assert.ok(at <= alone + 1, `${message}: ${what} was told at ${at} s, alone at ${alone} s`);
  }
}

describe('watches over one shared source', () => {
  test('end as each would alone, whatever happens and whoever comes and goes', async (context) => {
    let reads = 0;
    let alone = 0;
    for (let seed = FIRST; seed < FIRST + ROUNDS; seed += 1) {
      const random = randomFrom(seed);
      const told = story(random);
      const watches = plans(told, random);
      const together = await lived(told, watches, { isShared: true });
      const apart = await lived(told, watches, { isShared: false });
      const message = `seed ${seed}`;
      for (const [index, report] of together.reports.entries()) {
        assert.deepEqual(outcome(report), outcome(apart.reports[index]), `${message}, watch ${index}`);
        assertChains(report, message);
        if (told.isCalm && watches[index].options.push !== false) {
          assertAsSoon(report.told, apart.reports[index].told, `${message}, watch ${index}`);
        }
      }
      const { facts } = together.inner;
      assert.equal(facts.pushes, 0, `${message}: a push was left behind`);
      // One that ends goes while the one in its place begins.
      assert.ok(facts.mostPushes <= 2, `${message}: ${facts.mostPushes} pushes at a time`);
      assert.equal(together.clock.pending, 0, `${message}: a timer was left behind`);
      reads += facts.reads;
      alone += apart.reads;
    }
    context.diagnostic(`${ROUNDS} stories: ${reads} reads of the shared sources, ${alone} of those of each alone`);
    assert.ok(reads < alone);
  });
});
