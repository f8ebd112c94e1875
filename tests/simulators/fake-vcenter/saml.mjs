/** The check of a SAML token in a request's WS-Security header: its form and its times, not its signature. */
import { parseTime } from './time.mjs';

const WSSE = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd';
const WSU = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd';
const SAML = 'urn:oasis:names:tc:SAML:2.0:assertion';
const DSIG = 'http://www.w3.org/2000/09/xmldsig#';
const CONFIRMATION = 'urn:oasis:names:tc:SAML:2.0:cm:';

/**
 * Whose token a request carries.
 *
 * @param {import('./xml.mjs').XmlElement|undefined} header the SOAP header
 * @param {bigint} now
 * @returns {string|undefined} the subject; undefined when there is no token that will do
 */
export function subjectOf(header, now) {
  const security = child(header, WSSE, 'Security');
  const stamp = child(security, WSU, 'Timestamp');
  const assertion = child(security, SAML, 'Assertion');
  if (!isOpen(timeOf(child(stamp, WSU, 'Created')?.text), timeOf(child(stamp, WSU, 'Expires')?.text), now)) {
    return undefined;
  }
  const attribute = (element, name) => element?.attributes.get(name);
  const whole =
    attribute(assertion, 'Version') === '2.0' &&
    attribute(assertion, 'ID') &&
    timeOf(attribute(assertion, 'IssueInstant')) !== undefined &&
    child(assertion, SAML, 'Issuer')?.text.trim() &&
    child(assertion, DSIG, 'Signature');
  const conditions = child(assertion, SAML, 'Conditions');
  const valid = isOpen(timeOf(attribute(conditions, 'NotBefore')), timeOf(attribute(conditions, 'NotOnOrAfter')), now);
  const subject = child(assertion, SAML, 'Subject');
  const method = attribute(child(subject, SAML, 'SubjectConfirmation'), 'Method');
  // Who holds a key proves it: the message is signed beside the token.
  const proved =
    method === `${CONFIRMATION}bearer` ||
    (method === `${CONFIRMATION}holder-of-key` && child(security, DSIG, 'Signature') !== undefined);
  const name = child(subject, SAML, 'NameID')?.text.trim();
  return whole && valid && proved && name ? name : undefined;
}

function child(element, namespace, name) {
  return element?.children.find((one) => one.name === name && one.namespace === namespace);
}

function timeOf(text) {
  return text === undefined ? undefined : parseTime(text.trim());
}

/** A little of what a client's clock may be off is allowed for. */
const SKEW = 300_000_000_000n;

function isOpen(from, until, now) {
  return from !== undefined && until !== undefined && from < until && from - SKEW <= now && now < until + SKEW;
}
