/** The calls over VI JSON: vCenter 8.0 U1 and later. */
import { ConnectionError, OptionsError } from '../../errors.js';
import type { HttpResponse, Transport } from '../../http/transport.js';
import { CallHistory } from '../api/call-history.js';
import { faultError } from '../api/faults.js';
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
import { asReference, contentOf, faultOf, pageOf } from './answers.js';
import { asObject, type JsonObject, parsed, textAt } from './json.js';
import { eventFilter, propertyArguments, propertyFilter, reference, waitArguments } from './requests.js';

const SERVICE_INSTANCE: MoRef = { type: 'ServiceInstance', value: 'ServiceInstance' };
const SESSION_HEADER = 'vmware-api-session-id';

/** {@link VimApi} over VI JSON. */
export class ViJsonClient implements VimApi {
  readonly wire = 'vi-json';
  readonly #transport: Transport;
  readonly #release: string;
  readonly #callHistory: CallHistory;
  readonly #session = new Session(async (context) => {
    const { sessionManager } = await this.serviceContent(context);
    await this.#ask('Logout', sessionManager, undefined, context);
  });
  #sessionId: string | undefined;
  #content: ServiceContent | undefined;

  /** @param release - of the API, as negotiated: another one is answered 404 */
  constructor(transport: Transport, release: string) {
    this.#transport = transport;
    this.#release = release;
    this.#callHistory = new CallHistory(transport.host);
  }

  get host(): string {
    return this.#transport.host;
  }

  async serviceContent(context: CallContext): Promise<ServiceContent> {
    if (this.#content === undefined) {
      const response = await this.#send('GET', SERVICE_INSTANCE, 'content', undefined, context);
      this.#content = contentOf(this.#valueIn(response, 'content'), this.host);
      if (this.#content === undefined) {
        throw new ConnectionError(`${this.host}: content was answered with something else: is it a vCenter?`);
      }
    }
    return this.#content;
  }

  login({ user, password }: Credentials, context: CallContext): Promise<void> {
    this.#callHistory.secrets.keep(password);
    return this.#logIn('Login', { userName: user, password }, context);
  }

  loginByToken(): Promise<void> {
    return Promise.reject(
      new OptionsError('invalidProtocol', 'a SAML token has no place in VI JSON: sign in with it over SOAP'),
    );
  }

  cloneSession(ticket: string, context: CallContext): Promise<void> {
    this.#callHistory.secrets.keep(ticket);
    return this.#logIn('CloneSession', { cloneTicket: ticket }, context);
  }

  useSession(session: ExistingSession): void {
    if (!('apiSessionId' in session)) {
      throw new OptionsError(
        'invalidSession',
        'the cookie of a SOAP session cannot be used over VI JSON: give its vmware-api-session-id',
      );
    }
    this.#session.forget();
    this.#callHistory.secrets.keep(session.apiSessionId);
    this.#sessionId = session.apiSessionId;
  }

  logout(context: CallContext): Promise<void> {
    return this.#session.end(context);
  }

  async currentTime(context: CallContext): Promise<Date> {
    const answer = await this.#ask('CurrentTime', SERVICE_INSTANCE, undefined, context);
    const time = new Date(typeof answer === 'string' ? answer : Number.NaN);
    if (Number.isNaN(time.getTime())) {
      const text = this.#callHistory.secrets.redact(String(JSON.stringify(answer))).slice(0, 60);
      throw new ConnectionError(`${this.host}: CurrentTime answered \`${text}\`, which is no time`);
    }
    return time;
  }

  async queryEvents(filter: EventFilter, context: CallContext): Promise<Uint8Array> {
    const { eventManager } = await this.serviceContent(context);
    return (await this.#call('QueryEvents', eventManager, eventFilter(filter), context)).body;
  }

  async createCollectorForEvents(filter: EventFilter, context: CallContext): Promise<MoRef> {
    const { eventManager } = await this.serviceContent(context);
    return this.#create('CreateCollectorForEvents', eventManager, eventFilter(filter), context);
  }

  async readNextEvents(collector: MoRef, maxCount: number, context: CallContext): Promise<Uint8Array> {
    return (await this.#call('ReadNextEvents', collector, { maxCount }, context)).body;
  }

  async destroyCollector(collector: MoRef, context: CallContext): Promise<void> {
    await this.#ask('DestroyCollector', collector, undefined, context);
  }

  async createPropertyCollector(context: CallContext): Promise<MoRef> {
    const { propertyCollector } = await this.serviceContent(context);
    return this.#create('CreatePropertyCollector', propertyCollector, undefined, context);
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
    const response = await this.#call(method, propertyCollector, waitArguments(version, options), patient);
    const updates = asObject(this.#valueIn(response, method));
    return updates === undefined
      ? undefined
      : { version: textAt(updates, 'version') ?? '', truncated: updates.truncated === true, body: response.body };
  }

  async cancelWaitForUpdates(propertyCollector: MoRef, context: CallContext): Promise<void> {
    await this.#call('CancelWaitForUpdates', propertyCollector, undefined, context);
  }

  async destroyPropertyCollector(propertyCollector: MoRef, context: CallContext): Promise<void> {
    await this.#ask('DestroyPropertyCollector', propertyCollector, undefined, context);
  }

  async createContainerView(container: MoRef, types: readonly string[], context: CallContext): Promise<MoRef> {
    const { viewManager } = await this.serviceContent(context);
    const body = { container: reference(container), type: types, recursive: true };
    return this.#create('CreateContainerView', viewManager, body, context);
  }

  async destroyView(view: MoRef, context: CallContext): Promise<void> {
    await this.#ask('DestroyView', view, undefined, context);
  }

  async retrieveProperties(query: PropertyQuery, context: CallContext): Promise<PropertyPage> {
    const { propertyCollector } = await this.serviceContent(context);
    return pageOf(await this.#ask('RetrievePropertiesEx', propertyCollector, propertyArguments(query), context));
  }

  async continueRetrieveProperties(token: string, context: CallContext): Promise<PropertyPage> {
    const { propertyCollector } = await this.serviceContent(context);
    return pageOf(await this.#ask('ContinueRetrievePropertiesEx', propertyCollector, { token }, context));
  }

  async #logIn(method: string, body: JsonObject, context: CallContext): Promise<void> {
    const { sessionManager } = await this.serviceContent(context);
    await this.#session.begin(async (uninterrupted) => {
      // A log-in on top of a session is refused as InvalidLogin.
      this.#sessionId = undefined;
      await this.#call(method, sessionManager, body, uninterrupted);
      if (this.#sessionId === undefined) {
        throw new ConnectionError(`${this.host}: ${method} answered no ${SESSION_HEADER}: does a proxy take it away?`, {
          kind: this.#callHistory.asked(method).worked ? 'transient' : 'fatal',
        });
      }
    }, context);
  }

  async #create(method: string, self: MoRef, body: JsonObject | undefined, context: CallContext): Promise<MoRef> {
    const created = asReference(await this.#ask(method, self, body, context));
    if (created === undefined) {
      throw new ConnectionError(`${this.host}: ${method} answered no reference: is it a vCenter?`);
    }
    return created;
  }

  async #ask(method: string, self: MoRef, body: JsonObject | undefined, context: CallContext): Promise<unknown> {
    return this.#valueIn(await this.#call(method, self, body, context), method);
  }

  #valueIn(response: HttpResponse, method: string): unknown {
    const value = parsed(response.body);
    if (value === undefined) {
      throw new ConnectionError(`${this.host}: the answer to ${method} is no JSON: is it a vCenter?`);
    }
    return value;
  }

  #call(method: string, self: MoRef, body: JsonObject | undefined, context: CallContext): Promise<HttpResponse> {
    return this.#send('POST', self, method, body, context);
  }

  /** Calls a method or reads a property; answers the response, not looked into. A fault is thrown. */
  async #send(
    method: 'GET' | 'POST',
    self: MoRef,
    member: string,
    body: JsonObject | undefined,
    context: CallContext,
  ): Promise<HttpResponse> {
    const base = `${this.#transport.path}/vim25/${this.#release}`;
    const response = await this.#transport.send({
      operation: member,
      method,
      path: `${base}/${self.type}/${encodeURIComponent(self.value)}/${member}`,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(this.#sessionId === undefined ? {} : { [SESSION_HEADER]: this.#sessionId }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: context.signal,
      timeoutMs: context.timeoutMs ?? REQUEST_TIMEOUT_MS,
      once: context.once,
    });
    if (response.status === 200 || response.status === 204) {
      const sessionId = response.header(SESSION_HEADER);
      if (sessionId !== undefined) {
        this.#callHistory.secrets.keep(sessionId);
        this.#sessionId = sessionId;
      }
      this.#callHistory.answered(member);
      return response;
    }
    const fault = faultOf(parsed(response.body));
    const asked = this.#callHistory.asked(member);
    throw fault === undefined ? refusalError(response, asked) : faultError(fault, asked);
  }
}
