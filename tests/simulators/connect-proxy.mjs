/** A forward proxy as companies have them, for the tests of HTTPS_PROXY, HTTP_PROXY and NO_PROXY. */
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';

/**
 * Starts a proxy that tunnels CONNECT and forwards plain HTTP requests.
 *
 * @param {{user?: string, password?: string}} [options] credentials it asks for (basic authentication)
 * @returns {Promise<{url: string, port: number, connections: string[], refused: number, refuse: (status?: number) => void, stop: () => Promise<void>}>}
 *   `connections` lists the `host:port` of all that went through it, `refused` counts requests without the right credentials
 */
export async function startConnectProxy({ user, password } = {}) {
  const expected = user === undefined ? undefined : `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
  const sockets = new Set();
  const facts = { connections: [], refused: 0 };

  const admitted = (request) => {
    if (expected === undefined || request.headers['proxy-authorization'] === expected) return true;
    facts.refused += 1;
    return false;
  };
  const keep = (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  };

  /** Answers every CONNECT from here on with this status, and ends the tunnels there are; undefined: as it should. */
  let refusal;
  const refuse = (status) => {
    refusal = status;
    for (const socket of sockets) socket.destroy();
  };

  const server = http.createServer((request, response) => {
    if (!admitted(request)) {
      response.writeHead(407, { 'proxy-authenticate': 'Basic realm="proxy"' }).end();
      return;
    }
    if (!/^http:\/\//.test(request.url)) {
      response.writeHead(400).end('this is a proxy: the request must name a whole URL\n');
      return;
    }
    const url = new URL(request.url);
    facts.connections.push(`${url.hostname}:${url.port || 80}`);
    const { 'proxy-authorization': _, 'proxy-connection': __, ...headers } = request.headers;
    const outgoing = http.request(url, { method: request.method, headers }, (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
    });
    outgoing.on('error', () => response.writeHead(502).end());
    request.pipe(outgoing);
  });
  server.on('connection', keep);
  server.on('connect', (request, client, head) => {
    if (!admitted(request)) {
      client.end(
        'HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="proxy"\r\nContent-Length: 0\r\n\r\n',
      );
      return;
    }
    if (refusal !== undefined) {
      client.end(`HTTP/1.1 ${refusal} Refused\r\nLocation: https://portal.example/\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    facts.connections.push(request.url);
    const { hostname, port } = new URL(`http://${request.url}`);
    const upstream = net.connect(Number(port || 80), hostname.replace(/^\[|\]$/g, ''), () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.write(head);
      upstream.pipe(client).pipe(upstream);
    });
    keep(upstream);
    upstream.on('error', () => client.end('HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n'));
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  const { port } = server.address();
  const stop = async () => {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  return Object.assign(facts, { url: `http://127.0.0.1:${port}`, port, refuse, stop });
}
