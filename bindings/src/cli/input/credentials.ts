/** Which server, and as whom: from flags, from the environment names people already have, and from a terminal. */
import { CERTIFICATE_FORM, holdsCertificates } from '../../http/certificates.js';
import type { Environment } from '../../http/proxy.js';
import { parseServer } from '../../http/server-url.js';
import type { TrustOptions } from '../../http/trust.js';
import type { Protocol } from '../../vsphere/client/protocol.js';
import type { SignIn } from '../../vsphere/client/sign-in.js';
import type { ConnectionFlags } from './args.js';
import { contentOf, firstLine } from './files.js';
import { govcSecret, govcSession, govcTrust } from './govc.js';
import { signInFromFiles } from './sign-in-files.js';
import { UsageError } from './usage.js';

/** Asks people on the terminal; undefined where there is none. */
export interface Prompt {
  ask(question: string): Promise<string>;
  askHidden(question: string): Promise<string>;
}

/** All that is needed to connect. */
export interface Connection {
  readonly url: URL;
  readonly signIn: SignIn;
  /** What to sign in with where that is refused: the session that govc has saved may have ended. */
  readonly otherwise?: () => Promise<SignIn>;
  /** The same where nobody has to be asked for it, for a session that ends in the middle. */
  readonly renewBy?: SignIn;
  readonly protocol: Protocol;
  readonly trust: TrustOptions;
  /** The datacenter that names without a path are looked for in; everywhere where it is left out. */
  readonly datacenter?: string;
}

interface Found {
  readonly url: URL;
  readonly user: string | undefined;
  readonly password: string | undefined;
}

/** The variables of one tool. What they hold is for the server that they name themselves, and for `--server`. */
interface EnvCredentials {
  readonly server: string | undefined;
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly insecure: boolean;
  readonly isGovc: boolean;
}

/**
 * What is given goes before what is in the environment, and VSPHERE_* before GOVC_*. The two are not mixed: a password is
 * sent to the server that was named beside it, or on the command line. Only what is then missing is asked for.
 * @throws {@link UsageError} that names what is missing and where it may come from
 */
export async function resolveConnection(
  flags: ConnectionFlags,
  environment: Environment,
  prompt: Prompt | undefined,
): Promise<Connection> {
  const families = familiesFor(flags, environment);
  const found = find(flags, families);
  const trust = trustOf(flags, families.usable, found.url, environment);
  // What stands in for a password has VSPHERE_ names only.
  const isOfGovc = families.naming?.isGovc === true;
  const standIns = isOfGovc ? {} : environment;
  const given = signInFromFiles(flags, standIns);
  const rest = {
    url: found.url,
    protocol: flags.protocol,
    trust,
    ...datacenterOf(families.usable, found.url, environment),
  };
  const named = flags.user !== undefined || flags.passwordFile !== undefined;
  const saved =
    isOfGovc && given === undefined && !named && flags.protocol !== 'vi-json'
      ? govcSession(found.url, found.user, environment)
      : undefined;
  if (saved === undefined) {
    return { ...rest, signIn: given ?? (await byName(found, prompt)) };
  }
  const otherwise = async (): Promise<SignIn> => {
    try {
      return await byName(found, prompt);
    } catch (error) {
      throw error instanceof UsageError
        ? new UsageError(`the session that govc has saved in ${saved.file} has ended, and there is ${error.message}`)
        : error;
    }
  };
  const { user, password } = found;
  const renewBy = user === undefined || password === undefined ? {} : { renewBy: { user, password } };
  return { ...rest, signIn: { session: saved.session }, otherwise, ...renewBy };
}

/**
 * The same without whom it is logged in as.
 * @throws {@link UsageError} that says where the server may come from
 */
export function resolveServer(
  flags: ConnectionFlags,
  environment: Environment,
): Pick<Connection, 'url' | 'trust' | 'datacenter'> {
  const families = familiesFor(flags, environment);
  const { url } = find(flags, families);
  return {
    url,
    trust: trustOf(flags, families.usable, url, environment),
    ...datacenterOf(families.usable, url, environment),
  };
}

/** govc's word on where names are looked for counts for the server that govc's names are of. */
function datacenterOf(
  families: readonly EnvCredentials[],
  url: URL,
  { GOVC_DATACENTER: datacenter = '' }: Environment,
): Pick<Connection, 'datacenter'> {
  return datacenter !== '' && families.some((family) => family.isGovc && isFor(family, url)) ? { datacenter } : {};
}

