/** Requests in a browser. vCenter answers no cross-origin request: the address is one of the page's own origin. */

import { ConnectionError } from '../errors.js';
import { ADDRESS, checkFields, checkValue, FUNCTION } from '../util/fields.js';
import { addressOf, hostOf } from './server-url.js';
import { type HttpRequest, type HttpResponse, MAX_BODY_BYTES, type Transport, tooLargeError } from './transport.js';

/**
 * Makes a transport to one server, with the given `fetch` or the platform's.
 * @throws {@link OptionsError} when one of them cannot be used
 */
export function fetchTransport(url: URL, fetchFunction: typeof fetch = fetch): Transport {
  checkValue('url', url, ADDRESS);
  checkFields({ fetch: fetchFunction }, { fetch: FUNCTION });
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
        return {
          status: response.status,
          header: (name) => response.headers.get(name) ?? undefined,
          cookies: [],
          body: await bodyOf(response, () => tooLargeError(host, request.operation)),
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

/** The whole body, as long as it is no longer than it may be. */
async function bodyOf(response: Response, tooLarge: () => ConnectionError): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = response.body?.getReader();
  for (let next = await reader?.read(); next?.value !== undefined; next = await reader?.read()) {
    chunks.push(next.value);
    length += next.value.length;
    if (length > MAX_BODY_BYTES) {
      await reader?.cancel();
      throw tooLarge();
    }
  }
  const body = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    body.set(chunk, at);
    at += chunk.length;
  }
  return body;
}
