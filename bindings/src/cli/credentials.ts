/** Which server, and as whom: from flags, from the environment names people already have, and from a terminal. */
import type { Environment } from '../http/proxy.js';
import { parseServer } from '../http/server-url.js';
import type { TrustOptions } from '../http/trust.js';
import type { Protocol } from '../vim/protocol.js';
import type { SignIn } from '../vim/sign-in.js';
import type { ConnectionFlags } from './args.js';
import { contentOf, firstLine } from './files.js';
import { standInOf } from './stand-in.js';
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
  readonly protocol: Protocol;
  readonly trust: TrustOptions;
}

interface Found {
  readonly url: URL;
  readonly user: string | undefined;
  readonly password: string | undefined;
}

/**
 * What is given goes before what is in the environment, and VSPHERE_* before GOVC_*. Only what is then missing is asked
 * for.
 * @throws {@link UsageError} that names what is missing and where it may come from
 */
export async function resolveConnection(
  flags: ConnectionFlags,
  environment: Environment,
  prompt: Prompt | undefined,
): Promise<Connection> {
  const trust = trustOf(flags, environment);
  const found = find(flags, environment);
  const signIn = standInOf(flags, environment) ?? (await byName(found, prompt));
  return { url: found.url, signIn, protocol: flags.protocol, trust };
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

function find(flags: ConnectionFlags, environment: Environment): Found {
  const vsphere = (name: string): string | undefined => environment[`VSPHERE_${name}`] || undefined;
  const govc = (name: string): string | undefined => environment[`GOVC_${name}`] || undefined;
  const text = flags.server ?? vsphere('SERVER') ?? govc('URL');
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
  const user = named ?? vsphere('USER') ?? govc('USERNAME') ?? address.user;
  // The password that stands beside the user's name is meant before that of the other family.
  const ofGovc = [govc('PASSWORD'), address.password];
  const fromGovc = named === undefined && vsphere('USER') === undefined;
  const passwords = fromGovc ? [...ofGovc, vsphere('PASSWORD')] : [vsphere('PASSWORD'), ...ofGovc];
  const password =
    flags.passwordFile === undefined
      ? passwords.find((candidate) => candidate !== undefined)
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

function trustOf(flags: ConnectionFlags, environment: Environment): TrustOptions {
  if (flags.thumbprint !== undefined && flags.thumbprint.replace(/[^0-9a-f]/gi, '').length !== 64) {
    throw new UsageError('--thumbprint is not a SHA-256 one: give 64 hexadecimal digits, with or without colons');
  }
  // Who names a certificate on the command line wants it checked, whatever the environment allows.
  const pinned = flags.thumbprint !== undefined || flags.caFile !== undefined;
  const allowed = isTrue(environment.VSPHERE_ALLOW_UNVERIFIED_SSL) || isTrue(environment.GOVC_INSECURE);
  return {
    insecure: flags.insecure || (allowed && !pinned),
    thumbprint: flags.thumbprint,
    ca: flags.caFile === undefined ? undefined : contentOf(flags.caFile, '--ca-file'),
  };
}

function isTrue(text: string | undefined): boolean {
  return /^(1|t|true|yes|on)$/i.test(text ?? '');
}
