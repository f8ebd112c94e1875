/** How requests reach the server: node:https in Node, fetch in browsers, anything in tests. */
import { ConnectionError } from '../errors.js';

/** One request. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  /** The call it makes, for messages. */
  readonly operation: string;
  /** Path and query on the server, from the first slash on. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Undefined for none. */
  readonly body: string | undefined;
  /** Ends the exchange, which nothing else bounds in time. */
  readonly signal: AbortSignal;
  /** Whether it may be sent only once: not again when its connection was dead already. */
  readonly once?: boolean | undefined;
}

/** One answer, whatever its status. */
export interface HttpResponse {
  readonly status: number;
  /** The value of a header, its name in lower case. */
  header(name: string): string | undefined;
  /** `Set-Cookie` headers; empty where the platform keeps cookies by itself. */
  readonly cookies: readonly string[];
  readonly body: Uint8Array;
}

/** Sends requests to one server. */
export interface Transport {
  /** The server for messages: host, and port unless it is the usual one. */
  readonly host: string;
  /** Where the server has SOAP: `/sdk`, or where a proxy has put it. The other addresses are told from it. */
  readonly path: string;
  /** Rejects with a `ConnectionError` when there is no answer, and with the signal's reason when it is aborted. */
  send(request: HttpRequest): Promise<HttpResponse>;
  /** Closes idle connections. */
  close(): void;
}

/** A body longer than this is given up, unpacked where it is packed: the core takes no more either. */
export const MAX_BODY_BYTES = 64 * 1024 * 1024;

/** Nothing, or not all of it, came in time. */
export function lateError(host: string, operation: string, timeoutMs: number): ConnectionError {
  return new ConnectionError(`${host}: ${operation}: no whole answer within ${timeoutMs / 1000} s`, {
    code: 'timeout',
  });
}

/** More came than anything sensible is. */
export function tooLargeError(host: string, operation: string): ConnectionError {
  return new ConnectionError(`${host}: ${operation}: more than 64 MiB in one answer`, { code: 'tooLarge' });
}
