/** What happens in the simulated vCenter, as a pure function of the time since its start. */
import type { GuestInfo, VmRef } from 'vm-customization';

/** One event of the script. */
export interface ScriptedEvent {
  /** Milliseconds since the start of the script. */
  readonly atMs: number;
  readonly key: number;
  readonly type: string;
  readonly vm: string;
  readonly name: string;
  /** What the type has beside what all have. */
  readonly fields: Readonly<Record<string, string>>;
  readonly message: string;
}

type Beat = readonly [atMs: number, type: string, fields?: Readonly<Record<string, string>>];
type Plot = readonly Beat[];

const LINUX_LOG = '/var/log/vmware-imc/toolsDeployPkg.log';
const WINDOWS_LOG = 'C:/Windows/TEMP/vmware-imc/guestcust.log';

const linux = (onMs: number, startMs: number, rebootMs: number, endMs: number): Plot => [
  [onMs, 'VmStartingEvent'],
  [onMs + 400, 'VmPoweredOnEvent'],
  [startMs, 'CustomizationStartedEvent', { logLocation: LINUX_LOG }],
  [rebootMs, 'VmGuestRebootEvent'],
  [endMs, 'CustomizationSucceeded', { logLocation: LINUX_LOG }],
];

const WINDOWS: Plot = [
  [-900, 'VmStartingEvent'],
  [-300, 'DrsVmPoweredOnEvent'],
  [3_400, 'CustomizationStartedEvent', { logLocation: WINDOWS_LOG }],
  [11_000, 'VmGuestRebootEvent'],
  [23_500, 'VmGuestRebootEvent'],
  [38_000, 'CustomizationSucceeded', { logLocation: WINDOWS_LOG }],
];

const SYSPREP_FAILED: Plot = [
  [1_500, 'VmStartingEvent'],
  [2_100, 'VmPoweredOnEvent'],
  [6_200, 'CustomizationStartedEvent', { logLocation: WINDOWS_LOG }],
  [14_000, 'VmGuestRebootEvent'],
  [
    26_400,
    'CustomizationSysprepFailed',
    {
      reason: 'sysprepFailed',
      logLocation: WINDOWS_LOG,
      sysprepVersion: '10.0.20348.1',
      systemVersion: '10.0.20348.2113',
    },
  ],
];

const POWER_CYCLE: Plot = [
  [-2_000, 'VmStartingEvent'],
  [-1_400, 'VmPoweredOnEvent'],
  [2_600, 'CustomizationStartedEvent', { logLocation: LINUX_LOG }],
  [9_000, 'VmPoweredOffEvent'],
  [12_500, 'VmStartingEvent'],
  [13_000, 'VmPoweredOnEvent'],
  [17_200, 'CustomizationStartedEvent', { logLocation: LINUX_LOG }],
  [29_000, 'CustomizationSucceeded', { logLocation: LINUX_LOG }],
];

/** A specification is pending, and nothing begins. */
const STUCK: Plot = [
  [800, 'VmStartingEvent'],
  [1_300, 'VmPoweredOnEvent'],
];

const NO_STARTED: Plot = [
  [2_000, 'VmStartingEvent'],
  [2_500, 'VmPoweredOnEvent'],
  [19_000, 'CustomizationSucceeded', { logLocation: LINUX_LOG }],
];

const NETWORK_FAILED: Plot = [
  [1_000, 'VmStartingEvent'],
  [5_000, 'CustomizationStartedEvent', { logLocation: LINUX_LOG }],
  [16_000, 'CustomizationNetworkSetupFailed', { reason: 'networkSetupFailed', logLocation: '/var/log/cloud-init.log' }],
];

const CAST: readonly (readonly [name: string, plot: Plot])[] = [
  ['web-1', linux(-1_500, 600, 5_200, 9_800)],
  ['db-1', linux(4_000, 8_400, 13_000, 21_500)],
  ['win-app-1', WINDOWS],
  ['win-app-2', SYSPREP_FAILED],
  ['cache-1', POWER_CYCLE],
  ['edge-1', NO_STARTED],
  ['legacy-1', STUCK],
  ['build-1', []],
];

const LINUX = linux(-500, 2_500, 6_500, 12_000);

/** Of the many: most go well. */
function plotOf(index: number): { name: string; plot: Plot } {
  const cast = CAST[index];
  if (cast !== undefined) {
    return { name: cast[0], plot: cast[1] };
  }
  const shiftMs = (index * 7_919) % 24_000;
  const shifted = (plot: Plot): Plot => plot.map(([atMs, type, fields]) => [atMs + shiftMs, type, fields ?? {}]);
  const kind = index % 32;
  const [role, plot]: [string, Plot] =
    kind === 31
      ? ['spare', []]
      : kind === 30
        ? ['legacy', STUCK]
        : kind === 29
          ? ['edge', NETWORK_FAILED]
          : kind === 28
            ? ['win', SYSPREP_FAILED]
            : kind >= 22
              ? ['win', WINDOWS]
              : kind >= 19
                ? ['cache', POWER_CYCLE]
                : kind === 18
                  ? ['edge', NO_STARTED]
                  : [kind % 2 === 0 ? 'web' : 'db', LINUX];
  return { name: `${role}-${index + 1}`, plot: shifted(plot) };
}

/** A guest reboots after its success. */
const BOOT_MS = 5_000;
/** After this long the script begins again, where it does. */
const PERIOD_MS = 70_000;
/** Each time round one VM of so many is replaced by a new one. */
const REPLACED_OF = 10;
/** Who asks for what is older than this many rounds gets the newest only; nobody does but a page that slept. */
const ROUNDS_KEPT = 6;

