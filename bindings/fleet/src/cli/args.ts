/** The command line. */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { MonitorOptions, VmRef } from 'vm-customization';
import { isToken } from '../messages/names.js';

export const HELP = `usage: vm-customization-worker --config FILE
       vm-customization-worker request --config FILE VCENTER VM... [--id ID]
                               [--options JSON] [--no-wait] [--json]
       vm-customization-worker result --config FILE VCENTER ID [--json]
       vm-customization-worker cancel --config FILE VCENTER ID
       vm-customization-worker status --config FILE [--json]

Without a word it is a worker, until SIGTERM or Ctrl-C: then it hands over what
it watches.

  request    asks for a wait for VMs, by the values of their references such as
             vm-101, and waits for its report; VM may be vm-101=web-1 to give it
             a name
  result     waits for the report of a wait
  cancel     ends a wait
  status     the vCenters with their workers, open waits and the queue

  --config FILE    JSON; request, result, cancel and status need \`nats\` and
                   \`prefix\` of it
  --id ID          the same id asks for the same wait; without it a new one is
                   made and printed
  --options JSON   options of the wait, such as '{"timeoutSeconds":1800}'
  --no-wait        prints the wait, and does not wait for its report
  --json           prints JSON
  -h, --help       this text
  --version        the version

exit status: 0 all VMs succeeded, 1 customization failed on one, 2 one has not
finished, 3 the command line, the configuration or the request cannot be used,
4 NATS or the vCenter could not be reached, 70 a fault of the command
`;

/** The command line makes no sense; the message says what to do. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** What is to be done. */
export type Command =
  | { readonly kind: 'help' | 'version' }
  | { readonly kind: 'work'; readonly config: string }
  | { readonly kind: 'status'; readonly config: string; readonly json: boolean }
  | { readonly kind: 'cancel'; readonly config: string; readonly vcenter: string; readonly id: string }
  | {
      readonly kind: 'result';
      readonly config: string;
      readonly vcenter: string;
      readonly id: string;
      readonly json: boolean;
    }
  | {
      readonly kind: 'request';
      readonly config: string;
      readonly vcenter: string;
      readonly id: string | undefined;
      readonly vms: readonly VmRef[];
      readonly options: MonitorOptions;
      readonly wait: boolean;
      readonly json: boolean;
    };

const OPTIONS = {
  config: { type: 'string' },
  id: { type: 'string' },
  options: { type: 'string' },
  'no-wait': { type: 'boolean' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean' },
} as const;

/** Which of them each command takes, beside `--config`. */
const TAKES: Readonly<Record<string, readonly string[]>> = {
  work: [],
  request: ['id', 'options', 'no-wait', 'json'],
  result: ['json'],
  cancel: [],
  status: ['json'],
};

/** @throws {@link UsageError} */
export function parseCommand(argv: readonly string[]): Command {
  const { values, positionals } = parse(argv);
  if (values.help) {
    return { kind: 'help' };
  }
  if (values.version) {
    return { kind: 'version' };
  }
  const [kind = 'work', ...rest] = positionals;
  if (kind === 'help' || kind === 'version') {
    return { kind };
  }
  const takes = TAKES[kind];
  if (takes === undefined) {
    throw new UsageError(`${kind} is no command: give request, result, cancel or status, or none for a worker`);
  }
  const { config } = values;
  if (config === undefined) {
    throw new UsageError('--config is missing: give the file of the configuration');
  }
  if (config === '' || config === '-') {
    throw new UsageError(`--config is '${config}': give the path of the file, as ./- if that is what it is called`);
  }
  const other = Object.keys(values).find((name) => name !== 'config' && !takes.includes(name));
  if (other !== undefined) {
    throw new UsageError(`--${other} is no option of ${kind === 'work' ? 'a worker' : kind}`);
  }
  const json = values.json ?? false;
  switch (kind) {
    case 'request': {
      const [vcenter, ...vms] = rest;
      if (vcenter === undefined || vms.length === 0) {
        throw new UsageError('request needs a vCenter and VMs, such as `east vm-101 vm-102`');
      }
      checkNames(vcenter, values.id ?? 'new');
      const options = optionsOf(values.options);
      return { kind, config, vcenter, id: values.id, vms: vms.map(vmOf), options, wait: !values['no-wait'], json };
    }
    case 'result':
    case 'cancel': {
      const [vcenter, id, extra] = rest;
      if (vcenter === undefined || id === undefined || extra !== undefined) {
        throw new UsageError(`${kind} needs a vCenter and the id of a wait, such as \`east build-4711\``);
      }
      checkNames(vcenter, id);
      return kind === 'cancel' ? { kind, config, vcenter, id } : { kind, config, vcenter, id, json };
    }
    default:
      if (rest.length > 0) {
        throw new UsageError(`${rest[0]} is too much: ${kind} takes no more`);
      }
      return kind === 'status' ? { kind, config, json } : { kind: 'work', config };
  }
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const unknown = /^Unknown option '([^']*)'/.exec(message)?.[1];
    throw new UsageError(unknown === undefined ? message : `${unknown} is no option: see --help`);
  }
}

function checkNames(...names: readonly string[]): void {
  for (const name of names) {
    if (!isToken(name)) {
      throw new UsageError(`${name} names no vCenter or wait: give 1 to 64 of A-Z, a-z, 0-9, _ and -`);
    }
  }
}

function vmOf(text: string): VmRef {
  const at = text.indexOf('=');
  return at < 0 ? { vm: text } : { vm: text.slice(0, at), name: text.slice(at + 1) };
}

function optionsOf(text: string | undefined): MonitorOptions {
  if (text === undefined) {
    return {};
  }
  try {
    return JSON.parse(text) as MonitorOptions;
  } catch {
    throw new UsageError(`--options is not JSON: give an object such as '{"timeoutSeconds":1800}'`);
  }
}

/** The package's version. */
export function version(): string {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}
