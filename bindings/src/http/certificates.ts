/** Certificates as text. */
import { X509Certificate } from 'node:crypto';

/** What the text has to look like, for messages. */
export const CERTIFICATE_FORM = 'it has to be PEM, with -----BEGIN CERTIFICATE-----, and each certificate whole';

/** Whether there are certificates in it, all of them readable. Node takes a text without any, and then trusts nothing. */
export function holdsCertificates(pem: string): boolean {
  const found = pem
    .split(/(?=-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----)/)
    .filter((text) => text.startsWith('-----'));
  return found.some((text) => /CERTIFICATE-----/.test(text)) && found.every(isCertificate);
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).subject !== undefined;
  } catch {
    return false;
  }
}
