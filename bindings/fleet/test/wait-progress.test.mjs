/** What is done next for a wait: state first, then telling. A model worker that may die between any two steps lives through it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { WaitProgress } from '../dist/decisions/wait-progress.js';
import { newState } from '../dist/messages/wait-state.js';

const WAIT = { vcenter: 'east', id: 'one' };
const REQUEST = { vms: [{ vm: 'vm-1' }], options: {} };
const begin = (owner = 'a/1') =>
  newState(WAIT, REQUEST, { request: 1, requestedAt: '2026-03-01T10:00:00.000Z' }, owner);
const step = (n) => ({ n, vm: 'vm-1', to: `s${n}` });
const REPORT = { report: { vms: [] } };

describe('a wait', () => {
  it('is written down when it has begun, and rests then', () => {
    const progress = new WaitProgress(begin(), 1, () => ({ at: 0 }));
    assert.equal(progress.next().type, 'rest');
    progress.begun('uuid');
    const { type, state, revision } = progress.next();
    assert.deepEqual([type, revision, state.snapshot, state.instanceUuid], ['write', 1, { at: 0 }, 'uuid']);
    progress.wrote(state, 2);
    assert.equal(progress.next().type, 'rest');
  });

  it('tells a transition only when the state that has it is written, and forgets it in the next state only', () => {
    const progress = new WaitProgress(begin(), 1, () => ({}));
    progress.transition(step(0));
    const first = progress.next();
    assert.deepEqual([first.type, first.state.outbox], ['write', [step(0)]]);
    progress.transition(step(1));
    progress.wrote(first.state, 2);
    assert.deepEqual(progress.next(), { type: 'tell', transitions: [step(0)] });
    progress.told();
    const second = progress.next();
    assert.deepEqual([second.type, second.revision, second.state.outbox], ['write', 2, [step(1)]]);
  });

  it('has its result after its last transition, and loses its state after that', () => {
    const progress = new WaitProgress(begin(), 1, () => ({}));
    progress.transition(step(0));
    progress.ended(REPORT);
    const { state } = progress.next();
    progress.wrote(state, 2);
    assert.equal(progress.next().type, 'tell');
    progress.told();
    assert.deepEqual(progress.next(), { type: 'conclude', outcome: REPORT });
    progress.concluded();
    assert.deepEqual(progress.next(), { type: 'remove', revision: 2 });
    progress.removed();
    assert.equal(progress.next().type, 'done');
  });

  it('that ends without a transition is written once more before its result, and not where that is written already', () => {
    const run = { at: 0 };
    const progress = new WaitProgress(begin(), 1, () => ({ ...run }));
    progress.begun(undefined);
    progress.wrote(progress.next().state, 2);
    run.at = 9;
    progress.ended(REPORT);
    const { type, state } = progress.next();
    assert.deepEqual([type, state.snapshot], ['write', { at: 9 }]);
    progress.wrote(state, 3);
    assert.equal(progress.next().type, 'conclude');

    const next = new WaitProgress(state, 4, () => ({ ...run }));
    next.ended(REPORT);
    assert.equal(next.next().type, 'conclude');
  });

  it('that is being written when it ends is written again where that write was of before the end', () => {
    const run = { at: 0 };
    const progress = new WaitProgress(begin(), 1, () => ({ ...run }));
    progress.transition(step(0));
    const { state } = progress.next();
    run.at = 1;
    progress.ended(REPORT);
    progress.wrote(state, 2);
    progress.told();
    assert.deepEqual([progress.next().type, progress.next().state.snapshot], ['write', { at: 1 }]);
  });

  it('tells what the state has that it goes on from, since nobody knows whether that was told', () => {
    const progress = new WaitProgress({ ...begin(), outbox: [step(3)] }, 7, () => ({}));
    assert.deepEqual(progress.next(), { type: 'tell', transitions: [step(3)] });
    progress.told();
    assert.equal(progress.next().type, 'rest');
  });

  it('that is handed over is written and told, and has no result', () => {
    const progress = new WaitProgress(begin(), 1, () => ({ at: 5 }));
    progress.transition(step(0));
    progress.released();
    const { type, state } = progress.next();
    assert.deepEqual([type, state.snapshot], ['write', { at: 5 }]);
    progress.wrote(state, 2);
    progress.told();
    assert.equal(progress.next().type, 'done');
  });

  it('that is handed over before it has begun leaves nothing to write', () => {
    const progress = new WaitProgress(begin(), 1, () => undefined);
    progress.released();
    assert.equal(progress.next().type, 'done');
  });

  it('keeps what an earlier write of its own has stored, where the answer to that was lost', () => {
    const progress = new WaitProgress(begin(), 1, () => ({}));
    progress.transition(step(0));
    const first = progress.next();
    progress.transition(step(1));
    // The write that is tried again has both; what is there has one.
    assert.deepEqual(progress.next().state.outbox, [step(0), step(1)]);
    progress.wrote(first.state, 2);
    progress.told();
    assert.deepEqual(progress.next().state.outbox, [step(1)]);
  });

  it('of another vCenter ends with an error, since references mean nothing there', () => {
    const progress = new WaitProgress({ ...begin(), instanceUuid: 'one' }, 1, () => ({}));
    progress.begun('two');
    assert.equal(progress.next().outcome.error.code, 'otherVCenter');
  });
});

describe('whatever dies in between', () => {
  /** A source of numbers that is the same in each run. */
  function* randoms(seed) {
    for (let state = seed; ; ) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      yield state / 2 ** 32;
    }
  }

  /** A run of `count` transitions: a snapshot is how many it has told. */
  class Run {
    at;
    constructor(snapshot) {
      this.at = snapshot?.at ?? 0;
    }
  }

  it('every transition is told once and in order, and there is one result', () => {
    const COUNT = 6;
    for (let seed = 1; seed <= 400; seed += 1) {
      const random = randoms(seed);
      const chance = (part) => random.next().value < part;
      // What the brokers have: one value, compared and set, and subjects that are written once.
      const bucket = { state: begin('w/0'), revision: 1 };
      const told = [];
      const results = [];
      let removed = false;

      for (let life = 1; !removed && life < 200; life += 1) {
        bucket.state = { ...bucket.state, owner: `w/${life}`, write: bucket.state.write + 1 };
        bucket.revision += 1;
        const run = new Run(bucket.state.snapshot);
        const progress = new WaitProgress(bucket.state, bucket.revision, () => ({ at: run.at }));
        progress.begun(undefined);
        for (let turn = 0; turn < 100; turn += 1) {
          if (chance(0.1)) break;
          if (run.at < COUNT && chance(0.5)) {
            progress.transition(step(run.at));
            run.at += 1;
          }
          if (run.at === COUNT) progress.ended(REPORT);
          const action = progress.next();
          if (action.type === 'done') break;
          // It is done, and the process dies before it knows; or it is not done.
          const isDone = chance(0.9);
          if (isDone) {
            if (action.type === 'write') {
              assert.equal(action.revision, bucket.revision);
              bucket.state = action.state;
              bucket.revision += 1;
            } else if (action.type === 'tell') {
              for (const { n } of action.transitions) if (!told.includes(n)) told.push(n);
            } else if (action.type === 'conclude') {
              if (results.length === 0) results.push(action.outcome);
            } else if (action.type === 'remove') {
              removed = true;
            }
          }
          if (!isDone || chance(0.1)) break;
          if (action.type === 'write') progress.wrote(action.state, bucket.revision);
          else if (action.type === 'tell') progress.told();
          else if (action.type === 'conclude') progress.concluded();
          else if (action.type === 'remove') progress.removed();
        }
      }
      assert.ok(removed, `seed ${seed}: it ends`);
      assert.deepEqual(told, [0, 1, 2, 3, 4, 5], `seed ${seed}`);
      assert.equal(results.length, 1, `seed ${seed}`);
    }
  });
});
