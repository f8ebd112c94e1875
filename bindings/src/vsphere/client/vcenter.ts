/// <reference lib="esnext.disposable" preserve="true" />
/** A session with one vCenter: look-up, events, and an end that leaves no session behind. */

import { ConnectionError, OptionsError, ReadError } from '../../errors.js';
import type { Transport } from '../../http/transport.js';
import type { EventSource } from '../../source/event-source.js';
import { withTimeout } from '../../source/with-timeout.js';
import { type Clock, systemClock } from '../../util/clock.js';
import { describe } from '../../util/describe.js';
import {
  CLOCK,
  checkFields,
  checkKnown,
  checkValue,
  type Field,
  FLAG,
  FUNCTION,
  isObject,
  isText,
  oneOf,
  SIGNAL,
  unusable,
  withMethods,
} from '../../util/fields.js';
import type { CallContext, ServiceContent, Wire } from '../api/types.js';
import { VimEventSource, type VimEventSourceSetup } from './events.js';
import { type Lookup, type LookupOfEach, lookUpEach, wholeLookup } from './lookup.js';
import { OpenCollectors } from './open-collectors.js';
import { clientFor, type Protocol } from './protocol.js';
import { isTransient, type NotReadyOptions, NotReadyRetries, PATIENCE } from './retry-not-ready.js';
import { SessionRenewal } from './session-renewal.js';
import { SIGN_IN, type SignIn, signIn, signInOf } from './sign-in.js';
import type { VimClient } from './vim-client.js';

// Where the platform does not know the symbol, `close()` is there all the same.
const asyncDisposeSymbol: typeof Symbol.asyncDispose = Symbol.asyncDispose ?? Symbol.for('Symbol.asyncDispose');

// The whole end of a command may take a second.
const LOGOUT_TIMEOUT_MS = 700;

// Of which the log-out is to have the rest, whatever hangs.
const REMOVAL_MS = 400;

// A log-in that is to be undone is worth the rest of that second: without its answer its session stays.
const UNDO_TIMEOUT_MS = 900;

/** How a session is used. */
export interface SessionOptions {
  /** Ends the call at once. */
  readonly signal?: AbortSignal | undefined;
}

/** How a session is begun. */
export interface BeginOptions extends SessionOptions, NotReadyOptions {
  /** Host time. Default: `performance.now()` and timers. */
  readonly clock?: Clock | undefined;
  /** Default `auto`. */
  readonly protocol?: Protocol | undefined;
  /** @internal What opens another session where that which was given has ended. */
  readonly renewBy?: SignIn | undefined;
}

const SESSION_OPTIONS: Readonly<Record<keyof SessionOptions, Field>> = { signal: SIGNAL };
const SIGNAL_OR_NOTHING = 'pass an object such as { signal }, or nothing';

/** What the beginning of a session takes. */
export const BEGIN_OPTIONS: Readonly<Record<Exclude<keyof BeginOptions, 'renewBy'>, Field>> = {
  protocol: { ...oneOf('auto', 'soap', 'vi-json'), code: 'invalidProtocol' },
  patienceSeconds: PATIENCE,
  onRetry: FUNCTION,
  ...SESSION_OPTIONS,
  clock: CLOCK,
};

const RENEW_BY: Field = { fits: isObject, give: 'leave it out', secret: true, unlisted: true };
const TRANSPORT: Field = withMethods('pass a transport, such as that of fetchTransport', 'send', 'close');

/** A session with one vCenter. Close it, whatever happens. */
export class VCenter implements AsyncDisposable {
  readonly #api: VimClient;
  readonly #transport: Transport;
  readonly #signIn: SignIn;
  readonly #openCollectors: OpenCollectors;
  readonly #renewal: SessionRenewal;
  readonly #about: ServiceContent;
  readonly #retries: NotReadyRetries;

