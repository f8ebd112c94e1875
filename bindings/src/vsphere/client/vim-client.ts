/** The calls of the vSphere API that waiting needs, each written once, over either wire. */
import { ConnectionError, WireError } from '../../errors.js';
import type { HttpResponse, Transport } from '../../http/transport.js';
import type { Clock } from '../../util/clock.js';
import { CallHistory } from '../api/call-history.js';
import type { Arguments, Codec } from '../api/codec.js';
import { faultError, isSecret, type VimFault } from '../api/faults.js';
import { refusalError } from '../api/http-refusal.js';
import { Session } from '../api/session.js';
import type {
  CallContext,
  Credentials,
  EventFilter,
  ExistingSession,
  MoRef,
  PropertyPage,
  PropertyQuery,
  ServiceContent,
  Updates,
  Value,
  WaitOptions,
  WatchedProperties,
  Wire,
} from '../api/types.js';
import { anything, contentOf, pageOf, referenceOf, timeOf, updatesOf } from './answers.js';
import { eventFilter, propertyFilter, propertyQuery, waitOptions } from './arguments.js';
import { exchange, REQUEST_TIMEOUT_MS } from './exchange.js';

const SERVICE_INSTANCE: MoRef = { type: 'ServiceInstance', value: 'ServiceInstance' };

/** A manager of the server, by its name in the ServiceContent, or an object that a call has answered. */
type Self = 'eventManager' | 'propertyCollector' | 'sessionManager' | 'viewManager' | MoRef;

/** One call: on what, which, with what. */
interface Question {
  readonly on: Self;
  readonly method: string;
  readonly arguments?: Arguments;
  readonly token?: string;
}

/**
 * One session with one server.
 *
 * Every call rejects with the signal's reason when it is aborted, with a `ConnectionError` when there is no answer or
 * none of a vCenter, and with a `VimFaultError` (or one of its more telling kin) when the server answers a fault.
 * Bytes are bodies as fetched, for the core to read; an answer without events is an empty array.
 */
export class VimClient {
  /** Host time of all that the client waits for. */
  readonly clock: Clock;
  readonly #transport: Transport;
  readonly #codec: Codec;
  readonly #callHistory: CallHistory;
  readonly #session: Session;
  #content: ServiceContent | undefined;

  constructor(transport: Transport, codec: Codec, clock: Clock) {
    this.#transport = transport;
    this.#codec = codec;
    this.clock = clock;
    this.#callHistory = new CallHistory(transport.host);
    const logOut = { on: 'sessionManager', method: 'Logout' } as const;
    this.#session = new Session((context) => this.#ask(logOut, anything, context), clock);
  }

  /** The server, for messages. */
  get host(): string {
    return this.#transport.host;
  }

  get wire(): Wire {
    return this.#codec.wire;
  }

