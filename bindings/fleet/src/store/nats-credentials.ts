/**
 * As whom to connect to NATS, by a file that is read again when it is needed. What a server has refused is not sent to it again before
 * the file is changed: a password that is rotated neither ends a worker nor locks its account.
 */
import {
  type Auth,
  type Authenticator,
  AuthorizationError,
  credsAuthenticator,
  nkeyAuthenticator,
  tokenAuthenticator,
  usernamePasswordAuthenticator,
} from '@nats-io/transport-node';
import { firstLine, type Secret, SecretFile } from '../secret-file.js';

/** Where the credentials are: one of the three, or none. */
export interface NatsLogIn {
  /** A `.creds` file, with a JWT and a key, or the seed of an NKey alone. */
  readonly credentialsFile?: string;
  /** The name that goes with the password. */
  readonly user?: string;
  /** Its first line is the password. */
  readonly passwordFile?: string;
  /** Its first line is the token. */
  readonly tokenFile?: string;
}

const PAUSE_MS = 100;
const LOOK_AGAIN_MS = 1_000;
// How far apart servers were tried, at most, for none to be tried again.
const SPREAD_MS = 30_000;

/** The credentials of one client. */
export class NatsCredentials {
  readonly #file: SecretFile;
  readonly #authenticatorOf: (secret: Secret) => Authenticator;
  #current: { readonly secret: Secret; readonly authenticator: Authenticator } | undefined;
  /** When the current ones were sent, by server, as long as none has accepted them; and who has refused them. */
  readonly #sent = new Map<string, number>();
  readonly #refusedBy = new Set<string>();
  /** The server that is dialled. */
  #server = '';
  #servers: readonly string[] = [];

  private constructor(file: string, authenticatorOf: (secret: Secret) => Authenticator) {
    this.#file = new SecretFile(file);
    this.#authenticatorOf = authenticatorOf;
  }

  /** Undefined where a client needs none. */
  static of({ credentialsFile, user, passwordFile, tokenFile }: NatsLogIn): NatsCredentials | undefined {
    if (credentialsFile !== undefined) {
      return new NatsCredentials(credentialsFile, authenticatorOf);
    }
    if (passwordFile !== undefined) {
      return new NatsCredentials(passwordFile, (secret) =>
        usernamePasswordAuthenticator(user ?? '', firstLine(secret)),
      );
    }
    return tokenFile === undefined
      ? undefined
      : new NatsCredentials(tokenFile, (secret) => tokenAuthenticator(firstLine(secret)));
  }

  /**
   * Those of the servers that may be asked, the ones whose answer is not known last.
   * @throws an error that names the file, where it cannot be used, or where all of them have refused what it has
   */
  usable(servers: readonly string[]): string[] {
    this.#load();
    const able = servers.filter((server) => !this.#refusedBy.has(listenOf(server)));
    if (able.length === 0) {
      throw new Error(`NATS refuses what is in ${this.#file.path}: a change of the file is waited for`);
    }
    return able.sort((one, other) => Number(this.#sent.has(listenOf(one))) - Number(this.#sent.has(listenOf(other))));
  }

  /** For the client: it must not throw, which would close the connection for good. */
  readonly authenticate: Authenticator = (nonce): Auth => {
    this.#sent.set(this.#server, Date.now());
    return this.#current?.authenticator(nonce);
  };

  /** For the client: which server to ask in place of one that has refused; null where any will do. */
  readonly choose = <Server extends { readonly listen: string }>(servers: readonly Server[]): Server | null => {
    const server = servers.find(({ listen }) => !this.#refusedBy.has(listen)) ?? servers[0];
    this.#servers = servers.map(({ listen }) => listen);
    this.#server = server?.listen ?? '';
    return server ?? null;
  };

  /** For the client: how long no server is asked again after it was asked. */
  readonly pauseMs = (): number => {
    try {
      this.#load();
    } catch {
      // It may be on its way to be written: what was read last is as good as ever.
    }
    if (this.#refusedBy.size === 0 || this.#servers.some((server) => !this.#refusedBy.has(server))) {
      return PAUSE_MS;
    }
    const times = [...this.#sent.values()];
    const since = Math.max(Math.min(...times), Math.max(...times) - SPREAD_MS);
    // Longer than it is since any of them was asked: until the file is changed nobody is.
    return Date.now() - since + LOOK_AGAIN_MS;
  };

  /** A server has let the client in. */
  accepted(): void {
    this.#sent.clear();
    this.#refusedBy.clear();
  }

  /** The server asked last has answered so. */
  failed(error: unknown): void {
    // A server under load says the same of clients that were too slow.
    if (error instanceof AuthorizationError && !/timeout/i.test(error.message) && this.#sent.has(this.#server)) {
      this.#refusedBy.add(this.#server);
    }
  }

  #load(): void {
    const secret = this.#file.read();
    if (secret.version !== this.#current?.secret.version) {
      this.#current = { secret, authenticator: checked(this.#file.path, this.#authenticatorOf(secret)) };
      this.accepted();
    }
  }
}

function authenticatorOf({ text }: Secret): Authenticator {
  return text.includes('BEGIN NATS USER JWT')
    ? credsAuthenticator(new TextEncoder().encode(text))
    : nkeyAuthenticator(new TextEncoder().encode(text.trim()));
}

/** What cannot be read throws at its first use. */
function checked(path: string, authenticator: Authenticator): Authenticator {
  try {
    authenticator('nonce');
  } catch (error) {
    throw new Error(`the file ${path} has no credentials of NATS: give a .creds file or the seed of an NKey`, {
      cause: error,
    });
  }
  return authenticator;
}

/** How the client names a server. */
function listenOf(server: string): string {
  const { hostname, port } = new URL(server.includes('://') ? server : `nats://${server}`);
  return `${hostname}:${port === '' ? 4222 : port}`;
}
