/** SOAP: every vCenter since 5.0 speaks it. */
import { OptionsError } from '../../errors.js';
import type { HttpResponse } from '../../http/transport.js';
import { type Call, type Codec, MAX_REPEATED_LENGTH, type WrittenCall } from '../api/codec.js';
import type { VimFault } from '../api/faults.js';
import type { ExistingSession, Value } from '../api/types.js';
import { type XmlElement, xmlTree } from './tree.js';
import { envelope, tokenHeader } from './xml.js';

const SESSION_COOKIE = 'vmware_soap_session';

// Every vCenter of the last fifteen years knows it; what the server offers itself is used from the second call on.
const FIRST_VERSION = '5.0';

// Events go to the core as they came: of these answers only what stands around them is read here.
const LEVELS: Readonly<Record<string, number>> = { QueryEvents: 2, ReadNextEvents: 2, WaitForUpdatesEx: 4 };

/** {@link Codec} of SOAP. */
export class SoapCodec implements Codec {
  readonly wire = 'soap';
  readonly sessionKey = `cookie ${SESSION_COOKIE}`;
  readonly #path: string;
  /** The session's, and those of a balancer in front. They have no other place to go to than this server. */
  readonly #cookies = new Map<string, string>();
  /** How far the server's clock is ahead of ours, by the date of its last answer: before a log-in it tells no other time. */
  #serverAheadMs = 0;

  /** @param path - where the server has SOAP */
  constructor(path: string) {
    this.#path = path;
  }

  get hasSession(): boolean {
    return this.#cookies.has(SESSION_COOKIE);
  }

  write(call: Call): WrittenCall {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    return {
      method: 'POST',
      path: this.#path,
      headers: {
        'content-type': 'text/xml; charset=UTF-8',
        soapaction: `"urn:vim25/${call.apiVersion || FIRST_VERSION}"`,
        ...(cookie === '' ? {} : { cookie }),
      },
      body: envelope(call, call.token === undefined ? '' : tokenHeader(call.token, Date.now() + this.#serverAheadMs)),
    };
  }

  read(method: string, body: Uint8Array): XmlElement | null | undefined {
    const answer = xmlTree(body, LEVELS[method]).get('Body')?.get(`${method}Response`);
    return answer && (answer.get('returnval') ?? null);
  }

  readEvents(method: string, body: Uint8Array): Uint8Array | undefined {
    return this.read(method, body) === undefined ? undefined : body;
  }

  fault({ body }: HttpResponse): VimFault | undefined {
    const fault = xmlTree(body).get('Body')?.get('Fault');
    const detail = fault?.get('detail')?.children[0];
    return (
      fault && {
        type:
          detail?.type ??
          detail?.name.replace(/Fault$/, '') ??
          fault.get('faultcode')?.text?.replace(/^.*:/, '') ??
          'unknown fault',
        text: fault.get('faultstring')?.text?.trim() ?? '',
        object: detail?.get('obj')?.text || undefined,
      }
    );
  }

  keep(response: HttpResponse): readonly string[] {
    const date = Date.parse(response.header('date') ?? '');
    this.#serverAheadMs = Number.isNaN(date) ? this.#serverAheadMs : date - Date.now();
    const kept = response.cookies.flatMap((cookie) => {
      // No character of it is looked at twice, however the cookie goes on.
      const [, name = '', value = ''] = /^\s*([^=;\s][^=;]*)=([^;]*)/.exec(cookie) ?? [];
      const isSession = name === SESSION_COOKIE;
      if (name === '' || (isSession && value.length > MAX_REPEATED_LENGTH)) {
        return [];
      }
      this.#cookies.delete(name);
      this.#cookies.set(name, value.trim());
      return [value.trim()];
    });
    this.#dropOldCookies();
    return kept;
  }

  /** The newest are kept, as many as fit into a header that is taken everywhere. */
  #dropOldCookies(): void {
    let length = 0;
    for (const [name, value] of [...this.#cookies].reverse()) {
      length += name === SESSION_COOKIE ? 0 : name.length + value.length;
      if (length > MAX_REPEATED_LENGTH && name !== SESSION_COOKIE) {
        this.#cookies.delete(name);
      }
    }
  }

  opened(answer: Value): boolean {
    // Where the platform keeps cookies out of sight, the answer names the session all the same.
    return this.hasSession || Boolean(answer.get('key')?.text);
  }

  use(session: ExistingSession): string {
    if (!('cookie' in session)) {
      throw new OptionsError('invalidSession', 'a session of VI JSON cannot be used over SOAP: give its cookie');
    }
    this.#cookies.clear();
    this.#cookies.set(SESSION_COOKIE, session.cookie);
    return session.cookie;
  }

  forget(): void {
    this.#cookies.clear();
  }
}
