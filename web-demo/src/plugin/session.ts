/** The page's session with its back end, and the events that come by it. */
import { type CallOptions, type EventSource, ReadError, type ReadFailureKind, type VmRef } from 'vm-customization';
import { backEndSource } from '../../../bindings/examples/plugin-backend/event-source.js';
import { apiEndpoint, sessionToken } from './client.js';
import type { HtmlClientSdk } from './client-sdk.js';
import type { ContextVms } from './urn.js';

const SESSION_HEADER = 'x-vm-customization-session';

/** The back end beside the page, wherever the Client's proxy has put both. */
const BASE = '.';

/** What a session is about. */
export interface Opened {
  readonly vms: readonly VmRef[];
  /** VMs that this user cannot be shown, and why. */
  readonly missing: readonly { readonly vm: string; readonly message: string }[];
}

/** Signs in with what the Client gives, and again when the session has ended. The id is in memory only. */
export class Session {
  readonly source: EventSource;
  readonly #sdk: HtmlClientSdk;
  readonly #context: ContextVms;
  #id = '';

  constructor(sdk: HtmlClientSdk, context: ContextVms) {
    this.#sdk = sdk;
    this.#context = context;
    this.source = backEndSource(BASE, {
      headers: () => ({ [SESSION_HEADER]: this.#id }),
      logIn: async ({ signal }: CallOptions) => {
        await this.open(signal);
      },
    });
  }

  /** @throws `ReadError` */
  async open(signal: AbortSignal): Promise<Opened> {
    const token = await sessionToken(this.#sdk);
    const answer = await fetch(`${BASE}/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ sessionToken: token, endpoint: apiEndpoint(this.#sdk), ...this.#context }),
      signal,
    });
    const content: unknown = await answer.json().catch(() => ({}));
    if (!answer.ok) {
      const { kind = 'transient', message = `the back end answered HTTP ${answer.status}` } = content as Failure;
      throw new ReadError(kind, message);
    }
    const { session, vms, missing } = content as Opened & { readonly session: string };
    this.#id = session;
    return { vms, missing };
  }

  /** The page goes: so does the session on vCenter, without waiting for it to be idle. */
  close(): void {
    if (this.#id === '') {
      return;
    }
    const headers = { [SESSION_HEADER]: this.#id };
    this.#id = '';
    // Whoever goes is not there to hear of a failure; the session ends by itself in a while.
    fetch(`${BASE}/session`, { method: 'DELETE', headers, keepalive: true }).catch(() => undefined);
  }
}

interface Failure {
  readonly kind?: ReadFailureKind;
  readonly message?: string;
}
