/** The few calls of the vSphere API that waiting needs, over SOAP: every vCenter since 5.0 speaks it. */
import { ConnectionError, LoginError, UnsupportedServerError, WireError } from '../errors.js';
import { faultError, faultIn } from './faults.js';
import type { HttpResponse, Transport } from './transport.js';
import { child, childReference, childText, type SoapNode, soapTree } from './tree.js';
import { element, envelope, type MoRef } from './xml.js';

const REQUEST_TIMEOUT_MS = 30_000;
const SERVICE_INSTANCE: MoRef = { type: 'ServiceInstance', value: 'ServiceInstance' };

// Every vCenter of the last fifteen years knows it; what the server offers itself is used from the second call on.
const FIRST_VERSION = '5.0';

/** Who logs in. */
export interface Credentials {
  readonly user: string;
  readonly password: string;
}

/** What the server says of itself. */
export interface ServiceContent {
  /** Such as `VMware vCenter Server 8.0.3 build-…`. */
  readonly fullName: string;
  /** `VirtualCenter` or `HostAgent`. */
  readonly apiType: string;
  readonly apiVersion: string;
  readonly instanceUuid: string | undefined;
  readonly rootFolder: MoRef;
  readonly propertyCollector: MoRef;
  readonly viewManager: MoRef;
  readonly sessionManager: MoRef;
  readonly eventManager: MoRef;
}

/** How one call is made. */
export interface CallContext {
  readonly signal: AbortSignal;
  readonly timeoutMs?: number;
}

/** One session with one server. */
export class VimClient {
  readonly #transport: Transport;
  readonly #cookies = new Map<string, string>();
  #version = FIRST_VERSION;
  #content: ServiceContent | undefined;
  #loggedIn = false;
  #pendingLogin: Promise<void> = Promise.resolve();

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** The server, for messages. */
  get host(): string {
    return this.#transport.host;
  }

  /** What the server says of itself; asked for once. It needs no session. */
  async serviceContent(context: CallContext): Promise<ServiceContent> {
    if (this.#content === undefined) {
      const answer = await this.callForTree('RetrieveServiceContent', SERVICE_INSTANCE, '', context);
      this.#content = contentOf(answer, this.host);
      this.#version = this.#content.apiVersion;
    }
    return this.#content;
  }

  /**
   * Opens a session. Refuses an ESXi host before the password is sent.
   * @throws {@link LoginError} when the server refuses
   */
  async login(credentials: Credentials, context: CallContext): Promise<void> {
    context.signal.throwIfAborted();
    const { sessionManager, apiType, fullName } = await this.serviceContent(context);
    if (apiType === 'HostAgent') {
      throw new UnsupportedServerError(
        `${this.host} is an ESXi host (${fullName}), which keeps no customization events: give the vCenter that manages it`,
      );
    }
    // A Login on top of a session is refused as InvalidLogin.
    this.#cookies.clear();
    this.#loggedIn = false;
    const body = element('userName', credentials.user) + element('password', credentials.password);
    // Not aborted in flight: a session whose cookie never arrived could not be closed.
    const uninterrupted = { ...context, signal: new AbortController().signal };
    const pending = this.call('Login', sessionManager, body, uninterrupted).then(() => {
      this.#loggedIn = true;
    });
    this.#pendingLogin = pending.catch(() => undefined);
    await orAborted(pending, context.signal);
  }

  /** Whether a session was opened and not closed again. */
  get loggedIn(): boolean {
    return this.#loggedIn;
  }