  /** What the server says of itself; asked for once. It needs no session. */
  async serviceContent(context: CallContext): Promise<ServiceContent> {
    this.#content ??= await this.#ask(
      { on: SERVICE_INSTANCE, method: 'RetrieveServiceContent' },
      (answer) => contentOf(answer, this.host),
      context,
    );
    return this.#content;
  }

  // Each of these closes the session of ours that was there, if it still can; one that was given is left as it is.

  login({ user, password }: Credentials, context: CallContext): Promise<void> {
    return this.#logIn({ method: 'Login', arguments: { userName: user, password } }, password, context);
  }

  /** @param token - a SAML bearer token: the XML of its assertion */
  loginByToken(token: string, context: CallContext): Promise<void> {
    return this.#logIn({ method: 'LoginByToken', token }, token.trim(), context);
  }

  /** @param ticket - what `AcquireCloneTicket` answered; it serves once */
  cloneSession(ticket: string, context: CallContext): Promise<void> {
    return this.#logIn({ method: 'CloneSession', arguments: { cloneTicket: ticket } }, ticket, context);
  }

  /** Goes on in a session that someone else has opened. Asks the server nothing. */
  useSession(session: ExistingSession): void {
    this.#callHistory.secrets.keep(this.#codec.use(session));
    this.#session.forget();
  }

  /** Makes ours the session whose key the transport sends by itself, as a browser does. */
  adoptSession(): void {
    this.#session.adopt();
  }

  /** Closes the session if it is ours, that of a log-in still under way included. */
  logout(context: CallContext): Promise<void> {
    return this.#session.end(context);
  }

  /** The server's clock. */
  currentTime(context: CallContext): Promise<Date> {
    return this.#ask({ on: SERVICE_INSTANCE, method: 'CurrentTime' }, timeOf, context);
  }

  queryEvents(filter: EventFilter, context: CallContext): Promise<Uint8Array> {
    return this.#call({ on: 'eventManager', method: 'QueryEvents', arguments: eventFilter(filter) }, context);
  }

  /** Answers an `EventHistoryCollector`, which lasts as long as the session: destroy it in any case. */
  createCollectorForEvents(filter: EventFilter, context: CallContext): Promise<MoRef> {
    const method = 'CreateCollectorForEvents';
    return this.#ask({ on: 'eventManager', method, arguments: eventFilter(filter) }, referenceOf, context);
  }

  readNextEvents(collector: MoRef, maxCount: number, context: CallContext): Promise<Uint8Array> {
    return this.#call({ on: collector, method: 'ReadNextEvents', arguments: { maxCount } }, context);
  }

  async destroyCollector(collector: MoRef, context: CallContext): Promise<void> {
    await this.#ask({ on: collector, method: 'DestroyCollector' }, anything, context);
  }

  /** Answers a `PropertyCollector` of our own: the session's common one would share its updates. */
  createPropertyCollector(context: CallContext): Promise<MoRef> {
    return this.#ask({ on: 'propertyCollector', method: 'CreatePropertyCollector' }, referenceOf, context);
  }

  /** Answers a `PropertyFilter`, which goes with its collector. A change brings the whole property. */
  createFilter(collector: MoRef, watched: WatchedProperties, context: CallContext): Promise<MoRef> {
    const question = { on: collector, method: 'CreateFilter', arguments: propertyFilter(watched) };
    return this.#ask(question, referenceOf, context);
  }

  /**
   * Waits for something to change.
   * @param version - of the last answer; empty at first, which answers the present state at once
   * @param context - its `timeoutMs` defaults to the wait's own time and some for the way
   * @returns undefined when the time went by without a change; the version stays as it was
   */
  async waitForUpdatesEx(
    collector: MoRef,
    version: string,
    options: WaitOptions,
    context: CallContext,
  ): Promise<Updates | undefined> {
    const method = 'WaitForUpdatesEx';
    const question = { on: collector, method, arguments: waitOptions(version, options) };
    const timeoutMs = context.timeoutMs ?? options.maxWaitSeconds * 1000 + REQUEST_TIMEOUT_MS;
    const body = await this.#call(question, { ...context, timeoutMs });
    const updates = this.#answerIn(body, method, updatesOf);
    return updates === null ? undefined : { ...updates, body };
  }

  /** Ends a wait in flight on the server; aborting alone would leave it there. */
  async cancelWaitForUpdates(collector: MoRef, context: CallContext): Promise<void> {
    await this.#call({ on: collector, method: 'CancelWaitForUpdates' }, context);
  }

  async destroyPropertyCollector(collector: MoRef, context: CallContext): Promise<void> {
    await this.#ask({ on: collector, method: 'DestroyPropertyCollector' }, anything, context);
  }

  createContainerView(container: MoRef, types: readonly string[], context: CallContext): Promise<MoRef> {
    const given = { container, type: types, recursive: true };
    return this.#ask({ on: 'viewManager', method: 'CreateContainerView', arguments: given }, referenceOf, context);
  }

  async destroyView(view: MoRef, context: CallContext): Promise<void> {
    await this.#ask({ on: view, method: 'DestroyView' }, anything, context);
  }

  retrieveProperties(query: PropertyQuery, context: CallContext): Promise<PropertyPage> {
    const method = 'RetrievePropertiesEx';
    return this.#ask({ on: 'propertyCollector', method, arguments: propertyQuery(query) }, pageOf, context);
  }

  continueRetrieveProperties(token: string, context: CallContext): Promise<PropertyPage> {
    const method = 'ContinueRetrievePropertiesEx';
    return this.#ask({ on: 'propertyCollector', method, arguments: { token } }, pageOf, context);
  }

  async #logIn(question: Omit<Question, 'on'>, secret: string, context: CallContext): Promise<void> {
    this.#callHistory.secrets.keep(secret);
    // Not in the midst of the log-in, which is not aborted.
    await this.serviceContent(context);
    await this.#session.begin(async (uninterrupted) => {
      // A log-in on top of a session is refused as InvalidLogin.
      this.#codec.forget();
      const { method } = question;
      try {
        const isOpen = (answer: Value | null): boolean => this.#codec.opened(answer);
        if (!(await this.#ask({ on: 'sessionManager', ...question }, isOpen, uninterrupted))) {
          throw new ConnectionError(
            `${this.host}: ${method} answered no session: does a proxy take its ${this.#codec.sessionKey} away?`,
            { kind: this.#callHistory.asked(method).worked ? 'transient' : 'fatal' },
          );
        }
      } catch (error) {
        if (this.#codec.hasSession) {
          // There is one all the same, to be closed.
          this.#session.adopt();
        }
        throw error;
      }
    }, context);
  }

  /** Calls a method; answers what is made of its answer. */
  async #ask<T>(question: Question, read: (answer: Value | null) => T | undefined, context: CallContext): Promise<T> {
    return this.#answerIn(await this.#call(question, context), question.method, read);
  }

  #answerIn<T>(body: Uint8Array, method: string, read: (answer: Value | null) => T | undefined): T {
    let answer: Value | null | undefined;
    try {
      answer = this.#codec.read(method, body);
    } catch (error) {
      if (error instanceof WireError) {
        // Without its cause, which may quote the answer.
        const why = isSecret(method) ? '' : `: ${this.#callHistory.secrets.redact(error.message)}`;
        throw new ConnectionError(`${this.host}: the answer to ${method} could not be read${why}`);
      }
      throw error;
    }
    const found = answer === undefined ? undefined : read(answer);
    if (found === undefined) {
      throw new ConnectionError(`${this.host}: ${method} was answered with something else: is it a vCenter?`);
    }
    return found;
  }

  /** Calls a method; answers the body, not looked into. A fault is thrown. */
  async #call({ on, method, arguments: given = {}, token }: Question, context: CallContext): Promise<Uint8Array> {
    const self = typeof on === 'string' ? (await this.serviceContent(context))[on] : on;
    const apiVersion = this.#content?.apiVersion;
    const request = { operation: method, ...this.#codec.write({ self, method, arguments: given, apiVersion, token }) };
    const response = await exchange(this.#transport, this.clock, request, context);
    for (const secret of this.#codec.keep(response)) {
      this.#callHistory.secrets.keep(secret);
    }
    if (response.status === 200 || response.status === 204) {
      this.#callHistory.answered(method);
      return response.body;
    }
    const fault = this.#faultIn(response);
    const asked = this.#callHistory.asked(method);
    throw fault === undefined ? refusalError(response, asked) : faultError(fault, asked);
  }

  #faultIn(response: HttpResponse): VimFault | undefined {
    try {
      return this.#codec.fault(response);
    } catch (error) {
      // A proxy in front answers with a page of its own.
      if (error instanceof WireError) {
        return undefined;
      }
      throw error;
    }
  }
}
