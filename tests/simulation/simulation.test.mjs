/** Fixed worlds, each told right; and what is told wrongly is noticed, and made small. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';
import { replay } from '../../bindings/dist/node.js';
import { WaitProgress } from '../../bindings/fleet/dist/decisions/wait-progress.js';
import { liveInFleet } from './fleet.mjs';
import { live } from './scripted-host.mjs';
import { simulate } from './simulate.mjs';
import { liveOnTheWire, liveWhole } from './whole-wait.mjs';

const RUNS = Number(process.env.RUNS ?? 1_500);
const WHOLE_RUNS = Number(process.env.WHOLE_RUNS ?? 150);
const WIRE_RUNS = Number(process.env.WIRE_RUNS ?? 40);
const FLEET_RUNS = Number(process.env.FLEET_RUNS ?? 400);
const FIRST = 1;

describe('nothing wrong is told', () => {
  for (const [who, host, runs] of [
    ['by the core to a scripted host', live, RUNS],
    ['by several waits on one shared source', liveWhole, WHOLE_RUNS],
    ['by waits with the client of a simulated vCenter', liveOnTheWire, WIRE_RUNS],
    ['by workers of a fleet that die and are cut off', liveInFleet, FLEET_RUNS],
  ]) {
    test(who, async (t) => {
      const goesOn = ({ wrong }) => wrong.length < 3;
      const { wrong, vms, whole, covered } = await simulate({ runs, seed: FIRST, host, goesOn });
      t.diagnostic(
        `${runs} worlds from seed ${FIRST} on; of ${whole} of ${vms} VMs the whole truth; ${covered.size} kinds of things met`,
      );
      assert.deepEqual(wrong, []);
      assert.ok(whole > vms / 2, `of ${whole} of ${vms} VMs the whole truth was told`);
    });
  }
});

/** Changes the outputs of an update that are of this type. */
const change = (type, to) => (update) => ({
  ...update,
  outputs: update.outputs.flatMap((output) => (output.type === type ? to(output) : [output])),
});

/** Says that it has read all, and has not. */
function leavesOut(answer) {
  return answer.documents ? { ...answer, documents: ['[]'] } : answer;
}

/** Goes on from what another has written, and takes it for told. */
class Forgetful extends WaitProgress {
  constructor(stored, ...rest) {
    super({ ...stored, outbox: [] }, ...rest);
  }
}

const WRONG = {
  'a failure told as a success': {
    told: change('transition', ({ transition, ...rest }) => [
      {
        ...rest,
        transition: { ...transition, to: transition.to.replace('CustomizationFailed', 'CustomizationSucceeded') },
      },
    ]),
  },
  'a transition that is not told': { told: change('transition', () => []) },
  'a transition that is told twice': { told: change('transition', (output) => [output, output]) },
  'a number that is taken again': {
    told: change('transition', ({ transition, ...rest }) => [{ ...rest, transition: { ...transition, n: 0 } }]),
  },
  'a result that begins anew': {
    told: change('transition', ({ transition, ...rest }) => [
      { ...rest, transition: { ...transition, attempt: transition.attempt + 1 } },
    ]),
  },
  'a hint too early': {
    told: change('read', (output) => [output, { type: 'stuck', vm: output.query.vms[0], hint: 'neverPoweredOn' }]),
  },
  'a read over and over': { told: change('read', (output) => Array.from({ length: 40 }, () => output)) },
  'an end that nobody came to': { told: (update) => ({ ...update, ended: true }) },
  'a page that is left out': { handedOn: leavesOut },
  'a page that is left out, by a wait': { host: liveWhole, handedOn: leavesOut },
  'a worker that takes what is written for told': { host: liveInFleet, Progress: Forgetful },
};

describe('the oracle notices', () => {
  for (const [what, { host: right = live, ...wrong }] of Object.entries(WRONG)) {
    test(`${what}, and the world that shows it is made small and written as a recording`, async () => {
      const folder = mkdtempSync(path.join(tmpdir(), 'simulation-'));
      try {
        const host = (world, how) => right(world, { ...how, ...wrong });
        const goesOn = (figures) => figures.wrong.length === 0;
        const figures = await simulate({ runs: 100, seed: FIRST, host, folder, goesOn });
        const [{ seed, file, complaint, events }] = figures.wrong;
        assert.ok(events <= 6, `${events} events are left`);
        const { simulation, ...recording } = JSON.parse(readFileSync(file, 'utf8'));
        assert.equal(simulation.world.seed, seed);
        assert.equal((await host(simulation.world)).complaint, complaint);
        assert.equal((await right(simulation.world)).complaint, undefined);
        assert.equal(JSON.parse(replay(JSON.stringify(recording))).error, undefined);
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
  }
});
