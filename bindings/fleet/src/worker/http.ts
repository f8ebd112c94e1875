/** `/metrics` for Prometheus and `/healthz` for whoever starts workers. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Metrics } from './metrics.js';

/** Where it listens. */
export interface HttpAddress {
  readonly host: string;
  readonly port: number;
}

/**
 * @param isHealthy - undefined where nothing is wrong, else what is
 */
export async function serveHttp(
  { host, port }: HttpAddress,
  metrics: Metrics,
  isHealthy: () => string | undefined,
): Promise<{ readonly port: number; readonly close: () => void }> {
  const server: Server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    if (request.method !== 'GET') {
      response.writeHead(405).end();
    } else if (pathname === '/healthz') {
      const problem = isHealthy();
      response
        .writeHead(problem === undefined ? 200 : 503, { 'Content-Type': 'application/json' })
        .end(JSON.stringify(problem === undefined ? { status: 'ok' } : { status: 'unavailable', problem }));
    } else if (pathname === '/metrics') {
      metrics.registry.metrics().then(
        (text) => response.writeHead(200, { 'Content-Type': metrics.registry.contentType }).end(text),
        () => response.writeHead(500).end(),
      );
    } else {
      response.writeHead(404).end();
    }
  });
  server.requestTimeout = 10_000;
  server.maxConnections = 64;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
