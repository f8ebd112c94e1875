/**
 * A vCenter for weeks: its session is begun anew when it is lost, and a log-in that is refused is tried again once there is
 * something else to log in with. Nothing that is to be put right ends a watch on it.
 */
import { LoginError, ReadError } from '../errors.js';
import type {
  CallOptions,
  EventPage,
  EventPush,
  EventSource,
  GuestCallOptions,
  GuestReading,
} from '../source/event-source.js';
import type { EventQuery } from '../types.js';
import type { FoundVm } from '../vsphere/client/lookup.js';
import type { VCenter } from '../vsphere/client/vcenter.js';
import { watchedVms } from './watched-vms.js';

/** A way in, as it is found each time it is needed. */
export interface WayIn {
  /** What is logged in with, to tell one that was refused from another. */
  readonly secret: string;
  connect(signal: AbortSignal): Promise<VCenter>;
}

interface Session {
  readonly vcenter: VCenter;
  readonly source: EventSource;
  readonly secret: string;
}

// Calls that miss the session come together, and again after a while.
const RECONNECT_MS = 1_000;
// As long as the longest of its calls.
const READ_TIMEOUT_MS = 150_000;

export class PatientVCenter implements EventSource {
  readonly readTimeoutMs = READ_TIMEOUT_MS;
  readonly #wayIn: () => Promise<WayIn>;
  readonly #datacenter: string | undefined;
  readonly #closed = new AbortController();
  #session: Promise<Session> | undefined;
  #refused: string | undefined;
  #failed: { readonly error: Error; readonly at: number } | undefined;

  /**
   * @param wayIn - reads what it is logged in with, and throws where that cannot be read
   * @param datacenter - where names and patterns without a path are looked for; undefined for all of them
   */
  constructor(wayIn: () => Promise<WayIn>, datacenter: string | undefined) {
    this.#wayIn = wayIn;
    this.#datacenter = datacenter;
  }

  /** The first session: what is wrong with it is told as it is. */
  async open(signal: AbortSignal): Promise<VCenter> {
    const session = this.#begin(signal);
    this.#session = session;
    return (await session).vcenter;
  }

  async serverTime(options: CallOptions): Promise<Date> {
    return await this.#patiently(({ source }) => source.serverTime(options));
  }

  async readEvents(query: EventQuery, options: CallOptions): Promise<EventPage> {
    return await this.#patiently(({ source }) => source.readEvents(query, options));
  }

  async readGuestInfo(vms: readonly string[], options: GuestCallOptions): Promise<readonly GuestReading[]> {
    return (await (await this.#current()).source.readGuestInfo?.(vms, options)) ?? [];
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
      this.#refused = session.secret;
      this.#session = undefined;
      await session.vcenter.close();
      await this.#current();
    }
  }

  /**
   * Looks them up as {@link watchedVms} does.
   * @param mayBeGone - whether names were found before
   */
  async find(patterns: readonly string[], mayBeGone: boolean, signal: AbortSignal): Promise<readonly FoundVm[]> {
    const { vcenter } = await this.#current();
    return await watchedVms(vcenter, patterns, { datacenter: this.#datacenter, mayBeGone, signal });
  }

  /** Logs out. Answers whether nothing is left on the server. */
  async close(): Promise<boolean> {
    this.#closed.abort();
    const session = await this.#session?.catch(() => undefined);
    return (await session?.vcenter.close()) ?? true;
  }

  /** What would end a wait, a right that was taken away for one, is put right while this goes on. */
  async #patiently<T>(call: (session: Session) => Promise<T>): Promise<T> {
    const session = await this.#current();
    try {
      return await call(session);
    } catch (error) {
      if (error instanceof ReadError && error.kind !== 'transient' && error.kind !== 'notAuthenticated') {
        throw new ReadError('transient', error.message, { cause: error });
      }
      throw error;
    }
  }

  #current(): Promise<Session> {
    if (this.#session === undefined) {
      if (this.#failed !== undefined && performance.now() - this.#failed.at < RECONNECT_MS) {
        return Promise.reject(this.#failed.error);
      }
      const session = this.#begin(this.#closed.signal).catch((error: unknown) => {
        // Whatever it is, it may be put right.
        const failure = new ReadError('transient', error instanceof Error ? error.message : String(error), {
          cause: error,
        });
        this.#failed = { error: failure, at: performance.now() };
        this.#session = undefined;
        throw failure;
      });
      this.#session = session;
    }
    return this.#session;
  }

  async #begin(signal: AbortSignal): Promise<Session> {
    signal.throwIfAborted();
    const { secret, connect } = await this.#wayIn();
    if (secret === this.#refused) {
      throw new LoginError('the log-in was refused: another password is waited for');
    }
    try {
      const vcenter = await connect(signal);
      this.#refused = undefined;
      return { vcenter, source: vcenter.events(), secret };
    } catch (error) {
      if (error instanceof LoginError) {
        this.#refused = secret;
      }
      throw error;
    }
  }
}
