/** Serves the pages of the examples, and the package's own files beside them. */
import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';

const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.wasm': 'application/wasm' };
const PACKAGE = new URL('../dist/', import.meta.url);

/**
 * @param {Record<string, URL>} folders by the path that each is served under
 * @returns {(pathname: string, response: import('node:http').ServerResponse) => Promise<void>}
 */
export function serveFiles(folders) {
  const all = Object.entries({ '/vm-customization/': PACKAGE, ...folders });
  return async (pathname, response) => {
    const path = pathname === '/' ? '/index.html' : pathname;
    const [prefix, folder] = all.find(([prefix]) => path.startsWith(prefix)) ?? [];
    const name = path.slice(prefix?.length ?? 0);
    const type = /** @type {Record<string, string>} */ (TYPES)[extname(name)];
    try {
      // One plain name: nothing that could lead out of the folder.
      if (folder === undefined || type === undefined || !/^[\w-]+(\.[\w-]+)+$/.test(name)) throw new Error('no file');
      const content = await readFile(new URL(name, folder));
      response.writeHead(200, { 'content-type': type }).end(content);
    } catch {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('not found\n');
    }
  };
}
