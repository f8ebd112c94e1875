/** The SOAP endpoint: one request read, answered and written. */
import { ENVELOPE, envelope, faultEnvelope } from '../soap.mjs';
import { Fault, invalidRequest } from './fault.mjs';
import { answerMethod } from './methods.mjs';
import { reaches } from './schema.mjs';
import { readRequest } from './soap-reader.mjs';
import { writeElement, writeFields } from './soap-writer.mjs';
import { parseXml, XmlError } from './xml.mjs';

/** What a client gets that names no version: the API of VI 3.5. */
const OLDEST_VERSION = '2.5';

/**
 * @param {object} state the server's
 * @param {import('node:http').IncomingMessage} request
 * @param {string} text its body
 * @returns {Promise<{status: number, headers: Record<string, string>, text: string}>}
 */
export async function answerSoap(state, request, text) {
  const headers = { 'content-type': 'text/xml; charset=utf-8' };
  let version = state.apiVersion;
  try {
    const { header, body } = readEnvelope(request.headers, text);
    version = versionOf(request.headers.soapaction, state.apiVersion);
    const call = readRequest(body, version);
    const value = await answerMethod(state, {
      ...call,
      version,
      header,
      session: state.sessions.find(tokenOf(request.headers.cookie)),
      userAgent: request.headers['user-agent'] ?? '',
      loggedIn: ({ token }) => {
        const secure = request.socket.encrypted ? '; Secure' : '';
        headers['set-cookie'] = `vmware_soap_session="${token}"; Path=/; HttpOnly${secure}`;
      },
    });
    const content = writeElement('returnval', value, version);
    const answer = `<${call.method}Response xmlns="urn:vim25">${content}</${call.method}Response>`;
    return { status: 200, headers, text: envelope(answer) };
  } catch (error) {
    if (!(error instanceof Fault)) process.stderr.write(`${error.stack}\n`);
    const fault = error instanceof Fault ? error : new Fault('SystemError', '', { reason: error.message });
    const message = state.faultStrings === 'never' ? '' : fault.message;
    const inner = writeFields({ fields: fault.fields, since: {} }, version);
    return { status: 500, headers, text: faultEnvelope(fault.type, message, inner) };
  }
}

function readEnvelope(headers, text) {
  if (!/^text\/xml\b/i.test(headers['content-type'] ?? '')) throw invalidRequest('the content type must be text/xml');
  let root;
  try {
    root = parseXml(text);
  } catch (error) {
    if (error instanceof XmlError) throw invalidRequest(`XML: ${error.message}`);
    throw error;
  }
  const part = (wanted) => root.children.find(({ name, namespace }) => name === wanted && namespace === ENVELOPE);
  const body = part('Body');
  if (root.name !== 'Envelope' || root.namespace !== ENVELOPE || body?.children.length !== 1) {
    throw invalidRequest('must be a SOAP 1.1 envelope with one element in its body');
  }
  return { header: part('Header'), body: body.children[0] };
}

function tokenOf(cookies = '') {
  return /(?:^|;\s*)vmware_soap_session="?([\w-]+)"?/.exec(cookies)?.[1];
}

/** The API version a SOAPAction such as "urn:vim25/8.0.2.0" names. */
function versionOf(action, newest) {
  const named = /^"?urn:vim25(?:\/(\d+(?:\.\d+)*))?"?$/.exec(action ?? '')?.[1] ?? OLDEST_VERSION;
  if (!reaches(newest, named)) throw invalidRequest(`unsupported version URI "urn:vim25/${named}"`);
  return named;
}
