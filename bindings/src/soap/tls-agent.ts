/** Connections to the server: directly or through a proxy, with the certificate checked before a byte is sent. */

import { request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent, type AgentOptions, request as httpsRequest } from 'node:https';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { CertificateError, ConnectionError } from '../errors.js';
import type { TrustOptions } from './trust.js';

type Done = (error: Error | null, socket?: Duplex) => void;

const CONNECT_TIMEOUT_MS = 10_000;
const KEPT_ALIVE_MS = 20_000;

/** Keeps connections alive and gives each out only when its certificate has been accepted. */
export class VerifyingAgent extends Agent {
  readonly #target: URL;
  readonly #proxy: URL | undefined;
  readonly #trust: TrustOptions;
  readonly #closed = new AbortController();

  constructor(target: URL, proxy: URL | undefined, trust: TrustOptions) {
    // Idle connections are given up before servers and firewalls on the way do so without telling.
    const options: AgentOptions = { keepAlive: true, maxSockets: 8, timeout: KEPT_ALIVE_MS };
    super(options);
    // Node compares this with the scheme of the address; the agent serves both.
    Object.assign(this, { protocol: target.protocol, defaultPort: target.protocol === 'https:' ? 443 : 80 });
    this.#target = target;
    this.#proxy = proxy;
    this.#trust = trust;
  }

  /** Called by node:https for each new connection; answers by `done`. */
  override createConnection(_options: unknown, done: Done): undefined {
    this.#connect().then(
      (socket) => done(null, socket),
      (error: unknown) => done(error instanceof Error ? error : new Error(String(error))),
    );
    return undefined;
  }

  /** Ends idle connections, and those that are still being made. */
  override destroy(): void {
    this.#closed.abort(new Error('closed'));
    super.destroy();
  }

  async #connect(): Promise<Duplex> {
    const { signal } = this.#closed;
    const socket =
      this.#proxy === undefined ? await this.#direct(signal) : await tunnel(this.#proxy, this.#target, signal);
    return this.#target.protocol === 'https:' ? secured(socket, this.#target, this.#trust) : socket;
  }

  #direct(signal: AbortSignal): Promise<Socket> {
    const host = hostName(this.#target);
    return new Promise((resolve, reject) => {
      const socket = connectTcp({ host, port: portOf(this.#target), noDelay: true, signal });
      const timer = setTimeout(
        () => socket.destroy(new Error(`no connection within ${CONNECT_TIMEOUT_MS / 1000} s`)),
        CONNECT_TIMEOUT_MS,
      );
      socket.once('connect', () => {
        clearTimeout(timer);
        socket.removeAllListeners('error');
        resolve(socket);
      });
      socket.once('error', (error) => {
        clearTimeout(timer);
        reject(error);
      });
    });
  }
}

/** A tunnel through a proxy, by CONNECT. */
function tunnel(proxy: URL, target: URL, signal: AbortSignal): Promise<Socket> {
  const authority = `${target.hostname}:${portOf(target)}`;
  const credentials = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
  const authorization =
    proxy.username === '' ? {} : { 'proxy-authorization': `Basic ${Buffer.from(credentials).toString('base64')}` };
  const request = proxy.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const connect = request({
      host: hostName(proxy),
      port: portOf(proxy),
      method: 'CONNECT',
      path: authority,
      headers: { host: authority, ...authorization },
      agent: false,
      signal,
      timeout: CONNECT_TIMEOUT_MS,
    });
    connect.once('connect', (response: IncomingMessage, socket: Socket) => {
      if (response.statusCode === 200) {
        socket.setTimeout(0);
        resolve(socket);
        return;
      }
      socket.destroy();
      const advice = response.statusCode === 407 ? ': it wants a user and a password in its address' : '';
      const final = response.statusCode !== undefined && response.statusCode < 500;
      reject(
        new ConnectionError(
          `the proxy ${proxy.host} answered ${response.statusCode} to CONNECT ${authority}${advice}`,
          {
            code: 'proxy',
            kind: final ? 'fatal' : 'transient',
          },
        ),
      );
    });
    connect.once('timeout', () => connect.destroy(new Error(`no answer within ${CONNECT_TIMEOUT_MS / 1000} s`)));
    connect.once('error', (cause) => {
      reject(new ConnectionError(`the proxy ${proxy.host} cannot be used: ${cause.message}`, { code: 'proxy', cause }));
    });
    connect.end();
  });
}

function secured(socket: Socket, target: URL, trust: TrustOptions): Promise<TLSSocket> {
  const host = hostName(target);
  return new Promise((resolve, reject) => {
    const secure = connectTls({
      socket,
      host,
      // Names only: an address is no server name (RFC 6066).
      ...(isIP(host) === 0 ? { servername: host } : {}),
      ...(trust.ca === undefined ? {} : { ca: trust.ca }),
      ALPNProtocols: ['http/1.1'],
      // Decided below, where the thumbprint of what was presented can be told.
      rejectUnauthorized: false,
    });
    const timer = setTimeout(
      () => secure.destroy(new Error(`no TLS handshake within ${CONNECT_TIMEOUT_MS / 1000} s`)),
      CONNECT_TIMEOUT_MS,
    );
    secure.once('secureConnect', () => {
      clearTimeout(timer);
      const refusal = refusalOf(secure, target, trust);
      if (refusal === undefined) {
        secure.removeAllListeners('error');
        resolve(secure);
      } else {
        secure.destroy();
        reject(refusal);
      }
    });
    const fail = (error: Error): void => {
      clearTimeout(timer);
      reject(error);
    };
    secure.once('error', fail);
    // The connection below it may end without an error of its own.
    secure.once('close', () => fail(new Error('the connection ended in the middle of the TLS handshake')));
  });
}

function refusalOf(socket: TLSSocket, target: URL, trust: TrustOptions): CertificateError | undefined {
  const presented = socket.getPeerCertificate().fingerprint256 ?? '';
  if (trust.thumbprint !== undefined) {
    return hex(trust.thumbprint) === hex(presented)
      ? undefined
      : new CertificateError(
          `${target.host} presented a certificate with the SHA-256 thumbprint ${presented}, not the one given: make sure that it is the right server before the other thumbprint is used`,
          presented,
        );
  }
  if (trust.insecure === true || socket.authorized) {
    return undefined;
  }
  const reason = String(socket.authorizationError ?? 'unknown reason');
  const meaning = MEANINGS[reason] ?? reason;
  return new CertificateError(
    `the certificate of ${target.host} is not trusted: ${meaning}. Its SHA-256 thumbprint is ${presented}: compare it on the server and give it as the thumbprint, or give the certificate of its authority as the CA file`,
    presented,
  );
}

const MEANINGS: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: 'it is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'its authority is not known here',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its authority is not known here',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its authority is not known here',
  CERT_HAS_EXPIRED: 'it has expired',
  CERT_NOT_YET_VALID: 'it is not valid yet',
  ERR_TLS_CERT_ALTNAME_INVALID: 'it was made out for another name',
};

function hex(thumbprint: string): string {
  return thumbprint.replace(/[^0-9a-f]/gi, '').toLowerCase();
}

function hostName(url: URL): string {
  return url.hostname.replace(/^\[|\]$/g, '');
}

function portOf(url: URL): number {
  return Number(url.port || (url.protocol === 'https:' ? 443 : 80));
}
