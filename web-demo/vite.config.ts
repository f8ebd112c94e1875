import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { Agent } from 'node:https';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin, type ProxyOptions } from 'vite';

const at = (file: string): string => fileURLToPath(new URL(file, import.meta.url));

/** What the built page may do. The same stands in README.md for a server of one's own. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "require-trusted-types-for 'script'",
].join('; ');

/**
 * In the built page only: Vite's dev server needs scripts and styles of its own. The view in the vSphere Client has its
 * policy from its back end, since it loads a script of the Client.
 */
function policy(): Plugin {
  return {
    name: 'content-security-policy',
    apply: 'build',
    transformIndexHtml: (_, { path }) =>
      path.endsWith('/index.html')
        ? [
            {
              tag: 'meta',
              attrs: { 'http-equiv': 'Content-Security-Policy', content: POLICY },
              injectTo: 'head-prepend',
            },
          ]
        : [],
  };
}

/**
 * The core as a file of its own in place of the text inside the package's entry: it is smaller, and comes beside the
 * script. The element asks for that entry too.
 */
function coreBeside(): Plugin {
  return {
    name: 'core-beside',
    enforce: 'pre',
    async resolveId(source, importer, options) {
      if (source !== 'vm-customization' && source !== './browser.js') {
        return undefined;
      }
      const found = await this.resolve(source, importer, { ...options, skipSelf: true });
      return found && { ...found, id: found.id.replace(/\/dist\/browser\.js$/, '/dist/external.js') };
    },
    transformIndexHtml: {
      order: 'post',
      handler: (_, { bundle = {} }) =>
        Object.keys(bundle)
          .filter((file) => file.endsWith('.wasm'))
          .map((file) => ({
            tag: 'link',
            attrs: { rel: 'preload', as: 'fetch', crossorigin: true, href: `./${file}` },
            injectTo: 'head',
          })),
    },
  };
}

/** Indentation of the markup is nothing to send. */
function compactMarkup(): Plugin {
  return {
    name: 'compact-markup',
    apply: 'build',
    transformIndexHtml: { order: 'post', handler: (markup) => markup.replace(/\s*\n\s*/g, '\n') },
  };
}

/**
 * Hands `/sdk` and `/api` on to a vCenter, which answers no request of another origin.
 *
 * `VCENTER_URL`: such as `https://vc.example.com`; `VCENTER_CA_FILE`: who has signed its certificate (PEM);
 * `VCENTER_INSECURE=1`: any certificate, so that anyone in between can read the password.
 */
function vcenterProxy(): Record<string, ProxyOptions> {
  const { VCENTER_URL, VCENTER_CA_FILE, VCENTER_INSECURE } = process.env;
  if (VCENTER_URL === undefined || VCENTER_URL === '') {
    return {};
  }
  const { origin, protocol } = new URL(VCENTER_URL.includes('://') ? VCENTER_URL : `https://${VCENTER_URL}`);
  const isTls = protocol === 'https:';
  const secure = VCENTER_INSECURE !== '1';
  const options: ProxyOptions = {
    target: origin,
    changeOrigin: true,
    secure,
    ...(isTls
      ? {
          agent: new Agent({
            keepAlive: true,
            rejectUnauthorized: secure,
            ...(VCENTER_CA_FILE ? { ca: readFileSync(VCENTER_CA_FILE) } : {}),
          }),
        }
      : {}),
    configure: (proxy) => {
      proxy.on('proxyReq', (request) => {
        // A vCenter refuses what comes from another page than its own.
        request.removeHeader('origin');
        request.removeHeader('referer');
      });
      proxy.on('proxyRes', (answer, request) => {
        const cookies = answer.headers['set-cookie'];
        if (cookies !== undefined) {
          answer.headers['set-cookie'] = cookies.map((cookie) => ownCookie(cookie, request));
        }
      });
      proxy.on('error', (error, _, response) => {
        if ('writeHead' in response && !response.headersSent) {
          response.writeHead(502, { 'content-type': 'text/plain' });
          response.end(`vCenter cannot be reached: ${error.message}\n`);
        }
      });
    },
  };
  return { '^/(sdk|api)(/|\\?|$)': options };
}

/** A browser keeps no secure cookie of a page that came over plain HTTP; and nobody else's page shall send it. */
function ownCookie(cookie: string, request: IncomingMessage): string {
  const isTls = 'encrypted' in request.socket;
  const kept = cookie.replace(/;\s*(secure|samesite=\w+|domain=[^;]*)/gi, '');
  return `${kept}; SameSite=Strict${isTls ? '; Secure' : ''}`;
}

const proxy = vcenterProxy();

// A build for each page, `vite build --mode plugin` being the second: what both need is in each, so that each loads one
// script, with nothing in it that is for the other alone.
export default defineConfig(({ mode }) => ({
  // Relative, so that the built page works at any path of any server.
  base: './',
  // What is not there is not found, rather than the page again: a vCenter that is not set up must not look like one.
  appType: 'mpa',
  plugins: [policy(), coreBeside(), compactMarkup()],
  server: { proxy },
  preview: { proxy, headers: { 'Content-Security-Policy': `${POLICY}; frame-ancestors 'none'` } },
  build: {
    target: 'es2022',
    // Nothing of it is worth a data: URL.
    assetsInlineLimit: 0,
    // Every browser that runs the core knows modules.
    modulePreload: { polyfill: false },
    emptyOutDir: mode !== 'plugin',
    rollupOptions: { input: at(mode === 'plugin' ? 'plugin.html' : 'index.html') },
  },
}));
