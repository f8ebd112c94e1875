/** The server of the plug-in: its page and manifest, a session for each page, and the events that the page asks for. */
import { readdirSync } from 'node:fs';
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { HTTPException } from 'hono/http-exception';
import { secureHeaders } from 'hono/secure-headers';
import { ReadError } from 'vm-customization';
import { backEnd } from '../../bindings/examples/plugin-backend/back-end.js';
import { clientOf, trusted } from '../../bindings/server/client.js';
import { contentType, ownPages } from '../../bindings/server/guard.js';
import { listen } from '../../bindings/server/listen.js';
import { folderFiles, pageFiles } from '../../bindings/server/page-files.js';
import { PAGE_POLICY } from '../../bindings/server/policy.js';
import { Refusal } from './refusal.mjs';
import { Sessions } from './sessions.mjs';
import { sessionOpener, wishOf } from './sign-in.mjs';

/** All addresses are below this one, and the page's are relative: where vCenter's proxy puts it does not matter. */
export const BASE = '/vm-customization';

/** By a header, which no page of another origin can send: a cookie would be the whole Client's. */
const SESSION_HEADER = 'x-vm-customization-session';
/** A token of 4 KiB and a thousand VMs fit; so does each question about these. */
const MAX_REQUEST_BYTES = 64 * 1024;
/** The page has one or two of each kind under way. */
const MAX_REQUESTS_OF_A_PAGE = 8;
/** Whoever makes requests that are refused does not fill the log. */
const MAX_REFUSALS_LOGGED_A_MINUTE = 20;

/**
 * `'self'` is the origin of the vSphere Client: the page comes through its reverse proxy. The script of the Client's SDK
 * comes from there too. What it does inside is not ours, so trusted types are reported, not required.
 */
const { requireTrustedTypesFor, ...policy } = PAGE_POLICY;
const HEADERS = secureHeaders({
  contentSecurityPolicy: { ...policy, imgSrc: ["'self'"], frameAncestors: ["'self'"] },
  contentSecurityPolicyReportOnly: { requireTrustedTypesFor },
  // It would be about the whole of the Client's host.
  strictTransportSecurity: false,
});

/**
 * @param {import('./configuration.mjs').Configuration} configuration
 * @param {(message: string) => void} log
 */
export async function startServer(configuration, log) {
  const { tls, host, port, names, proxies, maxSessions, idleMs, maxAgeMs } = configuration;
  const isTrusted = await trusted(proxies);
  const opener = sessionOpener(configuration);
  const sessions = new Sessions({ ...opener, log, maxSessions, idleMs, maxAgeMs });

  /** @type {Hono<{Bindings: import('@hono/node-server').HttpBindings, Variables: {page: import('./sessions.mjs').Page}}>} */
  const app = new Hono();
  app.route('/', files());
  app.get('*', (c) => c.notFound());
  app.use(ownPages(names), contentType('application/json'), bodyLimit({ maxSize: MAX_REQUEST_BYTES }));
  app.post('/session', async (c) => {
    const { vms: wanted, ...who } = wishOf(await c.req.json().catch(notJson), configuration);
    const { signal } = c.req.raw;
    const { page, vms, missing } = await sessions.begin(who, wanted, clientOf(c, isTrusted), signal);
    // Gone meanwhile: nobody would ever end it.
    if (signal.aborted) sessions.end(page);
    return c.json({ session: page.id, vms, missing }, 200, { 'cache-control': 'no-store' });
  });
  app.use(async (c, next) => {
    const page = sessions.find(c.req.header(SESSION_HEADER));
    if (page === undefined) {
      throw new Refusal(401, 'notAuthenticated', 'the session of this page has ended, or never was');
    }
    c.set('page', page);
    await next();
  });
  app.delete('/session', (c) => {
    sessions.end(c.get('page'));
    return c.body(null, 204);
  });
  app.use(async (c, next) => {
    const page = c.get('page');
    if (page.requests >= MAX_REQUESTS_OF_A_PAGE) {
      throw new Refusal(429, 'transient', `the page asks for more than ${MAX_REQUESTS_OF_A_PAGE} things at a time`);
    }
    page.requests += 1;
    c.env.outgoing.once('close', () => {
      page.requests -= 1;
      page.usedMs = performance.now();
    });
    await next();
  });
  app.route(
    '/',
    backEnd((c) => c.get('page').events),
  );
  const logged = upTo(MAX_REFUSALS_LOGGED_A_MINUTE, log);
  app.onError((error, c) => {
    const { status, kind, message } = refusalOf(error);
    if ((status >= 500 || status === 403) && !c.req.raw.signal.aborted) logged(`refused: ${message}`);
    return c.json({ kind, message }, status);
  });

  const server = await listen(new Hono().route(BASE, app), { host, port, tls, isTrusted });
  return {
    url: `${server.origin}${BASE}/`,
    /** Ends all requests, and all sessions on vCenter. */
    async stop() {
      server.stop();
      await sessions.close();
      opener.close();
    },
  };
}

/** The built page and the manifest. */
function files() {
  const built = new URL('../dist/', import.meta.url);
  try {
    readdirSync(new URL('assets/', built));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`the page is not built (${why}): run \`npm run --workspace web-demo build\``);
  }
  const app = new Hono();
  for (const path of ['/plugin.html', '/plugin.json', '/assets/*']) {
    app.use(path, HEADERS, async (c, next) => {
      if (c.req.method !== 'GET' && c.req.method !== 'HEAD') {
        throw new Refusal(405, 'fatal', 'this address can only be read');
      }
      await next();
      // The names of the parts change with their content.
      if (c.res.ok) c.header('cache-control', path === '/assets/*' ? 'max-age=31536000, immutable' : 'no-cache');
    });
  }
  app.route('/', pageFiles(built, ['plugin.html']));
  app.route('/', pageFiles(new URL('.', import.meta.url), ['plugin.json']));
  app.route('/', folderFiles('/assets', new URL('assets/', built)));
  return app;
}

/** @returns {never} */
function notJson() {
  // The parser's own message would repeat a part of it.
  throw new Refusal(400, 'fatal', 'the request is not JSON');
}

/** @param {unknown} error */
function refusalOf(error) {
  if (error instanceof Refusal) return error;
  if (error instanceof HTTPException) return new Refusal(error.status, 'fatal', error.message);
  // Those of the package hold no secret.
  if (error instanceof ReadError) {
    return new Refusal(error.kind === 'transient' ? 502 : 403, error.kind, error.message);
  }
  return new Refusal(500, 'transient', 'the back end of the plug-in has failed');
}

/** @param {number} most a minute @param {(message: string) => void} log */
function upTo(most, log) {
  let begun = 0;
  let count = 0;
  return (/** @type {string} */ message) => {
    const now = performance.now();
    if (now - begun > 60_000) {
      if (count > most) log(`refused: ${count - most} more`);
      begun = now;
      count = 0;
    }
    count += 1;
    if (count <= most) log(message);
  };
}
