/** Serves folders on the loopback interface, as a plain web server does. */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';

const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.json': 'application/json',
  // As servers do that were never told what it is.
  '.wasm': 'application/octet-stream',
};

/** Starts one for `folder`; `headers` go with every answer. Answers its address and how to stop it. */
export async function serve(folder, headers = {}) {
  const server = createServer(async (request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url, 'http://localhost').pathname));
    const content = await readFile(join(folder, path)).catch(() => undefined);
    const type = TYPES[extname(path)];
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
