/**
 * The status page of `web-demo/dist` on its simulated source: serves it on this machine alone, says where, and opens it
 * in the browser where there is a screen.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { preview } from 'vite';
import { optionsOf, refuse } from './options.mjs';

const ROOT = fileURLToPath(new URL('../../web-demo/', import.meta.url));

const USAGE = `usage: cargo xtask demo --web [OPTION…]

  --port N     where to serve the status page; a free port otherwise
  --no-open    only say where it is, and open no browser
  --help       this text`;
const values = optionsOf(USAGE, {
  web: { type: 'boolean' },
  port: { type: 'string', default: '0' },
  'no-open': { type: 'boolean' },
});
const port = /^\d{1,5}$/.test(values.port) ? Number(values.port) : Number.NaN;
if (!(port <= 65_535)) {
  refuse(`--port is \`${values.port}\`: give a number between 0 and 65535`);
}
const server = await preview({
  root: ROOT,
  logLevel: 'warn',
  preview: { host: '127.0.0.1', port, strictPort: true },
}).catch((error) => {
  // Vite has words of its own for a port in use, and the system a code.
  if (error.code === 'EADDRINUSE' || /already in use/.test(error.message)) {
    refuse(`port ${port} is in use: give another with --port, or leave it out for a free one`);
  }
  if (error.code === 'EACCES') {
    refuse(`port ${port} is not yours to use: give one above 1023 with --port, or leave it out for a free one`);
  }
  throw error;
});
const { port: actual } = server.httpServer.address();
const url = `http://127.0.0.1:${actual}/#source=simulated`;
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
