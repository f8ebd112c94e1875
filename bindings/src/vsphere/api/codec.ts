/**
 * What differs between the wires: how a call is written, and how its answer, a fault and the session's key are read.
 * `soap/codec.ts` and `vijson/codec.ts` implement it; nothing else knows how a request looks.
 */
import type { HttpRequest, HttpResponse } from '../../http/transport.js';
import type { VimFault } from './faults.js';
import type { ExistingSession, MoRef, Value, Wire } from './types.js';

/** What is passed to a call. A member that is undefined is left out. */
export type Argument = string | number | boolean | MoRef | DataObject | readonly Argument[] | undefined;

/** Arguments by their names, in the order of the schema: SOAP refuses any other. */
export interface Arguments {
  readonly [name: string]: Argument;
}

/** A data object of the API. */
export interface DataObject extends Arguments {
  readonly _typeName: string;
}

/** One call. */
export interface Call {
  /** The object that it is made on. */
  readonly self: MoRef;
  readonly method: string;
  readonly arguments: Arguments;
  /** As the server names it; undefined before that is known. */
  readonly apiVersion: string | undefined;
  /** A SAML bearer token that goes with the call. */
  readonly token?: string | undefined;
}

/** What later requests repeat is no longer than this: a server that lets it grow would have them refused in the end. */
export const MAX_REPEATED_LENGTH = 4_096;

/** A call as a request. */
export type WrittenCall = Pick<HttpRequest, 'method' | 'path' | 'headers' | 'body'>;

/** One wire with one server; it keeps the session's key. */
export interface Codec {
  readonly wire: Wire;
  /** What the session's key is, for messages. */
  readonly sessionKey: string;
  /** Whether there is a key. */
  readonly hasSession: boolean;

  write(call: Call): WrittenCall;

  /**
   * What a method answered: null where it answered nothing, undefined when this is no answer to it.
   * @throws `WireError` when the body cannot be read at all
   */
  read(method: string, body: Uint8Array): Value | null | undefined;
  /**
   * The body of an answer that is a list of events, for the core to read; null and undefined as above.
   * @throws `WireError` when the body cannot be read at all
   */
  readEvents(method: string, body: Uint8Array): Uint8Array | null | undefined;
  /**
   * The fault in a response, which has its form; undefined when it is none.
   * @throws `WireError` when the body cannot be read at all
   */
  fault(response: HttpResponse): VimFault | undefined;

  /** Takes from a response what later requests have to carry. Answers what of it is secret. */
  keep(response: HttpResponse): readonly string[];
  /** Whether the answer to a log-in has brought a key. */
  opened(answer: Value): boolean;
  /**
   * Goes on with a session of someone else's. Answers its key.
   * @throws `OptionsError` when it is one of another wire
   */
  use(session: ExistingSession): string;
  /** Forgets the key. */
  forget(): void;
}
