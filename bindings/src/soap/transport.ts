/** How requests reach the server: node:https in Node, fetch in browsers, anything in tests. */

/** One request. */
export interface HttpRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly signal: AbortSignal;
  /** Milliseconds that the whole exchange may take. */
  readonly timeoutMs: number;
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

/** Sends requests to one address. */
export interface Transport {
  /** The server for messages: host, and port unless it is the usual one. */
  readonly host: string;
  /** Rejects with a `ConnectionError` when there is no answer. */
  post(request: HttpRequest): Promise<HttpResponse>;
  /** Closes idle connections. */
  close(): void;
}

/** A body longer than this is given up: the core takes no more either. */
export const MAX_BODY_BYTES = 64 * 1024 * 1024;
