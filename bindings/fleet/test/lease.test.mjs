/** Who serves a vCenter: the decision of one worker, without brokers. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decideLease, ownerOf } from '../dist/decisions/lease.js';
import { PeerCondition } from '../dist/decisions/peer-condition.js';
import { rendezvous } from '../dist/decisions/rendezvous.js';

const worker = (name, changes = {}) => ({
  name,
  instance: `${name}-1`,
  vcenters: ['east'],
  condition: 'alive',
  ...changes,
});
const id = ({ name, instance }) => ({ name, instance });
const [a, b] = [worker('a'), worker('b')];
// Which of the two it is for is the hash's affair; the tests say it in their names.
const owner = rendezvous('east', ['a', 'b']) === 'a' ? a : b;
const other = owner === a ? b : a;

const decide = (me, situation = {}) =>
  decideLease({
    vcenter: 'east',
    me: id(me),
    holder: null,
    serving: false,
    leaving: false,
    workers: [a, b],
    ...situation,
  });

describe('the rendezvous', () => {
  const workers = ['a', 'b', 'c', 'd'];
  const keys = Array.from({ length: 400 }, (_, at) => `vc-${at}`);

  it('is the same for whoever asks, in whatever order the workers are known', () => {
    for (const key of keys) assert.equal(rendezvous(key, workers), rendezvous(key, workers.toReversed()));
  });

  it('gives each worker its share', () => {
    for (const name of workers) {
      const share = keys.filter((key) => rendezvous(key, workers) === name).length;
      assert.ok(share > 50 && share < 150, `${name} has ${share} of 400`);
    }
  });

  it('moves only what a worker that goes had', () => {
    const left = workers.filter((name) => name !== 'c');
    for (const key of keys) {
      const before = rendezvous(key, workers);
      if (before !== 'c') assert.equal(rendezvous(key, left), before);
    }
  });

  it('is nobody where there is nobody', () => {
    assert.equal(rendezvous('east', []), undefined);
  });
});

describe('a lease that nobody has', () => {
  it('is begun by the worker that it is for, and by no other', () => {
    assert.equal(decide(owner), 'create');
    assert.equal(decide(other), 'leave');
  });

  it('is for another while its worker does not answer, or is not configured for the vCenter', () => {
    for (const changes of [{ condition: 'silent' }, { condition: 'gone' }, { vcenters: ['west'] }]) {
      const workers = [{ ...owner, ...changes }, other];
      assert.equal(decide(other, { workers }), 'create', JSON.stringify(changes));
    }
  });

  it('is begun again by who serves it when it ran out, or handed over where it is for another', () => {
    assert.equal(decide(owner, { serving: true }), 'create');
    assert.equal(decide(other, { serving: true }), 'release');
  });
});

describe('a lease of this process', () => {
  it('is kept where it is for it, and handed over where not', () => {
    assert.equal(decide(owner, { holder: id(owner), serving: true }), 'keep');
    assert.equal(decide(other, { holder: id(other), serving: true }), 'release');
  });

  it('is handed over when the process is about to end, though nobody else is there', () => {
    assert.equal(decide(owner, { holder: id(owner), serving: true, leaving: true, workers: [owner] }), 'release');
  });

  it('is taken at once when it is of a former life', () => {
    const former = { name: owner.name, instance: 'before' };
    assert.equal(decide(owner, { holder: former }), 'take');
  });
});

describe('a lease of another process', () => {
  it('makes who serves the vCenter drop it', () => {
    for (const me of [owner, other]) {
      assert.equal(decide(me, { holder: { name: 'c', instance: 'c-1' }, serving: true }), 'drop');
    }
  });

  it('is left alone while its process is there, also when that hangs', () => {
    for (const condition of ['alive', 'silent']) {
      const workers = [owner, { ...other, condition }];
      assert.equal(decide(owner, { holder: id(other), workers }), 'leave', condition);
    }
  });

  it('is taken when its process is gone, or another of its name is there', () => {
    const gone = [owner, { ...other, condition: 'gone' }];
    assert.equal(decide(owner, { holder: id(other), workers: gone }), 'take');
    const reborn = [owner, { ...other, instance: 'later' }];
    assert.equal(decide(owner, { holder: id(other), workers: reborn }), 'take');
  });

  it('is left to run out when nothing is known of its worker', () => {
    assert.equal(decide(owner, { holder: { name: 'c', instance: 'c-1' } }), 'leave');
  });
});

describe('all workers together', () => {
  it('never agree that two of them serve a vCenter that nobody has', () => {
    for (const vcenter of Array.from({ length: 100 }, (_, at) => `vc-${at}`)) {
      const workers = ['a', 'b', 'c'].map((name) => worker(name, { vcenters: [vcenter] }));
      const begun = workers.filter((me) => decide(me, { vcenter, workers }) === 'create');
      assert.deepEqual(
        begun.map(({ name }) => name),
        [ownerOf(vcenter, workers)],
      );
    }
  });
});

describe('the condition of a worker', () => {
  const after = (...outcomes) => {
    const condition = new PeerCondition();
    for (const outcome of outcomes) condition.tell(outcome);
    return condition.condition;
  };

  it('is gone after nobody was there to answer twice in a row', () => {
    assert.equal(after('noResponders'), 'alive');
    assert.equal(after('noResponders', 'noResponders'), 'gone');
    assert.equal(after('noResponders', 'answered', 'noResponders'), 'alive');
    assert.equal(after('noResponders', 'timedOut', 'noResponders'), 'alive');
  });

  it('is silent after three questions without an answer, and alive with the next answer', () => {
    assert.equal(after('timedOut', 'timedOut'), 'alive');
    assert.equal(after('timedOut', 'timedOut', 'timedOut'), 'silent');
    assert.equal(after('timedOut', 'timedOut', 'timedOut', 'answered'), 'alive');
    assert.equal(after('timedOut', 'timedOut', 'timedOut', 'noResponders', 'noResponders'), 'gone');
  });
});
