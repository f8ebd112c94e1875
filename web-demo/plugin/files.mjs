/** The built page and the manifest: read once, so that no address leads to any other file. */
import { readdirSync, readFileSync } from 'node:fs';
import { extname } from 'node:path';

const TYPES = /** @type {Record<string, string>} */ ({
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
});

/**
 * `'self'` is the origin of the vSphere Client: the page comes through its reverse proxy. The script of the Client's SDK
 * comes from there too. What it does inside is not ours, so trusted types are reported, not required.
 */
const HEADERS = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'self'",
  ].join('; '),
  'content-security-policy-report-only': "require-trusted-types-for 'script'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
};

/**
 * @param {URL} built the folder of the built page
 * @param {URL} manifest
 * @returns {Map<string, {headers: Record<string, string>, content: Buffer}>} by path
 */
export function readFiles(built, manifest) {
  const files = new Map();
  /** @param {string} path @param {URL} url @param {string} caching */
  const add = (path, url, caching) => {
    const type = TYPES[extname(path)];
    if (type === undefined) return;
    files.set(path, {
      headers: { ...HEADERS, 'content-type': type, 'cache-control': caching },
      content: readFileSync(url),
    });
  };
  add('plugin.json', manifest, 'no-cache');
  try {
    add('plugin.html', new URL('plugin.html', built), 'no-cache');
    for (const name of readdirSync(new URL('assets/', built))) {
      // Their names change with their content.
      add(`assets/${name}`, new URL(`assets/${encodeURIComponent(name)}`, built), 'max-age=31536000, immutable');
    }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`the page is not built (${why}): run \`npm run --workspace web-demo build\``);
  }
  return files;
}
