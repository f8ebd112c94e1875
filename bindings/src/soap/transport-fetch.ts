/** Requests in a browser. vCenter answers no cross-origin request: the address is one of the page's own origin. */

import { linkedTo } from '../abort.js';
import { ConnectionError } from '../errors.js';
import { hostOf } from './server-url.js';
import { type HttpRequest, type HttpResponse, MAX_BODY_BYTES, type Transport } from './transport.js';

/** Makes a transport to one address, with the given `fetch` or the platform's. */
export function fetchTransport(url: URL, fetchFunction: typeof fetch = fetch): Transport {
  const host = hostOf(url);
  return {
    host,
    close: () => undefined,
    async post(request: HttpRequest): Promise<HttpResponse> {
      const controller = linkedTo(request.signal);
      const timer = setTimeout(
        () =>
          controller.abort(
            new ConnectionError(`${host} did not answer within ${request.timeoutMs / 1000} s`, { code: 'timeout' }),
          ),
        request.timeoutMs,
      );
      try {
        // The browser keeps the session's cookie by itself, out of the page's sight.
        const { cookie: _, ...headers } = request.headers;
        const response = await fetchFunction(url, {
          method: 'POST',
          headers,
          body: request.body,
          credentials: 'include',
          redirect: 'error',
          signal: controller.signal,
        });
        const body = new Uint8Array(await response.arrayBuffer());
        if (body.length > MAX_BODY_BYTES) {
          throw new ConnectionError(`${host} sent more than 64 MiB in one answer`, { code: 'tooLarge' });
        }
        return {
          status: response.status,
          header: (name) => response.headers.get(name) ?? undefined,
          cookies: [],
          body,
        };
      } catch (cause) {
        if (controller.signal.aborted) {
          throw controller.signal.reason;
        }
        if (cause instanceof ConnectionError) {
          throw cause;
        }
        throw new ConnectionError(
          `${host} cannot be reached: a page reaches a vCenter only through a proxy of its own origin`,
          { cause },
        );
      } finally {
        clearTimeout(timer);
        controller.release();
      }
    },
  };
}
