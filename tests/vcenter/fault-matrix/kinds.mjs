/**
 * What may come in place of an answer, each kind for any call over either wire. A kind knows nothing of connections: it is
 * given what the server would answer, and answers or throws what the client's transport would.
 */
import { CertificateError, ConnectionError } from '../../../bindings/dist/node.js';
import { faultEnvelope } from '../../simulators/soap.mjs';

/**
 * @typedef {object} Answer
 * @property {number} status
 * @property {Record<string, string|string[]>} headers by their names in lower case
 * @property {string} text
 */

/**
 * @typedef {object} Exchange
 * @property {'soap'|'vi-json'} wire
 * @property {string} method
 * @property {() => Promise<Answer>} forward asks the server
 * @property {{answer?: Answer}} memory of the fault
 * @property {(ms: number) => Promise<void>} wait until so much time has passed, or the request was given up
 */

/**
 * @typedef {object} Kind
 * @property {(exchange: Exchange) => Promise<Answer>} answer
 * @property {boolean} [loses] what the server did, its answer never arrives: not even the headers
 * @property {readonly string[]} [methods] only for these
 */

const page = (status, headers = {}) => ({
  status,
  headers: { 'content-type': 'text/html', ...headers },
  text: `<!DOCTYPE html><html><body><h1>${status}</h1></body></html>`,
});
const inPlace = (answer) => ({ answer: async () => answer });
const changed = (change) => ({
  answer: async ({ forward, ...exchange }) => {
    const answer = await forward();
    return { ...answer, text: change(answer.text, exchange) };
  },
});
const lost = (fail) => ({
  loses: true,
  answer: async ({ forward, ...exchange }) => {
    await forward();
    return fail(exchange);
  },
});
const fault = (type) => ({
  answer: async ({ wire }) =>
    wire === 'soap'
      ? { status: 500, headers: { 'content-type': 'text/xml' }, text: faultEnvelope(type, '') }
      : {
          status: 500,
          headers: { 'content-type': 'application/json' },
          text: JSON.stringify({ _typeName: type, faultstring: '' }),
        },
});
const never = ({ wait }) => wait(Number.POSITIVE_INFINITY);
const soapOr =
  (soap, json) =>
  (_, { wire }) =>
    wire === 'soap' ? soap : json;

/** An answer that says of itself that there is more, each time. */
function more(text, { wire, method }) {
  const [name, value] = method === 'WaitForUpdatesEx' ? ['truncated', true] : ['token', 'again'];
  if (wire === 'soap') {
    const rest = text.replace(/<token>[^<]*<\/token>/, '');
    return name === 'token'
      ? rest.replace(/(<returnval\b[^>]*>)/, `$1<token>${value}</token>`)
      : rest.replace(/(<truncated>\w+<\/truncated>)?<\/returnval>/, '<truncated>true</truncated></returnval>');
  }
  const answer = text === '' ? null : JSON.parse(text);
  return answer === null ? text : JSON.stringify({ ...answer, [name]: value });
}

/** @type {Record<string, Kind>} */
export const KINDS = {
  // Empty.
  'no body': changed(() => ''),
  'an empty envelope': changed(soapOr('<Envelope/>', 'null')),
  // Cut.
  'a half': changed((text) => text.slice(0, text.length >> 1)),
  'a connection that breaks off': lost(() => {
    throw new ConnectionError('vc: the connection ended in the middle of the answer');
  }),
  // Of another type.
  "another call's answer": changed(
    soapOr(
      '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><PingResponse xmlns="urn:vim25"><returnval>1</returnval></PingResponse></e:Body></e:Envelope>',
      '{"_typeName":"Task","key":"task-1"}',
    ),
  ),
  'no text at all': changed(() => '\u0000\u0001<<<&&& {[ \ufffd'),
  // Foreign.
  'a page': inPlace(page(200)),
  'a page after it was done': changed(() => page(200).text),
  'HTTP 302': inPlace(page(302, { location: 'https://portal.example/login' })),
  'HTTP 401': inPlace(page(401)),
  'HTTP 403': inPlace(page(403)),
  'HTTP 404': inPlace(page(404)),
  'HTTP 407': inPlace(page(407)),
  'HTTP 429': inPlace(page(429)),
  'HTTP 503': inPlace(page(503)),
  'HTTP 504 after it was done': lost(() => page(504)),
  'another certificate': {
    answer: async () => {
      throw new CertificateError('vc presented a certificate with another thumbprint', 'AA');
    },
  },
  'a proxy that refuses': {
    answer: async () => {
      throw new ConnectionError('vc: the proxy answered 403 to CONNECT vc:443', {
        code: 'proxy',
        kind: 'fatal',
        mayBeDone: false,
      });
    },
  },
  // Slow, and never-ending.
  'an answer after 20 s': {
    answer: async ({ forward, wait }) => {
      const answer = await forward();
      await wait(20_000);
      return answer;
    },
  },
  'an answer after 200 s': {
    loses: true,
    answer: async ({ forward, wait }) => {
      const answer = await forward();
      await wait(200_000);
      return answer;
    },
  },
  'silence after it was done': lost(never),
  silence: { answer: never },
  // Repeated.
  'the same answer each time': {
    answer: async ({ forward, memory }) => {
      memory.answer ??= await forward();
      return memory.answer;
    },
  },
  'always more': {
    methods: ['WaitForUpdatesEx', 'RetrievePropertiesEx', 'ContinueRetrievePropertiesEx'],
    answer: async ({ forward, memory, ...exchange }) => {
      const answer = memory.answer ?? (await forward());
      memory.answer = { ...answer, text: more(answer.text, exchange) };
      return memory.answer;
    },
  },
  // Too large.
  'more than may be': lost(() => {
    throw new ConnectionError('vc: more than 64 MiB in one answer', { code: 'tooLarge' });
  }),
  // Refused.
  'nobody listens': {
    answer: async () => {
      throw new ConnectionError('vc: the server cannot be reached: ECONNREFUSED', { mayBeDone: false });
    },
  },
  'a reset connection': {
    answer: async () => {
      throw new ConnectionError('vc: the server cannot be reached: ECONNRESET');
    },
  },
  'a fault that may pass': fault('SystemError'),
  'a session that is not there': fault('NotAuthenticated'),
};
