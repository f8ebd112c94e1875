/**
 * A world from a seed: what truly becomes of some VMs, what their vCenter tells of it and when, and what happens to whoever
 * waits. It is plain data, so that it can be written down, and made smaller while it still shows a fault.
 *
 * Times named `at`, `seenAt` and the like are milliseconds of true time since the start of the run, and may lie before it.
 */
import { randomFrom } from '../conformance/models/random.mjs';

const START = Date.parse('2026-03-01T10:00:00Z');
const MAX_KEY = 2_147_483_647;

/** What a vCenter that commits late may take: the reads overlap by more. */
export const PUNCTUAL_MS = 25_000;

/** What the events of one power-on take. */
const POWER_ON_MS = 10_000;

const FAILURES = [
  'CustomizationFailed',
  'CustomizationLinuxIdentityFailed',
  'CustomizationNetworkSetupFailed',
  'CustomizationSysprepFailed',
  'CustomizationUnknownFailure',
  'CustomizationOfALaterReleaseFailed',
];
const REASONS = [
  undefined,
  'userDefinedScriptDisabled',
  'customizationDisabled',
  'rawDataIsNotSupported',
  'wrongMetadataFormat',
  'unknownToThisRelease',
];
const POWERED_ON = ['VmPoweredOnEvent', 'DrsVmPoweredOnEvent', 'VmRestartedOnAlternateHostEvent'];

/** What reads fail with, and what they answer that is no answer. */
export const FAULTS = [
  'transient',
  'notAuthenticated',
  'hangs',
  'cutLine',
  'endsEarly',
  'null',
  'nothing',
  'html',
  'anotherAnswer',
  'noEvents',
  'unwatchedNotFound',
];

/** What may become of a guest customization. */
const OUTCOMES = [
  [8, 'succeeds'],
  [6, 'fails'],
  [2, 'failsThenSucceeds'],
  [2, 'succeedsThenFails'],
  [2, 'failsWithoutStart'],
  [1, 'succeedsWithoutStart'],
  [2, 'hangs'],
  [2, 'nothingPending'],
  [1, 'neverStarts'],
  [2, 'shutsDown'],
  [2, 'shutsDownThenSucceeds'],
];

/** @param {number} seed */
export function worldOf(seed) {
  const random = randomFrom(seed);
  const options = optionsOf(random);
  const hasPush = random.chance(0.25);
  if (hasPush) options.pollIntervalSeconds = 60;
  const isStrange = random.chance(0.3);
  const clock = {
    startedAt: START + random.pick([0, 0, 0, -86_400_000 * 365, 12_345_678_901, 1]),
    rate: isStrange ? random.pick([1, 0.999, 1.001]) : 1,
    steps:
      isStrange && random.chance(0.5)
        ? [{ at: 1000 * random.below(400), byMs: random.pick([1_000, 60_000, 3_600_000]) }]
        : [],
  };
  const vcenter = {
    future: random.chance(0.1),
    lateness: random.weighted([
      [5, 'prompt'],
      [3, 'late'],
      [1, 'tardy'],
    ]),
    lossy: random.chance(0.2),
    prunes: random.chance(0.1),
    ties: random.chance(0.2),
    guests: random.weighted([
      [2, 'none'],
      [3, 'all'],
      [1, 'some'],
    ]),
    shuffles: random.chance(0.6),
    repeats: random.chance(0.5),
    spells: random.chance(0.3),
    pageSize: random.pick([1000, 1000, 3, 1]),
    latencyMs: random.pick([0, 50, 800, 20_000]),
    firstKey: random.pick([1000, 1000, MAX_KEY - 5, -3]),
  };
  if (options.ready && vcenter.guests === 'none') vcenter.guests = 'all';
  // What hides an event best comes together by itself once in ten thousand worlds.
  const isHard = random.chance(0.1);
  if (isHard) Object.assign(vcenter, { future: true, lateness: 'late', latencyMs: 20_000 });
  // Keys break ties, and cannot where they wrap.
  if (vcenter.ties || clock.rate !== 1) vcenter.firstKey = 1000;
  const vms = Array.from(
    {
      length: random.weighted([
        [4, 1],
        [4, 2],
        [3, 3],
        [1, 6],
      ]),
    },
    (_, at) => ({
      vm: `vm-${101 + at}`,
      // Twins, in some worlds.
      name: random.chance(0.2) ? 'twin' : `name-${at}`,
      isNamed: random.chance(0.3),
    }),
  );
  const lives = vms.map(({ vm }) => lifeOf(random, vm, vcenter));
  // A clock that steps between the events of one power-on makes two of it, for whoever has no more than them.
  const isAmidPowerOn = (step) =>
    lives.some(({ boots }) => boots.some(({ at }) => at < step.at && step.at <= at + POWER_ON_MS));
  clock.steps = clock.steps.filter((step) => !isAmidPowerOn(step));
  const world = {
    seed,
    clock,
    vcenter: { ...vcenter, hasPush },
    options,
    vms,
    watched: vms.filter(() => random.chance(0.9)).map(({ vm }) => vm),
    boots: lives.flatMap(({ boots }) => boots),
    events: posted(random, { lives, vms, vcenter, clock, seed }),
    states: lives.flatMap(({ states }) => states),
    refusals: vms.flatMap(({ vm }, at) => refusalsOf(random, vm, isHard && at === 1)),
    faults: faultsOf(random),
    actions: actionsOf(random, { vms, clock, options }),
  };
  if (world.watched.length === 0) world.watched = [vms[0].vm];
  return { ...world, waits: waitsOf(random, world) };
}

