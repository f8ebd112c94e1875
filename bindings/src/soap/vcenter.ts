/// <reference lib="esnext.disposable" preserve="true" />
/** A session with one vCenter: look-up, events, and an end that leaves no session behind. */
import type { EventSource } from '../source.js';
import { type Credentials, type ServiceContent, VimClient } from './client.js';
import { SoapEventSource } from './events.js';
import { type FoundVm, type Lookup, lookUp } from './lookup.js';
import type { Transport } from './transport.js';

// Where the platform does not know the symbol, `close()` is there all the same.
const asyncDisposeSymbol: typeof Symbol.asyncDispose = Symbol.asyncDispose ?? Symbol.for('Symbol.asyncDispose');

// The whole end of a command may take a second.
const LOGOUT_TIMEOUT_MS = 700;

/** How a session is used. */
export interface SessionOptions {
  /** Ends the call at once. */
  readonly signal?: AbortSignal | undefined;
}

/** A session with one vCenter. Close it, whatever happens. */
export class VCenter implements AsyncDisposable {
  readonly #client: VimClient;
  readonly #transport: Transport;
  readonly #credentials: Credentials;
  #about: ServiceContent | undefined;

  private constructor(transport: Transport, credentials: Credentials) {
    this.#transport = transport;
    this.#client = new VimClient(transport);
    this.#credentials = credentials;
  }

  /**
   * Logs in.
   * @throws {@link LoginError}, {@link CertificateError}, {@link ConnectionError}, {@link UnsupportedServerError}
   */
  static async connect(transport: Transport, credentials: Credentials, options: SessionOptions = {}): Promise<VCenter> {
    const session = new VCenter(transport, credentials);
    const signal = signalOf(options);
    try {
      await session.#client.login(credentials, { signal });
      session.#about = await session.#client.serviceContent({ signal });
      return session;
    } catch (error) {
      await session.close();
      throw error;
    }
  }

  /** The server, for messages. */
  get host(): string {
    return this.#client.host;
  }

  /** Tells vCenters apart, whatever they are called; undefined where the server does not say. */
  get instanceUuid(): string | undefined {
    return this.#about?.instanceUuid;
  }

  /** The server's product and version. */
  get fullName(): string {
    return this.#about?.fullName ?? 'unknown';
  }

  /** vCenter's clock. */
  serverTime(options: SessionOptions = {}): Promise<Date> {
    return this.#client.currentTime({ signal: signalOf(options) });
  }

  /**
   * Finds VMs by name, pattern (`web-*`), inventory path (`/DC/vm/folder/web-1`) or managed object reference.
   * @throws {@link LookupError} that names each that fits nothing, or more than one
   */
  findVms(inputs: readonly string[], options: SessionOptions = {}): Promise<Lookup> {
    return lookUp(this.#client, inputs, { signal: signalOf(options) });
  }

  /**
   * The events of the VMs found, to be passed to `watchCustomization` with `found.vms`.
   * @param warn - told once when the events have to be read VM by VM
   */
  events(found: Lookup | readonly FoundVm[], warn?: (message: string) => void): EventSource {
    const parents = 'parents' in found ? found.parents : [];
    return new SoapEventSource(this.#client, this.#credentials, parents, warn);
  }

  /** Logs out and closes the connections, within a second. Never rejects: a session that cannot be closed will expire. */
  async close(): Promise<void> {
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(new Error('no time left to log out')), LOGOUT_TIMEOUT_MS);
    try {
      await this.#client.logout({ signal: controller.signal, timeoutMs: LOGOUT_TIMEOUT_MS });
    } catch {
      // Nothing is left to do for it.
    } finally {
      clearTimeout(timer);
      this.#transport.close();
    }
  }

  /** The same as {@link VCenter.close}, for `await using`. */
  async [asyncDisposeSymbol](): Promise<void> {
    await this.close();
  }
}

function signalOf(options: SessionOptions): AbortSignal {
  return options.signal ?? new AbortController().signal;
}
