/** Requests in Node, on node:https: custom authorities, thumbprints and proxies, which fetch has no place for. */
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import process from 'node:process';
import { ConnectionError, OptionsError } from '../errors.js';
import { CERTIFICATE_FORM, holdsCertificates } from './certificates.js';
import { type Environment, proxyFor } from './proxy.js';
import { addressOf, hostOf } from './server-url.js';
import { VerifyingAgent } from './tls-agent.js';
import { type HttpRequest, type HttpResponse, MAX_BODY_BYTES, type Transport, tooLargeError } from './transport.js';
import type { TrustOptions } from './trust.js';

/** How to reach the server. */
export interface NodeTransportOptions extends TrustOptions {
  /** Where HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY are looked up. Default: the process's environment. */
  readonly environment?: Environment | undefined;
}

/** Makes a transport to one server. */
export function nodeTransport(url: URL, options: NodeTransportOptions = {}): Transport {
  if (url.protocol === 'http:' && options.insecure !== true) {
    throw new OptionsError(
      'invalidServer',
      `http://${url.host} would show the password to everyone on the way: give an https:// address, or allow it as insecure`,
    );
  }
  if (options.thumbprint !== undefined && options.thumbprint.replace(/[^0-9a-f]/gi, '').length !== 64) {
    throw new OptionsError(
      'invalidThumbprint',
      'the thumbprint is not a SHA-256 one: give 64 hexadecimal digits, with or without colons',
    );
  }
  if (options.ca !== undefined && !holdsCertificates(options.ca)) {
    throw new OptionsError('invalidCa', `the CA given holds no certificate: ${CERTIFICATE_FORM}`);
  }
  return new NodeTransport(url, proxyFor(url, options.environment ?? process.env), options);
}

class NodeTransport implements Transport {
  readonly host: string;
  readonly path: string;
  readonly #url: URL;
  readonly #agent: VerifyingAgent;
  #closed = false;

  constructor(url: URL, proxy: URL | undefined, trust: TrustOptions) {
    this.host = hostOf(url);
    this.path = url.pathname;
    this.#url = url;
    this.#agent = new VerifyingAgent(url, proxy, trust);
  }

  close(): void {
    this.#closed = true;
    this.#agent.destroy();
  }

  async send(request: HttpRequest): Promise<HttpResponse> {
    request.signal.throwIfAborted();
    try {
      return await this.#exchangeOnLiveConnection(request);
    } catch (error) {
      if (request.signal.aborted) {
        throw request.signal.reason;
      }
      throw error instanceof ConnectionError
        ? this.#named(error, request)
        : this.#unreachable(error, request.operation);
    }
  }

  async #exchangeOnLiveConnection(request: HttpRequest): Promise<HttpResponse> {
    for (;;) {
      try {
        return await this.#exchange(request);
      } catch (error) {
        // The server had closed the idle connection; the next idle one is used up, or a new one made. Closing them
        // ourselves looks the same, and so does a server that has read the request and then fails.
        const stale = error instanceof StaleConnection;
        if (!stale || request.once === true || request.signal.aborted || this.#closed) {
          throw error;
        }
      }
    }
  }

  #exchange({ operation, method, path, headers, body, signal }: HttpRequest): Promise<HttpResponse> {
    return new Promise((resolve, reject) => {
      const send = this.#url.protocol === 'https:' ? httpsRequest : httpRequest;
      const bytes = Buffer.from(body ?? '');
      const request = send(addressOf(this.#url, path), {
        method,
        agent: this.#agent,
        // The name is for the server's list of sessions.
        headers: {
          'user-agent': 'vm-customization',
          ...headers,
          ...(body === undefined ? {} : { 'content-length': bytes.length }),
        },
      });
      const release = (): void => signal.removeEventListener('abort', onAbort);
      const fail = (error: Error): void => {
        release();
        reject(error);
      };
      // Not left to the request: it would wait for a connection that is still being made before it tells its end.
      const giveUp = (error: Error): void => {
        fail(error);
        request.destroy(error);
      };
      const onAbort = (): void => giveUp(new Error('aborted'));
      signal.addEventListener('abort', onAbort);
      request.on('error', (error: NodeJS.ErrnoException) => {
        const stale = request.reusedSocket && error.code === 'ECONNRESET';
        fail(stale ? new StaleConnection(error.message) : error);
      });
      request.once('response', (response) => {
        const chunks: Buffer[] = [];
        let length = 0;
        response.on('data', (chunk: Buffer) => {
          chunks.push(chunk);
          length += chunk.length;
          if (length > MAX_BODY_BYTES) {
            giveUp(tooLargeError(this.host, operation));
          }
        });
        response.on('error', fail);
        response.once('aborted', () => fail(new Error('the connection ended in the middle of the answer')));
        response.once('end', () => {
          release();
          resolve({
            status: response.statusCode ?? 0,
            header: (name) => {
              const value = response.headers[name];
              return Array.isArray(value) ? value.join(', ') : value;
            },
            cookies: response.headers['set-cookie'] ?? [],
            body: Buffer.concat(chunks, length),
          });
        });
      });
      request.end(bytes);
    });
  }

  // What a proxy refuses is told by the connection, which knows of no call.
  #named(error: ConnectionError, { operation }: HttpRequest): ConnectionError {
    return error.code === 'proxy'
      ? new ConnectionError(`${this.host}: ${operation}: ${error.message}`, {
          code: 'proxy',
          kind: error.kind,
          cause: error.cause,
        })
      : error;
  }

  #unreachable(cause: unknown, operation: string): ConnectionError {
    const code = (cause as { code?: unknown }).code;
    if (typeof code === 'string' && code.startsWith('HPE_')) {
      // Without its cause, which holds what was answered.
      return new ConnectionError(
        `${this.host}: ${operation}: what answers there does not speak HTTP (${code}): is it the vCenter's HTTPS port?`,
      );
    }
    const meaning = typeof code === 'string' ? (MEANINGS[code] ?? handshakeMeaning(code)) : undefined;
    const text = cause instanceof Error && cause.message !== '' ? cause.message : String(code ?? cause);
    return new ConnectionError(`${this.host}: ${operation}: the server cannot be reached: ${meaning ?? text}`, {
      cause,
    });
  }
}

/** An idle connection was closed by the server before the request was on its way. */
class StaleConnection extends Error {
  readonly code = 'ECONNRESET';
}

// OpenSSL's own text is one of addresses and lines of C.
function handshakeMeaning(code: string): string | undefined {
  return code.startsWith('ERR_SSL_') ? `the TLS handshake failed (${code})` : undefined;
}

const MEANINGS: Readonly<Record<string, string>> = {
  ENOTFOUND: 'no such host (ENOTFOUND): check the name',
  EAI_AGAIN: 'its name could not be looked up (EAI_AGAIN)',
  ECONNREFUSED: 'nothing listens there (ECONNREFUSED): check the address and the port',
  ERR_SSL_WRONG_VERSION_NUMBER:
    'what answers there does not speak TLS (ERR_SSL_WRONG_VERSION_NUMBER): is it a port for plain http://? Give the https:// one',
  ECONNRESET: 'the connection was reset (ECONNRESET)',
  ETIMEDOUT: 'no answer (ETIMEDOUT)',
  EHOSTUNREACH: 'no route to it (EHOSTUNREACH)',
  ENETUNREACH: 'no network (ENETUNREACH)',
};
