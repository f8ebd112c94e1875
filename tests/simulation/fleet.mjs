/**
 * One wait of a fleet: workers that die between any two steps, what the brokers have of it, and workers that do not know
 * yet that they have lost it. The worker's decisions are those that ship.
 */
import { isDeepStrictEqual } from 'node:util';
import { WaitProgress } from '../../bindings/fleet/dist/decisions/wait-progress.js';
import { newState } from '../../bindings/fleet/dist/messages/wait-state.js';
import { randomFrom } from '../conformance/models/random.mjs';
import { Wrong } from './oracle.mjs';
import { live } from './scripted-host.mjs';

/**
 * Lives through a world by workers of a fleet.
 *
 * @param {object} world
 * @param {object} [how] as `live` takes it
 * @param {typeof WaitProgress} [how.Progress] another worker's decisions: to see that what is wrong is noticed
 */
export function liveInFleet(world, how = {}) {
  const random = randomFrom(world.seed);
  return live(withCrashes(world, random), {
    ...how,
    keeper: new Fleet(world, random, how.cover, how.Progress),
  });
}

/** More than a world has of itself, where the time that a worker is gone can be told. */
function withCrashes(world, random) {
  const { clock, options } = world;
  if (!isPlain(clock)) return world;
  const crashes = Array.from({ length: random.below(4) }, () => ({
    at: random.below(options.timeoutSeconds * 1000 + 3_000),
    do: 'crash',
    downMs: random.pick([0, 500, 3_000, 30_000]),
  }));
  return { ...world, actions: [...world.actions, ...crashes].sort((a, b) => a.at - b.at) };
}

function isPlain({ rate, steps }) {
  return rate === 1 && steps.length === 0;
}

/** What the brokers have: a state that is compared and set, and subjects that are written once. */
class Brokers {
  revision = 1;
  state;
  transitions = new Map();
  results = [];

  update(state, revision) {
    if (this.state === undefined || revision !== this.revision) return undefined;
    this.state = state;
    this.revision += 1;
    return this.revision;
  }

  transition(transition) {
    if (!this.transitions.has(transition.n)) this.transitions.set(transition.n, transition);
  }

  result(outcome) {
    if (this.results.length === 0) this.results.push(outcome);
  }

  remove(revision) {
    if (revision === this.revision) this.state = undefined;
  }
}

/** Keeps a run as a fleet does: whoever goes on with it has what is in the bucket, and no more. */
class Fleet {
  #random;
  #cover;
  #Progress;
  #brokers = new Brokers();
  /** The truth at the time of each snapshot. */
  #truths = new WeakMap();
  #worker;
  /** Those that have lost the wait, and do not know it. */
  #former = [];
  #lives = 0;
  #mayCrash;

  constructor({ vms, clock }, random, cover = () => undefined, Progress = WaitProgress) {
    this.#random = random;
    this.#cover = cover;
    this.#Progress = Progress;
    this.#mayCrash = isPlain(clock);
    const request = { request: 1, requestedAt: '2026-03-01T10:00:00.000Z' };
    this.#brokers.state = newState({ vcenter: 'east', id: 'one' }, { vms, options: {} }, request, 'worker/0');
  }

  /** @param {() => {snapshot: object, truth: object}} take what to go on from */
  begin(take) {
    const worker = { take };
    const snapshot = () => {
      const { snapshot: taken, truth } = worker.take();
      this.#truths.set(taken, truth);
      return taken;
    };
    worker.progress = new this.#Progress(this.#brokers.state, this.#brokers.revision, snapshot);
    worker.progress.begun(undefined);
    this.#worker = worker;
  }

