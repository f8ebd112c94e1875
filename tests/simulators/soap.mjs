/** The little of SOAP that the test servers and the tests of them share. */

export const ENVELOPE = 'http://schemas.xmlsoap.org/soap/envelope/';
export const XSI = 'http://www.w3.org/2001/XMLSchema-instance';

/** Escapes a text for an element or an attribute. */
export function escapeXml(text) {
  const named = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' };
  return String(text).replace(/[&<>"']/g, (character) => named[character]);
}

/** A whole envelope as vCenter writes it. */
export function envelope(body) {
  return `<?xml version="1.0" encoding="UTF-8"?>
<soapenv:Envelope xmlns:soapenc="http://schemas.xmlsoap.org/soap/encoding/"
 xmlns:soapenv="${ENVELOPE}"
 xmlns:xsd="http://www.w3.org/2001/XMLSchema"
 xmlns:xsi="${XSI}">
<soapenv:Body>
${body}
</soapenv:Body>
</soapenv:Envelope>
`;
}

/**
 * A fault as vCenter writes it, to be sent with HTTP status 500.
 *
 * @param {string} type such as `NoPermission`
 * @param {string} message
 * @param {string} [inner] the fault's own fields, as XML
 */
export function faultEnvelope(type, message, inner = '') {
  return envelope(
    `<soapenv:Fault><faultcode>ServerFaultCode</faultcode><faultstring>${escapeXml(message)}</faultstring>` +
      `<detail><${type}Fault xmlns="urn:vim25" xsi:type="${type}">${inner}</${type}Fault></detail></soapenv:Fault>`,
  );
}

/** The fields and the message of the faults that the test servers answer. */
export function faultParts(type, object = { type: 'Folder', value: 'group-d1' }) {
  const reference = (element) => `<${element} type="${escapeXml(object.type)}">${escapeXml(object.value)}</${element}>`;
  switch (type) {
    case 'NoPermission':
      return {
        message: 'Permission to perform this operation was denied.',
        inner: `${reference('object')}<privilegeId>System.View</privilegeId>`,
      };
    case 'NotAuthenticated':
      return {
        message: 'The session is not authenticated.',
        inner: `${reference('object')}<privilegeId>System.View</privilegeId>`,
      };
    case 'ManagedObjectNotFound':
      return {
        message: `The object '${object.type}:${object.value}' has already been deleted or has not been completely created`,
        inner: reference('obj'),
      };
    case 'InvalidLogin':
      return { message: 'Cannot complete login due to an incorrect user name or password.', inner: '' };
    default:
      return { message: '', inner: '' };
  }
}

/** The name of the method that a request calls, without reading the rest of it. */
export function methodOf(request) {
  return /<(?:\w+:)?Body\b[^>]*>\s*<(?:\w+:)?(\w+)/.exec(request)?.[1];
}
