/** The command line, read into what it asks for. */
import { type ParseArgsConfig, parseArgs } from 'node:util';
import type { MonitorOptions } from '../../types.js';
import type { Protocol } from '../../vsphere/client/protocol.js';
import { SHELLS, type Shell } from './completion.js';
import { seconds } from './duration.js';
import { COMMANDS, type CommandName, OPTIONS, type OptionName, optionsOf } from './option-table.js';
import { nearest } from './suggestion.js';
import { UsageError } from './usage.js';

/** Which server, as far as the command line says. */
export interface ConnectionFlags {
  readonly server: string | undefined;
  readonly user: string | undefined;
  readonly passwordFile: string | undefined;
  readonly sessionFile: string | undefined;
  readonly cloneTicketFile: string | undefined;
  readonly tokenFile: string | undefined;
  readonly protocol: Protocol;
  readonly insecure: boolean;
  readonly caFile: string | undefined;
  readonly thumbprint: string | undefined;
}

/** What a guest has to be before its VM is done; what was not said is left out. */
export type Readiness = Pick<MonitorOptions, 'ready' | 'settleSeconds'>;

/** What the command is to do. */
export type Command =
  | { readonly kind: 'help' }
  | { readonly kind: 'version' }
  | { readonly kind: 'completion'; readonly shell: Shell }
  | { readonly kind: 'serverTime'; readonly connection: ConnectionFlags }
  | {
      readonly kind: 'page';
      /** Names, patterns and paths of VMs; none for all. */
      readonly patterns: readonly string[];
      readonly connection: ConnectionFlags;
      readonly shared: boolean;
      readonly listen: string;
      /** 0 for a free one. */
      readonly port: number;
      readonly publicNames: readonly string[];
      readonly tlsCert: string | undefined;
      readonly tlsKey: string | undefined;
      readonly behindTlsProxy: boolean;
      readonly viewersTokenFile: string | undefined;
      readonly readiness: Readiness;
    }
  | { readonly kind: 'replay'; readonly file: string; readonly json: boolean }
  | {
      readonly kind: 'wait';
      /** As given; `-` stands for those on standard input. */
      readonly vms: readonly string[];
      readonly connection: ConnectionFlags;
      readonly options: MonitorOptions;
      readonly push: boolean;
      /** Whether VMs that are not there yet are looked for until the deadline. */
      readonly waitForVm: boolean;
      readonly json: boolean;
      readonly quiet: boolean;
      /** After how long a silence to say that the wait goes on; null for never. */
      readonly heartbeatSeconds: number | null;
      readonly record: string | undefined;
      /** The file of servers, which has the VMs too. */
      readonly inventory: string | undefined;
      /** The file that keeps the run. */
      readonly state: string | undefined;
      /** Flags that the published rules do not know. */
      readonly withoutEffect: readonly string[];
    };

const HEARTBEAT_SECONDS = 60;
const LOOPBACK = '127.0.0.1';

const READY = { tools: 'tools', 'guest-operations': 'guestOperations', none: undefined } as const;

/** What `published` takes no notice of. */
const DEFAULT_RULES_ONLY = [
  'wait-for-vm',
  'wait-for-power-on',
  'poll-interval',
  'lookback',
  'since',
  'attempts',
  'ready',
  'settle',
] as const satisfies readonly OptionName[];

/**
 * Reads the arguments after the program's name.
 * @throws {@link UsageError} that names the argument and what it may be
 */
export function parseCommand(argv: readonly string[]): Command {
  const [first, ...rest] = argv;
  switch (COMMANDS.find(({ name }) => name === first)?.name) {
    case 'help':
      return { kind: 'help' };
    case 'version':
      return { kind: 'version' };
    case 'page':
      return page(parse('page', rest));
    case 'server-time':
      return serverTime(parse('server-time', rest));
    case 'replay':
      return replay(parse('replay', rest));
    case 'completion':
      return completion(parse('completion', rest));
    case 'wait':
      return wait(parse('wait', rest));
    case undefined:
      return wait(parse('wait', argv));
  }
}

/** What was given, by option. */
interface Given {
  readonly asked: { readonly kind: 'help' | 'version' } | undefined;
  readonly positionals: readonly string[];
  text(name: OptionName): string | undefined;
  is(name: OptionName): boolean;
}

