/** The server of the plug-in: its page and manifest, a session for each page, and the events that the page asks for. */
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { ReadError } from 'vm-customization';
import { readFiles } from './files.mjs';
import { Refusal } from './refusal.mjs';
import { Sessions } from './sessions.mjs';
import { sessionOpener, wishOf } from './sign-in.mjs';

/** All addresses are below this one, and the page's are relative: where vCenter's proxy puts it does not matter. */
export const BASE = '/vm-customization/';

/** By a header, which no page of another origin can send: a cookie would be the whole Client's. */
const SESSION_HEADER = 'x-vm-customization-session';
/** A token of 4 KiB and a thousand VMs fit. */
const MAX_WISH_BYTES = 64 * 1024;
const MAX_CONNECTIONS = 2_000;
const REQUEST_TIMEOUT_MS = 15_000;

/**
 * @param {import('./configuration.mjs').Configuration} configuration
 * @param {(message: string) => void} log
 */
export async function startServer(configuration, log) {
  const { tls, host, port, maxSessions, idleMs, maxAgeMs } = configuration;
  const files = readFiles(new URL('../dist/', import.meta.url), new URL('plugin.json', import.meta.url));
  const opener = sessionOpener(configuration);
  const sessions = new Sessions({ open: opener.open, log, maxSessions, idleMs, maxAgeMs });

  /** @param {import('node:http').IncomingMessage} request @param {import('node:http').ServerResponse} response */
  const handle = async (request, response) => {
    const [address = ''] = (request.url ?? '').split('?', 1);
    const path = address.startsWith(BASE) ? address.slice(BASE.length) : undefined;
    const file = files.get(path ?? '');
    if (file !== undefined) {
      sendFile(file, request, response);
    } else if (path === undefined || (request.method !== 'POST' && request.method !== 'DELETE')) {
      throw new Refusal(404, 'fatal', 'there is nothing at this address');
    } else {
      checkOrigin(request);
      if (path === 'session' && request.method === 'POST') await begin(request, response);
      else await ask(path, request, response);
    }
  };

  /** @param {import('node:http').IncomingMessage} request @param {import('node:http').ServerResponse} response */
  const begin = async (request, response) => {
    if (!/^application\/json\b/i.test(request.headers['content-type'] ?? '')) {
      throw new Refusal(415, 'fatal', 'the content type has to be application/json');
    }
    const { vms: wanted, ...who } = wishOf(await contentOf(request), configuration);
    const { page, vms, missing } = await sessions.begin(who, wanted);
    // Gone meanwhile: nobody would ever end it.
    if (response.destroyed) sessions.end(page);
    else sendJson(response, 200, { session: page.id, vms, missing });
  };

  /** @param {string} path @param {import('node:http').IncomingMessage} request @param {import('node:http').ServerResponse} response */
  const ask = async (path, request, response) => {
    const id = request.headers[SESSION_HEADER];
    const page = sessions.find(typeof id === 'string' ? id : undefined);
    if (page === undefined) {
      throw new Refusal(401, 'notAuthenticated', 'the session of this page has ended, or never was');
    }
    if (path === 'session') {
      sessions.end(page);
      response.writeHead(204).end();
      return;
    }
    page.requests += 1;
    const onEnd = () => response.writableEnded || response.destroy();
    page.end.signal.addEventListener('abort', onEnd);
    response.once('close', () => {
      page.requests -= 1;
      page.usedMs = performance.now();
      page.end.signal.removeEventListener('abort', onEnd);
    });
    await page.answer(path, request, response);
  };

  /** @param {import('node:http').IncomingMessage} request @param {import('node:http').ServerResponse} response */
  const listener = (request, response) => {
    handle(request, response).catch((error) => {
      const { status, kind, message } = refusalOf(error);
      if (status >= 500 || status === 403) log(`refused: ${message}`);
      if (response.headersSent || response.destroyed) response.destroy();
      // What is left of the request is not read: the connection ends with it.
      else sendJson(response, status, { kind, message }, request.complete ? {} : { connection: 'close' });
    });
  };

  const server = tls === undefined ? createHttpServer(listener) : createHttpsServer(tls, listener);
  server.maxConnections = MAX_CONNECTIONS;
  server.headersTimeout = REQUEST_TIMEOUT_MS;
  server.requestTimeout = REQUEST_TIMEOUT_MS;
  server.listen(port, host);
  await once(server, 'listening');
  const at = server.address();
  const shownHost = host.includes(':') ? `[${host}]` : host;
  return {
    url: `${tls === undefined ? 'http' : 'https'}://${shownHost}:${typeof at === 'object' ? at?.port : port}${BASE}`,
    /** Ends all requests, and all sessions on vCenter. */
    async stop() {
      server.close();
      server.closeAllConnections();
      await sessions.close();
      opener.close();
    },
  };
}

/** Browsers say where a request comes from; the page's own come from its own origin. @param {import('node:http').IncomingMessage} request */
function checkOrigin(request) {
  const site = request.headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin') {
    throw new Refusal(403, 'fatal', 'requests of other pages are not answered');
  }
}

/** @param {import('node:http').IncomingMessage} request @returns {Promise<unknown>} */
async function contentOf(request) {
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > MAX_WISH_BYTES) throw new Refusal(413, 'fatal', `the request is longer than ${MAX_WISH_BYTES} bytes`);
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString());
  } catch {
    // The parser's own message would repeat a part of it.
    throw new Refusal(400, 'fatal', 'the request is not JSON');
  }
}

/** @param {unknown} error */
function refusalOf(error) {
  if (error instanceof Refusal) return error;
  // Those of the package hold no secret.
  if (error instanceof ReadError) {
    return new Refusal(error.kind === 'transient' ? 502 : 403, error.kind, error.message);
  }
  return new Refusal(500, 'transient', 'the back end of the plug-in has failed');
}

/** @param {{headers: Record<string, string>, content: Buffer}} file @param {import('node:http').IncomingMessage} request @param {import('node:http').ServerResponse} response */
function sendFile({ headers, content }, request, response) {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    throw new Refusal(405, 'fatal', 'this address can only be read');
  }
  response.writeHead(200, { ...headers, 'content-length': content.length });
  response.end(request.method === 'HEAD' ? undefined : content);
}

/** @param {import('node:http').ServerResponse} response @param {number} status @param {unknown} content @param {Record<string, string>} [headers] */
function sendJson(response, status, content, headers = {}) {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers });
  response.end(JSON.stringify(content));
}
