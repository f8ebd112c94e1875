import { makeCertificate } from '../../../tests/simulators/certificate.mjs';
import { startFakeVCenter as startServer } from '../../../tests/simulators/fake-vcenter/server.mjs';
import {
  checkFields,
  checkKnown,
  type Field,
  type Fields,
  FLAG,
  isObject,
  isText,
  oneOf,
  unusable,
} from '../util/fields.js';

/** How {@link startFakeVCenter} starts one. */
export interface FakeVCenterOptions {
  /** How many VMs there are to begin with, powered off and named `DC0_H0_VM0` and so on. Default 4. */
  readonly vms?: number;
  /** Whether it speaks HTTPS, with a certificate of its own that ends after 30 days. Default true. */
  readonly tls?: boolean;
  /** Who may log in. Default `administrator@vsphere.local`. */
  readonly user?: string;
  /** Default `VMware1!`. */
  readonly password?: string;
  /** The version of the API. Default `8.0.3.0`; from `8.0.1.0` on there is VI JSON. */
  readonly apiVersion?: string;
  /** Whether VI JSON is served when the version has it. Default true. */
  readonly viJson?: boolean;
  /** Milliseconds after which an idle session ends; 0 for never. Default 0. */
  readonly sessionTimeoutMs?: number;
  /** Milliseconds that the server's clock is ahead of this machine's. Default 0. */
  readonly clockOffsetMs?: number;
  /** How many event collectors there may be at a time: the push takes one. Default 32. */
  readonly maxCollectors?: number;
}

const MAX_VMS = 10_000;
// Timers take 32-bit delays.
const LONGEST_MS = 2 ** 31 - 1;

const wholeNumber = (least: number, most: number): Field => ({
  fits: (value) => Number.isInteger(value) && (value as number) >= least && (value as number) <= most,
  give: `give a whole number from ${least} to ${most}, or leave it out`,
});
const NAME: Field = { fits: (value) => isText(value) && value !== '', give: 'give a text, or leave it out' };
const OFFSET: Field = { fits: Number.isFinite, give: 'give a number of milliseconds' };

const SERVER_OPTIONS: Readonly<Record<keyof FakeVCenterOptions, Field>> = {
  vms: wholeNumber(0, MAX_VMS),
  tls: FLAG,
  user: NAME,
  password: { ...NAME, secret: true },
  apiVersion: {
    fits: (value) => isText(value) && /^\d+(?:\.\d+){1,3}$/.test(value as string),
    give: "give a version such as '8.0.3.0', or leave it out",
  },
  viJson: FLAG,
  sessionTimeoutMs: wholeNumber(0, LONGEST_MS),
  clockOffsetMs: { ...OFFSET, give: 'give a number of milliseconds, or leave it out' },
  maxCollectors: wholeNumber(0, LONGEST_MS),
};

const orNull = (field: Field): Field => ({
  fits: (value) => value === null || field.fits(value),
  give: `${field.give}, null for nothing, or leave it out`,
});
const GUEST_STATUSES = ['IDLE', 'PENDING', 'RUNNING', 'SUCCEEDED', 'FAILED'].map((name) => `TOOLSDEPLOYPKG_${name}`);
const TEXT: Field = { fits: isText, give: 'give a text, or leave it out' };

/** What the members of a command may be. Which a command takes, what it needs and what there is on the server the server says. */
const COMMAND_MEMBERS: Fields = {
  afterMs: wholeNumber(0, LONGEST_MS),
  event: { fits: isText, give: "give an event type, such as 'CustomizationSucceeded'" },
  vm: { fits: isText, give: 'give the id, the inventory path or the name of a VM' },
  fields: {
    fits: (value) => isObject(value) && !Array.isArray(value),
    give: 'give the fields of the event, an object',
  },
  name: { fits: isText, give: 'give a text' },
  template: { fits: isText, give: 'give the id, the inventory path or the name of a VM' },
  folder: { fits: isText, give: 'give an inventory path' },
  customize: FLAG,
  powerOn: FLAG,
  path: { fits: isText, give: 'give a path' },
  status: orNull(oneOf(...GUEST_STATUSES)),
  startTime: TEXT,
  endTime: TEXT,
  errorMsg: TEXT,
  pending: FLAG,
  toolsRunningStatus: orNull(oneOf('guestToolsRunning', 'guestToolsNotRunning', 'guestToolsExecutingScripts')),
  guestOperationsReady: { ...FLAG, fits: (value) => value === null || FLAG.fits(value) },
  entity: { fits: isText, give: 'give the id, the inventory path or the name of an object' },
  offsetMs: OFFSET,
};

/** A VM of a {@link FakeVCenter}. */
export interface FakeVm {
  readonly name: string;
  /** The value of its managed object reference. */
  readonly vm: string;
  /** Its inventory path. */
  readonly path: string;
}

/**
 * What may happen on a {@link FakeVCenter}. A VM is named by its id, its inventory path or its name. With `afterMs` it
 * happens so many milliseconds later.
 */
