/** The command line, read into what it asks for. */
import { type ParseArgsConfig, parseArgs } from 'node:util';
import type { MonitorOptions } from '../../types.js';
import type { Protocol } from '../../vsphere/client/protocol.js';
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

/** What the command is to do. */
export type Command =
  | { readonly kind: 'help' }
  | { readonly kind: 'version' }
  | { readonly kind: 'serverTime'; readonly connection: ConnectionFlags }
  | { readonly kind: 'replay'; readonly file: string }
  | {
      readonly kind: 'wait';
      /** As given; `-` stands for those on standard input. */
      readonly vms: readonly string[];
      readonly connection: ConnectionFlags;
      readonly options: MonitorOptions;
      readonly push: boolean;
      readonly json: boolean;
      readonly record: string | undefined;
      /** The file that keeps the run. */
      readonly state: string | undefined;
      /** Flags that the published rules do not know. */
      readonly withoutEffect: readonly string[];
    };

const CONNECTION = {
  server: { type: 'string' },
  user: { type: 'string' },
  'password-file': { type: 'string' },
  'session-file': { type: 'string' },
  'clone-ticket-file': { type: 'string' },
  'token-file': { type: 'string' },
  protocol: { type: 'string' },
  insecure: { type: 'boolean' },
  'ca-file': { type: 'string' },
  thumbprint: { type: 'string' },
} as const satisfies ParseArgsConfig['options'];

const COMMON = { help: { type: 'boolean', short: 'h' }, version: { type: 'boolean' } } as const;

const WAIT = {
  ...COMMON,
  ...CONNECTION,
  timeout: { type: 'string' },
  'wait-for-power-on': { type: 'boolean' },
  'poll-interval': { type: 'string' },
  'no-push': { type: 'boolean' },
  lookback: { type: 'string' },
  since: { type: 'string' },
  attempts: { type: 'string' },
  rules: { type: 'string' },
  json: { type: 'boolean' },
  record: { type: 'string' },
  state: { type: 'string' },
} as const satisfies ParseArgsConfig['options'];

/** What `published` takes no notice of. */
const DEFAULT_RULES_ONLY = ['wait-for-power-on', 'poll-interval', 'lookback', 'since', 'attempts'] as const;

/**
 * Reads the arguments after the program's name.
 * @throws {@link UsageError} that names the argument and what it may be
 */
export function parseCommand(argv: readonly string[]): Command {
  switch (argv[0]) {
    case 'server-time':
      return serverTime(argv.slice(1));
    case 'replay':
      return replay(argv.slice(1));
    default:
      return wait(argv);
  }
}

function serverTime(argv: readonly string[]): Command {
  const { values, positionals } = parse(argv, { ...COMMON, ...CONNECTION });
  if (values.help === true || values.version === true) {
    return { kind: values.help === true ? 'help' : 'version' };
  }
  if (positionals.length > 0) {
    throw new UsageError(`server-time takes no argument, but got '${positionals[0]}': leave it out`);
  }
  return { kind: 'serverTime', connection: connectionFlags(values) };
}

function replay(argv: readonly string[]): Command {
  const { values, positionals } = parse(argv, COMMON);
  if (values.help === true || values.version === true) {
    return { kind: values.help === true ? 'help' : 'version' };
  }
  const [file, ...more] = positionals;
  if (file === undefined || more.length > 0) {
    throw new UsageError('replay takes one file of recordings, or `-` for standard input');
  }
  return { kind: 'replay', file };
}