function serverTime({ asked, positionals, ...given }: Given): Command {
  if (asked === undefined && positionals.length > 0) {
    throw new UsageError(`server-time takes no argument, but got '${positionals[0]}': leave it out`);
  }
  return asked ?? { kind: 'serverTime', connection: connectionFlags(given) };
}

function page({ asked, positionals, text, is }: Given): Command {
  if (asked !== undefined) {
    return asked;
  }
  const [tlsCert, tlsKey, listen] = [text('tls-cert'), text('tls-key'), text('listen') ?? LOOPBACK];
  const [shared, behindTlsProxy] = [is('shared'), is('behind-tls-proxy')];
  if ((tlsCert === undefined) !== (tlsKey === undefined)) {
    throw new UsageError('--tls-cert and --tls-key go together: give both');
  }
  if (tlsCert !== undefined && behindTlsProxy) {
    throw new UsageError(
      '--tls-cert is for a page that speaks TLS itself, and --behind-tls-proxy for one that does not: give one of them',
    );
  }
  if (!isLoopback(listen) && tlsCert === undefined && !behindTlsProxy) {
    throw new UsageError(
      `--listen ${listen} is reached from other machines, and passwords would cross in clear: give --tls-cert and --tls-key, or --behind-tls-proxy`,
    );
  }
  const publicNames = (text('public-name') ?? '')
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean);
  if (behindTlsProxy && publicNames.length === 0) {
    throw new UsageError('--behind-tls-proxy needs --public-name: the name by which browsers reach the proxy');
  }
  const wrongName = publicNames.find((name) => !/^[\w.-]+$|^\[[\da-f:.]+\]$/.test(name));
  if (wrongName !== undefined) {
    throw new UsageError(
      `--public-name has '${wrongName}': give names without scheme and port, such as status.example.com`,
    );
  }
  if (text('viewers-token-file') !== undefined && !shared) {
    throw new UsageError('--viewers-token-file is for those who look at a shared run: give --shared too');
  }
  const port = Number(text('port') ?? 0);
  if (!/^\d*$/.test(text('port') ?? '') || port > 65_535) {
    throw new UsageError(`--port is '${text('port')}': give a number from 0, a free one, to 65535`);
  }
  return {
    kind: 'page',
    patterns: positionals,
    connection: connectionFlags({ text, is }),
    shared,
    listen,
    port,
    publicNames,
    tlsCert,
    tlsKey,
    behindTlsProxy,
    viewersTokenFile: text('viewers-token-file'),
    readiness: readinessOf(text),
  };
}

/** Whether only this machine reaches that address. */
function isLoopback(host: string): boolean {
  return /^(127(\.\d{1,3}){3}|::1|localhost)$/.test(host);
}

function replay({ asked, positionals, is }: Given): Command {
  const [file, ...more] = positionals;
  if (asked !== undefined) {
    return asked;
  }
  if (file === undefined || more.length > 0) {
    throw new UsageError('replay takes one file of recordings, or `-` for standard input');
  }
  return { kind: 'replay', file, json: is('json') };
}

function completion({ asked, positionals }: Given): Command {
  const [name] = positionals;
  const shell = SHELLS.find((each) => each === name);
  if (asked === undefined && (shell === undefined || positionals.length > 1)) {
    throw new UsageError(
      `completion takes the name of a shell: give ${SHELLS.slice(0, -1).join(', ')} or ${SHELLS.at(-1)}`,
    );
  }
  return asked ?? { kind: 'completion', shell: shell as Shell };
}

