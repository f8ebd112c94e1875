/**
 * Requests of one id with workers that may die between any two steps, and messages that come again in any order: the first of the stream
 * stands, and every other is answered.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { randomFrom } from '../../../tests/conformance/models/random.mjs';
import { FleetNames } from '../dist/messages/names.js';
import { messageDigest, requestIdentity } from '../dist/messages/wait-request.js';
import { Acceptance } from '../dist/worker/acceptance.js';

const WAIT = { vcenter: 'east', id: 'one' };
const RUNS = 400;
const MOST_STEPS = 4000;

/** The brokers: each call is one step, and happens whole or not at all. */
class Brokers {
  queue = new Map();
  result;
  results = 0;
  refusals = new Set();
  #state;
  #revision = 0;

  first() {
    const [sequence] = [...this.queue.keys()].sort((left, right) => left - right);
    return sequence === undefined ? undefined : this.queue.get(sequence);
  }

  create(state) {
    if (this.#state !== undefined) return undefined;
    this.#revision += 1;
    this.#state = { text: JSON.stringify(state), revision: this.#revision };
    return { state, revision: this.#revision };
  }

  read() {
    return this.#state;
  }

  remove(revision) {
    if (this.#state?.revision === revision) this.#state = undefined;
  }

  readResult() {
    return this.result;
  }

  putResult(outcome, { request }) {
    if (this.result !== undefined) return false;
    this.result = { data: { ...outcome, request } };
    this.results += 1;
    return true;
  }

  refusal(_, digest) {
    this.refusals.add(digest);
    return true;
  }
}

/** What may happen next: each worker stands before its next call. */
class World {
  brokers = new Brokers();
  ready = [];
  #random;

  constructor(random) {
    this.#random = random;
  }

  call(worker, act) {
    return new Promise((resolve) => {
      this.ready.push({ worker, go: () => resolve(act()) });
    });
  }

  acceptance(worker) {
    const { brokers } = this;
    const step =
      (act) =>
      (...args) =>
        this.call(worker, () => act.apply(brokers, args));
    return new Acceptance({
      names: new FleetNames('vmc'),
      owner: `${worker}`,
      queue: { first: step(brokers.first) },
      store: { create: step(brokers.create), read: step(brokers.read), remove: step(brokers.remove) },
      events: {
        readResult: step(brokers.readResult),
        result: step((_, ...rest) => brokers.putResult(...rest)),
        refusal: step(brokers.refusal),
      },
    });
  }

  /** One of the steps that are there; the others of a worker that dies never come. */
  async next(mayDie) {
    const one = this.#random.pick(this.ready);
    this.ready = this.ready.filter((other) => other !== one);
    if (mayDie && this.#random.chance(0.2)) {
      this.ready = this.ready.filter(({ worker }) => worker !== one.worker);
      return one.worker;
    }
    one.go();
    // What it leads to is at its next call after so many turns.
    for (let turn = 0; turn < 12; turn += 1) await null;
    return undefined;
  }
}

const encode = (text) => new TextEncoder().encode(text);
const KINDS = [
  JSON.stringify({ vms: [{ vm: 'vm-1' }] }),
  // The same, written otherwise.
  JSON.stringify({ options: {}, vms: [{ vm: 'vm-1' }], id: 'one' }),
  JSON.stringify({ vms: [{ vm: 'vm-2' }] }),
  JSON.stringify({ vms: [{ vm: 'vm-1' }], options: { timeoutSeconds: 5 } }),
  '{',
  JSON.stringify({ vms: [], unknown: 1 }),
];

async function live(seed) {
  const random = randomFrom(seed);
  const world = new World(random);
  const { brokers } = world;
  const asked = Array.from({ length: 2 + random.below(3) }, (_, at) => ({
    sequence: at + 1,
    message: encode(random.pick(KINDS)),
    storedAt: new Date(0),
  }));
  for (const request of asked) brokers.queue.set(request.sequence, request);
  let workers = 0;
  const hands = new Map();
  const give = (request) => {
    workers += 1;
    const worker = workers;
    hands.set(worker, request.sequence);
    void world
      .acceptance(worker)
      .take(WAIT, request)
      .then(() => {
        brokers.queue.delete(request.sequence);
        hands.delete(worker);
      });
  };
  for (let step = 0; brokers.queue.size > 0; step += 1) {
    assert.ok(step < MOST_STEPS, 'it comes to an end');
    // Whatever is in the queue may be given to somebody else, though it is in another's hands.
    if (world.ready.length === 0 || random.chance(0.1)) give(random.pick([...brokers.queue.values()]));
    for (let turn = 0; turn < 12; turn += 1) await null;
    if (world.ready.length > 0) {
      const died = await world.next(step < 60);
      if (died !== undefined) hands.delete(died);
    }
    // The wait ends at any time, in the order of a runner: its result, then its state.
    if (random.chance(0.15)) {
      const open = brokers.read();
      if (open !== undefined) {
        const { vms, options } = JSON.parse(open.text);
        const request = requestIdentity(encode(JSON.stringify({ vms, options })), WAIT.id);
        if (random.chance(0.5)) brokers.putResult({ report: {} }, { request });
        else if (brokers.result !== undefined) brokers.remove(open.revision);
      }
    }
  }
  const open = brokers.read();
  return { asked, brokers, open: open === undefined ? undefined : JSON.parse(open.text) };
}

describe('requests of one id', () => {
  it('leave the first standing and the others answered, whoever dies and whatever comes again', async () => {
    let conflicts = 0;
    for (let seed = 1; seed <= RUNS; seed += 1) {
      const { asked, brokers, open } = await live(seed);
      const identityOf = ({ message }) => requestIdentity(message, WAIT.id);
      const stands = identityOf(asked[0]);
      const held =
        brokers.result?.data.request ??
        requestIdentity(encode(JSON.stringify({ vms: open.vms, options: open.options })), WAIT.id);
      assert.equal(held, stands, `seed ${seed}: another than the first stands`);
      const others = asked
        .filter((request) => identityOf(request) !== stands)
        .map(({ message }) => messageDigest(message));
      assert.deepEqual([...brokers.refusals].sort(), [...new Set(others)].sort(), `seed ${seed}: the refusals`);
      conflicts += others.length;
    }
    assert.ok(conflicts > RUNS / 2, `${conflicts} requests were in conflict`);
  });
});