export type FakeVCenterCommand = { readonly afterMs?: number } & (
  | {
      /**
       * An event of any class, one of a later vCenter too: a name that this server does not know is that of an event of a VM.
       * `fields` are its own, besides `key`, `createdTime` and `userName`. Answers its `key`.
       */
      readonly do: 'post';
      readonly event: string;
      readonly vm?: string;
      readonly fields?: Readonly<Record<string, unknown>>;
    }
  | {
      /**
       * `customize` leaves a specification pending, which the next `powerOn` applies: with the NICs that the VM had then it
       * succeeds, without one that was taken by `removeNic` it fails.
       */
      readonly do: 'powerOn' | 'powerOff' | 'reset' | 'destroy' | 'customize' | 'removeNic';
      readonly vm: string;
    }
  | { readonly do: 'rename'; readonly vm: string; readonly name: string }
  | {
      /** Answers the id of the new VM as `vm`. */
      readonly do: 'clone';
      readonly template: string;
      readonly name: string;
      readonly folder?: string;
      readonly customize?: boolean;
      readonly powerOn?: boolean;
    }
  | { readonly do: 'createFolder'; readonly path: string }
  | { readonly do: 'move'; readonly vm: string; readonly folder: string }
  | {
      /** What the guest tells of its customization: `status` is such as `TOOLSDEPLOYPKG_RUNNING`, null for nothing. */
      readonly do: 'guestInfo';
      readonly vm: string;
      readonly status?: string | null;
      readonly startTime?: string;
      readonly endTime?: string;
      readonly errorMsg?: string;
      readonly pending?: boolean;
      /** Such as `guestToolsRunning`; null for not set. What is never given follows the VM's power. */
      readonly toolsRunningStatus?: string | null;
      /** Whether the guest takes guest operations; null for not set. */
      readonly guestOperationsReady?: boolean | null;
    }
  /** The account has System.Read on this VM no more, or again: it may be seen, but not its guest. */
  | { readonly do: 'denyRead' | 'allowRead'; readonly vm: string }
  /** A property that this server does not have, such as `guest.guestOperationsReady`. */
  | { readonly do: 'lackProperty'; readonly path: string }
  /** Who is not the administrator may no longer see this object, or may again. */
  | { readonly do: 'deny' | 'allow'; readonly entity: string }
  | { readonly do: 'setClock'; readonly offsetMs: number }
  /** Ends all sessions, answers what there is, or the server's time. */
  | { readonly do: 'expireSessions' | 'sessions' | 'collectors' | 'requests' | 'listVms' | 'serverTime' }
);

/** What {@link startFakeVCenter} answers. */
export interface FakeVCenter {
  /** Of the SOAP endpoint, without credentials: `https://127.0.0.1:40000/sdk`. */
  readonly url: string;
  readonly user: string;
  readonly password: string;
  /** SHA-256 of the certificate, `AA:BB:…`; absent without TLS. */
  readonly thumbprint?: string;
  /** The certificate as PEM text; absent without TLS. */
  readonly certificate?: string;
  /** What `connectVCenter` needs to reach it, whatever proxy the environment names. */
  readonly connectOptions: {
    readonly server: string;
    readonly user: string;
    readonly password: string;
    readonly thumbprint?: string;
    readonly insecure?: true;
    readonly environment: Readonly<Record<string, never>>;
  };
  /** The VMs that it began with. */
  readonly vms: readonly FakeVm[];
  /**
   * Makes something happen, before the promise settles.
   * @throws `OptionsError` that names a member which cannot be meant
   * @throws `Error` with the reason when it cannot be done, such as powering on what is on
   */
  do(command: FakeVCenterCommand): Promise<Readonly<Record<string, unknown>>>;
  /** Ends all connections. */
  stop(): Promise<void>;
}

/**
 * Starts a simulated vCenter on a free port of 127.0.0.1. It speaks SOAP and VI JSON as far as a wait for customization needs:
 * sign-in, look-up, events, pushes, guest info, permissions.
 *
 * ```ts
 * const server = await startFakeVCenter();
 * const vcenter = await connectVCenter(server.connectOptions);
 * const { vms } = await vcenter.findVms(['DC0_H0_VM0']);
 * const waiting = waitForCustomization(vcenter.events(), vms);
 * await server.do({ do: 'customize', vm: 'DC0_H0_VM0' });
 * await server.do({ do: 'powerOn', vm: 'DC0_H0_VM0' });
 * console.log((await waiting).vms[0].customizationStatus);
 * await vcenter.close();
 * await server.stop();
 * ```
 * @throws `OptionsError` that names the option
 */
export async function startFakeVCenter(options: FakeVCenterOptions = {}): Promise<FakeVCenter> {
  checkKnown('a fake vCenter', options, SERVER_OPTIONS);
  const { tls = true, ...others } = options;
  const identity = tls ? makeCertificate({ commonName: 'fake vCenter' }) : undefined;
  const server = await startServer({ ...others, certificate: identity?.certificate, key: identity?.key });
  const { url, user, password, vms, stop } = server;
  const run = async (command: FakeVCenterCommand): Promise<Readonly<Record<string, unknown>>> => {
    if (!isObject(command)) {
      throw unusable('the command', command, { give: "give an object such as { do: 'powerOn', vm: 'DC0_H0_VM0' }" });
    }
    checkFields(command, COMMAND_MEMBERS);
    return server.do(command);
  };
  const common = { url, user, password, vms, do: run, stop };
  const connect = { server: url, user, password, environment: {} };
  if (identity === undefined) {
    return { ...common, connectOptions: { ...connect, insecure: true } };
  }
  const { certificate, thumbprint } = identity;
  return { ...common, certificate, thumbprint, connectOptions: { ...connect, thumbprint } };
}
