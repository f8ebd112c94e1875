/** Requests in Node, on node:https: custom authorities, thumbprints and proxies, which fetch has no place for. */
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import process from 'node:process';
import { type Duplex, pipeline } from 'node:stream';
import { createBrotliDecompress, createUnzip } from 'node:zlib';
import { ConnectionError, OptionsError } from '../errors.js';
import { orAborted } from '../util/abort.js';
import { ADDRESS, checkKnown, checkValue, type Field, FLAG, isRecord, TEXT } from '../util/fields.js';
import { CERTIFICATE_FORM, holdsCertificates } from './certificates.js';
import { type Environment, proxyFor } from './proxy.js';
import { addressOf, hostOf } from './server-url.js';
import { MAX_SOCKETS, VerifyingAgent } from './tls-agent.js';
import { type HttpRequest, type HttpResponse, MAX_BODY_BYTES, type Transport, tooLargeError } from './transport.js';
import type { TrustOptions } from './trust.js';

/** How to reach the server. */
export interface NodeTransportOptions extends TrustOptions {
  /** Where HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY are looked up. Default: the process's environment. */
  readonly environment?: Environment | undefined;
}

/** What a transport takes. */
export const TRANSPORT_OPTIONS: Readonly<Record<keyof NodeTransportOptions, Field>> = {
  ca: TEXT,
  thumbprint: TEXT,
  insecure: FLAG,
  environment: { fits: isRecord, give: 'give an object of variables, or leave it out' },
};

/**
 * Makes a transport to one server.
 * @throws {@link OptionsError} when the address or an option cannot be used
 */
