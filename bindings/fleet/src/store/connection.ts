/** The connection to NATS. */
import { connect, type NatsConnection, type NodeConnectionOptions } from '@nats-io/transport-node';
import { NatsCredentials, type NatsLogIn } from './nats-credentials.js';

/** Where NATS is, and as whom. */
export interface NatsConfig extends NatsLogIn {
  readonly servers: readonly string[];
  /** What the subjects of JetStream's API begin with: of callers whose account imports it. Default `$JS.API`. */
  readonly apiPrefix?: string;
  /** Files in PEM; they are read at each attempt to connect. With it, or `tls://`, no server is talked to in the clear. */
  readonly tls?: { readonly caFile?: string; readonly certFile?: string; readonly keyFile?: string };
}

/** How a client is known. */
export interface ClientName {
  /** For who looks at the broker. */
  readonly name: string;
  /** What the subjects of its answers begin with: who may read these reads the answers. Default `_INBOX`, as that of any client. */
  readonly inbox?: string;
}

// A broker that is gone is missed after two of them.
const PING_INTERVAL_MS = 5_000;
const REQUEST_TIMEOUT_MS = 3_000;
const RECONNECT_MS = 100;

/**
 * Connects, and stays connected: it goes on trying for as long as it is open. The credentials are read from their file again when a server has refused
 * them, and tried once for each change of it.
 * @param name - of the client, for who looks at the broker
 * @throws what the last server that was asked has said; the next call asks again
 */
export function connectNats(config: NatsConfig, name: string): Promise<NatsConnection> {
  return natsConnector(config, { name })();
}

/** {@link connectNats}, for one who calls it again until it succeeds: credentials that were refused are not sent again. */
export function natsConnector(config: NatsConfig, { name, inbox }: ClientName): () => Promise<NatsConnection> {
  const credentials = NatsCredentials.of(config);
  // The client takes it for granted from what a server says; it is for the configuration to say.
  const tls = config.tls ?? (config.servers.some((server) => server.startsWith('tls://')) ? {} : undefined);
  const options: NodeConnectionOptions = {
    name,
    timeout: REQUEST_TIMEOUT_MS,
    pingInterval: PING_INTERVAL_MS,
    maxReconnectAttempts: -1,
    ignoreAuthErrorAbort: true,
    // Else each request makes a stack trace, for the case that it fails.
    noAsyncTraces: true,
    reconnectTimeWait: RECONNECT_MS,
    ...(inbox === undefined ? {} : { inboxPrefix: inbox }),
    ...(tls === undefined ? {} : { tls: { ...tls } }),
  };
  if (credentials === undefined) {
    return () => connect({ ...options, servers: [...config.servers] });
  }
  options.authenticator = credentials.authenticate;
  options.reconnectDelayHandler = credentials.pauseMs;
  options.reconnectToServer = credentials.choose;
  return async () => {
    let connection: NatsConnection;
    try {
      connection = await connect({ ...options, servers: credentials.usable(config.servers), noRandomize: true });
    } catch (error) {
      credentials.failed(error);
      throw error;
    }
    credentials.accepted();
    void follow(connection, credentials);
    return connection;
  };
}

async function follow(connection: NatsConnection, credentials: NatsCredentials): Promise<void> {
  for await (const status of connection.status()) {
    if (status.type === 'error') {
      credentials.failed(status.error);
    } else if (status.type === 'reconnect') {
      credentials.accepted();
    }
  }
}
