/** Which part of the server answers a request. */
import { answerJson, readAddress } from './json-endpoint.mjs';
import { hasHello, hello, serviceVersions } from './releases.mjs';
import { answerSoap } from './soap-endpoint.mjs';

const MAX_REQUEST_BYTES = 16 * 1024 * 1024;

/** Reads a request and answers it. */
export async function route(state, request, response) {
  const text = await bodyOf(request);
  if (text === undefined) return response.destroy();
  const { status, headers = {}, text: content = '' } = await answerTo(state, request, text);
  const body = Buffer.from(content);
  // 204 has no body, and so no length either.
  response.writeHead(status, status === 204 ? headers : { ...headers, 'content-length': body.length }).end(body);
}

async function bodyOf(request) {
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > MAX_REQUEST_BYTES) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/**
 * Answers a request without a connection.
 *
 * @param {object} state the server's
 * @param {{method: string, url: string, headers: object, socket: object}} request headers by their names in lower case
 * @param {string} text its body
 * @returns {Promise<{status: number, headers?: object, text?: string}>}
 */
export async function answerTo(state, request, text) {
  return (await answerOf(state, request, text)) ?? notThere();
}

function answerOf(state, request, text) {
  const [path, query] = request.url.split('?');
  const only = (method, answer) => (request.method === method ? answer() : { status: 405, headers: { allow: method } });
  if (path === '/sdk' || path === '/sdk/') return only('POST', () => answerSoap(state, request, text));
  if (path === '/sdk/vimServiceVersions.xml') {
    return only('GET', () => ({
      status: 200,
      headers: { 'content-type': 'text/xml' },
      text: serviceVersions(state.apiVersion, state.versionName),
    }));
  }
  if (!state.hasJson) return undefined;
  if (path === '/api/vcenter/system' && query === 'action=hello' && hasHello(state.apiVersion)) {
    return only('POST', () => {
      const { status, body } = hello(state.apiVersion, text);
      return { status, headers: { 'content-type': 'application/json' }, text: JSON.stringify(body) };
    });
  }
  const address = query === undefined ? readAddress(path) : undefined;
  return address && answerJson(state, request, text, address);
}

function notThere() {
  return {
    status: 404,
    headers: { 'content-type': 'text/html' },
    text: '<html><body>404 Not Found</body></html>',
  };
}
