/**
 * A small same-origin back end with its page.
 *
 *   VSPHERE_SERVER=… VSPHERE_USER=… VSPHERE_PASSWORD=… node server.mjs [--port 8080] web-1 'db-*'
 */
import { createServer } from 'node:http';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { connectVCenter } from 'vm-customization';
import { serveFiles } from '../static-files.mjs';
import { backEnd } from './back-end.js';

const { values, positionals } = parseArgs({ options: { port: { type: 'string' } }, allowPositionals: true });
const { VSPHERE_SERVER, VSPHERE_USER, VSPHERE_PASSWORD, VC_THUMBPRINT } = process.env;
const vcenter = await connectVCenter({
  server: VSPHERE_SERVER ?? '',
  user: VSPHERE_USER ?? '',
  password: VSPHERE_PASSWORD ?? '',
  thumbprint: VC_THUMBPRINT,
});
const handle = backEnd(vcenter, await vcenter.findVms(positionals));
const files = serveFiles({ '/': new URL('.', import.meta.url) });

const server = createServer(async (request, response) => {
  const { pathname } = new URL(request.url ?? '/', 'http://localhost');
  if (pathname.startsWith('/vc/')) await handle(pathname.slice('/vc/'.length), request, response);
  else await files(pathname, response);
});
server.listen(Number(values.port ?? 0), '127.0.0.1', () => {
  const address = server.address();
  console.log(`http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/`);
});
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, async () => {
    server.close();
    server.closeAllConnections();
    await vcenter.close();
  });
}
