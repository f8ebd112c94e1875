/** Building requests. Answers are read by the core. */
import { escapeXml } from '../../util/escape-xml.js';
import type { MoRef } from '../api/vim-api.js';

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
