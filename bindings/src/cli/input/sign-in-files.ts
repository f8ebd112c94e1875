/** What may stand in for a name and a password: a session, a clone ticket or a SAML token, none of them as an argument. */
import type { Environment } from '../../http/proxy.js';
import { decodeText } from '../../util/decode-text.js';
import type { ExistingSession } from '../../vsphere/api/types.js';
import type { Protocol } from '../../vsphere/client/protocol.js';
import type { SignIn } from '../../vsphere/client/sign-in.js';
import type { ConnectionFlags } from './args.js';
import { contentOf, firstLine } from './files.js';
import { UsageError } from './usage.js';

/** One kind of it: where it comes from, and how its text is read. */
interface Kind {
  readonly flag: string;
  readonly file: string | undefined;
  readonly variable: string;
  readonly read: (text: string, from: string) => SignIn;
}

/**
 * What was given in place of a name and a password; undefined when nothing was. A flag goes before the environment, and
 * a name or a password on the command line too.
 * @throws {@link UsageError} when more than one way to sign in was given, or what was given is no such thing
 */
export function signInFromFiles(flags: ConnectionFlags, environment: Environment): SignIn | undefined {
  const kinds: readonly Kind[] = [
    {
      flag: '--session-file',
      file: flags.sessionFile,
      variable: 'VSPHERE_SESSION',
      read: (text, from) => ({ session: sessionIn(firstLine(text), from, flags.protocol) }),
    },
    {
      flag: '--clone-ticket-file',
      file: flags.cloneTicketFile,
      variable: 'VSPHERE_CLONE_TICKET',
      read: (text, from) => ({ cloneTicket: present(firstLine(text).trim(), from, 'a clone ticket') }),
    },
    {
      flag: '--token-file',
      file: flags.tokenFile,
      variable: 'VSPHERE_TOKEN',
      read: (text, from) => ({ token: assertionIn(text, from) }),
    },
  ];
  const named = [
    ...(flags.user === undefined && flags.passwordFile === undefined ? [] : ['--user and --password-file']),
    ...kinds.filter(({ file }) => file !== undefined).map(({ flag }) => flag),
  ];
  if (named.length > 1) {
    throw new UsageError(`${named.join(', ')} are different ways to sign in: give one of them`);
  }
  for (const { flag, file, read } of kinds) {
    if (file !== undefined) {
      return read(contentOf(file, flag), `${flag} ${file}`);
    }
  }
  if (named.length > 0) {
    return undefined;
  }
  for (const { variable, read } of kinds) {
    const text = environment[variable];
    if (text !== undefined && text !== '') {
      return read(text, variable);
    }
  }
  return undefined;
}

/**
 * Reads a session as programs print it: the cookie `vmware_soap_session=…` alone, or as a header with its attributes; the
 * header `vmware-api-session-id: …`, or the bare id, which may be a JSON string. A bare one is a cookie's value where SOAP
 * was asked for.
 */
export function sessionIn(line: string, from: string, protocol: Protocol): ExistingSession {
  if (/[^\x20-\x7E\t]/.test(line.replace(/^\uFEFF/, ''))) {
    throw new UsageError(`${from} holds characters that no session has: copy it again, as ASCII text`);
  }
  const cookie = /(?:^|[\s;:])vmware_soap_session=([^;\s]+)/i.exec(line)?.[1];
  if (cookie !== undefined) {
    return { cookie };
  }
  const bare = line.replace(/^\s*vmware-api-session-id\s*:/i, '').trim();
  if (protocol === 'soap' && /^[^\s;]+$/.test(bare)) {
    return { cookie: bare };
  }
  const apiSessionId = bare.replace(/^"([^"]*)"$/, '$1');
  if (!/^[^\s;="]+$/.test(apiSessionId)) {
    throw new UsageError(
      `${from} holds no session: it has to be the cookie vmware_soap_session=… or the value of vmware-api-session-id`,
    );
  }
  return { apiSessionId };
}

/** The XML of the assertion, as it stands or in base64, as vCenter's own exchange of tokens answers it. */
function assertionIn(text: string, from: string): string {
  const given = text.replace(/^\uFEFF/, '').trim();
  const isBase64 = /^[A-Za-z0-9+/\s]+=*$/.test(given.replaceAll('-', '+').replaceAll('_', '/'));
  const assertion = isBase64 ? decodeText(Buffer.from(given, 'base64')).trim() : given;
  if (!assertion.startsWith('<')) {
    throw new UsageError(
      `${from} holds no SAML token: it has to be the XML of a bearer token's assertion, or that in base64`,
    );
  }
  return assertion;
}

function present(text: string, from: string, what: string): string {
  if (text === '') {
    throw new UsageError(`${from} is empty: it has to hold ${what}`);
  }
  return text;
}