function wait({ asked, positionals, text, is }: Given): Command {
  if (asked !== undefined) {
    return asked;
  }
  const inventory = text('inventory');
  if (inventory !== undefined) {
    const others = OPTIONS.filter(
      ({ name, group }) => group === 'connection' && (text(name) !== undefined || is(name)),
    );
    const [extra = positionals[0]] = others.map(({ name }) => `--${name}`);
    if (extra !== undefined) {
      throw new UsageError(
        `the file of --inventory says which servers and VMs, and how to sign in: leave out ${extra}`,
      );
    }
  }
  // The file of --state may hold them.
  if (positionals.length === 0 && text('state') === undefined && inventory === undefined) {
    throw new UsageError('no VM was given: name at least one, or `-` to read names from standard input');
  }
  if (positionals.some((vm) => vm.trim() === '')) {
    throw new UsageError("a VM is '': give its name, path or id; is a variable empty?");
  }
  if (text('since') !== undefined && text('lookback') !== undefined) {
    throw new UsageError('--since and --lookback both say where to begin: give one of them');
  }
  if (is('wait-for-vm') && text('state') !== undefined) {
    throw new UsageError(
      '--wait-for-vm cannot be kept in the file of --state, which holds a run of VMs that are there: give one of them',
    );
  }
  const rules = oneOf('--rules', text('rules'), ['default', 'published']) ?? 'default';
  const without = DEFAULT_RULES_ONLY.filter((name) => text(name) !== undefined || is(name));
  const options = definedOnly<MonitorOptions>({
    rules,
    timeoutSeconds: secondsOrNone('--timeout', text('timeout')),
    // What is not made yet is not powered on either.
    waitForPowerOn: is('wait-for-power-on') || is('wait-for-vm') || undefined,
    pollIntervalSeconds: seconds('--poll-interval', text('poll-interval')),
    lookbackSeconds: seconds('--lookback', text('lookback')),
    since: serverTimeText(text('since')),
    attempts: oneOf('--attempts', text('attempts'), ['follow', 'first', 'reopen']),
    ...readinessOf(text),
  });
  const heartbeat = secondsOrNone('--heartbeat', text('heartbeat'));
  if (heartbeat !== undefined && heartbeat !== null && (heartbeat < 1 || heartbeat > 86_400)) {
    throw new UsageError(`--heartbeat is '${text('heartbeat')}': give from 1s to 24h, or none`);
  }
  return {
    kind: 'wait',
    vms: positionals,
    connection: connectionFlags({ text, is }),
    options: rules === 'published' ? definedOnly({ rules, timeoutSeconds: options.timeoutSeconds }) : options,
    push: !is('no-push'),
    waitForVm: is('wait-for-vm') && rules === 'default',
    json: is('json'),
    quiet: is('quiet'),
    heartbeatSeconds: heartbeat === undefined ? HEARTBEAT_SECONDS : heartbeat,
    record: text('record'),
    inventory,
    state: text('state'),
    withoutEffect: rules === 'published' ? without.map((name) => `--${name}`) : [],
  };
}

function readinessOf(text: Given['text']): Readiness {
  const ready = READY[oneOf('--ready', text('ready'), ['tools', 'guest-operations']) ?? 'none'];
  const settleSeconds = seconds('--settle', text('settle'));
  if (settleSeconds !== undefined && ready === undefined) {
    throw new UsageError('--settle says for how long a guest has to stay ready: give --ready too');
  }
  return definedOnly<Readiness>({ ready, settleSeconds });
}

function parse(command: CommandName, argv: readonly string[]): Given {
  const known = optionsOf(command);
  const options = Object.fromEntries(
    known.map(({ name, short, value }) => [
      name,
      { type: value === undefined ? 'boolean' : 'string', multiple: true, ...(short === undefined ? {} : { short }) },
    ]),
  ) as NonNullable<ParseArgsConfig['options']>;
  let parsed: { values: Record<string, unknown>; positionals: string[] };
  try {
    parsed = parseArgs({ args: withNumbersJoined(argv), options, allowPositionals: true, strict: true });
  } catch (error) {
    throw usageError(
      error,
      known.map(({ name }) => name),
    );
  }
  const values = parsed.values as Readonly<Record<string, readonly (string | boolean)[] | undefined>>;
  for (const [name, given = []] of Object.entries(values)) {
    if (given.length > 1 && given[0] !== true) {
      throw new UsageError(`--${name} is given ${given.length} times, as ${given.join(' and ')}: give it once`);
    }
  }
  for (const { name } of known.filter(({ value }) => value === 'FILE')) {
    checkPath(`--${name}`, values[name]?.[0]);
  }
  const is = (name: OptionName): boolean => values[name]?.[0] === true;
  return {
    asked: is('help') ? { kind: 'help' } : is('version') ? { kind: 'version' } : undefined,
    positionals: parsed.positionals,
    is,
    text: (name) => {
      const value = values[name]?.[0];
      return typeof value === 'string' ? value : undefined;
    },
  };
}

/** No option of a file is for standard input or output: standard output has the table, or the lines of `--json`. */
function checkPath(flag: string, path: string | boolean | undefined): void {
  if (path === '-') {
    throw new UsageError(`${flag} takes a file, and - is none: give its path, as ./- if that is what it is called`);
  }
  if (path === '') {
    throw new UsageError(`${flag} is '': give the path of a file; is a variable empty?`);
  }
}