function wait(argv: readonly string[]): Command {
  const { values, positionals } = parse(argv, WAIT);
  if (values.help === true || values.version === true) {
    return { kind: values.help === true ? 'help' : 'version' };
  }
  // The file of --state may hold them.
  if (positionals.length === 0 && values.state === undefined) {
    throw new UsageError('no VM was given: name at least one, or `-` to read names from standard input');
  }
  if (positionals.some((vm) => vm.trim() === '')) {
    throw new UsageError("a VM is '': give its name, path or id; is a variable empty?");
  }
  if (values.since !== undefined && values.lookback !== undefined) {
    throw new UsageError('--since and --lookback both say where to begin: give one of them');
  }
  const rules = oneOf('--rules', values.rules, ['default', 'published']) ?? 'default';
  const given = DEFAULT_RULES_ONLY.filter((name) => values[name] !== undefined);
  const options = definedOnly<MonitorOptions>({
    rules,
    timeoutSeconds: values.timeout === 'none' ? null : seconds('--timeout', values.timeout, ', or none'),
    waitForPowerOn: values['wait-for-power-on'],
    pollIntervalSeconds: seconds('--poll-interval', values['poll-interval']),
    lookbackSeconds: seconds('--lookback', values.lookback),
    since: serverTimeText(values.since),
    attempts: oneOf('--attempts', values.attempts, ['follow', 'first', 'reopen']),
  });
  return {
    kind: 'wait',
    vms: positionals,
    connection: connectionFlags(values),
    options: rules === 'published' ? definedOnly({ rules, timeoutSeconds: options.timeoutSeconds }) : options,
    push: values['no-push'] !== true,
    json: values.json === true,
    record: values.record,
    state: values.state,
    withoutEffect: rules === 'published' ? given.map((name) => `--${name}`) : [],
  };
}

function parse<T extends NonNullable<ParseArgsConfig['options']>>(argv: readonly string[], options: T) {
  try {
    return parseArgs({ args: withNumbersJoined(argv), options, allowPositionals: true, strict: true });
  } catch (error) {
    // The first sentence says what is wrong; the rest is about positionals that look like options.
    const message = error instanceof Error ? error.message.replace(/\. .*$/s, '') : String(error);
    const followed = /^Option '(?:-\w, )?(--[\w-]+)[^']*' argument is ambiguous/.exec(message)?.[1];
    if (followed !== undefined) {
      throw new UsageError(
        `${followed} has no value, for what follows looks like an option: give it, as ${followed}=-… if it begins with a dash`,
      );
    }
    throw new UsageError(`${message.charAt(0).toLowerCase()}${message.slice(1)}: see --help`);
  }
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

function connectionFlags(
  values: {
    readonly [name in keyof typeof CONNECTION]?: string | boolean | undefined;
  },
): ConnectionFlags {
  const text = (value: string | boolean | undefined): string | undefined =>
    typeof value === 'string' ? value : undefined;
  for (const name of ['ca-file', 'thumbprint'] as const) {
    if (values.insecure === true && values[name] !== undefined) {
      throw new UsageError(`--insecure checks no certificate, and --${name} says which to accept: give one of them`);
    }
  }
  return {
    server: text(values.server),
    user: text(values.user),
    passwordFile: text(values['password-file']),
    sessionFile: text(values['session-file']),
    cloneTicketFile: text(values['clone-ticket-file']),
    tokenFile: text(values['token-file']),
    protocol: oneOf('--protocol', text(values.protocol), ['auto', 'soap', 'vi-json']) ?? 'auto',
    insecure: values.insecure === true,
    caFile: text(values['ca-file']),
    thumbprint: text(values.thumbprint),
  };
}

function seconds(flag: string, text: string | undefined, or = ''): number | undefined {
  if (text === undefined) {
    return undefined;
  }
  if (!/^\d+(\.\d+)?$/.test(text)) {
    throw new UsageError(`${flag} is '${text}': give a number of seconds${or}`);
  }
  return Number(text);
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
  if (text !== undefined && (!form.test(text) || Number.isNaN(Date.parse(text)))) {
    throw new UsageError(
      `--since is '${text}': give a server time with an offset, such as 2026-03-01T10:00:00Z; \`wait-vm-customization server-time\` prints one`,
    );
  }
  return text;
}

function definedOnly<T extends object>(values: { readonly [name in keyof T]: T[name] | undefined }): T {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as T;
}
