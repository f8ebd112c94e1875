/** Hands a page's requests on to one vCenter, which answers no page of another origin than its own. */
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { HTTPException } from 'hono/http-exception';
import { contentType, ownPages } from './guard.js';

/** The parts of a vCenter's API. */
const PATHS = ['/sdk/*', '/api/*'];
/** A question names the VMs it is about: those of the largest run fit. */
const MAX_REQUEST_BYTES = 4 * 1024 * 1024;
/** A long poll waits for a minute, and other calls are bounded by the page. */
const TIMEOUT_MS = 120_000;
/** What vCenter's API has a use for: it refuses a request that says it is of another origin. */
const REQUEST_HEADERS = ['content-type', 'accept', 'soapaction', 'cookie', 'vmware-api-session-id'];
const RESPONSE_HEADERS = ['content-type', 'date', 'location', 'retry-after', 'vmware-api-session-id'];

/**
 * Answers `/sdk` and `/api`, the page's own requests alone.
 * @param {import('vm-customization').Transport} transport to the vCenter
 * @param {object} [options]
 * @param {number} [options.timeoutMs]
 * @param {boolean} [options.isTls] whether browsers come over TLS, where this server itself does not speak it
 */
export function vcenterProxy(transport, { timeoutMs = TIMEOUT_MS, isTls = false } = {}) {
  const app = new Hono();
  for (const path of PATHS) {
    app.use(path, ownPages(), contentType('text/xml', 'application/json'), bodyLimit({ maxSize: MAX_REQUEST_BYTES }));
  }
  app.on(['GET', 'POST'], PATHS, async (c) => {
    const { pathname, search } = new URL(c.req.url);
    const isPost = c.req.method === 'POST';
    const late = AbortSignal.timeout(timeoutMs);
    /** @type {import('vm-customization').HttpRequest} */
    const request = {
      method: isPost ? 'POST' : 'GET',
      operation: pathname,
      path: pathname + search,
      headers: Object.fromEntries(
        REQUEST_HEADERS.flatMap((name) => {
          const value = c.req.header(name);
          return value === undefined ? [] : [[name, value]];
        }),
      ),
      body: isPost ? await c.req.text() : undefined,
      signal: AbortSignal.any([c.req.raw.signal, late]),
    };
    const answer = await transport.send(request).catch((error) => {
      if (!late.aborted) throw error;
      throw new HTTPException(504, { message: `${transport.host} has not answered within ${timeoutMs / 1_000} s` });
    });
    const headers = new Headers();
    for (const name of RESPONSE_HEADERS) {
      const value = answer.header(name);
      if (value !== undefined) headers.set(name, value);
    }
    const isSecure = isTls || new URL(c.req.url).protocol === 'https:';
    for (const cookie of answer.cookies) headers.append('set-cookie', ownCookie(cookie, isSecure));
    const body = answer.body.length === 0 ? null : Buffer.from(answer.body);
    return new Response(body, { status: answer.status, headers });
  });
  app.onError((error, c) => {
    if (error instanceof HTTPException) return error.getResponse();
    return c.text(`${error.message}\n`, 502);
  });
  return app;
}

/**
 * A browser keeps no secure cookie of a page that came over plain HTTP; and nobody else's page shall send it.
 * @param {string} cookie @param {boolean} isSecure
 */
function ownCookie(cookie, isSecure) {
  const kept = cookie.replace(/;\s*(secure|samesite=\w+|domain=[^;]*)/gi, '');
  return `${kept}; SameSite=Strict${isSecure ? '; Secure' : ''}`;
}
