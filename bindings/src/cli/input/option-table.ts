/** The options of the command, in one table: it is what is parsed, what --help prints, and what shells complete. */

/** Which part of the help it stands in. */
export type OptionGroup = 'wait' | 'output' | 'page' | 'connection' | 'common';

/** One option. */
export interface CommandOption {
  readonly name: string;
  readonly short?: string;
  readonly group: OptionGroup;
  /** What its value is called; absent where it has none. */
  readonly value?: string;
  /** The only values it has. */
  readonly choices?: readonly string[];
  /** What it does, with its default in brackets. */
  readonly help: string;
}

export const OPTIONS = [
  {
    name: 'timeout',
    group: 'wait',
    value: 'DURATION|none',
    help: 'how long to wait at most, for all VMs together (10m)',
  },
  {
    name: 'wait-for-power-on',
    group: 'wait',
    help: 'keep waiting for VMs that are not powered on yet',
  },
  {
    name: 'wait-for-vm',
    group: 'wait',
    help: 'keep looking for VMs that do not exist yet, every 5 s at first, and wait for their power-on; a pattern stands for what fits it first',
  },
  {
    name: 'lookback',
    group: 'wait',
    value: 'DURATION',
    help: 'how long ago a VM may have been powered on (5m)',
  },
  {
    name: 'since',
    group: 'wait',
    value: 'TIME',
    help: 'count power-ons from this server time on, in place of --lookback',
  },
  {
    name: 'attempts',
    group: 'wait',
    value: 'KIND',
    choices: ['follow', 'first', 'reopen'],
    help: 'what another power-on means: follow (a new attempt, unless there is a result), first (nothing) or reopen (always a new attempt; waits until the time is up) (follow)',
  },
  {
    name: 'ready',
    group: 'wait',
    value: 'WHAT',
    choices: ['tools', 'guest-operations'],
    help: 'wait on after the success until the guest is ready: VMware Tools run (tools), and it takes guest operations such as Invoke-VMScript (guest-operations)',
  },
  {
    name: 'settle',
    group: 'wait',
    value: 'DURATION',
    help: 'for how long it has to stay ready: a Linux guest reboots right after its success (30s)',
  },
  {
    name: 'poll-interval',
    group: 'wait',
    value: 'DURATION',
    help: 'time between two reads of events (15s; 60s where vCenter pushes them)',
  },
  {
    name: 'no-push',
    group: 'wait',
    help: 'only read events, in place of having them pushed as they happen',
  },
  {
    name: 'rules',
    group: 'wait',
    value: 'SET',
    choices: ['default', 'published'],
    help: 'default, or published: the PowerCLI script of 2011 step by step; it takes only --timeout',
  },
  {
    name: 'state',
    group: 'wait',
    value: 'FILE',
    help: 'keep the run in this file, and go on with the one that is there: after a crash, a reboot or Ctrl-C start the same command again; the time in between counts',
  },
  {
    name: 'inventory',
    group: 'wait',
    value: 'FILE',
    help: 'wait on several vCenters: a JSON file of servers, their VMs and where to find the sign-in to each, in place of VM and the options of the connection',
  },
  {
    name: 'json',
    group: 'output',
    help: 'one JSON object a line: each transition, and the report last (none where the wait is interrupted before the VMs were found)',
  },
  {
    name: 'quiet',
    short: 'q',
    group: 'output',
    help: 'nothing but the table, or with --json the report, at the end; errors and warnings all the same',
  },
  {
    name: 'heartbeat',
    group: 'output',
    value: 'DURATION|none',
    help: 'without a terminal: after how long a silence to say that the wait goes on (60s)',
  },
  {
    name: 'record',
    group: 'output',
    value: 'FILE',
    help: 'write down all that the run has seen, to be played again by replay: the whole of it, or no file',
  },
  {
    name: 'shared',
    group: 'page',
    help: "watch in this command's own session; browsers only look, at an address that has a secret in it",
  },
  {
    name: 'port',
    group: 'page',
    value: 'NUMBER',
    help: 'the port to listen on (a free one)',
  },
  {
    name: 'listen',
    group: 'page',
    value: 'ADDRESS',
    help: 'the address to listen on; all but this machine itself need TLS (127.0.0.1)',
  },
  {
    name: 'public-name',
    group: 'page',
    value: 'NAMES',
    help: 'names by which browsers reach it, with commas between, beside those of the address and of the certificate',
  },
  {
    name: 'tls-cert',
    group: 'page',
    value: 'FILE',
    help: 'the certificate to answer with, in PEM form, with those that signed it',
  },
  {
    name: 'tls-key',
    group: 'page',
    value: 'FILE',
    help: 'its private key, in PEM form',
  },
  {
    name: 'behind-tls-proxy',
    group: 'page',
    help: 'a proxy before it speaks TLS with the browsers, and hands their Host on',
  },
  {
    name: 'viewers-token-file',
    group: 'page',
    value: 'FILE',
    help: 'with --shared: the secret of the address is the first line (a new one each time)',
  },
  {
    name: 'server',
    group: 'connection',
    value: 'HOST|URL',
    help: 'the vCenter (VSPHERE_SERVER, GOVC_URL)',
  },
  {
    name: 'user',
    group: 'connection',
    value: 'NAME',
    help: '(VSPHERE_USER, GOVC_USERNAME)',
  },
  {
    name: 'password-file',
    group: 'connection',
    value: 'FILE',
    help: 'the password is the first line (VSPHERE_PASSWORD, GOVC_PASSWORD; else a terminal is asked)',
  },
  {
    name: 'session-file',
    group: 'connection',
    value: 'FILE',
    help: 'go on in a session that is there already, and leave it open: the cookie vmware_soap_session=… or the value of vmware-api-session-id (VSPHERE_SESSION)',
  },
  {
    name: 'clone-ticket-file',
    group: 'connection',
    value: 'FILE',
    help: 'sign in with a ticket of AcquireCloneTicket, which serves once (VSPHERE_CLONE_TICKET)',
  },
  {
    name: 'token-file',
    group: 'connection',
    value: 'FILE',
    help: 'sign in with a SAML bearer token, the XML of its assertion or that in base64 (VSPHERE_TOKEN)',
  },
  {
    name: 'protocol',
    group: 'connection',
    value: 'KIND',
    choices: ['auto', 'soap', 'vi-json'],
    help: 'auto (VI JSON where the vCenter has it, from 8.0 U1 on, else SOAP), soap or vi-json (auto)',
  },
  {
    name: 'insecure',
    group: 'connection',
    help: 'accept any certificate (VSPHERE_ALLOW_UNVERIFIED_SSL for VSPHERE_SERVER, GOVC_INSECURE for GOVC_URL, and each for --server where it is that one or no other is set)',
  },
  {
    name: 'ca-file',
    group: 'connection',
    value: 'FILE',
    help: 'trust the certificates in this PEM file in place of those of the platform (GOVC_TLS_CA_CERTS)',
  },
  {
    name: 'thumbprint',
    group: 'connection',
    value: 'HEX',
    help: 'accept only the certificate with this SHA-256 thumbprint (GOVC_TLS_KNOWN_HOSTS)',
  },
  { name: 'help', short: 'h', group: 'common', help: 'print this' },
  { name: 'version', group: 'common', help: 'print the version' },
] as const satisfies readonly CommandOption[];

/** The name of an option. */
export type OptionName = (typeof OPTIONS)[number]['name'];

/** What each command is called, what comes after it, and which options it takes. `wait` is what is done without a name. */
export const COMMANDS = [
  { name: 'wait', groups: ['wait', 'output', 'connection', 'common'] },
  { name: 'page', groups: ['page', 'connection', 'common'], options: ['ready', 'settle'] },
  { name: 'server-time', groups: ['connection', 'common'] },
  { name: 'replay', groups: ['common'], options: ['json'] },
  { name: 'completion', groups: ['common'] },
  { name: 'help', groups: [] },
  { name: 'version', groups: [] },
] as const satisfies readonly { name: string; groups: readonly OptionGroup[]; options?: readonly OptionName[] }[];

/** The name of a command. */
export type CommandName = (typeof COMMANDS)[number]['name'];

/** The options of a command, in the order of the table. */
export function optionsOf(command: CommandName): readonly CommandOption[] {
  const { groups, options = [] } = COMMANDS.find(({ name }) => name === command) as {
    groups: readonly OptionGroup[];
    options?: readonly OptionName[];
  };
  return OPTIONS.filter(({ name, group }) => groups.includes(group) || options.includes(name));
}
