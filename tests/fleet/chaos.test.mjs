/** A fleet under attack, as long as a check may take; `cargo xtask chaos` goes on for longer. */
import assert from 'node:assert/strict';
import { describe, it, test } from 'node:test';
import { judge, quantile } from './chaos/judge.mjs';
import { planFaults, planWaits } from './chaos/plan.mjs';
import { runChaos } from './chaos/run.mjs';

const SEED = 1;

test('500 waits on 20 vCenters have one result each, the truth, while workers and brokers are killed', async (t) => {
  const figures = await runChaos({ seed: SEED, seconds: 75 });
  const { lost, doubled, wrong, problems, kills, recoveryCalm, eventToResult, eventToResultCalm, eventToReady } =
    figures;
  t.diagnostic(`kills ${kills}, served again ${JSON.stringify(recoveryCalm)}`);
  t.diagnostic(
    `event → result ${JSON.stringify(eventToResult)}, away from faults ${JSON.stringify(eventToResultCalm)}`,
  );
  t.diagnostic(`with ready ${JSON.stringify(eventToReady)}`);
  const { partition, memoryPerWait, openAtMost, storedPerWait, collectors, collectorsLeft } = figures;
  t.diagnostic(`a broker was parted from the others by ${partition}`);
  t.diagnostic(
    `memory of workers ${memoryPerWait} B a wait, ${openAtMost} open at most; state in the bucket ${storedPerWait} B`,
  );
  t.diagnostic(`collectors ${collectors} before the workers ended in order, ${collectorsLeft} after`);
  assert.deepEqual({ lost, doubled, wrong, problems }, { lost: [], doubled: [], wrong: [], problems: [] });
  assert.ok(kills > 5, `${kills} workers were killed`);
});

describe('the plan of a run', () => {
  const size = { seed: SEED, seconds: 75, vcenters: 20, waits: 500, vms: 50 };

  it('is the same for the same seed, and another for another', () => {
    assert.deepEqual(planWaits(size), planWaits(size));
    assert.notDeepEqual(planWaits(size), planWaits({ ...size, seed: SEED + 1 }));
  });

  it('has every fate, and each VM in one wait', () => {
    const waits = planWaits(size);
    const members = waits.flatMap(({ vcenter, members }) => members.map((member) => ({ vcenter, ...member })));
    assert.equal(new Set(members.map(({ vcenter, vm }) => `${vcenter} ${vm}`)).size, members.length);
    assert.equal(new Set(members.map(({ truth }) => JSON.stringify(truth))).size, 4);
    assert.ok(waits.filter(({ ready }) => ready).length > 20);
  });

  it('kills each broker, and all of them once, and parts one from the others', () => {
    const faults = planFaults({ seed: SEED, seconds: 75, workers: 4, brokers: 3 });
    assert.deepEqual(
      faults.filter(({ type }) => type === 'killBroker').map(({ broker }) => broker),
      [0, 1, 2],
    );
    assert.equal(faults.filter(({ type }) => type === 'killAllBrokers').length, 1);
    assert.equal(faults.filter(({ type }) => type === 'partBroker').length, 1);
    assert.ok(faults.filter(({ type }) => type === 'killWorker').length > 10);
  });
});

describe('the judge of a run', () => {
  const truth = { customizationStatus: 'CustomizationSucceeded', conclusion: 'completed', failure: null };
  const wait = { id: 'w1', ready: false, members: [{ truth }] };
  const row = { vm: 'vm-1', customizationStatus: 'CustomizationSucceeded', conclusion: 'completed', failure: null };
  const step = { n: 0, vm: 'vm-1', from: 'VmNotStarted', to: 'CustomizationSucceeded' };
  const result = { data: { report: { vms: [row], transitions: [step] } } };
  const event = { data: { n: 0, transition: step } };
  const whole = { results: [result], transitions: new Map([[0, [event]]]) };

  it('has nothing to say of what is right', () => {
    assert.deepEqual(judge(wait, whole), { lost: [], doubled: [], wrong: [] });
  });

  it('tells what is lost, doubled and wrong', () => {
    const counts = (left) => Object.values(judge(wait, { ...whole, ...left })).map(({ length }) => length);
    assert.deepEqual(counts({ results: [] }), [1, 0, 0]);
    assert.deepEqual(counts({ results: [result, result] }), [0, 1, 0]);
    assert.deepEqual(counts({ transitions: new Map([[0, [event, event]]]) }), [0, 1, 0]);
    assert.deepEqual(counts({ transitions: new Map() }), [0, 0, 1]);
    const failed = { ...row, customizationStatus: 'CustomizationFailed' };
    const other = (report) => ({ results: [{ data: { report: { vms: [row], transitions: [step], ...report } } }] });
    assert.deepEqual(counts(other({ vms: [failed] })), [0, 0, 1]);
    assert.deepEqual(counts({ results: [{ data: { error: { code: 'internal', message: '' } } }] }), [0, 0, 1]);
    const readyAt = '2026-03-01T10:00:30.000Z';
    assert.deepEqual(counts(other({ vms: [{ ...row, readyAt }] })), [0, 0, 1]);
    const settled = { ...whole, ...other({ vms: [{ ...row, readyAt }] }) };
    const asked = { ...wait, ready: true };
    assert.deepEqual(
      [judge(asked, settled), judge(asked, whole)].map(({ wrong }) => wrong.length),
      [0, 1],
    );
    const gap = { ...step, n: 1 };
    const told = new Map([[1, [{ data: { n: 1, transition: gap } }]]]);
    assert.deepEqual(counts({ ...other({ transitions: [gap] }), transitions: told }), [0, 0, 1]);
  });

  it('knows the spread of what was measured', () => {
    const values = [5, 1, 4, 2, 3];
    assert.deepEqual(
      [0, 0.5, 1].map((part) => quantile(values, part)),
      [1, 3, 5],
    );
    assert.equal(quantile([], 0.5), undefined);
  });
});