  /** Closes the session, that of a log-in still under way included. */
  async logout(context: CallContext): Promise<void> {
    await orAborted(this.#pendingLogin, context.signal);
    if (!this.#loggedIn) {
      return;
    }
    this.#loggedIn = false;
    const { sessionManager } = await this.serviceContent(context);
    await this.call('Logout', sessionManager, '', context);
  }

  /** The server's clock. */
  async currentTime(context: CallContext): Promise<Date> {
    const answer = await this.callForTree('CurrentTime', SERVICE_INSTANCE, '', context);
    const text = childText(answer, 'returnval') ?? '';
    const time = new Date(text);
    if (Number.isNaN(time.getTime())) {
      throw new ConnectionError(`${this.host}: CurrentTime answered \`${text.slice(0, 60)}\`, which is no time`);
    }
    return time;
  }

  /** Calls a method; answers the content of `…Response`. */
  async callForTree(method: string, self: MoRef, body: string, context: CallContext): Promise<SoapNode> {
    const bytes = await this.call(method, self, body, context);
    const answer = child(child(this.#tree(bytes, method), 'Body'), `${method.replace(/_Task$/, '')}Response`);
    if (answer === undefined) {
      throw new ConnectionError(`${this.host}: ${method} was answered with something else: is it a vCenter?`);
    }
    return answer;
  }

  /** Calls a method; answers the whole body, not looked into. A fault is thrown. */
  async call(method: string, self: MoRef, body: string, context: CallContext): Promise<Uint8Array> {
    const response = await this.#transport.post({
      headers: {
        'content-type': 'text/xml; charset=UTF-8',
        soapaction: `"urn:vim25/${this.#version}"`,
        ...(this.#cookies.size === 0 ? {} : { cookie: [...this.#cookies.values()].join('; ') }),
      },
      body: envelope(method, self, body),
      signal: context.signal,
      timeoutMs: context.timeoutMs ?? REQUEST_TIMEOUT_MS,
    });
    this.#keepCookies(response);
    if (response.status === 200) {
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
      }
    }
  }

  #refusal(response: HttpResponse, method: string): Error {
    if (response.status === 500) {
      const fault = this.#faultOf(response.body);
      if (fault !== undefined) {
        return faultError(fault, this.host, method);
      }
    }
    const what = `${this.host}: ${method} was answered with HTTP ${response.status}`;
    if (response.status >= 500 || response.status === 408 || response.status === 429) {
      return new ConnectionError(`${what}: the server is not ready, or a proxy in front of it cannot reach it`, {
        code: 'http',
      });
    }
    const location = response.header('location');
    const advice =
      location === undefined ? 'is it a vCenter, and does the address end in /sdk?' : 'it wants to redirect';
    if (response.status === 401) {
      return method === 'Login'
        ? new LoginError(`${this.host} refused the log-in (HTTP 401): check the user name and the password`)
        : new ConnectionError(`${what}: the session has ended`, { code: 'http', kind: 'notAuthenticated' });
    }
    return new ConnectionError(`${what}: ${advice}`, { code: 'http', kind: 'fatal' });
  }

  #faultOf(body: Uint8Array): ReturnType<typeof faultIn> {
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
        throw new ConnectionError(`${this.host}: the answer to ${method} could not be read: ${error.message}`, {
          cause: error,
        });
      }
      throw error;
    }
  }
}

async function orAborted(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  const released = new AbortController();
  const aborted = new Promise<never>((_, reject) => {
    const fail = (): void => reject(signal.reason);
    if (signal.aborted) {
      fail();
    } else {
      signal.addEventListener('abort', fail, { signal: released.signal });
    }
  });
  try {
    await Promise.race([promise, aborted]);
  } finally {
    released.abort();
  }
}

function contentOf(answer: SoapNode, host: string): ServiceContent {
  const content = child(answer, 'returnval');
  const about = child(content, 'about');
  const need = (name: string): MoRef => {
    const found = childReference(content, name);
    if (found === undefined) {
      throw new UnsupportedServerError(`${host} has no ${name}: is it a vCenter?`);
    }
    return found;
  };
  return {
    fullName: childText(about, 'fullName') ?? 'unknown',
    apiType: childText(about, 'apiType') ?? '',
    apiVersion: childText(about, 'apiVersion') || FIRST_VERSION,
    instanceUuid: childText(about, 'instanceUuid'),
    rootFolder: need('rootFolder'),
    propertyCollector: need('propertyCollector'),
    viewManager: need('viewManager'),
    sessionManager: need('sessionManager'),
    eventManager: need('eventManager'),
  };
}