function usageError(error: unknown, known: readonly string[]): UsageError {
  // The first sentence says what is wrong; the rest is about positionals that look like options.
  const message = error instanceof Error ? error.message.replace(/\. .*$/s, '') : String(error);
  const followed = /^Option '(?:-\w, )?(--[\w-]+)[^']*' argument is ambiguous/.exec(message)?.[1];
  if (followed !== undefined) {
    return new UsageError(
      `${followed} has no value, for what follows looks like an option: give it, as ${followed}=-… if it begins with a dash`,
    );
  }
  const [, unknown] = /^Unknown option '--([^'=]*)/.exec(message) ?? [];
  if (unknown === 'password') {
    return new UsageError(
      '--password is no option, since others on the machine would see it: write it into a file for --password-file, or set VSPHERE_PASSWORD',
    );
  }
  if (OPTIONS.some(({ name }) => name === unknown)) {
    const owners = COMMANDS.filter(({ name }) => optionsOf(name).some((option) => option.name === unknown));
    const texts = owners.map(({ name }) => (name === 'wait' ? 'a wait' : name));
    return new UsageError(`--${unknown} is an option of ${texts.join(', ')} only: leave it out`);
  }
  const meant = unknown === undefined ? undefined : nearest(unknown, known);
  const advice = meant === undefined ? 'see --help' : `did you mean --${meant}?`;
  return new UsageError(`${message.charAt(0).toLowerCase()}${message.slice(1)}: ${advice}`);
}

/** A negative number after an option is its value, to be refused as such: no option looks like one. */
function withNumbersJoined(argv: readonly string[]): string[] {
  const end = argv.indexOf('--');
  const joined: string[] = [];
  for (const [index, text] of argv.entries()) {
    const before = joined.at(-1);
    const isValue = /^-\d/.test(text) && before !== undefined && /^--[^=]+$/.test(before);
    if (isValue && (end === -1 || index < end)) {
      joined.splice(-1, 1, `${before}=${text}`);
    } else {
      joined.push(text);
    }
  }
  return joined;
}

function connectionFlags({ text, is }: Pick<Given, 'text' | 'is'>): ConnectionFlags {
  for (const name of ['ca-file', 'thumbprint'] as const) {
    if (is('insecure') && text(name) !== undefined) {
      throw new UsageError(`--insecure checks no certificate, and --${name} says which to accept: give one of them`);
    }
  }
  return {
    server: text('server'),
    user: text('user'),
    passwordFile: text('password-file'),
    sessionFile: text('session-file'),
    cloneTicketFile: text('clone-ticket-file'),
    tokenFile: text('token-file'),
    protocol: oneOf('--protocol', text('protocol'), ['auto', 'soap', 'vi-json']) ?? 'auto',
    insecure: is('insecure'),
    caFile: text('ca-file'),
    thumbprint: text('thumbprint'),
  };
}

function secondsOrNone(flag: string, text: string | undefined): number | null | undefined {
  return text === 'none' ? null : seconds(flag, text, ', or none');
}

function oneOf<T extends string>(flag: string, text: string | undefined, values: readonly T[]): T | undefined {
  if (text === undefined) {
    return undefined;
  }
  const found = values.find((value) => value === text);
  if (found === undefined) {
    throw new UsageError(`${flag} is '${text}': give ${values.slice(0, -1).join(', ')} or ${values.at(-1)}`);
  }
  return found;
}

function serverTimeText(text: string | undefined): string | undefined {
  const form = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/i;
  if (text !== undefined && (!form.test(text) || Number.isNaN(Date.parse(text)) || !isDate(text.slice(0, 10)))) {
    throw new UsageError(
      `--since is '${text}': give a server time with an offset, such as 2026-03-01T10:00:00Z; \`wait-vm-customization server-time\` prints one`,
    );
  }
  return text;
}

/** Whether the calendar has that day: a 30th of February is read as the 2nd of March. */
function isDate(day: string): boolean {
  return new Date(`${day}T00:00:00Z`).toISOString().startsWith(day);
}

function definedOnly<T extends object>(values: { readonly [name in keyof T]: T[name] | undefined }): T {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as T;
}
