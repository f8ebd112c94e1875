/** The calls of the vSphere API that waiting needs, each written once, over either wire. */
import { ConnectionError, ReadError, VimFaultError, WireError } from '../../errors.js';
import type { Transport } from '../../http/transport.js';
import { readFailureOf } from '../../source/read-failure.js';
import type { Clock } from '../../util/clock.js';
import { CallHistory } from '../api/call-history.js';
import type { Arguments, Codec } from '../api/codec.js';
import { faultError } from '../api/faults.js';
import { badAnswerError, passingError, refusalError } from '../api/http-refusal.js';
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
import { contentOf, nextPageOf, nothing, pageOf, referenceTo, sessionOf, timeOf, updatesOf } from './answers.js';
import { eventFilter, propertyFilter, propertyQuery, waitOptions } from './arguments.js';
import { exchange, REQUEST_TIMEOUT_MS } from './exchange.js';

const NO_EVENTS = new TextEncoder().encode('[]');

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
 * Once {@link VimClient.logout} has closed a session of ours nothing is asked, and each call rejects with `NotAuthenticated`.
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
    this.#session = new Session((context) => this.#ask(logOut, nothing, context), clock);
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

  /** How many sessions were opened, one in place of the other. */
  get sessionCount(): number {
    return this.#session.count;
  }

  /** Whether the server does not know the present session any more. */
  get isSessionLost(): boolean {
    return this.#session.isLost;
  }

  /** The server knows the present session all the same. */
  confirmSession(): void {
    this.#session.confirm();
  }

  /** Closes the session if it is ours, that of a log-in still under way included. No other is opened in its place. */
  logout(context: CallContext): Promise<void> {
    return this.#session.end(context);
  }

  /** The server's clock. */
  currentTime(context: CallContext): Promise<Date> {
    return this.#ask({ on: SERVICE_INSTANCE, method: 'CurrentTime' }, timeOf, context);
  }

  queryEvents(filter: EventFilter, context: CallContext): Promise<Uint8Array> {
    return this.#askEvents({ on: 'eventManager', method: 'QueryEvents', arguments: eventFilter(filter) }, context);
  }

  /** Answers an `EventHistoryCollector`, which lasts as long as the session: destroy it in any case. */
  createCollectorForEvents(filter: EventFilter, context: CallContext): Promise<MoRef> {
    const question = {
      on: 'eventManager',
      method: 'CreateCollectorForEvents',
      arguments: eventFilter(filter),
    } as const;
    return this.#ask(question, referenceTo('EventHistoryCollector'), context);
  }

  readNextEvents(collector: MoRef, maxCount: number, context: CallContext): Promise<Uint8Array> {
    return this.#askEvents({ on: collector, method: 'ReadNextEvents', arguments: { maxCount } }, context);
  }

  async destroyCollector(collector: MoRef, context: CallContext): Promise<void> {
    await this.#ask({ on: collector, method: 'DestroyCollector' }, nothing, context);
  }

  /** Answers a `PropertyCollector` of our own: the session's common one would share its updates. */
  createPropertyCollector(context: CallContext): Promise<MoRef> {
    const question = { on: 'propertyCollector', method: 'CreatePropertyCollector' } as const;
    return this.#ask(question, referenceTo('PropertyCollector'), context);
  }

  /** Answers a `PropertyFilter`, which goes with its collector. A change brings the whole property. */
  createFilter(collector: MoRef, watched: WatchedProperties, context: CallContext): Promise<MoRef> {
    const question = { on: collector, method: 'CreateFilter', arguments: propertyFilter(watched) };
    return this.#ask(question, referenceTo('PropertyFilter'), context);
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
    const question = { on: collector, method: 'WaitForUpdatesEx', arguments: waitOptions(version, options) };
    const timeoutMs = context.timeoutMs ?? options.maxWaitSeconds * 1000 + REQUEST_TIMEOUT_MS;
    const read = (body: Uint8Array): Updates | null | undefined => {
      const updates = this.#read(question.method, body, updatesOf);
      return updates && { ...updates, body };
    };
    return (await this.#call(question, read, { ...context, timeoutMs })) ?? undefined;
  }

  /** Ends a wait in flight on the server; aborting alone would leave it there. */
  async cancelWaitForUpdates(collector: MoRef, context: CallContext): Promise<void> {
    await this.#ask({ on: collector, method: 'CancelWaitForUpdates' }, nothing, context);
  }

  async destroyPropertyCollector(collector: MoRef, context: CallContext): Promise<void> {
    await this.#ask({ on: collector, method: 'DestroyPropertyCollector' }, nothing, context);
  }

  createContainerView(container: MoRef, types: readonly string[], context: CallContext): Promise<MoRef> {
    const given = { container, type: types, recursive: true };
    const question = { on: 'viewManager', method: 'CreateContainerView', arguments: given } as const;
    return this.#ask(question, referenceTo('ContainerView'), context);
  }

  async destroyView(view: MoRef, context: CallContext): Promise<void> {
    await this.#ask({ on: view, method: 'DestroyView' }, nothing, context);
  }

  async retrieveProperties(query: PropertyQuery, context: CallContext): Promise<PropertyPage> {
    const method = 'RetrievePropertiesEx';
    const question = { on: 'propertyCollector', method, arguments: propertyQuery(query) } as const;
    const make = (answer: Value | null): PropertyPage | null | undefined => this.#authenticated(method, pageOf(answer));
    const ask = (): Promise<PropertyPage | null> => this.#ask(question, make, context);
    return (await ask()) ?? (await ask()) ?? { objects: [], token: undefined };
  }

  continueRetrieveProperties(token: string, context: CallContext): Promise<PropertyPage> {
    const method = 'ContinueRetrievePropertiesEx';
    const make = (answer: Value | null): PropertyPage | undefined => this.#authenticated(method, nextPageOf(answer));
    return this.#ask({ on: 'propertyCollector', method, arguments: { token } }, make, context);
  }

  /** Without a session a read of properties is answered with every property missing. */
  #authenticated<T extends PropertyPage | null | undefined>(method: string, page: T): T {
    if (page?.objects.some(({ missing }) => missing.includes('NotAuthenticated'))) {
      throw faultError({ type: 'NotAuthenticated', text: '' }, this.#callHistory.asked(method));
    }
    return page;
  }

  async #logIn(question: Omit<Question, 'on'>, secret: string, context: CallContext): Promise<void> {
    this.#callHistory.secrets.keep(secret);
    // Not in the midst of the log-in, which is not aborted.
    await this.serviceContent(context);
    await this.#session.begin(async (uninterrupted) => {
      // A log-in on top of a session is refused as InvalidLogin.
      this.#codec.forget();
      const { method } = question;
      const { worked } = this.#callHistory.asked(method);
      try {
        const session = await this.#ask({ on: 'sessionManager', ...question }, sessionOf, uninterrupted);
        if (!this.#codec.opened(session)) {
          throw new ConnectionError(
            `${this.host}: ${method} answered no session: does a proxy take its ${this.#codec.sessionKey} away?`,
            { kind: worked ? 'transient' : 'fatal' },
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
  #ask<T>(question: Question, make: (answer: Value | null) => T | undefined, context: CallContext): Promise<T> {
    return this.#call(question, (body) => this.#read(question.method, body, make), context);
  }

  /** Calls a method that answers a list of events. */
  async #askEvents(question: Question, context: CallContext): Promise<Uint8Array> {
    const ask = (): Promise<Uint8Array | null> =>
      this.#call(question, (body) => this.#codec.readEvents(question.method, body), context);
    // A server that says nothing in place of an empty list says it twice; what was lost on the way is there the second time.
    return (await ask()) ?? (await ask()) ?? NO_EVENTS;
  }

  #read<T>(method: string, body: Uint8Array, make: (answer: Value | null) => T | undefined): T | undefined {
    const answer = this.#codec.read(method, body);
    return answer === undefined ? undefined : make(answer);
  }

  /** Calls a method; answers what `read` makes of the body. Notes that the session is lost where the answer says so. */
  async #call<T>(question: Question, read: (body: Uint8Array) => T | undefined, context: CallContext): Promise<T> {
    const session = this.#session.count;
    try {
      return await this.#callOnce(question, read, context);
    } catch (caught) {
      const error = context.signal.aborted ? caught : cancelledWithSession(caught);
      if (readFailureOf(error).kind === 'notAuthenticated') {
        this.#session.lose(session);
      }
      throw error;
    }
  }

  /**
   * The one place where it is decided whether an answer is one: a fault is thrown as what it is, and whatever else is no
   * answer to this call as a `ConnectionError`.
   */
  async #callOnce<T>(
    { on, method, arguments: given = {}, token }: Question,
    read: (body: Uint8Array) => T | undefined,
    context: CallContext,
  ): Promise<T> {
    const self = typeof on === 'string' ? (await this.serviceContent(context))[on] : on;
    const apiVersion = this.#content?.apiVersion;
    // The log-out itself may still be under way where two close the session at once.
    if (this.#session.isOver && method !== 'Logout') {
      // What the server would say; a source that opens another session in its place goes on there.
      throw new VimFaultError(
        'notAuthenticated',
        'NotAuthenticated',
        `${this.host}: ${method}: the session was closed`,
      );
    }
    const request = { operation: method, ...this.#codec.write({ self, method, arguments: given, apiVersion, token }) };
    const response = await exchange(this.#transport, this.clock, request, context).catch((error: unknown) => {
      throw passingError(error, this.#callHistory.asked(method));
    });
    for (const secret of this.#codec.keep(response)) {
      this.#callHistory.secrets.keep(secret);
    }
    const isAnswer = response.status === 200 || response.status === 204;
    const unreadable: WireError[] = [];
    const attempt = <R>(make: () => R | undefined): R | undefined => {
      try {
        return make();
      } catch (error) {
        if (!(error instanceof WireError)) {
          throw error;
        }
        unreadable.push(error);
        return undefined;
      }
    };
    const answer = isAnswer ? attempt(() => read(response.body)) : undefined;
    if (answer !== undefined) {
      this.#callHistory.answered(method);
      return answer;
    }
    const fault = attempt(() => this.#codec.fault(response));
    const asked = this.#callHistory.asked(method);
    if (fault !== undefined) {
      throw faultError(fault, asked);
    }
    throw isAnswer ? badAnswerError(unreadable[0], asked) : refusalError(response, asked);
  }
}

/** A call that nobody here has cancelled was cancelled with its session; the fault does not say so. */
function cancelledWithSession(error: unknown): unknown {
  return error instanceof VimFaultError && error.fault === 'RequestCanceled'
    ? new ReadError('notAuthenticated', error.message, { cause: error })
    : error;
}