/** Those who wait where several do: the first as the one who waits alone, the others for some of the same VMs. */
function waitsOf(random, { vms, watched, actions }) {
  const own = actions.filter((action) => action.do !== 'sleep');
  const waits = [{ at: 0, vms: watched, actions: own }];
  for (let count = random.below(3); count > 0; count -= 1) {
    const some = vms.map(({ vm }) => vm).filter(() => random.chance(0.7));
    waits.push({ at: random.below(60_000), vms: some.length === 0 ? watched : some, actions: [] });
  }
  return waits;
}

function optionsOf(random) {
  const options = { timeoutSeconds: random.pick([60, 120, 300, 600, 600.001]) };
  const attempts = random.weighted([
    [5, undefined],
    [1, 'follow'],
    [2, 'first'],
    [3, 'reopen'],
  ]);
  if (attempts) options.attempts = attempts;
  if (random.chance(0.5)) options.waitForPowerOn = true;
  if (random.chance(0.2)) options.lookbackSeconds = random.pick([0, 60, 3600]);
  if (random.chance(0.2)) options.pollIntervalSeconds = random.pick([5, 45]);
  if (random.chance(0.4)) options.stuckAfterSeconds = random.pick([10, 60, 300]);
  if (random.chance(0.3)) options.ready = random.pick(['tools', 'guestOperations']);
  if (options.ready && random.chance(0.5)) options.settleSeconds = random.pick([0, 5, 14.999, 60]);
  return options;
}

// ---- what truly happens

/** The power-ons of a VM and what follows each, the events that tell of it, and what its properties are since when. */
function lifeOf(random, vm, { lossy, ties }) {
  const life = { boots: [], events: [], states: [] };
  const lost = () => lossy && random.chance(0.15);
  const post = (type, kind, boot, at, more = {}) => {
    if (!lost()) life.events.push({ vm, type, kind, boot, at, ...more });
  };
  let state = { vm, powerState: 'poweredOff', pendingCustomization: random.chance(0.7) };
  const become = (at, boot, change) => {
    state = { ...state, ...change };
    life.states.push({ at, boot, ...state });
  };
  become(-10_000_000, 0, {});
  const before = (far, near) => -far + random.below(far - near);
  let at = random.weighted([
    [3, () => random.below(60_000)],
    [4, () => before(120_000, 0)],
    [2, () => before(3_600_000, 300_000)],
    [1, () => random.pick([-300_000, -300_001, -299_999, -1, 0, 1])],
    [1, () => Number.NaN],
  ])();
  const count = Number.isNaN(at)
    ? 0
    : random.weighted([
        [5, 1],
        [4, 2],
        [2, 3],
        [1, 5],
      ]);
  for (let boot = 1; boot <= count; boot += 1) {
    at = bootOf(random, { vm, boot, at, ties, life, post, become, state: () => state });
    at += 11_000 + random.below(random.pick([2_000, 60_000, 400_000]));
  }
  if (random.chance(0.08)) {
    const removedAt = count === 0 ? random.below(200_000) : at;
    post('VmRemovedEvent', 'removed', count, removedAt);
    life.boots.push({ vm, boot: count + 0.5, at: removedAt, outcome: 'removed' });
    become(removedAt, count, { powerState: 'poweredOff' });
  }
  if (random.chance(0.2)) post('VmRenamedEvent', 'other', count, before(100_000, 0), { renamed: true });
  return life;
}

