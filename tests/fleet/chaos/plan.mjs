/** What is to happen in a run: which waits, what becomes of their VMs, and what is done to workers and brokers. A function of the seed. */
import { randomFrom } from '../../conformance/models/random.mjs';

const STARTED = 'CustomizationStartedEvent';

/** What can become of a VM: its events after the power-on, and what its row is to say. */
const FATES = [
  [
    60,
    {
      events: [[STARTED], ['CustomizationSucceeded']],
      truth: { customizationStatus: 'CustomizationSucceeded', conclusion: 'completed', failure: null },
    },
  ],
  [
    10,
    {
      events: [['CustomizationSucceeded']],
      truth: { customizationStatus: 'CustomizationSucceeded', conclusion: 'completed', failure: null },
    },
  ],
  [
    15,
    {
      events: [[STARTED], ['CustomizationFailed', { reason: 'customizationDisabled' }]],
      truth: { customizationStatus: 'CustomizationFailed', conclusion: 'completed', failure: 'CustomizationFailed' },
    },
  ],
  [
    10,
    {
      events: [
        [STARTED],
        ['CustomizationSysprepFailed', { sysprepVersion: '10.0.20348.1', systemVersion: '10.0.17763.1' }],
      ],
      truth: {
        customizationStatus: 'CustomizationFailed',
        conclusion: 'completed',
        failure: 'CustomizationSysprepFailed',
      },
    },
  ],
  [
    5,
    {
      // It never ends by itself: the caller cancels the wait.
      events: [[STARTED]],
      truth: { customizationStatus: 'CustomizationStarted', conclusion: 'cancelled', failure: null },
    },
  ],
];

/**
 * @param {{ seed: number, seconds: number, vcenters: number, waits: number, vms: number }} size `vms` of each vCenter
 */
export function planWaits({ seed, seconds, vcenters, waits: count, vms }) {
  const random = randomFrom(seed);
  const nextVm = Array.from({ length: vcenters }, () => 0);
  const waits = [];
  for (let at = 0; at < count; at += 1) {
    const vcenter = at % vcenters;
    const size = Math.min(1 + random.below(2), vms - nextVm[vcenter]);
    if (size < 1) throw new Error('the vCenters have too few VMs for so many waits');
    const askedAtMs = random.next() * seconds * 1000;
    const members = Array.from({ length: size }, () => {
      const fate = random.weighted(FATES);
      const powerOnMs = askedAtMs + random.next() * 6000 - 1000;
      let atMs = Math.max(0, powerOnMs);
      const steps = [{ atMs, powerOn: true }];
      for (const [event, fields = {}] of fate.events) {
        atMs += 200 + random.next() * 6000;
        steps.push({ atMs, event, fields });
      }
      const vm = nextVm[vcenter];
      nextVm[vcenter] += 1;
      return { vm, steps, truth: fate.truth, lastMs: atMs };
    });
    const lastMs = Math.max(...members.map((member) => member.lastMs));
    const isCancelled = members.some(({ truth }) => truth.conclusion === 'cancelled');
    waits.push({
      id: `w${at}`,
      vcenter: `vc${vcenter}`,
      askedAtMs,
      // Each is asked for three times; the third without what the broker knows it by.
      againAtMs: [askedAtMs + random.next() * 3000, askedAtMs + random.next() * 20_000],
      // A success counts when its guest has settled; those that are cancelled would be cut off in it.
      ready: random.chance(0.15) && !isCancelled,
      cancelAtMs: isCancelled ? Math.max(lastMs, askedAtMs) + 2000 : undefined,
      members,
    });
  }
  return waits;
}

/**
 * Faults until `seconds`: a worker is killed every five to six seconds, one is stopped for a while, each broker is killed in
 * turn, all of them once, and the first is parted from all others for a while.
 *
 * @param {{ seed: number, seconds: number, workers: number, brokers: number }} size
 */
export function planFaults({ seed, seconds, workers, brokers }) {
  const random = randomFrom(seed ^ 0x5eed);
  const faults = [];
  for (let at = 6; at < seconds; at += 5 + random.next()) {
    faults.push({
      atMs: at * 1000,
      type: 'killWorker',
      worker: random.below(workers),
      awayMs: 500 + random.below(2500),
    });
  }
  // Brokers in the middle third, so that there are kills of workers with all brokers there before and after.
  const span = seconds / 3 / (brokers + 1);
  for (let broker = 0; broker < brokers; broker += 1) {
    faults.push({ atMs: (seconds / 3 + broker * span) * 1000, type: 'killBroker', broker, awayMs: 2000 });
  }
  faults.push({
    atMs: (seconds / 3 + brokers * span) * 1000,
    type: 'killAllBrokers',
    awayMs: Math.min(10_000, span * 500),
  });
  faults.push({
    atMs: seconds * 750,
    type: 'stopWorker',
    worker: random.below(workers),
    awayMs: Math.min(25_000, seconds * 200),
  });
  // Nobody is told that it is gone.
  faults.push({ atMs: seconds * 900, type: 'partBroker', broker: 0, awayMs: seconds * 80 });
  return faults.sort((left, right) => left.atMs - right.atMs);
}
