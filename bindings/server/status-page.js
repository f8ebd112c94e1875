/** The built status page for one vCenter, and what of the server it looks at. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { Hono } from 'hono';
import { secureHeaders } from 'hono/secure-headers';
import { LOOPBACK_NAMES, ownHost } from './guard.js';
import { listen } from './listen.js';
import { folderFiles, pageFiles } from './page-files.js';
import { PAGE_POLICY } from './policy.js';
import { vcenterProxy } from './vcenter-proxy.js';
import { viewers } from './viewers.js';

/**
 * @typedef {object} StatusPage
 * @property {URL} files the folder of the built page
 * @property {Readonly<Record<string, string>>} source what the page is to look at, as attributes of its `meta` element
 * @property {string} host the address to listen on
 * @property {number} port 0 for a free one
 * @property {{cert: string, key: string}} [tls]
 * @property {boolean} [behindTlsProxy] whether a proxy before it speaks TLS with the browsers
 * @property {readonly string[]} names by which browsers reach it, without ports, beside the loopback's
 * @property {string} [token] the first part of every path but `/healthz`, where the page is for those who know it
 * @property {import('vm-customization').Transport} [vcenter] what the page logs in to
 * @property {import('./viewers.js').Viewed} [viewed] what those who only look are shown
 * @property {() => Promise<{text: string, type: string}>} [metrics] in the text form of Prometheus
 * @property {() => string | undefined} [problem] what keeps the server from its work; undefined where nothing does
 */

/**
 * Serves it.
 * @param {StatusPage} page
 * @returns {Promise<{address: string, stop: () => void}>}
 */
export async function serveStatusPage(page) {
  const { host, port, tls, token, behindTlsProxy = false } = page;
  const server = await listen(statusPage(page), { host, port, tls, isTrusted: () => behindTlsProxy });
  return { address: `${server.origin}/${token === undefined ? '' : `${token}/`}`, stop: server.stop };
}

/**
 * Its app.
 * @param {Omit<StatusPage, 'host' | 'port'>} page
 * @throws Error where the page has not been built
 */
export function statusPage({ files, source, names, token, tls, behindTlsProxy, vcenter, viewed, metrics, problem }) {
  const index = withSource(indexOf(files), source);
  const app = new Hono();
  app.use(
    ownHost([...LOOPBACK_NAMES, ...names]),
    secureHeaders({
      xFrameOptions: 'DENY',
      contentSecurityPolicy: { ...PAGE_POLICY, frameAncestors: ["'none'"] },
      // It is about all of the host, and not this page's to say.
      strictTransportSecurity: false,
    }),
  );
  app.get('/healthz', (c) => {
    const why = problem?.();
    return why === undefined ? c.json({ status: 'ok' }) : c.json({ status: 'unavailable', problem: why }, 503);
  });
  const page = new Hono();
  page.get('/', (c) => c.html(index, 200, { 'cache-control': 'no-store' }));
  page.use('/assets/*', async (c, next) => {
    await next();
    // The names of the parts change with their content.
    if (c.res.ok) c.header('cache-control', 'max-age=31536000, immutable');
  });
  page.route('/', pageFiles(files, ['favicon.svg']));
  page.route('/', folderFiles('/assets', new URL('assets/', files)));
  if (vcenter !== undefined) {
    page.route('/', vcenterProxy(vcenter, { isTls: tls !== undefined || behindTlsProxy === true }));
  }
  if (viewed !== undefined) page.route('/', viewers(viewed));
  if (metrics !== undefined) {
    page.get('/metrics', async (c) => {
      const { text, type } = await metrics();
      return c.body(text, 200, { 'content-type': type });
    });
  }
  if (token === undefined) return app.route('/', page);
  app.use('/:token/*', async (c, next) => (isSame(c.req.param('token'), token) ? next() : c.notFound()));
  // What is relative in the page is beside it.
  app.get(`/${token}`, (c) => c.redirect(`/${token}/`));
  return app.route(`/${token}/`, page);
}

/** @param {URL} files */
function indexOf(files) {
  try {
    readdirSync(new URL('assets/', files));
    return readFileSync(new URL('index.html', files), 'utf8');
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`the page is not built (${why}): run \`cargo xtask build\``);
  }
}

/** @param {string} html @param {Readonly<Record<string, string>>} source */
function withSource(html, source) {
  const attributes = Object.entries(source).map(([name, value]) => ` ${name}="${escaped(value)}"`);
  return html.replace('</title>', () => `</title><meta name="vm-customization"${attributes.join('')}>`);
}

/** @param {string} text */
function escaped(text) {
  return text.replace(/[&"<>]/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** Takes as long for one that is nearly right. @param {string} left @param {string} right */
function isSame(left, right) {
  const [a, b] = [left, right].map((text) => createHash('sha256').update(text).digest());
  return timingSafeEqual(/** @type {Buffer} */ (a), /** @type {Buffer} */ (b));
}