/** One power-on and what follows it; answers when it is over. */
function bootOf(random, { vm, boot, at: begins, ties, life, post, become, state }) {
  const after = (most) => (ties ? random.pick([0, 1, random.below(most)]) : 1 + random.below(most));
  const outcome = random.weighted(OUTCOMES);
  life.boots.push({ vm, boot, at: begins, outcome });
  let at = begins;
  const isUnsupported = random.chance(0.15);
  if (isUnsupported) post('VmUnsupportedStartingEvent', 'unsupported', boot, at);
  if (!isUnsupported || random.chance(0.3))
    post('VmStartingEvent', 'starting', boot, at + (isUnsupported ? random.below(3_000) : 0));
  if (isUnsupported) at += 3_000;
  at += after(2_000);
  if (random.chance(0.8)) post(random.pick(POWERED_ON), 'poweredOn', boot, at);
  become(at, boot, {
    powerState: 'poweredOn',
    bootTime: begins,
    toolsRunningStatus: 'guestToolsNotRunning',
    guestOperationsReady: false,
  });

  if (outcome === 'nothingPending') {
    become(at, boot, { pendingCustomization: false });
    return at;
  }
  if (outcome === 'neverStarts') {
    become(at, boot, { pendingCustomization: true });
    return at;
  }
  at += after(random.pick([5_000, 90_000]));
  const startTime = at + (ties ? 0 : random.below(500));
  if (outcome !== 'failsWithoutStart') {
    if (outcome !== 'succeedsWithoutStart') post('CustomizationStartedEvent', 'started', boot, at);
    become(startTime, boot, {
      customizationStatus: 'TOOLSDEPLOYPKG_RUNNING',
      startTime,
      endTime: undefined,
      errorMsg: undefined,
      pendingCustomization: false,
    });
  }
  if (outcome === 'hangs') return startTime;
  if (outcome === 'shutsDown') {
    at += after(30_000);
    post('VmPoweredOffEvent', 'other', boot, at);
    become(Math.max(at, startTime), boot, {
      powerState: 'poweredOff',
      toolsRunningStatus: 'guestToolsNotRunning',
      guestOperationsReady: false,
    });
    return Math.max(at, startTime);
  }
  at = startTime + after(random.pick([20_000, 200_000]));
  const succeed = () => {
    post('CustomizationSucceeded', 'succeeded', boot, at);
    become(at, boot, { customizationStatus: 'TOOLSDEPLOYPKG_SUCCEEDED', startTime, endTime: at, errorMsg: undefined });
  };
  const fail = () => {
    const type = random.pick(FAILURES);
    const reason = random.pick(REASONS);
    post(type, 'failed', boot, at, {
      ...(reason && { reason }),
      logLocation: '/var/log/vmware-imc/toolsDeployPkg.log',
    });
    become(at, boot, {
      customizationStatus: 'TOOLSDEPLOYPKG_FAILED',
      startTime,
      endTime: at,
      errorMsg: `failed in boot ${boot}`,
    });
  };
  if (outcome === 'fails' || outcome === 'failsWithoutStart' || outcome === 'failsThenSucceeds') fail();
  else succeed();
  if (outcome === 'failsThenSucceeds' || outcome === 'succeedsThenFails') {
    at += after(20_000);
    (outcome === 'failsThenSucceeds' ? succeed : fail)();
  }
  if (outcome === 'shutsDownThenSucceeds') post('VmPoweredOffEvent', 'other', boot, at);
  return becomeReady(random, { boot, at, become, isOff: outcome === 'shutsDownThenSucceeds', state });
}

/** A Linux guest looks ready, reboots, and is ready again; some are late, some never. */
function becomeReady(random, { boot, at: resultAt, become, isOff }) {
  let at = resultAt;
  if (isOff) {
    become(at, boot, { powerState: 'poweredOff' });
    return at;
  }
  const ready = (isReady) =>
    become(at, boot, {
      toolsRunningStatus: isReady
        ? 'guestToolsRunning'
        : random.pick(['guestToolsNotRunning', 'guestToolsExecutingScripts']),
      guestOperationsReady: isReady,
    });
  if (random.chance(0.5)) {
    ready(true);
    at += random.pick([1_000, 10_000, 29_000, 31_000]);
    ready(false);
  }
  if (random.chance(0.8)) {
    at += random.pick([5_000, 60_000, 200_000]);
    ready(true);
  }
  return at;
}

// ---- what the vCenter tells of it

