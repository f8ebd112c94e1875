/** Building requests. Answers are read by the core. */
import type { MoRef } from '../api/vim-api.js';

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
  // Written out, because a parser turns the bare characters into spaces or line feeds.
  '\t': '&#x9;',
  '\n': '&#xA;',
  '\r': '&#xD;',
};

// XML 1.0 has no way to write these: control characters, two that are none, halves of surrogate pairs.
const NOT_XML = /(?![\t\n\r\u007F-\u009F])\p{Cc}|[\uFFFE\uFFFF]|\p{Cs}/gu;

/** Text as the content of an element or an attribute; what XML 1.0 cannot hold becomes U+FFFD. */
export function escapeXml(text: string): string {
  return text.replace(NOT_XML, '\uFFFD').replace(/[&<>"'\t\n\r]/g, (character) => ESCAPES[character] ?? character);
}

/** `<name>text</name>`. */
export function element(name: string, text: string): string {
  return `<${name}>${escapeXml(text)}</${name}>`;
}

/** `<name type="…">value</name>`. */
export function reference(name: string, ref: MoRef): string {
  return `<${name} type="${escapeXml(ref.type)}">${escapeXml(ref.value)}</${name}>`;
}

/**
 * A whole request.
 *
 * @param body - the content of the method's element, after `_this`
 * @param header - the content of the envelope's header
 */
export function envelope(method: string, self: MoRef, body: string, header = ''): string {
  return (
    '<?xml version="1.0" encoding="UTF-8"?>' +
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"' +
    ' xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">' +
    (header === '' ? '' : `<soapenv:Header>${header}</soapenv:Header>`) +
    `<soapenv:Body><${method} xmlns="urn:vim25">${reference('_this', self)}${body}</${method}></soapenv:Body>` +
    '</soapenv:Envelope>'
  );
}
