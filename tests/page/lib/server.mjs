/** A web server on the loopback interface, of folders and of texts. */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';

const TYPES = {
  '.css': 'text/css',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
};

/** The strictest policy under which the package runs: nothing from elsewhere, no inline style, no text that becomes code. */
export const STRICT_POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' data:",
  "require-trusted-types-for 'script'",
].join('; ');

/**
 * Serves a map of paths. A path that ends in `/` stands for a folder on disk, and the empty one for a folder with all the
 * rest; any other one for a text, or for a function of the request and the response. `types` are those of endings, where
 * the usual will not do.
 *
 * Answers `origin`, and `stop`.
 */
export async function serve(map, headers = {}, types = {}) {
  const folders = Object.entries(map).filter(([path]) => path === '' || (path.endsWith('/') && path !== '/'));
  const server = createServer(async (request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url, 'http://localhost').pathname));
    const own = map[path];
    if (typeof own === 'function') {
      await own(request, response);
      return;
    }
    const folder = folders.find(([prefix]) => path.startsWith(prefix));
    const content =
      own ?? (folder && (await readFile(join(folder[1], path.slice(folder[0].length))).catch(() => undefined)));
    const type = types[extname(path)] ?? TYPES[extname(path)] ?? (path === '/' ? TYPES['.html'] : undefined);
    if (content === undefined || type === undefined) {
      response.writeHead(404, headers).end();
    } else {
      response.writeHead(200, { ...headers, 'content-type': type }).end(content);
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    stop: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
