/** Connections to the server: directly or through a proxy, with the certificate checked before a byte is sent. */

import { request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent, type AgentOptions, request as httpsRequest } from 'node:https';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { CertificateError, ConnectionError } from '../errors.js';
import { decoded } from './server-url.js';
import type { TrustOptions } from './trust.js';

/** Connections that are not yet anyone's; closing the agent ends them too. */
type BeingMade = Set<{ destroy(error: Error): unknown }>;

type Done = (error: Error | null, socket?: Duplex) => void;

/**
 * The most connections at a time. A push holds one, and a vCenter has event collectors for 32 of them; the rest is for all
 * other requests, which would wait for the end of a long poll.
 */
export const MAX_SOCKETS = 40;

const CONNECT_TIMEOUT_MS = 10_000;
const KEPT_ALIVE_MS = 20_000;

/** Gives out connections, each only when its certificate has been accepted. */
export class VerifyingAgent extends Agent {
  readonly #target: URL;
  readonly #proxy: URL | undefined;
  readonly #trust: TrustOptions;
  readonly #beingMade: BeingMade = new Set();

  /** @param keepAlive - whether a connection serves more than one request */
  constructor(target: URL, proxy: URL | undefined, trust: TrustOptions, keepAlive: boolean) {
    // Idle connections are given up before servers and firewalls on the way do so without telling.
    const options: AgentOptions = { keepAlive, maxSockets: MAX_SOCKETS, timeout: KEPT_ALIVE_MS };
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
    for (const connection of this.#beingMade) {
      connection.destroy(new Error('closed'));
    }
    super.destroy();
  }

  async #connect(): Promise<Duplex> {
    const socket =
      this.#proxy === undefined
        ? await direct(this.#target, this.#beingMade)
        : await tunnel(this.#proxy, this.#target, this.#beingMade);
    return this.#target.protocol === 'https:' ? secured(socket, this.#target, this.#trust, this.#beingMade) : socket;
  }
}

function direct(target: URL, beingMade: BeingMade): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connectTcp({ host: hostName(target), port: portOf(target), noDelay: true });
    const done = watched(socket, 'no connection', beingMade);
    socket.once('connect', () => {
      done();
      resolve(socket);
    });
    // It stays: an error with nobody to hear it would end the process.
    socket.on('error', (error) => {
      done();
      reject(error);
    });
  });
}

/** A tunnel through a proxy, by CONNECT. */
function tunnel(proxy: URL, target: URL, beingMade: BeingMade): Promise<Socket> {
  const authority = `${target.hostname}:${portOf(target)}`;
  const credentials = `${decoded(proxy.username)}:${decoded(proxy.password)}`;
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
    });
    const done = watched(connect, 'no answer', beingMade);
    connect.once('connect', (response: IncomingMessage, socket: Socket) => {
      done();
      if (response.statusCode === 200) {
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
    connect.once('error', (cause) => {
      done();
      reject(new ConnectionError(`the proxy ${proxy.host} cannot be used: ${cause.message}`, { code: 'proxy', cause }));
    });
    connect.end();
  });
}

function secured(socket: Socket, target: URL, trust: TrustOptions, beingMade: BeingMade): Promise<TLSSocket> {
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
    const done = watched(secure, 'no TLS handshake', beingMade);
    secure.once('secureConnect', () => {
      done();
      const refusal = refusalOf(secure, target, trust);
      if (refusal === undefined) {
        resolve(secure);
      } else {
        secure.destroy();
        reject(refusal);
      }
    });
    const fail = (error: Error): void => {
      done();
      reject(error);
    };
    secure.on('error', fail);
    // The connection below it may end without an error of its own.
    secure.once('close', () => fail(new Error('the connection ended in the middle of the TLS handshake')));
  });
}

/** Gives a connection its time; the function returned is to be called when it is made, or has failed. */
function watched(connection: { destroy(error: Error): unknown }, what: string, beingMade: BeingMade): () => void {
  const late = new Error(`${what} within ${CONNECT_TIMEOUT_MS / 1000} s`);
  const timer = setTimeout(() => connection.destroy(late), CONNECT_TIMEOUT_MS);
  beingMade.add(connection);
  return () => {
    clearTimeout(timer);
    beingMade.delete(connection);
  };
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
