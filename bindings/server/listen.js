/** A server for a Hono app, whose connections are bounded: what says nothing is closed, and no one client has them all. */
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { createAdaptorServer } from '@hono/node-server';
import { networkOf } from './client.js';

/**
 * @typedef {object} Limits
 * @property {number} silentMs a connection that has brought no whole request by then is closed
 * @property {number} stalledMs the same for one on which nothing moves either way; longer than any answer may take
 * @property {number} connections of all clients together
 * @property {number} strangers connections of all clients that are not trusted
 * @property {number} ofAClient connections of one client that is not trusted
 */

/** @type {Limits} */
export const LIMITS = {
  silentMs: 15_000,
  stalledMs: 150_000,
  connections: 2_000,
  strangers: 1_000,
  ofAClient: 100,
};

/**
 * @param {{fetch: import('hono').Hono['fetch']}} app
 * @param {object} [options]
 * @param {string} [options.host] the address to listen on
 * @param {number} [options.port] 0 for a free one
 * @param {{cert: string, key: string}} [options.tls]
 * @param {(address: string) => boolean} [options.isTrusted] a proxy, which brings the connections of many
 * @param {Partial<Limits>} [options.limits]
 * @returns {Promise<{origin: string, stop: () => void}>} `stop` ends all connections at once
 */
export async function listen(app, { host = '127.0.0.1', port = 0, tls, isTrusted = () => false, limits } = {}) {
  const { silentMs, stalledMs, ...most } = { ...LIMITS, ...limits };
  const server = createAdaptorServer({
    fetch: app.fetch,
    createServer: /** @type {any} */ (tls === undefined ? createHttpServer : createHttpsServer),
    serverOptions: /** @type {any} */ ({
      ...tls,
      handshakeTimeout: silentMs,
      headersTimeout: silentMs,
      requestTimeout: silentMs,
      connectionsCheckingInterval: Math.ceil(silentMs / 4),
    }),
  });
  if (!('closeAllConnections' in server)) throw new Error('not a server of HTTP/1.1');
  server.timeout = stalledMs;
  const connections = boundConnections(server, isTrusted, most);
  server.listen(port, host);
  await once(server, 'listening');
  const address = /** @type {import('node:net').AddressInfo} */ (server.address());
  const shown = host.includes(':') ? `[${host}]` : host;
  return {
    origin: `${tls === undefined ? 'http' : 'https'}://${shown}:${address.port}`,
    stop() {
      server.close();
      // Those in the middle of a handshake too, which `closeAllConnections` does not know of.
      for (const connection of connections) connection.destroy();
    },
  };
}

/**
 * Closes connections beyond the bounds as they come.
 * @param {import('node:net').Server} server
 * @param {(address: string) => boolean} isTrusted
 * @param {Pick<Limits, 'connections' | 'strangers' | 'ofAClient'>} most
 */
function boundConnections(server, isTrusted, most) {
  /** @type {Set<import('node:net').Socket>} */
  const all = new Set();
  /** @type {Map<string, number>} */
  const strangers = new Map();
  let strangersInAll = 0;
  server.on('connection', (/** @type {import('node:net').Socket} */ socket) => {
    const address = socket.remoteAddress ?? '';
    const client = isTrusted(address) ? undefined : networkOf(address);
    const count = client === undefined ? 0 : (strangers.get(client) ?? 0);
    const isTooMany = client !== undefined && (count >= most.ofAClient || strangersInAll >= most.strangers);
    if (all.size >= most.connections || isTooMany) {
      socket.destroy();
      return;
    }
    all.add(socket);
    if (client !== undefined) {
      strangers.set(client, count + 1);
      strangersInAll += 1;
    }
    socket.once('close', () => {
      all.delete(socket);
      if (client === undefined) return;
      strangersInAll -= 1;
      const left = (strangers.get(client) ?? 0) - 1;
      if (left > 0) strangers.set(client, left);
      else strangers.delete(client);
    });
  });
  return all;
}
