/**
 * Random recordings from a seed, crowded at the boundaries: times one millisecond about the window, the start and the
 * deadline, ties, equal and negative keys, repeated events, odd spellings.
 */

import { timeOf } from './recorded-events.mjs';

const STARTED_AT = Date.parse('2026-03-01T10:00:00Z');

/** A generator of numbers: the same seed, the same numbers, on every host (mulberry32). */
export function randomFrom(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const below = (limit) => Math.floor(next() * limit);
  const pick = (list) => list[below(list.length)];
  const chance = (probability) => next() < probability;
  const weighted = (table) => {
    let rest = next() * table.reduce((sum, [weight]) => sum + weight, 0);
    for (const [weight, value] of table) {
      rest -= weight;
      if (rest < 0) return value;
    }
    return table.at(-1)[1];
  };
  const shuffled = (list) => {
    const copy = [...list];
    for (let at = copy.length - 1; at > 0; at -= 1) {
      const other = below(at + 1);
      [copy[at], copy[other]] = [copy[other], copy[at]];
    }
    return copy;
  };
  return { next, below, pick, chance, weighted, shuffled };
}

const TYPES = [
  [22, 'VmStartingEvent'],
  [6, 'VmUnsupportedStartingEvent'],
  [5, 'VmPoweredOnEvent'],
  [3, 'DrsVmPoweredOnEvent'],
  [2, 'VmRestartedOnAlternateHostEvent'],
  [20, 'CustomizationStartedEvent'],
  [14, 'CustomizationSucceeded'],
  [5, 'CustomizationFailed'],
  [2, 'CustomizationLinuxIdentityFailed'],
  [2, 'CustomizationNetworkSetupFailed'],
  [3, 'CustomizationSysprepFailed'],
  [2, 'CustomizationUnknownFailure'],
  [2, 'CustomizationPhaseOfTheMoonFailure'],
  [3, 'VmRemovedEvent'],
  [1, 'VmPoweredOffEvent'],
  [1, 'VmGuestRebootEvent'],
  [1, 'VmMigratedEvent'],
  [1, 'SomethingOfAnotherReleaseEvent'],
  [1, 'VmStartingSecondaryEvent'],
];

const KEYS = [-2147483648, -2, -1, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 2147479999, 2147483647];

const OFFSETS_MS = [
  [6, [-300_001, -300_000, -299_999]],
  [8, [-60_001, -60_000, -59_999, -30_000]],
  [10, [-1_000, -1, 0, 1]],
  [12, [1_000, 5_000, 5_001, 9_999, 10_000, 10_001, 11_000, 20_000, 45_000]],
];

/** Options, VMs and a pool of events, played in some order over some steps; `rules` decides which options and steps. */
export function randomRecording(random, rules) {
  const vms = Array.from(
    {
      length: random.weighted([
        [6, 1],
        [3, 2],
        [1, 3],
      ]),
    },
    (_, at) => `vm-${101 + at}`,
  );
  const isNamed = random.chance(0.5);
  const options = randomOptions(random, rules);
  const pool = randomPool(random, random.chance(0.3) ? [...vms, 'vm-105'] : vms);
  const steps = randomSteps(random, { vms, options, pool, rules });
  if (rules === 'default' && random.chance(0.3)) {
    // One that is never heard of keeps the run open for what is learnt late about the others.
    options.waitForPowerOn = true;
    vms.push('vm-104');
  }
  if (random.chance(rules === 'published' ? 0.85 : 0.3)) steps.unshift(...powerOns(random, vms));
  return {
    format: 'vm-customization-recording/1',
    startedAt: random.weighted([
      [8, '2026-03-01T10:00:00Z'],
      [1, '2026-03-01T11:00:00.000+01:00'],
      [1, '2026-03-01T04:30:00.0-05:30'],
      [0.5, '2026-03-01T10:00:00.000499Z'],
      [0.5, '2026-03-01T09:59:59.9995Z'],
    ]),
    vms: [...vms, ...(random.chance(0.05) ? [vms[0]] : [])].map((vm) =>
      isNamed ? { vm, name: `given-${vm}` } : { vm },
    ),
    options,
    steps,
  };
}

function randomOptions(random, rules) {
  const options = { rules };
  const timeout = random.weighted([
    [2, 0],
    [2, 1],
    [2, 14.999],
    [2, 15],
    [2, 15.001],
    [rules === 'published' ? 12 : 3, 45],
    [rules === 'published' ? 12 : 3, 600],
    [1, null],
    [2, undefined],
  ]);
  if (timeout !== undefined) options.timeoutSeconds = timeout;
  if (rules === 'published') {
    // The script takes no option but the timeout: these must not change anything.
    if (random.chance(0.1)) Object.assign(options, { pollIntervalSeconds: 7, lookbackSeconds: 10, ready: 'tools' });
    return options;
  }
  const attempts = random.weighted([
    [4, undefined],
    [2, 'follow'],
    [2, 'first'],
    [3, 'reopen'],
  ]);
  if (attempts) options.attempts = attempts;
  if (random.chance(0.2)) options.waitForPowerOn = true;
  if (random.chance(0.15)) options.lookbackSeconds = random.pick([0, 0.5, 60]);
  if (random.chance(0.1)) options.since = spellWithOffset(random, STARTED_AT + random.pick([-60_000, -300_000, 0]));
  if (random.chance(0.2)) options.pollIntervalSeconds = random.pick([5, 60]);
  if (random.chance(0.3)) options.stuckAfterSeconds = random.pick([10, 15, 30]);
  if (random.chance(0.4)) options.ready = random.pick(['tools', 'guestOperations']);
  if (random.chance(0.3)) options.settleSeconds = random.pick([0, 0.001, 5, 14.999, 15, 15.001]);
  return options;
}

