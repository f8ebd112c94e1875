/** The VI JSON endpoint: one request read, answered and written. */
import { Fault, invalidRequest } from './fault.mjs';
import { readJsonRequest } from './json-reader.mjs';
import { toJson } from './json-writer.mjs';
import { answerMethod, answerProperty } from './methods.mjs';
import { servesRelease } from './releases.mjs';
import { methodOf } from './schema.mjs';
import { Any, Data } from './values.mjs';

export const SESSION_HEADER = 'vmware-api-session-id';

/**
 * Whether an address is one of VI JSON, and what it names.
 *
 * @param {string} path
 * @returns {{release: string, on: {type: string, value: string}, member: string}|undefined}
 */
export function readAddress(path) {
  const match = /^\/sdk\/vim25\/([^/]+)\/(\w+)\/([^/]+)\/(\w+)$/.exec(path);
  if (!match) return undefined;
  const [, release, type, id, member] = match;
  try {
    return { release, on: { type, value: decodeURIComponent(id) }, member };
  } catch {
    return undefined;
  }
}

/**
 * @param {object} state the server's
 * @param {import('node:http').IncomingMessage} request
 * @param {string} text its body
 * @param {{release: string, on: {type: string, value: string}, member: string}} address
 * @returns {Promise<{status: number, headers?: Record<string, string>, text?: string}|undefined>} undefined when there is
 *   nothing at the address
 */
export async function answerJson(state, request, text, { release, on, member }) {
  if (!servesRelease(state.apiVersion, release)) return undefined;
  if (request.method !== 'POST' && request.method !== 'GET') return { status: 405, headers: { allow: 'GET, POST' } };
  const headers = { 'content-type': 'application/json' };
  const form = { version: release, typeNamePlace: state.typeNamePlace, boxObjects: state.boxObjects };
  const call = {
    on,
    version: release,
    session: state.sessions.find(request.headers[SESSION_HEADER]),
    userAgent: request.headers['user-agent'] ?? '',
    loggedIn: ({ token }) => {
      headers[SESSION_HEADER] = token;
    },
  };
  try {
    if (request.method === 'GET') {
      const value = answerProperty(state, { ...call, property: member });
      const plain = value instanceof Any ? value.value : value;
      return written(state, headers, plain, form, Array.isArray(plain) ? 'list' : 'maybe');
    }
    if (text !== '' && !/^application\/json\b/i.test(request.headers['content-type'] ?? '')) {
      throw invalidRequest('the content type must be application/json');
    }
    const value = await answerMethod(state, { ...call, ...readJsonRequest(on, member, text, release) });
    return written(state, headers, value, form, methodOf(member, release).answers);
  } catch (error) {
    if (!(error instanceof Fault)) process.stderr.write(`${error.stack}\n`);
    return { status: 500, headers, text: JSON.stringify(faultJson(state, error, form)) };
  }
}

function written({ emptyAnswers }, headers, value, form, kind) {
  if (kind === undefined) {
    delete headers['content-type'];
    return { status: 204, headers };
  }
  const isEmpty = kind === 'list' ? value.length === 0 : kind === 'maybe' && value === undefined;
  if (isEmpty && emptyAnswers === 'nothing') return { status: 200, headers, text: '' };
  if (isEmpty && (kind === 'maybe' || emptyAnswers === 'null')) return { status: 200, headers, text: 'null' };
  return { status: 200, headers, text: JSON.stringify(toJson(value, form)) };
}

function faultJson({ faultStrings }, error, form) {
  const fault = error instanceof Fault ? error : new Fault('SystemError', '', { reason: error.message });
  const faultMessage = fault.type === 'InvalidRequest' ? [explanation(fault.message)] : undefined;
  const faultstring = faultStrings === 'always' ? fault.message : '';
  return toJson(new Data(fault.type, { faultstring, faultMessage, ...fault.fields }), form);
}

/** Why a request was not understood, for whoever reads it: a client goes by the fault's type. */
function explanation(message) {
  return new Data('LocalizableMessage', { key: 'com.vmware.vim.request.invalid', message });
}
