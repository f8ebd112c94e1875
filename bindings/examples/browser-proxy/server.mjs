/**
 * A page that speaks to vCenter itself, through a proxy of its own origin: vCenter answers no other.
 *
 *   VSPHERE_SERVER=vc.example.com VC_CA_FILE=vc.pem node server.mjs [--port 8080]
 *
 * The same for nginx:
 *
 *   location /sdk { proxy_pass https://vc.example.com/sdk; proxy_ssl_trusted_certificate vc.pem; proxy_ssl_verify on;
 *                   proxy_read_timeout 120s; proxy_buffering off; }
 *   location /api/ { proxy_pass https://vc.example.com/api/; proxy_ssl_trusted_certificate vc.pem; proxy_ssl_verify on; }
 */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { request as ask } from 'node:https';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { serveFiles } from '../static-files.mjs';

const { values } = parseArgs({ options: { port: { type: 'string' } } });
const { VSPHERE_SERVER, VC_CA_FILE } = process.env;
const vcenter = new URL(/:\/\//.test(VSPHERE_SERVER ?? '') ? (VSPHERE_SERVER ?? '') : `https://${VSPHERE_SERVER}`);
const ca = VC_CA_FILE === undefined ? undefined : readFileSync(VC_CA_FILE);
const files = serveFiles({ '/': new URL('.', import.meta.url) });

/** Hands a request on, and the answer back. */
function handOn(request, response) {
  const { host: _, origin: __, referer: ___, ...headers } = request.headers;
  const outgoing = ask(
    {
      host: vcenter.hostname,
      port: vcenter.port,
      path: request.url,
      method: request.method,
      headers: { ...headers, host: vcenter.host },
      ca,
    },
    (answer) => {
      const cookies = answer.headers['set-cookie']?.map(
        (cookie) =>
          // A browser keeps no secure cookie of a page that came over plain HTTP, unless the page is of this machine.
          `${cookie.replace(/;\s*(secure|samesite=\w+)/gi, '')}; SameSite=Strict`,
      );
      response.writeHead(answer.statusCode ?? 502, {
        ...answer.headers,
        ...(cookies ? { 'set-cookie': cookies } : {}),
      });
      answer.pipe(response);
    },
  );
  outgoing.on('error', (error) => {
    if (response.headersSent) response.destroy();
    else response.writeHead(502, { 'content-type': 'text/plain' }).end(`vCenter cannot be reached: ${error.message}\n`);
  });
  response.on('close', () => outgoing.destroy());
  request.pipe(outgoing);
}

const server = createServer(async (request, response) => {
  const { pathname } = new URL(request.url ?? '/', 'http://localhost');
  if (/^\/(sdk|api)(\/|$)/.test(pathname)) handOn(request, response);
  else await files(pathname, response);
});
server.listen(Number(values.port ?? 0), '127.0.0.1', () => {
  const address = server.address();
  console.log(`http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/`);
});
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    server.close();
    server.closeAllConnections();
  });
}