  /** @internal */
  protected constructor(
    transport: Transport,
    api: VimClient,
    how: SignIn,
    about: ServiceContent,
    retries: NotReadyRetries,
    renewBy: SignIn = how,
  ) {
    this.#transport = transport;
    this.#api = api;
    this.#signIn = how;
    this.#about = about;
    this.#retries = retries;
    this.#openCollectors = new OpenCollectors(api);
    this.#renewal = new SessionRenewal(api, renewBy, this.#openCollectors);
  }

  /**
   * Logs in, or goes on in the session given.
   * @throws {@link LoginError}, {@link CertificateError}, {@link ConnectionError}, {@link UnsupportedServerError},
   *   {@link OptionsError}
   */
  static async connect(transport: Transport, how: SignIn, options: BeginOptions = {}): Promise<VCenter> {
    checkValue('transport', transport, TRANSPORT);
    checkKnown('a sign-in', how, SIGN_IN, 'pass an object such as { user, password }');
    signInOf(how);
    checkKnown('VCenter.connect', options, { ...BEGIN_OPTIONS, renewBy: RENEW_BY });
    const context = { signal: signalOf(options) };
    const clock = options.clock ?? systemClock;
    const retries = new NotReadyRetries(options, clock);
    let api: VimClient | undefined;
    const begin = async (): Promise<VimClient> => {
      api ??= await clientFor(transport, options.protocol ?? 'auto', how, clock, context);
      try {
        await signIn(api, how, context);
      } catch (error) {
        // What lets VI JSON be read may still refuse what it has to be asked; nobody has asked for VI JSON.
        const refused = error instanceof ConnectionError && error.code === 'http' && error.kind === 'fatal';
        if (!refused || (options.protocol ?? 'auto') !== 'auto' || api.wire !== 'vi-json' || 'session' in how) {
          throw error;
        }
        api = await clientFor(transport, 'soap', how, clock, context);
        await signIn(api, how, context);
      }
      return api;
    };
    try {
      api = await retries.call(begin, context.signal);
      // Of the class that was asked to connect.
      return new this(transport, api, how, await api.serviceContent(context), retries, options.renewBy);
    } catch (error) {
      const ended = end(transport, clock, UNDO_TIMEOUT_MS, async (closing) => {
        await api?.logout(closing);
        return true;
      });
      // Whoever aborts has no time to wait for a log-in that is to be undone; it is, all the same.
      if (options.signal?.aborted !== true) {
        await ended;
      }
      throw error;
    }
  }

  /** The server, for messages. */
  get host(): string {
    return this.#api.host;
  }

  /** Tells vCenters apart, whatever they are called; undefined where the server does not say. */
  get instanceUuid(): string | undefined {
    return this.#about.instanceUuid;
  }

  /** The server's product and version. */
  get fullName(): string {
    return this.#about.fullName;
  }

  /** What it is spoken to over. */
  get protocol(): Wire {
    return this.#api.wire;
  }

  /** vCenter's clock. */
  async serverTime(options: SessionOptions = {}): Promise<Date> {
    checkKnown('serverTime', options, SESSION_OPTIONS, SIGNAL_OR_NOTHING);
    return await this.#api.currentTime({ signal: signalOf(options) });
  }

  /**
   * Finds VMs by name, pattern (`web-*`), inventory path (`/DC/vm/folder/web-1`) or managed object reference.
   * @param inputs - one, or several
   * @throws {@link LookupError} that names each that fits nothing, or more than one
   * @throws {@link OptionsError} that names an option that cannot be used, and by its index what is no text
   */
  async findVms(inputs: string | readonly string[], options: SessionOptions = {}): Promise<Lookup> {
    const list = typeof inputs === 'string' ? [inputs] : inputs;
    if (!Array.isArray(list)) {
      throw new OptionsError(
        'invalidOptions',
        `the VMs are ${describe(list)}: pass a name such as 'web-1', or an array of names`,
      );
    }
    for (const [index, input] of list.entries()) {
      if (!isText(input)) {
        throw unusable(`vms[${index}]`, input, {
          give: "give a name, a pattern, a path or a reference, such as 'web-1'",
        });
      }
    }
    checkKnown('findVms', options, SESSION_OPTIONS, SIGNAL_OR_NOTHING);
    return wholeLookup(await this.lookUpEach(list, options));
  }

