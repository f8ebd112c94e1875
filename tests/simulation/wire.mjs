/** The vCenter of a world as a server, and the real client of it: all but the sockets. */
import { VCenter } from '../../bindings/dist/node.js';
import { randomFrom } from '../conformance/models/random.mjs';
import { fakeVCenter } from '../simulators/fake-vcenter/server.mjs';
import { exchange } from '../simulators/in-memory.mjs';
import { KINDS } from '../vcenter/fault-matrix/kinds.mjs';
import { serverMs } from './world.mjs';

/** What may come in place of the answer to any call. */
const KINDS_OF_TROUBLE = Object.keys(KINDS).filter((kind) => KINDS[kind].methods === undefined);

/** Those that say nothing, which VI JSON may in place of an empty list. */
const NOTHINGS = ['no body', 'an empty envelope'];

/** The same world with the VMs that the server has, and the types that it can be asked for. */
export function onTheWire(world, ids) {
  const types = { CustomizationOfALaterReleaseFailed: 'CustomizationUnknownFailure' };
  const text = JSON.stringify(world).replaceAll(/"(vm-1\d\d|CustomizationOfALaterReleaseFailed)"/g, (_, word) =>
    JSON.stringify(types[word] ?? ids[world.vms.findIndex(({ vm }) => vm === word)] ?? word),
  );
  const moved = JSON.parse(text);
  if (moved.faults.length === 0) return moved;
  // Time down is told by two answers of the vCenter, and is as wrong as these are late.
  const waits = moved.waits.map((wait) => ({
    ...wait,
    actions: wait.actions.filter((action) => action.do !== 'crash'),
  }));
  return { ...moved, waits };
}

/** A server, and whoever is connected to it. */
export class Wire {
  requests = 0;
  #world;
  #clock;
  #begunAt;
  #server;
  #cover;
  #random;
  #isTroubled = false;
  /** The questions of VI JSON that were answered with nothing. */
  #unanswered = new Set();
  #offset;

  /** @param {object} world @param {object} clock @param {(what: string) => void} cover */
  constructor(world, clock, cover) {
    this.#clock = clock;
    this.#begunAt = clock.now();
    this.#cover = cover;
    this.#random = randomFrom(world.seed ^ 0x5bd1e995);
    const { pick } = this.#random;
    this.wire = pick(['soap', 'vi-json']);
    this.#server = fakeVCenter({
      vms: world.vms.length,
      clock,
      updates: pick(['each', 'coalesced']),
      pageOrder: pick(['newestFirst', 'oldestFirst', 'shuffled']),
      matchBaseTypes: pick([true, false]),
      leakCollectors: false,
    });
    this.world = onTheWire(
      world,
      this.#server.vms.map(({ vm }) => vm),
    );
    this.#world = this.world;
    this.#offset = world.clock.startedAt - performance.timeOrigin - this.#begunAt;
    this.#setClock(0);
    for (const [at, vm] of this.#server.state.inventory.vms().entries()) vm.name = this.world.vms[at].name;
  }

  /** @param {new (source: object, clock: object) => object} Shared what makes one source of it for several waits */
  async connect(Shared) {
    const { user, password } = this.#server;
    this.vcenter = await VCenter.connect(
      this.#transport,
      { user, password },
      { protocol: this.wire, clock: this.#clock },
    );
    this.#isTroubled = true;
    return new Shared(this.vcenter.sourceOf({ forMany: true }), this.#clock);
  }

  /** Whether the client has left anything. */
  async close() {
    this.#isTroubled = false;
    await this.vcenter.close();
    const { sessions, eventCollectors } = this.#server.state;
    const left = { sessions: sessions.list().length, collectors: eventCollectors.count().count };
    this.#server.end();
    return left;
  }

  /** What becomes of the VMs, from now on and before. */
  async happen(until) {
    const { events, states, refusals, clock } = this.#world;
    const steps = [
      ...events.map((event) => ({ at: event.seenAt, do: () => this.#post(event) })),
      ...states.map((state) => ({ at: state.at, do: () => this.#become(state) })),
      ...refusals.map((refusal) => ({ at: refusal.at, do: () => this.#refuse(refusal) })),
      ...clock.steps.map((step) => ({ at: step.at, do: () => this.#setClock(step.at) })),
      ...this.#world.faults
        .filter(({ kind }) => kind === 'notAuthenticated')
        .map((_, place) => ({ at: 15_000 * (place + 1), do: () => this.#server.state.sessions.endAll() })),
    ].sort((a, b) => a.at - b.at);
    for (const step of steps) {
      if (step.at > 0) await until(step.at);
      step.do();
    }
  }

  #setClock(at) {
    this.#server.state.setClockOffset(
      this.#offset + serverMs(this.#world.clock, at) - this.#world.clock.startedAt - at,
    );
  }

  #vm(id) {
    return this.#server.state.inventory.vms().find(({ ref }) => ref.value === id);
  }

  #post({ vm, type, key, time, reason, logLocation }) {
    if (this.#vm(vm) === undefined) return;
    const texts = { ...(reason && { reason }), ...(logLocation && { logLocation }) };
    const fields = { key, createdTime: new Date(time).toISOString(), ...texts };
    this.#server.do({ do: 'post', vm, event: type, fields }).catch(() => undefined);
  }

  #become({ vm: id, powerState, bootTime, customizationStatus, startTime, endTime, errorMsg, ...rest }) {
    const vm = this.#vm(id);
    if (vm === undefined) return;
    vm.poweredOn = powerState === 'poweredOn';
    const ms = (at) => (at === undefined ? undefined : new Date(serverMs(this.#world.clock, at)).toISOString());
    if (bootTime !== undefined) vm.bootTime = BigInt(serverMs(this.#world.clock, bootTime)) * 1_000_000n;
    this.#server
      .do({
        do: 'guestInfo',
        vm: id,
        status: customizationStatus ?? null,
        startTime: ms(startTime),
        endTime: ms(endTime),
        errorMsg,
        pending: rest.pendingCustomization,
        toolsRunningStatus: rest.toolsRunningStatus ?? null,
        guestOperationsReady: rest.guestOperationsReady ?? null,
      })
      .catch(() => undefined);
  }

  #refuse({ vm: id, kind }) {
    const vm = this.#vm(id);
    if (vm === undefined) return;
    if (kind === 'notFound') this.#server.state.inventory.remove(vm);
    else this.#server.state.sessions.denied.add(id);
    this.#server.state.changed();
  }

  // ---- a transport

  #transport = { host: 'vc', path: '/sdk', send: (request) => this.#send(request), close: () => undefined };

  #send(request) {
    request.signal.throwIfAborted();
    this.requests += 1;
    const kind = this.#troubleOf(request);
    if (kind !== undefined) this.#cover(`fault of a call: ${kind}`);
    const trouble = kind && ((call) => KINDS[kind].answer({ wire: this.wire, memory: {}, ...call }));
    return exchange(this.#server, request, this.#clock, trouble);
  }

  #troubleOf({ path, body }) {
    const question = `${path} ${body}`;
    const wasNothing = this.#unanswered.delete(question);
    if (!this.#isTroubled || !this.#random.chance(this.#world.faults.length / 200)) return undefined;
    const kind = this.#random.pick(KINDS_OF_TROUBLE);
    if (this.wire !== 'vi-json' || !NOTHINGS.includes(kind)) return kind;
    // Nothing that is said twice is an empty list by the rules (Observations): nobody could tell that it is a lie.
    if (wasNothing) return undefined;
    this.#unanswered.add(question);
    return kind;
  }
}
