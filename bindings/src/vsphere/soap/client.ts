/** The calls over SOAP: every vCenter since 5.0 speaks it. */
import { ConnectionError, OptionsError, WireError } from '../../errors.js';
import type { HttpResponse, Transport } from '../../http/transport.js';
import { CallHistory } from '../api/call-history.js';
import { faultError, isSecret, type VimFault } from '../api/faults.js';
import { refusalError } from '../api/http-refusal.js';
import { Session } from '../api/session.js';
import {
  type CallContext,
  type Credentials,
  type EventFilter,
  type ExistingSession,
  type MoRef,
  type PropertyPage,
  type PropertyQuery,
  REQUEST_TIMEOUT_MS,
  type ServiceContent,
  type Updates,
  type VimApi,
  type WaitOptions,
  type WatchedProperties,
  waitTimeoutMs,
} from '../api/vim-api.js';
import { contentOf, pageOf } from './answers.js';
import { faultIn } from './faults.js';
import { eventFilter, propertyArguments, propertyFilter, tokenHeader, waitArguments } from './requests.js';
import { child, childReference, childText, type SoapNode, soapTree } from './tree.js';
import { updatesHead } from './updates.js';
import { element, envelope, reference } from './xml.js';

const SERVICE_INSTANCE: MoRef = { type: 'ServiceInstance', value: 'ServiceInstance' };
const SESSION_COOKIE = 'vmware_soap_session';

// Every vCenter of the last fifteen years knows it; what the server offers itself is used from the second call on.
const FIRST_VERSION = '5.0';