  /**
   * The same with what was found of each, and what was not.
   * @param options - `datacenter`: its path, where names and patterns without a path are looked for
   * @internal
   */
  lookUpEach(
    inputs: readonly string[],
    options: SessionOptions & { readonly datacenter?: string | undefined } = {},
  ): Promise<LookupOfEach> {
    const signal = signalOf(options);
    const find = (): Promise<LookupOfEach> => lookUpEach(this.#api, inputs, { signal }, options.datacenter);
    const findInSession = (): Promise<LookupOfEach> =>
      find().catch(async (error: unknown) => {
        if (!(error instanceof ReadError) || error.kind !== 'notAuthenticated') {
          throw error;
        }
        await this.#renewal.renew({ signal });
        return await find();
      });
    return this.#retries.call(findInSession, signal, isTransient);
  }

  /**
   * The events of its VMs, to be passed to `watchCustomization` with the VMs found.
   * @param warn - told once when the events have to be read VM by VM
   */
  events(warn?: (message: string) => void): EventSource {
    return this.sourceOf({ warn });
  }

  /**
   * Logs out and closes the connections, within a second. A session that cannot be closed will expire: that rejects nothing, only
   * options that make no sense do.
   * @returns whether nothing is left on the server; of a session that was given, the session alone
   * @param options - `leaving`: in `pagehide`, after which nothing can be waited for, the log-out alone is sent, at once
   */
  async close(options: { readonly leaving?: boolean | undefined } = {}): Promise<boolean> {
    checkKnown('close', options, { leaving: FLAG });
    const { leaving = false } = options;
    return await end(this.#transport, this.#api.clock, LOGOUT_TIMEOUT_MS, async (context) => {
      const isRid = leaving || (await this.#endPushes(context.signal));
      await this.#api.logout(context);
      return isRid;
    });
  }

  /** @internal */
  protected sourceOf(setup: Pick<VimEventSourceSetup, 'warn' | 'forMany'>): VimEventSource {
    checkFields(setup, { warn: FUNCTION });
    return new VimEventSource(this.#api, { ...setup, renewal: this.#renewal, openCollectors: this.#openCollectors });
  }

  /** @internal */
  protected get clock(): Clock {
    return this.#api.clock;
  }

  /** Removes from the server what pushes have there; answers whether nothing of it outlasts the log-out. */
  async #endPushes(signal: AbortSignal): Promise<boolean> {
    const remove = (call: { signal: AbortSignal }): Promise<boolean> => this.#openCollectors.close(call.signal);
    if ('session' in this.#signIn) {
      return await remove({ signal });
    }
    // A session of ours takes with it what is left there; in one that was given nothing else does.
    await withTimeout('removing the event collectors', remove, REMOVAL_MS, this.#api.clock, signal).catch(() => false);
    return true;
  }

  /** The same as {@link VCenter.close}, for `await using`. */
  async [asyncDisposeSymbol](): Promise<void> {
    await this.close();
  }
}

/** Takes leave of the server in the time there is for it, and closes the connections; answers whether that was said and heard. */
async function end(
  transport: Transport,
  clock: Clock,
  timeoutMs: number,
  leave: (context: CallContext) => Promise<boolean>,
): Promise<boolean> {
  try {
    return await withTimeout('logging out', leave, timeoutMs, clock, new AbortController().signal);
  } catch {
    // Nothing is left to do for it.
    return false;
  } finally {
    transport.close();
  }
}

function signalOf(options: SessionOptions): AbortSignal {
  return options.signal ?? new AbortController().signal;
}
