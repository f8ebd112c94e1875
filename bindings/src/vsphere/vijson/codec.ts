/** VI JSON: vCenter 8.0 U1 and later. */
import { OptionsError } from '../../errors.js';
import type { HttpResponse } from '../../http/transport.js';
import { type Argument, type Call, type Codec, MAX_REPEATED_LENGTH, type WrittenCall } from '../api/codec.js';
import type { VimFault } from '../api/faults.js';
import type { ExistingSession } from '../api/types.js';
import { type JsonValue, jsonValue } from './json.js';

const SESSION_HEADER = 'vmware-api-session-id';

const LIST_BEGINS = 0x5b;
const WHITE_SPACE: readonly number[] = [0x20, 0x09, 0x0a, 0x0d];

/** {@link Codec} of VI JSON. */
export class ViJsonCodec implements Codec {
  readonly wire = 'vi-json';
  readonly sessionKey = `header ${SESSION_HEADER}`;
  readonly #base: string;
  #sessionId: string | undefined;

  /**
   * @param path - where the server has SOAP
   * @param release - of the API, as negotiated: another one is answered 404
   */
  constructor(path: string, release: string) {
    this.#base = `${path}/vim25/${release}`;
  }

  get hasSession(): boolean {
    return this.#sessionId !== undefined;
  }

  write({ self, method, arguments: given, token }: Call): WrittenCall {
    if (token !== undefined) {
      throw new OptionsError('invalidProtocol', 'a SAML token has no place in VI JSON: sign in with it over SOAP');
    }
    const object = `${this.#base}/${self.type}/${encodeURIComponent(self.value)}`;
    const session = this.#sessionId === undefined ? {} : { [SESSION_HEADER]: this.#sessionId };
    if (method === 'RetrieveServiceContent') {
      return { method: 'GET', path: `${object}/content`, headers: session, body: undefined };
    }
    const body = Object.keys(given).length === 0 ? undefined : JSON.stringify(given, withTypes);
    const type = body === undefined ? {} : { 'content-type': 'application/json' };
    return { method: 'POST', path: `${object}/${method}`, headers: { ...type, ...session }, body };
  }

  read(_method: string, body: Uint8Array): JsonValue | null | undefined {
    const answer = jsonValue(body);
    return answer === null || answer.type !== undefined ? answer : undefined;
  }

  readEvents(_method: string, body: Uint8Array): Uint8Array | null | undefined {
    // What the list holds is for the core to read.
    if (body[body.findIndex((byte) => !WHITE_SPACE.includes(byte))] === LIST_BEGINS) {
      return body;
    }
    const answer = jsonValue(body);
    return answer === null ? null : answer.type === 'ArrayOfEvent' ? body : undefined;
  }

  fault({ status, body }: HttpResponse): VimFault | undefined {
    const fault = status < 300 ? null : jsonValue(body);
    return fault?.type === undefined
      ? undefined
      : { type: fault.type, text: fault.get('faultstring')?.text?.trim() ?? '', object: fault.get('obj')?.ref?.value };
  }

  keep(response: HttpResponse): readonly string[] {
    const sessionId = response.header(SESSION_HEADER);
    if (sessionId === undefined || sessionId.length > MAX_REPEATED_LENGTH) {
      return [];
    }
    this.#sessionId = sessionId;
    return [sessionId];
  }

  opened(): boolean {
    return this.hasSession;
  }

  use(session: ExistingSession): string {
    if (!('apiSessionId' in session)) {
      throw new OptionsError(
        'invalidSession',
        'the cookie of a SOAP session cannot be used over VI JSON: give its vmware-api-session-id',
      );
    }
    this.#sessionId = session.apiSessionId;
    return session.apiSessionId;
  }

  forget(): void {
    this.#sessionId = undefined;
  }
}

/** References say their type as all objects do. */
function withTypes(_name: string, value: Argument): unknown {
  const isReference = typeof value === 'object' && 'value' in value && !('_typeName' in value);
  return isReference ? { _typeName: 'ManagedObjectReference', ...value } : value;
}