/** {@link VimApi} over SOAP. */
export class SoapClient implements VimApi {
  readonly wire = 'soap';
  readonly #transport: Transport;
  readonly #callHistory: CallHistory;
  readonly #cookies = new Map<string, string>();
  readonly #session = new Session(async (context) => {
    const { sessionManager } = await this.serviceContent(context);
    await this.#ask('Logout', sessionManager, '', context);
  });
  #version = FIRST_VERSION;
  #content: ServiceContent | undefined;
  /** How far the server's clock is ahead of ours, by the date of its last answer: before a log-in it tells no other time. */
  #serverAheadMs = 0;

  constructor(transport: Transport) {
    this.#transport = transport;
    this.#callHistory = new CallHistory(transport.host);
  }

  get host(): string {
    return this.#transport.host;
  }

  async serviceContent(context: CallContext): Promise<ServiceContent> {
    if (this.#content === undefined) {
      const answer = await this.#ask('RetrieveServiceContent', SERVICE_INSTANCE, '', context);
      this.#content = contentOf(answer, this.host, FIRST_VERSION);
      this.#version = this.#content.apiVersion;
    }
    return this.#content;
  }

  login({ user, password }: Credentials, context: CallContext): Promise<void> {
    this.#callHistory.secrets.keep(password);
    return this.#logIn('Login', element('userName', user) + element('password', password), context);
  }

  loginByToken(token: string, context: CallContext): Promise<void> {
    this.#callHistory.secrets.keep(token.trim());
    return this.#logIn('LoginByToken', '', context, (now) => tokenHeader(token, now));
  }

  cloneSession(ticket: string, context: CallContext): Promise<void> {
    this.#callHistory.secrets.keep(ticket);
    return this.#logIn('CloneSession', element('cloneTicket', ticket), context);
  }

  useSession(session: ExistingSession): void {
    if (!('cookie' in session)) {
      throw new OptionsError('invalidSession', 'a session of VI JSON cannot be used over SOAP: give its cookie');
    }
    this.#session.forget();
    this.#cookies.clear();
    this.#callHistory.secrets.keep(session.cookie);
    this.#cookies.set(SESSION_COOKIE, `${SESSION_COOKIE}=${session.cookie}`);
  }

  /** Makes ours the session whose cookie the transport sends by itself, as a browser does. */
  adoptSession(): void {
    this.#session.adopt();
  }

  logout(context: CallContext): Promise<void> {
    return this.#session.end(context);
  }

  async currentTime(context: CallContext): Promise<Date> {
    const answer = await this.#ask('CurrentTime', SERVICE_INSTANCE, '', context);
    const text = childText(answer, 'returnval') ?? '';
    const time = new Date(text);
    if (Number.isNaN(time.getTime())) {
      throw new ConnectionError(
        `${this.host}: CurrentTime answered \`${this.#callHistory.secrets.redact(text).slice(0, 60)}\`, which is no time`,
      );
    }
    return time;
  }

  async queryEvents(filter: EventFilter, context: CallContext): Promise<Uint8Array> {
    const { eventManager } = await this.serviceContent(context);
    return this.#call('QueryEvents', eventManager, eventFilter(filter), context);
  }

  async createCollectorForEvents(filter: EventFilter, context: CallContext): Promise<MoRef> {
    const { eventManager } = await this.serviceContent(context);
    return this.#create('CreateCollectorForEvents', eventManager, eventFilter(filter), context);
  }

  readNextEvents(collector: MoRef, maxCount: number, context: CallContext): Promise<Uint8Array> {
    return this.#call('ReadNextEvents', collector, element('maxCount', String(maxCount)), context);
  }

  async destroyCollector(collector: MoRef, context: CallContext): Promise<void> {
    await this.#ask('DestroyCollector', collector, '', context);
  }

  async createPropertyCollector(context: CallContext): Promise<MoRef> {
    const { propertyCollector } = await this.serviceContent(context);
    return this.#create('CreatePropertyCollector', propertyCollector, '', context);
  }

  createFilter(propertyCollector: MoRef, watched: WatchedProperties, context: CallContext): Promise<MoRef> {
    return this.#create('CreateFilter', propertyCollector, propertyFilter(watched), context);
  }

  async waitForUpdatesEx(
    propertyCollector: MoRef,
    version: string,
    options: WaitOptions,
    context: CallContext,
  ): Promise<Updates | undefined> {
    const method = 'WaitForUpdatesEx';
    const patient = { ...context, timeoutMs: waitTimeoutMs(options, context) };
    const body = await this.#call(method, propertyCollector, waitArguments(version, options), patient);
    const head = updatesHead(body);
    if (head !== undefined) {
      return { ...head, body };
    }
    const updates = child(this.#responseIn(body, method), 'returnval');
    return updates === undefined
      ? undefined
      : { version: childText(updates, 'version') ?? '', truncated: childText(updates, 'truncated') === 'true', body };
  }

  async cancelWaitForUpdates(propertyCollector: MoRef, context: CallContext): Promise<void> {
    await this.#call('CancelWaitForUpdates', propertyCollector, '', context);
  }

  async destroyPropertyCollector(propertyCollector: MoRef, context: CallContext): Promise<void> {
    await this.#ask('DestroyPropertyCollector', propertyCollector, '', context);
  }

  async createContainerView(container: MoRef, types: readonly string[], context: CallContext): Promise<MoRef> {
    const { viewManager } = await this.serviceContent(context);
    const wanted = types.map((type) => element('type', type)).join('');
    const body = reference('container', container) + wanted + element('recursive', 'true');
    return this.#create('CreateContainerView', viewManager, body, context);
  }

  async destroyView(view: MoRef, context: CallContext): Promise<void> {
    await this.#ask('DestroyView', view, '', context);
  }

  async retrieveProperties(query: PropertyQuery, context: CallContext): Promise<PropertyPage> {
    const { propertyCollector } = await this.serviceContent(context);
    return pageOf(await this.#ask('RetrievePropertiesEx', propertyCollector, propertyArguments(query), context));
  }

  async continueRetrieveProperties(token: string, context: CallContext): Promise<PropertyPage> {
    const { propertyCollector } = await this.serviceContent(context);
    const body = element('token', token);
    return pageOf(await this.#ask('ContinueRetrievePropertiesEx', propertyCollector, body, context));
  }

  async #logIn(
    method: string,
    body: string,
    context: CallContext,
    header: (now: number) => string = () => '',
  ): Promise<void> {
    const { sessionManager } = await this.serviceContent(context);
    await this.#session.begin(async (uninterrupted) => {
      // A log-in on top of a session is refused as InvalidLogin.
      this.#cookies.clear();
      const now = Date.now() + this.#serverAheadMs;
      const answer = await this.#call(method, sessionManager, body, uninterrupted, header(now));
      try {
        this.#checkLogIn(answer, method);
      } catch (error) {
        if (this.#cookies.has(SESSION_COOKIE)) {
          // There is one all the same, to be closed.
          this.#session.adopt();
        }
        throw error;
      }
    }, context);
  }

  /** A page of something else may come with status 200 too. Where the platform keeps cookies, the answer has the key. */
  #checkLogIn(answer: Uint8Array, method: string): void {
    const session = child(this.#responseIn(answer, method), 'returnval');
    if (!this.#cookies.has(SESSION_COOKIE) && !childText(session, 'key')) {
      throw new ConnectionError(
        `${this.host}: ${method} answered no session: does a proxy take its cookie ${SESSION_COOKIE} away?`,
        { kind: this.#callHistory.asked(method).worked ? 'transient' : 'fatal' },
      );
    }
  }

  async #create(method: string, self: MoRef, body: string, context: CallContext): Promise<MoRef> {
    const created = childReference(await this.#ask(method, self, body, context), 'returnval');
    if (created === undefined) {
      throw new ConnectionError(`${this.host}: ${method} answered no reference: is it a vCenter?`);
    }
    return created;
  }

  /** Calls a method; answers the content of `…Response`. */
  async #ask(method: string, self: MoRef, body: string, context: CallContext): Promise<SoapNode> {
    return this.#responseIn(await this.#call(method, self, body, context), method);
  }

  #responseIn(bytes: Uint8Array, method: string): SoapNode {
    const answer = child(child(this.#tree(bytes, method), 'Body'), `${method}Response`);
    if (answer === undefined) {
      throw new ConnectionError(`${this.host}: ${method} was answered with something else: is it a vCenter?`);
    }
    return answer;
  }

  /** Calls a method; answers the whole body, not looked into. A fault is thrown. */
  async #call(method: string, self: MoRef, body: string, context: CallContext, header = ''): Promise<Uint8Array> {
    const response = await this.#transport.send({
      operation: method,
      method: 'POST',
      path: this.#transport.path,
      headers: {
        'content-type': 'text/xml; charset=UTF-8',
        soapaction: `"urn:vim25/${this.#version}"`,
        ...(this.#cookies.size === 0 ? {} : { cookie: [...this.#cookies.values()].join('; ') }),
      },
      body: envelope(method, self, body, header),
      signal: context.signal,
      timeoutMs: context.timeoutMs ?? REQUEST_TIMEOUT_MS,
      once: context.once,
    });
    this.#keepCookies(response);
    this.#compareClocks(response);
    if (response.status === 200) {
      this.#callHistory.answered(method);
      return response.body;
    }
    throw this.#refusal(response, method);
  }

  /** The session's cookie, and those of a balancer in front. They have no other place to go to than this server. */
  #keepCookies(response: HttpResponse): void {
    for (const cookie of response.cookies) {
      const pair = cookie.split(';', 1)[0]?.trim() ?? '';
      const name = pair.split('=', 1)[0] ?? '';
      if (pair.includes('=') && name !== '') {
        this.#cookies.set(name, pair);
        this.#callHistory.secrets.keep(pair.slice(name.length + 1));
      }
    }
  }

  #compareClocks(response: HttpResponse): void {
    const date = Date.parse(response.header('date') ?? '');
    this.#serverAheadMs = Number.isNaN(date) ? this.#serverAheadMs : date - Date.now();
  }

  #refusal(response: HttpResponse, method: string): Error {
    const fault = response.status === 500 ? this.#faultOf(response.body) : undefined;
    const asked = this.#callHistory.asked(method);
    return fault === undefined ? refusalError(response, asked) : faultError(fault, asked);
  }

  #faultOf(body: Uint8Array): VimFault | undefined {
    try {
      return faultIn(soapTree(body));
    } catch (error) {
      // A proxy in front answers 500 with a page of its own.
      if (error instanceof WireError) {
        return undefined;
      }
      throw error;
    }
  }

  #tree(bytes: Uint8Array, method: string): SoapNode {
    try {
      return soapTree(bytes);
    } catch (error) {
      if (error instanceof WireError) {
        // Without its cause, which may quote the answer.
        const why = isSecret(method) ? '' : `: ${this.#callHistory.secrets.redact(error.message)}`;
        throw new ConnectionError(`${this.host}: the answer to ${method} could not be read${why}`);
      }
      throw error;
    }
  }
}
