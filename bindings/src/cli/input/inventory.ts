/** `--inventory`: a file of servers, how to sign in to each, and the VMs to wait for there. */
import { dirname, resolve } from 'node:path';
import type { Environment } from '../../http/proxy.js';
import { hostOf } from '../../http/server-url.js';
import { describe } from '../../util/describe.js';
import type { Protocol } from '../../vsphere/client/protocol.js';
import { type Connection, resolveConnection } from './credentials.js';
import { contentOf } from './files.js';
import { nearest } from './suggestion.js';
import { UsageError } from './usage.js';

const FORMAT = 'vm-customization-inventory/1';

// Each has a session, and a connection for what it pushes.
const MOST_SERVERS = 1_000;

/** One server of the file. */
export interface InventoryServer {
  /** What it is called in tables and reports; one of a kind. */
  readonly name: string;
  readonly connection: Connection;
  /** The VMs, as on the command line. */
  readonly vms: readonly string[];
}

/** What a member has to be, and for people. */
const TEXT = { fits: (value: unknown) => typeof value === 'string' && value.trim() !== '', give: 'a text' };
const FLAG = { fits: (value: unknown) => typeof value === 'boolean', give: 'true or false' };
const PROTOCOLS: readonly unknown[] = ['auto', 'soap', 'vi-json'] satisfies Protocol[];
const MEMBERS: Readonly<Record<string, { fits: (value: unknown) => boolean; give: string }>> = {
  name: {
    // It stands in file names and tables of others.
    fits: (value) => typeof value === 'string' && /^[\w.:-]{1,64}$/.test(value),
    give: "1 to 64 letters, digits, '_', '-', '.' and ':'",
  },
  server: TEXT,
  vms: {
    fits: (value) => Array.isArray(value) && value.length > 0 && value.every(TEXT.fits) && !value.includes('-'),
    give: 'a list of at least one name, pattern, path or id',
  },
  user: TEXT,
  userEnv: TEXT,
  passwordFile: TEXT,
  passwordEnv: TEXT,
  sessionFile: TEXT,
  sessionEnv: TEXT,
  cloneTicketFile: TEXT,
  cloneTicketEnv: TEXT,
  tokenFile: TEXT,
  tokenEnv: TEXT,
  protocol: { fits: (value) => PROTOCOLS.includes(value), give: "'auto', 'soap' or 'vi-json'" },
  caFile: TEXT,
  thumbprint: TEXT,
  insecure: FLAG,
};

/** Where each of these variables of ours is taken from. */
const VARIABLES: Readonly<Record<string, string>> = {
  VSPHERE_USER: 'userEnv',
  VSPHERE_PASSWORD: 'passwordEnv',
  VSPHERE_SESSION: 'sessionEnv',
  VSPHERE_CLONE_TICKET: 'cloneTicketEnv',
  VSPHERE_TOKEN: 'tokenEnv',
};

const SECRETS: Readonly<Record<string, string>> = {
  password: 'passwordFile or passwordEnv',
  token: 'tokenFile or tokenEnv',
  session: 'sessionFile or sessionEnv',
  cloneTicket: 'cloneTicketFile or cloneTicketEnv',
};

/** What signs in without a password. */
const STAND_INS = ['sessionFile', 'sessionEnv', 'cloneTicketFile', 'cloneTicketEnv', 'tokenFile', 'tokenEnv'];

type Member = string | boolean | readonly string[];

/**
 * Reads the file. Paths in it are relative to its folder.
 * @throws {@link UsageError} that names the place in the file, and repeats nothing that may be a secret
 */