function randomPool(random, vms) {
  const size = random.weighted([
    [1, 0],
    [4, 3],
    [6, 6],
    [3, 10],
    [1, 18],
  ]);
  return Array.from({ length: size }, () => randomEvent(random, vms));
}

/** All at the start: without a power-on at once the published rules have nothing to tell. */
function powerOns(random, vms) {
  const pages = vms
    .filter((vm) => vm !== 'vm-104' && random.chance(0.9))
    .map((vm) => randomEvent(random, [vm], 'VmStartingEvent'));
  return [{ atMs: 0, events: pages, ...(random.chance(0.3) ? { complete: false } : {}) }];
}

function randomEvent(random, vms, type = random.weighted(TYPES)) {
  const vm = random.weighted([
    [20, random.pick(vms)],
    [1, 'vm-999'],
    [0.5, null],
  ]);
  const event = {
    _typeName:
      random.weighted([
        [8, ''],
        [1, 'vim.event.'],
        [1, 'VMware.Vim.'],
      ]) + type,
    key: random.pick(KEYS),
    createdTime: spell(random, STARTED_AT + random.pick(random.weighted(OFFSETS_MS))),
  };
  if (vm) event.vm = { name: `seen-${vm}`, vm: { type: 'VirtualMachine', value: vm } };
  if (vm && random.chance(0.1)) event.vm.name = `renamed-${vm}`;
  if (vm && random.chance(0.1)) delete event.vm.name;
  if (type.includes('Fail')) {
    if (random.chance(0.6)) event.reason = random.pick(['customizationDisabled', 'userDefinedScriptDisabled']);
    if (random.chance(0.5)) event.logLocation = random.pick(['/var/log/vmware-imc/toolsDeployPkg.log', 'C:\\temp']);
    if (random.chance(0.5)) event.fullFormattedMessage = `An error occurred, ${random.below(1000)}.`;
  }
  if (type === 'CustomizationSysprepFailed') Object.assign(event, { sysprepVersion: '2.0', systemVersion: '10.0' });
  if (random.chance(0.05)) event.fieldOfAnotherRelease = { deep: [1, null] };
  return event;
}

/** One instant in one of its spellings; those that differ by less than half a millisecond must count as the same. */
function spell(random, ms) {
  const z = (instant) => new Date(instant).toISOString();
  return random.weighted([
    [10, () => z(ms)],
    [2, () => z(ms - 1).replace('Z', '999Z')],
    [1, () => z(ms - 1).replace('Z', '5Z')],
    [1, () => z(ms).replace('Z', '499999Z')],
    [1, () => z(ms).replace('Z', '4Z')],
    [1, () => z(ms + 3_600_000).replace('Z', '000+01:00')],
    [1, () => z(ms - 12_600_000).replace('Z', '-03:30')],
    [1, () => z(ms).replace(/\.000Z$|(\.\d)00Z$|(\.\d\d)0Z$/, '$1$2Z')],
    [0.3, () => z(ms).replace('Z', '')],
  ])();
}

/** What the host itself supplies must be a time: a recording with another is refused. */
function spellWithOffset(random, ms) {
  const text = spell(random, ms);
  return /Z$|[+-]\d\d:\d\d$/.test(text) ? text : `${text}Z`;
}

function randomSteps(random, { vms, options, pool, rules }) {
  const count = random.weighted([
    [1, 0],
    [4, 1],
    [6, 3],
    [4, 6],
    [2, 10],
  ]);
  const deadlineMs = (options.timeoutSeconds ?? 600) * 1000;
  const times = Array.from({ length: count }, () => randomStepTime(random, deadlineMs)).sort((a, b) => a - b);
  const order = random.shuffled(pool);
  let cursor = 0;
  const trouble = random.chance(0.15) ? 12 : 1;
  const hasOtherVms = random.chance(0.25);
  return times.map((atMs) => {
    const what = random.weighted([
      [12, 'events'],
      [options.ready ? 12 : rules === 'default' ? 5 : 1, 'guestInfo'],
      [4 * trouble, 'readFailed'],
      [1 * trouble, 'loggedIn'],
      [rules === 'default' && hasOtherVms ? 5 : 0, 'vms'],
      [0.6, 'cancel'],
    ]);
    if (what === 'events') {
      const fresh = order.slice(cursor, cursor + Math.ceil(random.next() * (pool.length / count + 2)));
      cursor += fresh.length;
      return eventStep(random, atMs, [...fresh, ...repeats(random, order.slice(0, cursor))]);
    }
    if (what === 'guestInfo') return { atMs, guestInfo: randomGuestInfo(random, vms) };
    if (what === 'vms') return { atMs, ...otherVms(random, vms) };
    if (what === 'readFailed') return { atMs, readFailed: randomFailure(random, vms) };
    return { atMs, [what]: true };
  });
}

