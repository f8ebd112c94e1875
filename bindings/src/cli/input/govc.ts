/**
 * What govc keeps for its next call, beside its names and passwords: whom it trusts, and the sessions that it has saved. As
 * govmomi 0.56 has it (`cli/flags`, `session/cache`, `vim25/soap`).
 */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { CERTIFICATE_FORM, holdsCertificates } from '../../http/certificates.js';
import type { Environment } from '../../http/proxy.js';
import type { TrustOptions } from '../../http/trust.js';
import { decodeText } from '../../util/decode-text.js';
import type { ExistingSession } from '../../vsphere/api/types.js';
import { contentOf, readFile } from './files.js';
import { UsageError } from './usage.js';

const HTTPS_PORT = '443';

/** A session that govc has saved. */
export interface SavedSession {
  readonly session: ExistingSession;
  readonly file: string;
}

/**
 * Which certificates govc accepts of a server: those of GOVC_TLS_CA_CERTS, and that which GOVC_TLS_KNOWN_HOSTS has for it.
 * @throws {@link UsageError} for files that cannot be used
 */
export function govcTrust(url: URL, environment: Environment): Pick<TrustOptions, 'ca' | 'thumbprint'> {
  const thumbprint = thumbprintIn(environment.GOVC_TLS_KNOWN_HOSTS ?? '', url);
  const texts = filesOf(environment.GOVC_TLS_CA_CERTS ?? '').map((file) => {
    const text = contentOf(file, 'GOVC_TLS_CA_CERTS');
    if (!holdsCertificates(text)) {
      throw new UsageError(`GOVC_TLS_CA_CERTS ${file} holds no certificate: ${CERTIFICATE_FORM}`);
    }
    return text;
  });
  return { thumbprint, ca: texts.length === 0 ? undefined : texts.join('\n') };
}

/**
 * The session that govc has saved for this user on this server; undefined where there is none, or none is to be used.
 * @throws {@link UsageError} where the file is none of govc's
 */
export function govcSession(url: URL, user: string | undefined, environment: Environment): SavedSession | undefined {
  if (/^(0|false)$/i.test(environment.GOVC_PERSIST_SESSION ?? '')) {
    return undefined;
  }
  // It keeps those of connections that it has not checked apart.
  const insecure = /^(1|true)$/i.test(environment.GOVC_INSECURE ?? '');
  const home = environment.GOVMOMI_HOME || join(environment.HOME || homedir(), '.govmomi');
  const file = join(home, 'sessions', sessionFileName(url, user ?? '', insecure));
  if (!existsSync(file)) {
    return undefined;
  }
  const cookie = cookieIn(contentOf(file, 'the session that govc has saved in'), file);
  return cookie === undefined ? undefined : { session: { cookie }, file };
}

/** What govmomi calls the file: the SHA-256 of the address and of whether the certificate is checked. */
export function sessionFileName(url: URL, user: string, insecure: boolean): string {
  const name = encodeURIComponent(user)
    // Go leaves these as they are, and no others.
    .replace(/%(?:24|26|2B|2C|3B|3D)/g, decodeURIComponent)
    .replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
  const address = `${url.protocol}//${name}@${url.host}/sdk#insecure=${insecure}`;
  return createHash('sha256').update(address).digest('hex');
}

/** The user or the password of govc's environment, which may be in a file of that name. */
export function govcSecret(value: string | undefined): string | undefined {
  if (value === undefined || value === '') {
    return undefined;
  }
  try {
    return decodeText(readFile(value)).trim();
  } catch {
    // What is no file is meant as it stands, and is in no message.
    return value;
  }
}

function cookieIn(text: string, file: string): string | undefined {
  let saved: { SoapClient?: { cookies?: unknown; Cookies?: unknown } } | null;
  try {
    saved = JSON.parse(text) as typeof saved;
  } catch {
    throw new UsageError(`${file} holds no session of govc: remove it, or set GOVC_PERSIST_SESSION=false`);
  }
  const list: unknown = saved?.SoapClient?.cookies ?? saved?.SoapClient?.Cookies;
  const cookies = Array.isArray(list) ? (list as ({ Name?: unknown; Value?: unknown; Quoted?: unknown } | null)[]) : [];
  const found = cookies.find((cookie) => cookie?.Name === 'vmware_soap_session');
  if (
    typeof found?.Value !== 'string' ||
    !/^[\x21\x23-\x2B\x2D-\x3A\x3C-\x5B\x5D-\x7E]+$/.test(found.Value.replace(/^"(.*)"$/, '$1'))
  ) {
    return undefined;
  }
  // Go keeps apart whether it stood in quotes, which vCenter wants back.
  return found.Quoted === true ? `"${found.Value}"` : found.Value;
}

function thumbprintIn(files: string, url: URL): string | undefined {
  const wanted = withPort(url.host);
  let found: string | undefined;
  for (const file of filesOf(files).filter((file) => existsSync(file))) {
    for (const line of contentOf(file, 'GOVC_TLS_KNOWN_HOSTS').split(/\r?\n/)) {
      const [, host, thumbprint] = /^(\S+) (.*)$/.exec(line) ?? [];
      if (host === undefined || thumbprint === undefined || withPort(host) !== wanted) {
        continue;
      }
      const digits = thumbprint.replace(/[^0-9a-f]/gi, '').length;
      if (digits !== 64) {
        const what = digits === 40 ? 'a SHA-1 thumbprint, which is not safe any more' : 'no SHA-256 thumbprint';
        throw new UsageError(
          `GOVC_TLS_KNOWN_HOSTS ${file} has ${what}, for ${host}: put the SHA-256 one in its place, which \`govc about.cert -k -thumbprint\` of today prints, and \`openssl s_client -connect ${wanted} </dev/null | openssl x509 -noout -fingerprint -sha256\` too`,
        );
      }
      found = thumbprint;
    }
  }
  return found;
}

/** A list of paths, as the platform separates them. */
const filesOf = (list: string): string[] => list.split(delimiter).filter((file) => file !== '');

const withPort = (host: string): string => (/:\d+$/.test(host) ? host : `${host}:${HTTPS_PORT}`);