/** The script of so many VMs. */
export class Script {
  readonly #plots: readonly { readonly name: string; readonly plot: Plot }[];
  readonly #loop: boolean;
  readonly #rounds = new Map<number, readonly ScriptedEvent[]>();

  constructor(vms: number, loop: boolean) {
    this.#plots = Array.from({ length: vms }, (_, index) => plotOf(index));
    this.#loop = loop;
  }

  vmsAt(atMs: number): readonly VmRef[] {
    const round = this.#roundAt(atMs);
    return this.#plots.map(({ name }, index) => ({ vm: this.#idOf(index, round), name }));
  }

  /** Events after the one time and up to the other, in order. */
  events(afterMs: number, untilMs: number): readonly ScriptedEvent[] {
    const last = this.#roundAt(untilMs + PERIOD_MS / 2);
    const first = Math.max(0, this.#roundAt(afterMs) - 1, last - ROUNDS_KEPT);
    const found: ScriptedEvent[] = [];
    for (let round = first; round <= last; round += 1) {
      const events = this.#round(round);
      for (let next = placeAfter(events, afterMs); (events[next]?.atMs ?? untilMs + 1) <= untilMs; next += 1) {
        found.push(events[next] as ScriptedEvent);
      }
    }
    return found;
  }

  /** When the next event comes. */
  nextAfter(atMs: number): number | undefined {
    const round = this.#roundAt(atMs);
    const times = [round, ...(this.#loop ? [round + 1] : [])].flatMap((each) => {
      const events = this.#round(each);
      return events[placeAfter(events, atMs)]?.atMs ?? [];
    });
    return times.length === 0 ? undefined : Math.min(...times);
  }

  /** What the guests say: whether a specification is pending, and where that is asked whether they are ready. */
  guests(vms: readonly string[], atMs: number, readiness = false): readonly GuestInfo[] {
    const round = this.#roundAt(atMs);
    const plots = new Map(this.#plots.map(({ plot }, index) => [this.#idOf(index, round), plot]));
    return vms.flatMap((vm) => {
      const plot = plots.get(vm);
      if (plot === undefined) {
        return [];
      }
      const scriptMs = atMs - round * PERIOD_MS;
      const started = plot.some(([at, type]) => type.startsWith('Customization') && at <= scriptMs);
      const isUp = plot.some(([at, type]) => type === 'CustomizationSucceeded' && at + BOOT_MS <= scriptMs);
      const told = {
        toolsRunningStatus: isUp ? 'guestToolsRunning' : 'guestToolsNotRunning',
        guestOperationsReady: isUp,
      };
      return [{ vm, pendingCustomization: !started, ...(readiness ? told : {}) }];
    });
  }

  #roundAt(atMs: number): number {
    return this.#loop ? Math.max(0, Math.floor(atMs / PERIOD_MS)) : 0;
  }

  #idOf(index: number, round: number): string {
    // The hand-written ones stay: people look at them.
    const generation = index < CAST.length ? 0 : Math.floor((round + index) / REPLACED_OF);
    return `vm-${101 + index + generation * this.#plots.length}`;
  }

  #round(round: number): readonly ScriptedEvent[] {
    const kept = this.#rounds.get(round);
    if (kept !== undefined) {
      return kept;
    }
    const events = this.#plots
      .flatMap(({ name, plot }, index) =>
        plot.map(([atMs, type, fields = {}]) => ({ atMs: atMs + round * PERIOD_MS, type, fields, index, name })),
      )
      .sort((left, right) => left.atMs - right.atMs || left.index - right.index)
      .map(({ index, ...event }, place, all) => ({
        ...event,
        vm: this.#idOf(index, round),
        // Keys are 32-bit, and wrap in the field too.
        key: (812_001 + round * all.length + place) | 0,
        message: messageOf(event.type, event.name, event.fields),
      }));
    for (const old of this.#rounds.keys()) {
      if (old < round - ROUNDS_KEPT) {
        this.#rounds.delete(old);
      }
    }
    this.#rounds.set(round, events);
    return events;
  }
}

/** Where the events after this time begin. */
function placeAfter(events: readonly ScriptedEvent[], atMs: number): number {
  let [from, to] = [0, events.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if ((events[middle] as ScriptedEvent).atMs <= atMs) {
      from = middle + 1;
    } else {
      to = middle;
    }
  }
  return from;
}

function messageOf(type: string, name: string, fields: Readonly<Record<string, string>>): string {
  const log =
    fields.logLocation === undefined ? '' : ` Customization log located at ${fields.logLocation} in the guest OS.`;
  switch (type) {
    case 'CustomizationStartedEvent':
      return `Started customization of VM ${name}.${log}`;
    case 'CustomizationSucceeded':
      return `Customization of VM ${name} succeeded.${log}`;
    case 'CustomizationSysprepFailed':
      return `The version of Sysprep ${fields.sysprepVersion} provided for customizing VM ${name} does not match the version of guest OS ${fields.systemVersion}.${log}`;
    case 'CustomizationNetworkSetupFailed':
      return `An error occurred while setting up network properties of the guest OS of VM ${name}.${log}`;
    case 'VmStartingEvent':
      return `${name} on host esx1.example.com in DC is starting`;
    case 'VmGuestRebootEvent':
      return `Guest OS reboot for ${name} on esx1.example.com in DC`;
    case 'VmPoweredOffEvent':
      return `${name} on esx1.example.com in DC is powered off`;
    default:
      return `${name} on esx1.example.com in DC is powered on`;
  }
}