  after(update, report) {
    for (const { type, transition } of update.outputs) {
      if (type === 'transition') this.#worker.progress.transition(transition);
    }
    if (update.ended) this.#worker.progress.ended({ report });
    for (let steps = this.#random.below(4); steps > 0; steps -= 1) this.#step(this.#worker);
    this.#formerSteps(0.2);
  }

  /** The worker dies, or is cut off from the fleet. Answers what another goes on from; nothing before there is anything. */
  crash() {
    if (this.#brokers.state?.snapshot === undefined) return undefined;
    const worker = this.#worker;
    this.#worker = undefined;
    const last = worker.take();
    worker.take = () => last;
    if (this.#random.chance(0.5)) {
      this.#cover('fleet: a worker that is cut off');
      this.#former.push(worker);
    } else {
      this.#halfStep(worker.progress.next());
    }
    return this.#adopted();
  }

  /** As a worker takes a wait over: from then on nobody else can write. */
  #adopted() {
    const { state, revision } = this.#brokers;
    if (state === undefined) return { over: true };
    this.#lives += 1;
    this.#cover('fleet: another worker');
    this.#brokers.update({ ...state, owner: `worker/${this.#lives}`, write: state.write + 1 }, revision);
    if (this.#brokers.results.length > 0) {
      this.#cover('fleet: a result that is there already');
      this.#brokers.remove(this.#brokers.revision);
      return { over: true };
    }
    // Between its look for a result and its first step.
    this.#formerSteps(0.5);
    return { snapshot: state.snapshot, truth: this.#truths.get(state.snapshot) };
  }

  #formerSteps(chance) {
    this.#former = this.#former.filter((worker) => {
      let goesOn = true;
      while (goesOn && this.#random.chance(chance)) goesOn = this.#step(worker);
      return goesOn;
    });
  }

  /** Does the next thing; false where there is nothing to do, or the wait is another's. */
  #step({ progress }) {
    const action = progress.next();
    switch (action.type) {
      case 'write': {
        const revision = this.#brokers.update(action.state, action.revision);
        if (revision === undefined) return false;
        progress.wrote(action.state, revision);
        return true;
      }
      case 'tell':
        for (const transition of action.transitions) this.#brokers.transition(transition);
        progress.told();
        return true;
      case 'conclude':
        this.#brokers.result(action.outcome);
        progress.concluded();
        return true;
      case 'remove':
        this.#brokers.remove(action.revision);
        progress.removed();
        return true;
      default:
        return false;
    }
  }

  /** It dies while it does it: some of it is done, and it does not know. */
  #halfStep(action) {
    if (this.#random.chance(0.3)) return;
    this.#cover(`fleet: dies at ${action.type}`);
    if (action.type === 'write') this.#brokers.update(action.state, action.revision);
    if (action.type === 'conclude') this.#brokers.result(action.outcome);
    if (action.type === 'remove') this.#brokers.remove(action.revision);
    // They are told side by side.
    if (action.type === 'tell') {
      for (const transition of action.transitions) {
        if (this.#random.chance(0.5)) this.#brokers.transition(transition);
      }
    }
  }

  /** Does what is left, and judges what was told; or dies first. */
  end() {
    const dies = this.#worker !== undefined && this.#mayCrash && this.#random.chance(0.3);
    const left = dies ? this.crash() : undefined;
    if (left?.snapshot !== undefined) return left;
    for (const worker of [this.#worker, ...this.#former].filter(Boolean)) {
      for (let steps = 0; this.#step(worker); steps += 1) {
        if (steps > 1000) throw new Wrong('the worker never comes to an end');
      }
    }
    const { state, transitions, results } = this.#brokers;
    const [outcome] = results;
    if (outcome === undefined) throw new Wrong('the wait has ended without a result');
    if (state !== undefined) throw new Wrong('the wait has ended, and its state is still there');
    const told = [...transitions.values()].sort((a, b) => a.n - b.n);
    if (!isDeepStrictEqual(told, outcome.report.transitions)) {
      throw new Wrong(
        `told are ${JSON.stringify(told)}, and the result has ${JSON.stringify(outcome.report.transitions)}`,
      );
    }
    return left;
  }
}
