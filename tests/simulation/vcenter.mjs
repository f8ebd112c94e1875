/** What the vCenter of a world answers, and what becomes of the answer on the way. */
import { randomFrom } from '../conformance/models/random.mjs';
import { serverMs } from './world.mjs';

const PREFIXES = ['', 'vim.event.', 'VMware.Vim.'];

/** @typedef {{ documents: string[], complete: boolean, failures: object[] } | { failure: object } | { hangs: true }} Answer */

export class WorldVCenter {
  #world;
  #faults = { read: new Map(), logIn: new Map(), guestRead: new Map() };
  #counts = { read: 0, logIn: 0, guestRead: 0 };
  #cover;

  /**
   * @param {object} world
   * @param {(what: string) => void} cover called with what has happened
   */
  constructor(world, cover) {
    this.#world = world;
    this.#cover = cover;
    for (const { kind, ...place } of world.faults) {
      const [[call, number]] = Object.entries(place);
      this.#faults[call].set(number, kind);
    }
  }

  /** vCenter's clock, as text. */
  serverTime(at) {
    return new Date(serverMs(this.#world.clock, at)).toISOString();
  }

  /** How long an answer to the next call takes. */
  latencyMs(call) {
    const { latencyMs } = this.#world.vcenter;
    return this.#random(`${call} latency`, this.#counts[call]).below(latencyMs + 1);
  }

  /** @returns {Answer} what a read answers that sees the vCenter as it is at this moment */
  read(query, at) {
    const number = this.#counts.read++;
    const random = this.#random('read', number);
    const refusals = this.#world.refusals.filter((refusal) => refusal.at <= at && query.vms.includes(refusal.vm));
    const fault = this.#faults.read.get(number);
    if (fault) this.#cover(`fault ${fault}`);
    const pages = () => this.#pages(query, at, random);
    switch (fault) {
      case undefined:
        return { documents: pages(), complete: true, failures: this.#told(refusals) };
      case 'hangs':
        return { hangs: true };
      case 'transient':
      case 'notAuthenticated':
      case 'fatal':
        return { failure: { kind: fault, message: `a ${fault} failure` } };
      case 'unwatchedNotFound':
        return { documents: pages(), complete: true, failures: [{ kind: 'notFound', vm: 'vm-999' }] };
      case 'endsEarly':
        return { documents: pages().slice(0, -1), complete: false, failures: [] };
      case 'cutLine': {
        const lines = pages().flatMap((page) => JSON.parse(page).map((event) => JSON.stringify(event)));
        lines.push(JSON.stringify(this.#spelled(this.#world.events[0] ?? NOBODYS, random)));
        return { documents: [`${lines.join('\n').slice(0, -random.pick([1, 5, 40]))}`], complete: true, failures: [] };
      }
      default:
        return { documents: [...pages().slice(0, -1), NO_ANSWERS[fault]], complete: true, failures: [] };
    }
  }

  /** @returns {object | undefined} what a log-in fails with; a kind `hangs` is none */
  logIn() {
    const fault = this.#faults.logIn.get(this.#counts.logIn++);
    if (fault) this.#cover(`fault of log-in: ${fault}`);
    return fault && { kind: fault };
  }

  /** @returns {{ infos: object[] } | { kind: string }} what the properties of these VMs are, or what keeps them from being read */
  readGuestInfo(vms, at) {
    const number = this.#counts.guestRead++;
    const fault = this.#faults.guestRead.get(number);
    if (fault) this.#cover(`fault of guest info: ${fault}`);
    return fault ? { kind: fault } : { infos: this.guests(vms, at, number) };
  }

  guests(vms, at, number = 0) {
    const { guests } = this.#world.vcenter;
    if (guests === 'none') return [];
    const random = this.#random('guests', number);
    return vms.flatMap((vm) => {
      const is = this.#world.states.findLast((state) => state.vm === vm && state.at <= at);
      if (is === undefined || (guests === 'some' && random.chance(0.3))) return [];
      const { at: _, boot: __, startTime, endTime, bootTime, ...rest } = is;
      const time = (ms) => (ms === undefined ? undefined : new Date(serverMs(this.#world.clock, ms)).toISOString());
      const info = { ...rest, startTime: time(startTime), endTime: time(endTime), bootTime: time(bootTime) };
      if (guests === 'some')
        delete info[random.pick(['powerState', 'bootTime', 'pendingCustomization', 'endTime', 'guestOperationsReady'])];
      return [info];
    });
  }

  /**
   * What is pushed, each with its moment. Some is not, which a host is told of if it asks for that, and then pushes end.
   *
   * @param {boolean} [isHonest] whether to say so
   */
  pushes(isHonest = false) {
    const { vcenter, events } = this.#world;
    if (!vcenter.hasPush) return [];
    const random = this.#random('push', 0);
    return events
      .filter(({ seenAt }) => seenAt > 0)
      .map((event) => ({
        at: event.seenAt + random.below(50),
        document: JSON.stringify([this.#spelled(event, random)]),
        isLost: random.chance(0.2),
        ends: random.chance(0.05) ? random.pick(['transient', 'notAuthenticated']) : undefined,
      }))
      .filter(({ isLost }) => isHonest || !isLost)
      .sort((a, b) => a.at - b.at);
  }

  #told(refusals) {
    for (const { kind } of refusals) this.#cover(`fault of one VM: ${kind}`);
    return refusals.map(({ vm, kind }) => ({ vm, kind }));
  }

  /** All that matches, and some that does not, in pages that overlap. */
  #pages({ vms, since, types }, at, random) {
    const { vcenter, events } = this.#world;
    const sinceMs = Date.parse(since);
    const isThere = ({ seenAt, goneAt = Number.POSITIVE_INFINITY }) => seenAt <= at && at < goneAt;
    const found = events.filter(
      (event) =>
        isThere(event) &&
        event.time >= sinceMs &&
        (vms.includes(event.vm) || random.chance(0.3)) &&
        (types.includes(event.type) || event.type.startsWith('Customization') || random.chance(0.3)),
    );
    const told = vcenter.repeats ? [...found, ...found.filter(() => random.chance(0.3))] : found;
    const ordered = (vcenter.shuffles ? random.shuffled(told) : told).map((event) => this.#spelled(event, random));
    const pages = [];
    for (let from = 0; from < ordered.length; from += vcenter.pageSize) {
      pages.push(JSON.stringify(ordered.slice(Math.max(0, from - 1), from + vcenter.pageSize)));
    }
    return pages.length === 0 ? ['[]'] : pages;
  }

  /** One event as VI JSON, in one of the spellings of its type and time. */
  #spelled({ vm, type, key, time, name, reason, logLocation }, random) {
    const { spells } = this.#world.vcenter;
    const text = new Date(time).toISOString();
    return {
      _typeName: (spells ? random.pick(PREFIXES) : '') + type,
      key,
      createdTime: spells ? random.pick([text, text.replace('Z', '499Z'), text.replace('Z', '000+00:00')]) : text,
      ...(vm && { vm: { ...(name && { name }), vm: { type: 'VirtualMachine', value: vm } } }),
      ...(reason && { reason }),
      ...(logLocation && { logLocation }),
    };
  }

  /** The same for the same call, whatever became of others: a world that was made smaller stays what it was. */
  #random(what, number) {
    let hash = this.#world.seed | 0;
    for (const letter of `${what} ${number}`) hash = Math.imul(hash ^ letter.charCodeAt(0), 0x01000193);
    return randomFrom(hash);
  }
}

const NOBODYS = { vm: 'vm-999', type: 'VmStartingEvent', key: 1, time: 0 };

/** What comes in the place of an answer. */
const NO_ANSWERS = {
  null: 'null',
  nothing: '',
  html: '<!DOCTYPE html><html><body>Bad gateway</body></html>',
  anotherAnswer: '{"_typeName":"AboutInfo","name":"VMware vCenter Server"}',
  noEvents: '[{}]',
};
