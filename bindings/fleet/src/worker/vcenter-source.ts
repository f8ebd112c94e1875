/**
 * The events of one vCenter for all waits on it, over one session, which is begun when the first asks and again when it is
 * lost. What is wrong with the configuration never ends a wait: it is put right while the wait goes on.
 */
import { readFileSync } from 'node:fs';
import {
  type CallOptions,
  type ConnectOptions,
  connectVCenter,
  type EventPage,
  type EventPush,
  type EventQuery,
  type EventSource,
  type GuestCallOptions,
  type GuestReading,
  LoginError,
  type NodeVCenter,
  ReadError,
} from 'vm-customization';
import type { VCenterConfig } from '../config/config.js';
import { firstLine, type Secret, SecretFile } from '../secret-file.js';
import { type Log, messageOf } from './log.js';

/** What it tells. */
export interface VCenterSourceEvents {
  /** Whether the password in the file is one that the vCenter has refused. */
  logInRefused(isRefused: boolean): void;
}

interface Session {
  readonly vcenter: NodeVCenter;
  readonly source: EventSource;
  readonly secret: Secret;
}

// Waits that miss the session ask for it together, and in a row.
const RECONNECT_MS = 1_000;
const READ_TIMEOUT_MS = 150_000;

export class VCenterSource implements EventSource {
  readonly readTimeoutMs = READ_TIMEOUT_MS;
  readonly #name: string;
  readonly #config: VCenterConfig;
  readonly #log: Log;
  readonly #events: VCenterSourceEvents;
  readonly #password: SecretFile;
  #session: Promise<Session> | undefined;
  #instanceUuid: string | undefined;
  #failed: { readonly error: ReadError; readonly at: number } | undefined;
  #closed = false;

  constructor(name: string, config: VCenterConfig, log: Log, events: VCenterSourceEvents) {
    this.#name = name;
    this.#config = config;
    this.#password = new SecretFile(config.passwordFile);
    this.#log = log;
    this.#events = events;
  }

  /** The vCenter's own id; undefined before the first session, and where it does not say. */
  get instanceUuid(): string | undefined {
    return this.#instanceUuid;
  }

  async serverTime(options: CallOptions): Promise<Date> {
    const { source } = await this.#current();
    return source.serverTime(options);
  }

  async readEvents(query: EventQuery, options: CallOptions): Promise<EventPage> {
    const { source } = await this.#current();
    return source.readEvents(query, options);
  }

  async readGuestInfo(vms: readonly string[], options: GuestCallOptions): Promise<readonly GuestReading[]> {
    const { source } = await this.#current();
    return (await source.readGuestInfo?.(vms, options)) ?? [];
  }

  async *pushEvents(query: EventQuery, options: CallOptions): EventPush {
    const { source } = await this.#current();
    if (source.pushEvents !== undefined) {
      yield* source.pushEvents(query, options);
    }
  }

  async logIn(options: CallOptions): Promise<void> {
    const session = await this.#current();
    try {
      await session.source.logIn?.(options);
    } catch (error) {
      if (!(error instanceof LoginError)) {
        throw error;
      }
      this.#refuse(session.secret);
      await this.#end();
      await this.#current();
    }
  }

  /** Logs out. Nothing can be asked any more. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#end();
  }

  async #end(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    await session?.then(({ vcenter }) => vcenter.close()).catch(() => undefined);
  }

  #current(): Promise<Session> {
    if (this.#closed) {
      return Promise.reject(new ReadError('transient', `the session with ${this.#name} was closed`));
    }
    if (this.#session === undefined) {
      if (this.#failed !== undefined && performance.now() - this.#failed.at < RECONNECT_MS) {
        return Promise.reject(this.#failed.error);
      }
      const session = this.#connect();
      this.#session = session;
      session.catch((error: ReadError) => {
        this.#failed = { error, at: performance.now() };
        if (this.#session === session) {
          this.#session = undefined;
        }
      });
    }
    return this.#session;
  }

  async #connect(): Promise<Session> {
    let secret: Secret | undefined;
    try {
      secret = this.#password.read();
      if (this.#password.isRefused(secret)) {
        throw new LoginError(
          `${this.#name} refuses the password in ${this.#password.path}: a change of the file is waited for`,
        );
      }
      const vcenter = await connectVCenter(this.#options(firstLine(secret)));
      this.#events.logInRefused(false);
      this.#instanceUuid ??= vcenter.instanceUuid;
      this.#log.info('vcenterConnected', { vcenter: this.#name, protocol: vcenter.protocol });
      return { vcenter, source: openSource(vcenter), secret };
    } catch (error) {
      if (error instanceof LoginError && secret !== undefined) {
        this.#refuse(secret);
      }
      this.#log.warn('vcenterFailed', { vcenter: this.#name, message: messageOf(error) });
      throw new ReadError('transient', messageOf(error), { cause: error });
    }
  }

  #refuse(secret: Secret): void {
    this.#password.refuse(secret);
    this.#events.logInRefused(true);
  }

  #options(password: string): ConnectOptions {
    const { server, user, thumbprint, caFile } = this.#config;
    return {
      server,
      user,
      password,
      patienceSeconds: 0,
      ...(thumbprint === undefined ? {} : { thumbprint }),
      ...(caFile === undefined ? {} : { ca: readFileSync(caFile, 'utf8') }),
    };
  }
}

/** One source for many watches. */
function openSource(vcenter: NodeVCenter): EventSource {
  return vcenter.shared();
}
