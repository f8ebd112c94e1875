/**
 * The status page of `web-demo/dist` on its simulated source: serves it on this machine alone, says where, and opens it
 * in the browser where there is a screen.
 *
 *   --port N     where to serve it; a free port otherwise
 *   --no-open    only say where
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { preview } from 'vite';

const ROOT = fileURLToPath(new URL('../../web-demo/', import.meta.url));

const { values } = parseArgs({
  options: { web: { type: 'boolean' }, port: { type: 'string', default: '0' }, 'no-open': { type: 'boolean' } },
});
const port = Number(values.port);
if (!Number.isInteger(port) || port < 0 || port > 65_535) {
  console.error(`--port is \`${values.port}\`: give a number between 0 and 65535`);
  process.exit(3);
}
const server = await preview({ root: ROOT, logLevel: 'warn', preview: { host: '127.0.0.1', port, strictPort: true } });
const { port: actual } = server.httpServer.address();
const url = `http://127.0.0.1:${actual}/`;
console.log(`the status page: ${url}\nend it with Ctrl-C`);
if (!values['no-open'] && hasScreen()) {
  open(url);
}
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, async () => {
    await server.close();
    process.exit(0);
  });
}

function hasScreen() {
  const { CI, DISPLAY, WAYLAND_DISPLAY } = process.env;
  return !CI && (process.platform !== 'linux' || Boolean(DISPLAY ?? WAYLAND_DISPLAY));
}

function open(address) {
  const [program, ...args] =
    process.platform === 'darwin' ? ['open'] : process.platform === 'win32' ? ['cmd', '/c', 'start', ''] : ['xdg-open'];
  const opener = spawn(program, [...args, address], { stdio: 'ignore', detached: true });
  // Where nothing can open it, the address above is enough.
  opener.on('error', () => undefined);
  opener.unref();
}
