/**
 * A small same-origin back end with its page.
 *
 *   VSPHERE_SERVER=… VSPHERE_USER=… VSPHERE_PASSWORD=… node server.mjs [--port 8080] web-1 'db-*'
 */
import process from 'node:process';
import { parseArgs } from 'node:util';
import { Hono } from 'hono';
import { secureHeaders } from 'hono/secure-headers';
import { connectVCenter } from 'vm-customization';
import { LOOPBACK_NAMES, ownHost, ownPages } from '../../server/guard.js';
import { listen } from '../../server/listen.js';
import { folderFiles, pageFiles } from '../../server/page-files.js';
import { backEnd, eventsOf } from './back-end.js';

const { values, positionals } = parseArgs({ options: { port: { type: 'string' } }, allowPositionals: true });
const { VSPHERE_SERVER, VSPHERE_USER, VSPHERE_PASSWORD, VC_THUMBPRINT } = process.env;
const vcenter = await connectVCenter({
  server: VSPHERE_SERVER ?? '',
  user: VSPHERE_USER ?? '',
  password: VSPHERE_PASSWORD ?? '',
  thumbprint: VC_THUMBPRINT,
});
const found = await vcenter.findVms(positionals);
const events = eventsOf(vcenter, found);

const app = new Hono();
// Whoever asks is answered, with the account's rights: so these have to be the page's own requests.
app.use(ownHost(LOOPBACK_NAMES), secureHeaders());
app.use('/vc/*', ownPages());
app.get('/vc/vms', (c) => c.json(found.vms));
app.route(
  '/vc',
  backEnd(() => events),
);
app.route('/', pageFiles(new URL('.', import.meta.url), ['index.html', 'page.js', 'event-source.js']));
app.route('/', folderFiles('/vm-customization', new URL('../../dist/', import.meta.url)));

const server = await listen(app, { port: Number(values.port ?? 0) });
console.log(`${server.origin}/`);
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, async () => {
    server.stop();
    await vcenter.close();
  });
}
