/** A real vCenter, through a proxy of the page's own origin. */
import { type EventSource, type FoundVm, LoginError, type VmRef } from 'vm-customization';
import { type WatchedVmsOptions, watchedVms } from '../../../bindings/src/page-server/watched-vms.js';
import { connectThrough } from '../../../bindings/src/vsphere/client/connect-browser.js';
import type { VCenter } from '../../../bindings/src/vsphere/client/vcenter.js';
import { count } from '../ui/dom.js';
import { served } from './served.js';
import { ENDLESS, type LiveSource, LOOKBACK_SECONDS, type SourceAddress } from './source.js';

type VCenterAddress = Extract<SourceAddress, { kind: 'vcenter' }>;

const SERVER = '/sdk';
const LOOK_UP_MS = 60_000;

/** Whoever chose a VM wants to see it powered on. */
const CHOSEN = { waitForPowerOn: true } as const;

/** A session. Its password is in the package's memory, for a log-in after the session was lost; nowhere else. */
export class VCenterSession {
  readonly #vcenter: VCenter;
  readonly #user: string;
  /** Where names and patterns without a path are looked for; undefined for every datacenter. */
  readonly datacenter: string | undefined;
  /** It stands: what is tried again and again locks the account. */
  #refusal: LoginError | undefined;

  private constructor(vcenter: VCenter, user: string, datacenter: string | undefined) {
    this.#vcenter = vcenter;
    this.#user = user;
    this.datacenter = datacenter;
  }

  /** @throws LoginError, ConnectionError, UnsupportedServerError */
  static async logIn(user: string, password: string, signal: AbortSignal): Promise<VCenterSession> {
    const page = served();
    const { host, datacenter } = page.kind === 'vcenter' ? page : { host: '', datacenter: undefined };
    const vcenter = await connectThrough(host, { server: SERVER, user, password, signal });
    return new VCenterSession(vcenter, user, datacenter);
  }

  get instanceUuid(): string | undefined {
    return this.#vcenter.instanceUuid;
  }

  get name(): string {
    return this.#vcenter.fullName;
  }

  /** All that the account may see. */
  async all(): Promise<readonly FoundVm[]> {
    return await this.#find(['*'], { datacenter: undefined });
  }

  /**
   * The VMs that these patterns find now; may be none.
   * @param again - they were found before: a name that fits nothing any more is one of a VM that is gone
   * @throws LookupError for a name that fits nothing
   */
  async watchPatterns(patterns: readonly string[], again = false): Promise<LiveSource> {
    return this.#source(await this.#find(patterns, { mayBeGone: again }), patterns);
  }

  /** These VMs. Those that are gone are watched too: the report says so. */
  async watchVms(vms: readonly VmRef[]): Promise<LiveSource> {
    const asked = new Set(vms.map(({ vm }) => vm));
    const all = await this.all();
    const names = new Map(all.filter(({ vm }) => asked.has(vm)).map(({ vm, name }) => [vm, name]));
    const kept = vms.map(({ vm, name }) => ({ vm, name: names.get(vm) ?? name ?? vm }));
    return this.#source(kept, []);
  }

  /** @param leaving - the page goes, and waits for nothing */
  async close(leaving = false): Promise<void> {
    await this.#vcenter.close({ leaving });
  }

  #source(vms: readonly FoundVm[], patterns: readonly string[]): LiveSource {
    const address: VCenterAddress = {
      kind: 'vcenter',
      user: this.#user,
      instanceUuid: this.instanceUuid,
      patterns,
      vms,
    };
    const page = served();
    const where = page.kind === 'vcenter' && page.host !== '' ? page.host : this.name;
    return {
      address,
      title: `${patterns.length > 0 ? patterns.join(' ') : count(vms.length, 'VM')} on ${where}`,
      host: this.#vcenter.host,
      events: this.#events(),
      vms,
      options: { lookbackSeconds: LOOKBACK_SECONDS, ...(patterns.length > 0 ? ENDLESS : CHOSEN) },
      ...(patterns.length > 0
        ? {
            lookUp: {
              everyMs: LOOK_UP_MS,
              find: (signal) => this.#find(patterns, { mayBeGone: true, signal }),
            },
          }
        : {}),
      isLogInRefused: () => this.#refusal !== undefined,
      close: () => this.close(),
    };
  }

  /** Those of the vCenter, whose log-in is not tried again once it was refused. */
  #events(): EventSource {
    const events = this.#vcenter.events();
    return {
      ...(events.readTimeoutMs === undefined ? {} : { readTimeoutMs: events.readTimeoutMs }),
      serverTime: (call) => events.serverTime(call),
      readEvents: (query, call) => events.readEvents(query, call),
      ...(events.readGuestInfo && { readGuestInfo: events.readGuestInfo.bind(events) }),
      ...(events.pushEvents && { pushEvents: events.pushEvents.bind(events) }),
      logIn: (call) => this.#unlessRefused(async () => events.logIn?.(call)),
    };
  }

  /** For calls that log in where the session is gone. */
  async #unlessRefused<T>(call: () => Promise<T>): Promise<T> {
    if (this.#refusal !== undefined) {
      throw this.#refusal;
    }
    try {
      return await call();
    } catch (error) {
      if (error instanceof LoginError) {
        this.#refusal = error;
      }
      throw error;
    }
  }

  #find(patterns: readonly string[], options: Partial<WatchedVmsOptions>): Promise<readonly FoundVm[]> {
    const { datacenter } = this;
    return this.#unlessRefused(() => watchedVms(this.#vcenter, patterns, { datacenter, ...options }));
  }
}
