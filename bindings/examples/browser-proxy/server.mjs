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
import process from 'node:process';
import { parseArgs } from 'node:util';
import { Hono } from 'hono';
import { secureHeaders } from 'hono/secure-headers';
import { nodeTransport } from 'vm-customization';
import { LOOPBACK_NAMES, ownHost } from '../../server/guard.js';
import { listen } from '../../server/listen.js';
import { folderFiles, pageFiles } from '../../server/page-files.js';
import { vcenterProxy } from '../../server/vcenter-proxy.js';

const { values } = parseArgs({ options: { port: { type: 'string' } } });
const { VSPHERE_SERVER = '', VC_CA_FILE } = process.env;
const vcenter = new URL(VSPHERE_SERVER.includes('://') ? VSPHERE_SERVER : `https://${VSPHERE_SERVER}`);
const transport = nodeTransport(vcenter, VC_CA_FILE === undefined ? {} : { ca: readFileSync(VC_CA_FILE, 'utf8') });

const app = new Hono();
app.use(ownHost(LOOPBACK_NAMES), secureHeaders());
app.route('/', vcenterProxy(transport));
app.route('/', pageFiles(new URL('.', import.meta.url), ['index.html', 'page.js']));
app.route('/', folderFiles('/vm-customization', new URL('../../dist/', import.meta.url)));

const server = await listen(app, { port: Number(values.port ?? 0) });
console.log(`${server.origin}/`);
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    server.stop();
    transport.close();
  });
}
