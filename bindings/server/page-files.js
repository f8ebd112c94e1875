/** The files of a page, and none beside them. */
import { fileURLToPath } from 'node:url';
import { serveStatic } from '@hono/node-server/serve-static';
import { Hono } from 'hono';

/**
 * Serves single files of a folder, `index.html` as the folder itself.
 * @param {URL} folder
 * @param {readonly string[]} names
 */
export function pageFiles(folder, names) {
  const app = new Hono();
  for (const name of names) {
    const path = fileURLToPath(new URL(name, folder));
    app.get(name === 'index.html' ? '/' : `/${name}`, serveStatic({ path }));
  }
  return app;
}

/**
 * Serves a folder at `path`, whole.
 * @param {string} path @param {URL} folder
 */
export function folderFiles(path, folder) {
  const rewriteRequestPath = (/** @type {string} */ asked) => asked.slice(asked.indexOf(path) + path.length);
  return new Hono().get(`${path}/*`, serveStatic({ root: fileURLToPath(folder), rewriteRequestPath }));
}
