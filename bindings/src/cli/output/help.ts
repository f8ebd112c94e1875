/** What `--help` prints, 80 columns wide. */
import { type CommandOption, OPTIONS, type OptionGroup } from '../input/option-table.js';
import { wrapped } from './text.js';

const WIDTH = 80;
const INDENT = 29;

export function helpText(): string {
  return `Waits until the guest OS customization of vSphere VMs has succeeded or failed.

Usage:
  wait-vm-customization [options] VM...
  wait-vm-customization page [page and connection options] [VM...]
  wait-vm-customization server-time [connection options]
  wait-vm-customization replay [--json] FILE|-
  wait-vm-customization completion bash|zsh|fish|powershell

${paragraph(`A VM is a name (web-1), a pattern ('web-*', 'web-?'), an inventory path (/DC/vm/folder/web-1, with %2f for a slash in a name), a managed object id (vm-101, or VirtualMachine:vm-101 where another VM has that name) or an instance or BIOS UUID. A lone - reads VMs from standard input, one a line. After -- everything is a VM. replay plays recordings, one or one a line, and files of events as \`govc events -json -l PATH PATH\`, pyvmomi, PowerShell and event brokers write them; it prints a table on a terminal, else JSON.`)}

A DURATION is seconds (90), or as in 90s, 10m, 1h30m.

Waiting:
${table('wait')}

Output:
${table('output')}
${table('common')}

${paragraph('The status page, which page serves for one vCenter until Ctrl-C; VMs are those to watch, all where there are none. Without --shared whoever opens it logs in on it, and the password goes through to the vCenter. It takes --ready and --settle too:')}
${table('page')}

${paragraph('Connection, with the environment variables used where an option is missing (VSPHERE_* before GOVC_*; the user and the password that are named with one server are sent to no other but that of --server):')}
${table('connection')}
${paragraph('HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY are honoured; NO_COLOR turns colours off.')}

${paragraph('Output is a live table on a terminal, else a line for each step, and at the end a table, all on standard output; warnings and errors on standard error. In the repository docs/formats.md describes what --json and --record write, with JSON Schemas, and docs/behaviour.md the rules by which a status is decided.')}

Exit status, the first that fits:
  70 the command itself is at fault: an error that says nothing of the VMs
  74 standard output could not be written
  3  the command line makes no sense
  4  the vCenter could not be reached, logged in to or read, or a VM was not
     found; with --inventory only where that is so of all
  1  customization failed on some VM
  2  customization has not finished on some VM: time is up, not powered on,
     removed, cancelled, not readable; with --ready also: not ready in time
  0  customization succeeded on all VMs

Examples:
  # VMs that were just powered on
  wait-vm-customization web-1 web-2

  # Windows takes longer; the password comes from a file
  wait-vm-customization --server vc.example.com --user admin@vsphere.local \\
    --password-file pw --timeout 40m 'win-*'

  # Until scripts can be run in the guest
  wait-vm-customization --ready guest-operations --timeout 20m web-1

  # Begin before the power-on, and miss nothing
  since=$(wait-vm-customization server-time)
  govc vm.power -on web-1 && wait-vm-customization --since "$since" web-1

  # For scripts: the report is the last line
  wait-vm-customization --json web-1 | tail -n 1 |
    jq '.vms[] | {name, customizationStatus}'

  # A wait that survives a reboot
  wait-vm-customization --state run.state web-1

  # The status page, and the wall screen, without a log-in
  wait-vm-customization page --shared 'web-*'

  # Keep a run, and play it again
  wait-vm-customization --record run.json web-1
  wait-vm-customization replay run.json
`;
}

function table(group: OptionGroup): string {
  return OPTIONS.filter((option) => option.group === group)
    .map((option) => entry(option))
    .join('\n');
}

function entry({ name, short, value, help }: CommandOption): string {
  const title = `${short === undefined ? '' : `-${short}, `}--${name}${value === undefined ? '' : ` ${value}`}`;
  const [first = '', ...rest] = wrapped(help, WIDTH - INDENT);
  return [`  ${title}`.padEnd(INDENT - 1).concat(' ', first), ...rest.map((line) => ' '.repeat(INDENT) + line)].join(
    '\n',
  );
}

const paragraph = (text: string): string => wrapped(text, WIDTH).join('\n');