export function nodeTransport(url: URL, options: NodeTransportOptions = {}): Transport {
  checkValue('url', url, ADDRESS);
  checkKnown('nodeTransport', options, TRANSPORT_OPTIONS);
  if (url.protocol === 'http:' && options.insecure !== true) {
    throw new OptionsError(
      'invalidServer',
      `http://${url.host} would show the password to everyone on the way: give an https:// address, or allow it by \`insecure\``,
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
  /** Of connections that are used once: an idle one may be dead already, which nobody can tell from a lost answer. */
  readonly #fresh: VerifyingAgent;
  #closed = false;

  constructor(url: URL, proxy: URL | undefined, trust: TrustOptions) {
    this.host = hostOf(url);
    this.path = url.pathname;
    this.#url = url;
    this.#agent = new VerifyingAgent(url, proxy, trust, true);
    this.#fresh = new VerifyingAgent(url, proxy, trust, false);
  }

  close(): void {
    this.#closed = true;
    this.#agent.destroy();
    this.#fresh.destroy();
  }

  async send(request: HttpRequest): Promise<HttpResponse> {
    request.signal.throwIfAborted();
    // As many as there may be idle.
    for (let stale = 0; ; stale += 1) {
      try {
        return await orAborted(this.#exchange(request), request.signal);
      } catch (error) {
        request.signal.throwIfAborted();
        // The server had closed the idle connection; the next idle one is used up, or a new one made. Closing them
        // ourselves looks the same, and so does a server that has read the request and then fails.
        if (!(error instanceof StaleConnection) || this.#closed || stale === MAX_SOCKETS) {
          throw error;
        }
      }
    }
  }

  async #exchange({ operation, method, path, headers, body, signal, once }: HttpRequest): Promise<HttpResponse> {
    const send = this.#url.protocol === 'https:' ? httpsRequest : httpRequest;
    const bytes = Buffer.from(body ?? '');
    const request = send(addressOf(this.#url, path), {
      method,
      agent: once === true ? this.#fresh : this.#agent,
      // The name is for the server's list of sessions.
      headers: {
        'user-agent': 'vm-customization',
        ...headers,
        ...(body === undefined ? {} : { 'content-length': bytes.length }),
      },
    });
    const abort = (): void => {
      request.destroy();
    };
    signal.addEventListener('abort', abort);
    let connected = false;
    request.once('socket', () => {
      connected = true;
    });
    let response: IncomingMessage | undefined;
    try {
      response = await new Promise<IncomingMessage>((resolve, reject) => {
        request.once('response', resolve);
        // It stays: an error with nobody to hear it would end the process.
        request.on('error', reject);
        request.end(bytes);
      });
      const found = response.headers;
      return {
        status: response.statusCode ?? 0,
        header: (name) => [found[name]].flat().join(', ') || undefined,
        cookies: found['set-cookie'] ?? [],
        body: await bodyOf(response, () => tooLargeError(this.host, operation)),
      };
    } catch (error) {
      request.destroy();
      throw response === undefined && request.reusedSocket && codeOf(error) === 'ECONNRESET'
        ? new StaleConnection(this.#unreachable(error, operation, true).message, { cause: error })
        : this.#unreachable(error, operation, connected);
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  /** @param mayBeDone - whether the request was on its way to the server */
  #unreachable(cause: unknown, operation: string, mayBeDone: boolean): ConnectionError {
    const what = `${this.host}: ${operation}`;
    if (cause instanceof ConnectionError) {
      // What a proxy refuses is told by the connection, which knows of no call.
      const { code, kind, message } = cause;
      return code === 'proxy'
        ? new ConnectionError(`${what}: ${message}`, { code, kind, cause: cause.cause, mayBeDone: false })
        : cause;
    }
    const code = codeOf(cause);
    if (code?.startsWith('HPE_')) {
      // Without its cause, which holds what was answered.
      return new ConnectionError(
        `${what}: what answers there does not speak HTTP (${code}): is it the vCenter's HTTPS port?`,
      );
    }
    if (code?.startsWith('Z_') || code?.startsWith('ERR_BROTLI_')) {
      return new ConnectionError(`${what}: the answer is compressed, and cannot be unpacked (${code})`, {
        code: 'badAnswer',
      });
    }
    const meaning = code && (MEANINGS[code] ?? handshakeMeaning(code));
    const text = cause instanceof Error && cause.message !== '' ? cause.message : String(code ?? cause);
    return new ConnectionError(`${what}: the server cannot be reached: ${meaning ?? text}`, { cause, mayBeDone });
  }
}

/** The whole body, unpacked, as long as it is no longer than it may be. */
async function bodyOf(response: IncomingMessage, tooLarge: () => ConnectionError): Promise<Buffer> {
  if (Number(response.headers['content-length']) > MAX_BODY_BYTES) {
    throw tooLarge();
  }
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of unpacked(response)) {
      chunks.push(chunk);
      length += chunk.length;
      if (length > MAX_BODY_BYTES) {
        throw tooLarge();
      }
    }
  } catch (error) {
    const isCut = ['ECONNRESET', 'ERR_STREAM_PREMATURE_CLOSE'].includes(codeOf(error) ?? '');
    throw isCut ? new Error('the connection ended in the middle of the answer') : error;
  }
  return Buffer.concat(chunks, length);
}

/** Nobody asks for compression, but something on the way may compress all the same. */
function unpacked(response: IncomingMessage): AsyncIterable<Buffer> {
  const encoding = (response.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  const unpack = UNPACK[encoding];
  if (unpack === undefined) {
    if (encoding === 'identity' || encoding === '') {
      return response;
    }
    throw new ConnectionError(
      `the answer is compressed as '${encoding.slice(0, 40)}', which nobody asked for: does a proxy do that?`,
      { code: 'badAnswer' },
    );
  }
  // A failure of either is that of what is read.
  return pipeline(response, unpack(), () => undefined);
}

const UNPACK: Readonly<Record<string, () => Duplex>> = {
  gzip: createUnzip,
  'x-gzip': createUnzip,
  deflate: createUnzip,
  br: createBrotliDecompress,
};

function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' ? code : undefined;
}

/** An idle connection was closed by the server before the request was on its way. */
class StaleConnection extends ConnectionError {}

// The last where the first of the two options is given alone.
const OLD_TLS: readonly string[] = [
  'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION',
  'ERR_SSL_UNSUPPORTED_PROTOCOL',
  'ERR_SSL_LEGACY_SIGALG_DISALLOWED_OR_UNSUPPORTED',
];

// OpenSSL's own text is one of addresses and lines of C.
function handshakeMeaning(code: string): string | undefined {
  if (OLD_TLS.includes(code)) {
    return `it speaks only TLS 1.0 or 1.1, which Node takes for unsafe (${code}): update the server, or set NODE_OPTIONS="--tls-min-v1.0 --tls-cipher-list=DEFAULT@SECLEVEL=0" to speak it all the same`;
  }
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
