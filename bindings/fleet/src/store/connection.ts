/** The connection to NATS. */
import { readFileSync } from 'node:fs';
import {
  type Authenticator,
  AuthorizationError,
  connect,
  credsAuthenticator,
  type NatsConnection,
  type NodeConnectionOptions,
  nkeyAuthenticator,
} from '@nats-io/transport-node';

/** Where NATS is, and as whom. */
export interface NatsConfig {
  readonly servers: readonly string[];
  /** A `.creds` file, with a JWT and a key, or the seed of an NKey alone. */
  readonly credentialsFile?: string;
  readonly tls?: { readonly caFile?: string; readonly certFile?: string; readonly keyFile?: string };
}

// A broker that is gone is missed after two of them.
const PING_INTERVAL_MS = 5_000;
const REQUEST_TIMEOUT_MS = 3_000;
const RECONNECT_MS = 100;
// Credentials that were refused are not sent again by the second.
const RECONNECT_REFUSED_MS = 2_000;

/**
 * Connects, and stays connected: it goes on trying for as long as it is open. The credentials are read from their file at
 * each attempt.
 * @param name - of the client, for who looks at the broker
 */
export async function connectNats(config: NatsConfig, name: string): Promise<NatsConnection> {
  let refused = false;
  const options: NodeConnectionOptions = {
    name,
    servers: [...config.servers],
    timeout: REQUEST_TIMEOUT_MS,
    pingInterval: PING_INTERVAL_MS,
    maxReconnectAttempts: -1,
    ignoreAuthErrorAbort: true,
    // Else each request makes a stack trace, for the case that it fails.
    noAsyncTraces: true,
    reconnectDelayHandler: () => (refused ? RECONNECT_REFUSED_MS : RECONNECT_MS),
    ...(config.tls === undefined ? {} : { tls: { ...config.tls } }),
  };
  const { credentialsFile } = config;
  if (credentialsFile !== undefined) {
    options.authenticator = (nonce) => authenticatorOf(readFileSync(credentialsFile))(nonce);
  }
  const connection = await connect(options);
  void (async () => {
    for await (const status of connection.status()) {
      if (status.type === 'error') {
        refused = status.error instanceof AuthorizationError;
      } else if (status.type === 'reconnect') {
        refused = false;
      }
    }
  })();
  return connection;
}

function authenticatorOf(credentials: Uint8Array): Authenticator {
  const text = new TextDecoder().decode(credentials);
  return text.includes('BEGIN NATS USER JWT')
    ? credsAuthenticator(credentials)
    : nkeyAuthenticator(new TextEncoder().encode(text.trim()));
}
