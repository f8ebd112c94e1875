/** Requests in a browser. vCenter answers no cross-origin request: the address is one of the page's own origin. */

import { ConnectionError } from '../errors.js';
import { addressOf, hostOf } from './server-url.js';
import { type HttpRequest, type HttpResponse, MAX_BODY_BYTES, type Transport, tooLargeError } from './transport.js';

/** Makes a transport to one server, with the given `fetch` or the platform's. */
export function fetchTransport(url: URL, fetchFunction: typeof fetch = fetch): Transport {
  const host = hostOf(url);
  return {
    host,
    path: url.pathname,
    close: () => undefined,
    async send(request: HttpRequest): Promise<HttpResponse> {
      try {
        // The browser keeps the session's cookie by itself, out of the page's sight.
        const { cookie: _, ...headers } = request.headers;
        const response = await fetchFunction(addressOf(url, request.path), {
          method: request.method,
          headers,
          ...(request.body === undefined ? {} : { body: request.body }),
          credentials: 'include',
          redirect: 'error',
          // It outlives the page that sends it as its last.
          keepalive: request.operation === 'Logout',
          signal: request.signal,
        });
        const body = new Uint8Array(await response.arrayBuffer());
        if (body.length > MAX_BODY_BYTES) {
          throw tooLargeError(host, request.operation);
        }
        return {
          status: response.status,
          header: (name) => response.headers.get(name) ?? undefined,
          cookies: [],
          body,
        };
      } catch (cause) {
        request.signal.throwIfAborted();
        if (cause instanceof ConnectionError) {
          throw cause;
        }
        throw new ConnectionError(
          `${host}: ${request.operation}: the server cannot be reached: a page reaches a vCenter only through a proxy of its own origin`,
          { cause },
        );
      }
    },
  };
}