export async function readInventory(file: string, environment: Environment): Promise<readonly InventoryServer[]> {
  const wrong = (place: string, why: string): UsageError => new UsageError(`--inventory ${file}: ${place}${why}`);
  let inventory: { format?: unknown; servers?: unknown };
  try {
    inventory = JSON.parse(contentOf(file, '--inventory')) ?? {};
  } catch (error) {
    // Without the text that the parser repeats.
    throw error instanceof UsageError ? error : wrong('', `it is not JSON: docs/formats.md says what it has to be`);
  }
  const { format, servers } = inventory;
  if (format !== FORMAT) {
    throw wrong('', `format is ${typeof format === 'string' ? `'${format}'` : describe(format)}: give '${FORMAT}'`);
  }
  if (!Array.isArray(servers) || servers.length === 0 || servers.length > MOST_SERVERS) {
    throw wrong('', `servers has to be a list of 1 to ${MOST_SERVERS} servers`);
  }
  const found: InventoryServer[] = [];
  for (const [index, entry] of servers.entries()) {
    const place = `servers[${index}]`;
    const members = checked(entry, (why) => wrong(place, why));
    const server = await serverOf(members, dirname(resolve(file)), environment).catch((error: unknown) => {
      throw error instanceof UsageError ? wrong(place, `: ${error.message}`) : error;
    });
    if (found.some(({ name }) => name === server.name)) {
      throw wrong(place, ` is the second one called '${server.name}': give each a name of its own`);
    }
    found.push(server);
  }
  return found;
}

function checked(entry: unknown, wrong: (why: string) => UsageError): Readonly<Record<string, Member>> {
  if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) {
    throw wrong(' is no object: give one such as { "server": "vc.example.com", … }');
  }
  for (const [name, value] of Object.entries(entry)) {
    const secret = Object.hasOwn(SECRETS, name) ? SECRETS[name] : undefined;
    if (secret !== undefined) {
      throw wrong(`.${name} does not belong into the file, which others may read: give ${secret}`);
    }
    const member = Object.hasOwn(MEMBERS, name) ? MEMBERS[name] : undefined;
    if (member === undefined) {
      const meant = nearest(name, Object.keys(MEMBERS));
      throw wrong(`.${name} is not known${meant === undefined ? '' : `: did you mean ${meant}?`}`);
    }
    if (!member.fits(value)) {
      throw wrong(`.${name} has to be ${member.give}`);
    }
  }
  for (const name of ['server', 'vms']) {
    if (!(name in entry)) {
      throw wrong(` has no ${name}: give it`);
    }
  }
  return entry as Readonly<Record<string, Member>>;
}

/** As if its members had been given on the command line of a machine that has nothing else in its environment. */
async function serverOf(
  members: Readonly<Record<string, Member>>,
  folder: string,
  environment: Environment,
): Promise<InventoryServer> {
  const text = (name: string): string | undefined => members[name] as string | undefined;
  const path = (name: string): string | undefined => {
    const value = text(name);
    return value === undefined ? undefined : resolve(folder, value);
  };
  const named: Record<string, string> = {};
  for (const [variable, member] of Object.entries(VARIABLES)) {
    const from = text(member);
    if (from !== undefined) {
      const value = environment[from];
      if (value === undefined || value === '') {
        throw new UsageError(`${member} names ${from}, which is not set`);
      }
      named[variable] = value;
    }
  }
  if (members.insecure === true && (members.caFile ?? members.thumbprint) !== undefined) {
    throw new UsageError('insecure checks no certificate, and caFile and thumbprint say which to accept: give one');
  }
  if (!STAND_INS.some((name) => name in members)) {
    if (text('user') === undefined && text('userEnv') === undefined && !String(members.server).includes('@')) {
      throw new UsageError('no user name: give user or userEnv');
    }
    if (text('passwordFile') === undefined && text('passwordEnv') === undefined) {
      throw new UsageError('no password: give passwordFile or passwordEnv');
    }
  }
  const flags = {
    server: text('server'),
    user: text('user'),
    passwordFile: path('passwordFile'),
    sessionFile: path('sessionFile'),
    cloneTicketFile: path('cloneTicketFile'),
    tokenFile: path('tokenFile'),
    protocol: (text('protocol') ?? 'auto') as Protocol,
    insecure: members.insecure === true,
    caFile: path('caFile'),
    thumbprint: text('thumbprint'),
  };
  const connection = await resolveConnection(flags, named, undefined);
  return { name: text('name') ?? hostOf(connection.url), connection, vms: members.vms as readonly string[] };
}