async function byName(found: Found, prompt: Prompt | undefined): Promise<SignIn> {
  const user = found.user ?? (await prompt?.ask(`User name for ${found.url.host}: `));
  if (user === undefined || user === '') {
    throw new UsageError('no user name: give --user, or set VSPHERE_USER or GOVC_USERNAME');
  }
  const password = found.password ?? (await prompt?.askHidden(`Password of ${user} on ${found.url.host}: `));
  if (password === undefined || password === '') {
    throw new UsageError('no password: give --password-file, or set VSPHERE_PASSWORD or GOVC_PASSWORD');
  }
  return { user, password };
}

/** The variables that count: those that name the server alone, where the command line does not. */
interface Families {
  readonly naming: EnvCredentials | undefined;
  /** Whose names and passwords may be used, the first before the next. */
  readonly usable: readonly EnvCredentials[];
}

function familiesFor(flags: ConnectionFlags, environment: Environment): Families {
  const all = [vsphereOf(environment), govcOf(environment)];
  const naming = flags.server === undefined ? all.find(({ server }) => server !== undefined) : undefined;
  return { naming, usable: naming === undefined ? all : [naming] };
}

function vsphereOf(environment: Environment): EnvCredentials {
  return {
    server: environment.VSPHERE_SERVER || undefined,
    user: environment.VSPHERE_USER || undefined,
    password: environment.VSPHERE_PASSWORD || undefined,
    insecure: isTrue(environment.VSPHERE_ALLOW_UNVERIFIED_SSL),
    isGovc: false,
  };
}

function govcOf(environment: Environment): EnvCredentials {
  return {
    server: environment.GOVC_URL || undefined,
    user: govcSecret(environment.GOVC_USERNAME),
    password: govcSecret(environment.GOVC_PASSWORD),
    insecure: isTrue(environment.GOVC_INSECURE),
    isGovc: true,
  };
}

function find(flags: ConnectionFlags, { naming, usable: families }: Families): Found {
  const text = flags.server ?? naming?.server;
  if (text === undefined || text.trim() === '') {
    throw new UsageError('no server: give --server, or set VSPHERE_SERVER or GOVC_URL');
  }
  const address = addressOf(text);
  const onCommandLine = flags.server !== undefined;
  if (onCommandLine && address.password !== undefined) {
    throw new UsageError(
      '--server holds a password, which every user of this machine can see: give --password-file, or set VSPHERE_PASSWORD',
    );
  }
  const named = flags.user ?? (onCommandLine ? address.user : undefined);
  const withPassword = families.find((family) => family.password !== undefined);
  // A password that stands beside another user's name is not this one's.
  const family = named === undefined ? (families.find(({ user }) => user !== undefined) ?? withPassword) : withPassword;
  const user = named ?? family?.user ?? address.user;
  const password =
    flags.passwordFile === undefined
      ? (family?.password ?? address.password)
      : firstLine(contentOf(flags.passwordFile, '--password-file'));
  return { url: address.url, user, password };
}

function addressOf(text: string): ReturnType<typeof parseServer> {
  try {
    return parseServer(text);
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** @param families - whose word on certificates may count: it does for the server they name, or where they name none */
function trustOf(
  flags: ConnectionFlags,
  families: readonly EnvCredentials[],
  url: URL,
  environment: Environment,
): TrustOptions {
  if (flags.thumbprint !== undefined && flags.thumbprint.replace(/[^0-9a-f]/gi, '').length !== 64) {
    throw new UsageError('--thumbprint is not a SHA-256 one: give 64 hexadecimal digits, with or without colons');
  }
  // Who names a certificate on the command line wants it checked, whatever the environment allows.
  const pinned = flags.thumbprint !== undefined || flags.caFile !== undefined;
  // A no in the names that go first holds for the other ones too.
  const forbidden = isFalse(environment.VSPHERE_ALLOW_UNVERIFIED_SSL);
  const allowed = !forbidden && families.some((family) => family.insecure && isFor(family, url));
  const insecure = flags.insecure || (allowed && !pinned);
  const asGovc = !insecure && !pinned && families.some((family) => family.isGovc && isFor(family, url));
  return asGovc
    ? { insecure, ...govcTrust(url, environment) }
    : {
        insecure,
        thumbprint: flags.thumbprint,
        ca: flags.caFile === undefined ? undefined : certificatesIn(flags.caFile),
      };
}

/** Whether what the names of a tool say of its server holds for this one. */
function isFor({ server }: EnvCredentials, url: URL): boolean {
  return server === undefined || addressOf(server).url.host === url.host;
}

function certificatesIn(file: string): string {
  const text = contentOf(file, '--ca-file');
  if (!holdsCertificates(text)) {
    throw new UsageError(`--ca-file ${file} holds no certificate: ${CERTIFICATE_FORM}`);
  }
  return text;
}

function isTrue(text: string | undefined): boolean {
  return /^(1|t|true|yes|on)$/i.test(text ?? '');
}

function isFalse(text: string | undefined): boolean {
  return text !== undefined && text !== '' && !isTrue(text);
}