/** Other VMs to watch from then on: some go, some come, some that went come again, each with a window of its own. */
function otherVms(random, vms) {
  const some = random.shuffled([...new Set([...vms, 'vm-101', 'vm-102', 'vm-105'])]).filter(() => random.chance(0.6));
  return {
    vms: some.map((vm) => (random.chance(0.2) ? { vm, name: `given-${vm}-again` } : { vm })),
    serverTime: spellWithOffset(random, STARTED_AT + random.pick([0, 1, 60_000, 239_999, 240_000, 240_001, 3_600_000])),
  };
}

function randomStepTime(random, deadlineMs) {
  const base = random.weighted([
    [6, 0],
    [4, random.pick([15_000, 30_000, 45_000])],
    [2, deadlineMs],
    [1.5, deadlineMs + random.pick([1_000, 2_000, 3_000, 4_000])],
    [1, deadlineMs + 5_000],
    [3, random.pick([1_000, 2_000, 5_000, 20_000, 60_000])],
    [0.5, random.pick([600_000, 615_000])],
  ]);
  return Math.max(
    0,
    Math.round(base) +
      random.weighted([
        [6, 0],
        [1, -1],
        [1, 1],
      ]),
  );
}

function eventStep(random, atMs, events) {
  const step = { atMs, events: random.chance(0.03) ? { _typeName: 'ArrayOfEvent', _value: events } : events };
  if (random.chance(0.3)) step.complete = false;
  else if (random.chance(0.1)) step.complete = true;
  return step;
}

/**
 * Events told again: as they were, as copies about a second away, in chains of those too, or by a vCenter restored from
 * a backup, which uses its keys again an hour later.
 */
function repeats(random, told) {
  return told
    .filter(() => random.chance(0.2))
    .flatMap((event) => {
      const ms = timeOf(event.createdTime) ?? STARTED_AT;
      const at = (distance) => ({ ...event, createdTime: spell(random, ms + distance) });
      const renamed = event.vm && { vm: { ...event.vm, name: `renamed-${event.key}` } };
      return random.weighted([
        [6, () => [event]],
        [3, () => [at(random.pick([-1_001, -1_000, -999, -1, 1, 999, 1_000, 1_001]))]],
        [2, () => random.shuffled([at(700), at(1_400), at(2_100)].slice(0, 1 + random.below(3)))],
        [2, () => random.shuffled([at(-1_000), at(-2_000), at(-3_000)].slice(random.below(2)))],
        [1, () => [at(3_600_000)]],
        [1, () => [{ ...at(random.pick([-1, 0, 1])), ...renamed }]],
      ])();
    });
}

function randomGuestInfo(random, vms) {
  const info = {
    vm: random.weighted([
      [15, random.pick(vms)],
      [1, 'vm-999'],
    ]),
  };
  const status = random.weighted([
    [1, undefined],
    [1, 'IDLE'],
    [1, 'PENDING'],
    [4, 'RUNNING'],
    [4, 'SUCCEEDED'],
    [4, 'FAILED'],
  ]);
  if (status) {
    info.customizationStatus = `TOOLSDEPLOYPKG_${status}`;
    if (random.chance(0.9))
      info.startTime = spellWithOffset(random, STARTED_AT + random.pick(random.weighted(OFFSETS_MS)));
    if (random.chance(0.6)) info.endTime = spellWithOffset(random, STARTED_AT + random.pick([6_000, 50_000]));
    if (status === 'FAILED' && random.chance(0.7)) info.errorMsg = `failed with ${random.below(100)}`;
  }
  const pending = random.pick([undefined, true, false]);
  if (pending !== undefined) info.pendingCustomization = pending;
  const power = random.pick([undefined, undefined, 'poweredOn', 'poweredOff', 'suspended', 'ofAnotherRelease']);
  if (power !== undefined) info.powerState = power;
  if (random.chance(0.4)) info.bootTime = spell(random, STARTED_AT + random.pick(random.weighted(OFFSETS_MS)));
  const tools = random.weighted([
    [2, undefined],
    [6, 'guestToolsRunning'],
    [1, 'guestToolsNotRunning'],
    [1, 'guestToolsExecutingScripts'],
  ]);
  if (tools !== undefined) info.toolsRunningStatus = tools;
  const operations = random.pick([undefined, true, true, true, false]);
  if (operations !== undefined) info.guestOperationsReady = operations;
  return info;
}

function randomFailure(random, vms) {
  const kind = random.weighted([
    [4, 'transient'],
    [3, 'notAuthenticated'],
    [3, 'noPermission'],
    [3, 'notFound'],
    [0.5, 'fatal'],
  ]);
  const isOfOne = kind === 'noPermission' || kind === 'notFound' ? random.chance(0.9) : random.chance(0.1);
  return isOfOne ? { kind, vm: random.pick(vms) } : { kind };
}
