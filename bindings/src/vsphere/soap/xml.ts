/** Requests as XML. Answers are read by the core. */
import { escapeXml } from '../../util/escape-xml.js';
import type { Argument, Arguments, Call, DataObject } from '../api/codec.js';
import type { MoRef } from '../api/types.js';

// Where their base type is declared, SOAP has to be told which one it is.
const SUBTYPES: ReadonlySet<string> = new Set(['TraversalSpec']);

/**
 * A whole request.
 *
 * @param header - the content of the envelope's header
 */
export function envelope({ self, method, arguments: given }: Call, header: string): string {
  return (
    '<?xml version="1.0" encoding="UTF-8"?>' +
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"' +
    ' xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">' +
    (header === '' ? '' : `<soapenv:Header>${header}</soapenv:Header>`) +
    `<soapenv:Body><${method} xmlns="urn:vim25">${element('_this', self)}${elements(given)}</${method}></soapenv:Body>` +
    '</soapenv:Envelope>'
  );
}

function elements(members: Arguments): string {
  return Object.entries(members)
    .map(([name, value]) => (name === '_typeName' ? '' : element(name, value)))
    .join('');
}

function element(name: string, value: Argument): string {
  if (value === undefined) {
    return '';
  }
  if (typeof value !== 'object') {
    return `<${name}>${escapeXml(String(value))}</${name}>`;
  }
  if (isList(value)) {
    return value.map((item) => element(name, item)).join('');
  }
  if (isReference(value)) {
    return `<${name} type="${escapeXml(value.type)}">${escapeXml(value.value)}</${name}>`;
  }
  const type = SUBTYPES.has(value._typeName) ? ` xsi:type="${value._typeName}"` : '';
  return `<${name}${type}>${elements(value)}</${name}>`;
}

function isList(value: object): value is readonly Argument[] {
  return Array.isArray(value);
}

function isReference(value: MoRef | DataObject): value is MoRef {
  return !('_typeName' in value);
}

const WSS = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity';
const TOKEN_REQUEST_MS = 300_000;

/**
 * The header that `LoginByToken` reads a bearer token from.
 *
 * @param now - the server's clock, in milliseconds since 1970: the request is good for five minutes of it
 */
export function tokenHeader(token: string, now: number): string {
  const created = new Date(now).toISOString();
  const expires = new Date(now + TOKEN_REQUEST_MS).toISOString();
  // Inside a document there is no place for a declaration.
  const assertion = token.replace(/^\uFEFF?\s*<\?xml[^>]*\?>/, '').trim();
  return (
    `<wsse:Security xmlns:wsse="${WSS}-secext-1.0.xsd" xmlns:wsu="${WSS}-utility-1.0.xsd">` +
    `<wsu:Timestamp><wsu:Created>${created}</wsu:Created><wsu:Expires>${expires}</wsu:Expires></wsu:Timestamp>` +
    `${assertion}</wsse:Security>`
  );
}
