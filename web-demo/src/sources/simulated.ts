/** A vCenter inside the page: the script's events, as a real one would tell them. */
import type {
  CallOptions,
  Clock,
  EventPage,
  EventQuery,
  EventSource,
  GuestCallOptions,
  GuestReading,
  Recording,
} from 'vm-customization';
import { count } from '../ui/dom.js';
import { Script, type ScriptedEvent } from './script.js';
import type { LiveSource, SourceAddress } from './source.js';

type SimulatedAddress = Extract<SourceAddress, { kind: 'simulated' }>;

/** The most VMs that are simulated. */
export const MAX_SIMULATED = 5_000;
const VMS = 8;

/** Hints come early: a visitor does not wait for ten minutes. */
const OPTIONS = { timeoutSeconds: 75, stuckAfterSeconds: 36, waitForPowerOn: true } as const;

/** Events that come close to each other are pushed together, as a vCenter does. */
const SHORTEST_PUSH_MS = 50;
/** Timers take 32-bit delays. */
const LONGEST_SLEEP_MS = 2 ** 31 - 1;
/** At the script's pace. */
const LOOK_UP_MS = 10_000;

/** Where a recorded script begins: any time does, as long as it is the same each time. */
const RECORDED_AT = '2026-03-01T10:00:00.000Z';

/** A new one, from its beginning. */
export function simulatedAddress(given: Partial<SimulatedAddress> = {}): SimulatedAddress {
  return { kind: 'simulated', vms: VMS, startedAtMs: Math.floor(wallClock()), speed: 1, loop: false, ...given };
}

/** The simulated vCenter of an address: the same address tells the same at the same time. */
export function simulatedSource(address: SimulatedAddress): LiveSource {
  const script = new Script(address.vms, address.loop);
  const events = new SimulatedVCenter(script, address);
  return {
    address,
    title: `Simulated vCenter, ${count(address.vms, 'VM')}`,
    host: 'Simulated vCenter',
    events,
    vms: script.vmsAt(events.nowMs),
    options: OPTIONS,
    clock: clockOf(address.speed),
    ...(address.loop
      ? { lookUp: { everyMs: LOOK_UP_MS / address.speed, find: async () => script.vmsAt(events.nowMs) } }
      : {}),
    close: async () => undefined,
  };
}

/** Runs as fast as the script, so that deadlines and hints come where they come at speed 1. */
function clockOf(speed: number): Clock {
  return {
    now: () => performance.now() * speed,
    sleep: (ms, signal) => sleep(ms / speed, signal),
  };
}

/** The script as a recording: what a link to a position in it opens. */
export function simulatedRecording(vms: number): Recording {
  const script = new Script(vms, false);
  const startedAtMs = Date.parse(RECORDED_AT);
  const asObject = (event: ScriptedEvent): object => viJson(event, startedAtMs);
  const { stuckAfterSeconds } = OPTIONS;
  const refs = script.vmsAt(0);
  const steps: Recording['steps'][number][] = [
    { atMs: 0, events: script.events(Number.NEGATIVE_INFINITY, 0).map(asObject) },
  ];
  const all = script.events(0, Number.MAX_SAFE_INTEGER);
  for (let next = 0; next < all.length; ) {
    const { atMs } = all[next] as ScriptedEvent;
    let until = next;
    while (all[until]?.atMs === atMs) {
      until += 1;
    }
    steps.push({ atMs, events: all.slice(next, until).map(asObject), complete: false });
    next = until;
  }
  // Known before the first hint.
  const asked = (stuckAfterSeconds - 1) * 1_000;
  const guests = script.guests(
    refs.map(({ vm }) => vm),
    asked,
  );
  for (const guestInfo of guests) {
    steps.push({ atMs: asked, guestInfo });
  }
  steps.push({ atMs: 60_000, events: [] });
  steps.sort((left, right) => left.atMs - right.atMs);
  return { format: 'vm-customization-recording/1', startedAt: RECORDED_AT, vms: refs, options: OPTIONS, steps };
}

class SimulatedVCenter implements EventSource {
  readonly #script: Script;
  readonly #address: SimulatedAddress;

  constructor(script: Script, address: SimulatedAddress) {
    this.#script = script;
    this.#address = address;
  }

  /** Milliseconds of the script's time. */
  get nowMs(): number {
    return Math.max(0, wallClock() - this.#address.startedAtMs) * this.#address.speed;
  }

  async serverTime(): Promise<Date> {
    return new Date(this.#address.startedAtMs + this.nowMs);
  }

  async readEvents(query: EventQuery): Promise<EventPage> {
    const sinceMs = Date.parse(query.since) - this.#address.startedAtMs;
    const vms = new Set(query.vms);
    return { events: this.#asked(this.#script.events(sinceMs - 1, this.nowMs), query, vms) };
  }

  async readGuestInfo(
    vms: readonly string[],
    { readiness = false }: GuestCallOptions,
  ): Promise<readonly GuestReading[]> {
    return this.#script.guests(vms, this.nowMs, readiness);
  }

  async *pushEvents(query: EventQuery, { signal }: CallOptions): AsyncGenerator<EventPage> {
    let toldMs = this.nowMs;
    yield { events: [] };
    while (!signal.aborted) {
      const nextMs = this.#script.nextAfter(toldMs);
      if (nextMs === undefined) {
        await sleep(Number.POSITIVE_INFINITY, signal);
        return;
      }
      await sleep(Math.max(SHORTEST_PUSH_MS, (nextMs - this.nowMs) / this.#address.speed), signal);
      const untilMs = this.nowMs;
      const events = this.#asked(this.#script.events(toldMs, untilMs), query);
      toldMs = untilMs;
      if (events.length > 0) {
        yield { events };
      }
    }
  }

  #asked(events: readonly ScriptedEvent[], query: EventQuery, vms?: ReadonlySet<string>): readonly object[] {
    const types = new Set(query.types);
    return events
      .filter((event) => types.has(event.type) && (vms?.has(event.vm) ?? true))
      .map((event) => viJson(event, this.#address.startedAtMs));
  }
}

/** Goes on at the same pace over a reload, and does not jump with the computer's clock in between. */
function wallClock(): number {
  return performance.timeOrigin + performance.now();
}

function viJson({ atMs, key, type, vm, name, fields, message }: ScriptedEvent, startedAtMs: number): object {
  return {
    _typeName: type,
    key,
    chainId: key,
    createdTime: new Date(startedAtMs + atMs).toISOString(),
    userName: type.startsWith('Customization') ? '' : 'VSPHERE.LOCAL\\Administrator',
    datacenter: {
      _typeName: 'DatacenterEventArgument',
      name: 'DC',
      datacenter: { _typeName: 'ManagedObjectReference', type: 'Datacenter', value: 'datacenter-3' },
    },
    vm: {
      _typeName: 'VmEventArgument',
      name,
      vm: { _typeName: 'ManagedObjectReference', type: 'VirtualMachine', value: vm },
    },
    fullFormattedMessage: message,
    changeTag: '',
    template: false,
    ...fields,
  };
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = ms === Number.POSITIVE_INFINITY ? undefined : setTimeout(done, Math.min(ms, LONGEST_SLEEP_MS));
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
    signal.addEventListener('abort', done);
    if (signal.aborted) {
      done();
    }
  });
}