/** The events with keys, times by vCenter's clock, and when they can be read. */
function posted(random, { lives, vms, vcenter, clock, seed }) {
  const { lateness, prunes, future, firstKey } = vcenter;
  const all = lives.flatMap(({ events }) => events);
  for (let count = random.below(4); count > 0; count -= 1) {
    all.push({
      vm: 'vm-999',
      type: 'CustomizationSucceeded',
      kind: 'succeeded',
      boot: 1,
      at: random.below(100_000) - 50_000,
    });
  }
  if (future) {
    // It hides nothing, and a power-on that nothing is missing for opens nothing.
    all.push({
      vm: vms[0].vm,
      type: 'VmPoweredOnEvent',
      kind: 'poweredOn',
      boot: 999,
      at: -100_000,
      aheadMs: 86_400_000 * 3,
    });
  }
  all.sort((a, b) => a.at - b.at);
  return all.map((event, place) => {
    const { at } = event;
    const lateMs = {
      prompt: () => random.below(300),
      late: () => random.pick([0, 200, 4_000, PUNCTUAL_MS]),
      tardy: () => random.pick([0, 10_000, PUNCTUAL_MS, 45_000, 120_000]),
    }[lateness]();
    const { renamed, aheadMs = 0, ...told } = event;
    return {
      id: place,
      ...told,
      key: wrapped(firstKey + place * (1 + (seed % 3))),
      time: serverMs(clock, at) + aheadMs,
      name: renamed ? `renamed-${event.vm}` : vms.find(({ vm }) => vm === event.vm)?.name,
      seenAt: at + lateMs,
      ...(prunes && random.chance(0.2) && { goneAt: at + lateMs + random.pick([1, 5_000, 60_000, 400_000]) }),
    };
  });
}

function wrapped(key) {
  return key > MAX_KEY ? key - 2 * (MAX_KEY + 1) : key;
}

/** vCenter's clock, to the millisecond. It goes at a rate of its own and may be stepped forward. */
export function serverMs({ startedAt, rate, steps }, at) {
  const stepped = steps.filter((step) => step.at <= at).reduce((sum, { byMs }) => sum + byMs, 0);
  return startedAt + Math.round(at * rate) + stepped;
}

function refusalsOf(random, vm, isSure) {
  if (isSure || random.chance(0.06))
    return [{ vm, kind: random.pick(['noPermission', 'fatal']), at: random.below(200_000) - 100_000 }];
  return random.chance(0.04) ? [{ vm, kind: 'notFound', at: random.below(300_000) }] : [];
}

// ---- what happens to who waits

function faultsOf(random) {
  const density = random.weighted([
    [4, 0],
    [4, 0.1],
    [2, 0.5],
    [1, 0.9],
  ]);
  const faults = [];
  for (let read = 0; density > 0 && read < 60; read += 1) {
    if (random.chance(density)) faults.push({ read, kind: random.pick(FAULTS) });
    if (random.chance(density / 2))
      faults.push({ logIn: read, kind: random.pick(['transient', 'notAuthenticated', 'hangs']) });
    if (random.chance(density / 2))
      faults.push({ guestRead: read, kind: random.pick(['transient', 'hangs', 'notAuthenticated']) });
  }
  if (random.chance(0.02)) faults.push({ read: random.below(20), kind: 'fatal' });
  return faults;
}

function actionsOf(random, { vms, clock, options }) {
  const deadlineMs = options.timeoutSeconds * 1000;
  const actions = [];
  const sometime = () => random.below(deadlineMs + 3_000);
  while (random.chance(0.15)) {
    actions.push({ at: sometime(), do: 'sleep', forMs: random.pick([2_000, 40_000, 200_000, deadlineMs]) });
  }
  // Time down is measured by vCenter's clock: where that is strange the two differ.
  const isPlain = clock.rate === 1 && clock.steps.length === 0;
  while (isPlain && random.chance(0.2)) {
    actions.push({
      at: sometime(),
      do: 'crash',
      sinceSnapshotInputs: random.below(4),
      downMs: random.pick([0, 500, 30_000, 200_000]),
    });
  }
  while (random.chance(0.25)) {
    actions.push({
      at: sometime(),
      do: 'setVms',
      vms: random.shuffled(vms.map(({ vm }) => vm)).filter(() => random.chance(0.7)),
    });
  }
  if (random.chance(0.03)) actions.push({ at: sometime(), do: 'cancel' });
  return actions.sort((a, b) => a.at - b.at);
}
