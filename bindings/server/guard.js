/** What is refused before anything looks at it: requests that another site's page has made, or that are of no use. */
import { createMiddleware } from 'hono/factory';
import { HTTPException } from 'hono/http-exception';

/** The names of a server that this machine alone reaches. */
export const LOOPBACK_NAMES = ['127.0.0.1', 'localhost', '[::1]'];

/**
 * Refuses requests to another host: a name of somebody else's that leads here makes his page one of this origin.
 * @param {readonly string[]} names without ports
 */
export const ownHost = (names) =>
  createMiddleware(async (c, next) => {
    if (!names.includes(parsed(`http://${c.req.header('host')}`)?.hostname ?? '')) {
      throw new HTTPException(421, { message: `this server is reached as ${names.join(' or ')} only` });
    }
    await next();
  });

/**
 * Refuses requests of pages of another origin: browsers say where each comes from.
 * @param {readonly string[]} [hosts] with ports, by which a proxy of this server is known
 */
export const ownPages = (hosts = []) =>
  createMiddleware(async (c, next) => {
    const site = c.req.header('sec-fetch-site');
    const origin = c.req.header('origin');
    const own = [c.req.header('host'), ...hosts];
    if (
      (site !== undefined && site !== 'same-origin') ||
      (origin !== undefined && !own.includes(parsed(origin)?.host))
    ) {
      throw new HTTPException(403, { message: 'requests of other pages are not answered' });
    }
    await next();
  });

/**
 * Refuses questions of any other type. Those of a form reach a server of another origin unasked.
 * @param {...string} types
 */
export const contentType = (...types) =>
  createMiddleware(async (c, next) => {
    const type = c.req.header('content-type')?.split(';', 1)[0]?.trim().toLowerCase();
    const hasBody = c.req.header('transfer-encoding') !== undefined || Number(c.req.header('content-length') ?? 0) > 0;
    if ((hasBody || type !== undefined) && !types.includes(type ?? '')) {
      throw new HTTPException(415, { message: `the content type has to be ${types.join(' or ')}` });
    }
    await next();
  });

/** @param {string} text */
function parsed(text) {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}
