/** What `--help` prints. */

export const HELP = `Waits until the guest OS customization of vSphere VMs has succeeded or failed.

Usage:
  wait-vm-customization [options] VM...
  wait-vm-customization server-time [connection options]
  wait-vm-customization replay FILE|-

A VM is a name (web-1), a pattern ('web-*', 'web-?'), an inventory path (/DC/vm/folder/web-1, with %2f for a slash in a
name), a managed object id (vm-101, or VirtualMachine:vm-101 where another VM has that name) or an instance or BIOS UUID.
A lone - reads VMs from standard input, one a line. After -- everything is a VM. replay plays recordings, one or one a
line, and files of events as \`govc events -json -l PATH PATH\`, pyvmomi, PowerShell and event brokers write them.

Options:
  --timeout SECONDS|none   how long to wait at most, for all VMs together (600)
  --wait-for-power-on      keep waiting for VMs that are not powered on yet
  --poll-interval SECONDS  time between two reads of events (15; 60 where vCenter pushes them)
  --no-push                only read events, in place of having them pushed as they happen
  --lookback SECONDS       how long ago a VM may have been powered on (300)
  --since TIME             count power-ons from this server time on, in place of --lookback
  --attempts KIND          what another power-on means: follow (a new attempt, unless there is a result), first (nothing)
                           or reopen (always a new attempt; waits until the time is up) (follow)
  --rules SET              default, or published: the PowerCLI script of 2011 step by step; it takes only --timeout
  --json                   one JSON object a line: each transition, and the report last (none where the wait is
                           interrupted before the VMs were found)
  --record FILE            write down all that the run has seen, to be played again by replay: the whole of it, or no file
  --state FILE             keep the run in this file, and go on with the one that is there: after a crash, a reboot or
                           Ctrl-C start the same command again; the time in between counts
  -h, --help               print this
  --version                print the version

Connection options, with the environment variables used where they are missing (VSPHERE_* before GOVC_*; the user and the
password that are named with one server are sent to no other but that of --server):
  --server HOST|URL        the vCenter (VSPHERE_SERVER, GOVC_URL)
  --user NAME              (VSPHERE_USER, GOVC_USERNAME)
  --password-file FILE     the password is the first line (VSPHERE_PASSWORD, GOVC_PASSWORD; else a terminal is asked)
  --session-file FILE      go on in a session that is there already, and leave it open: the cookie vmware_soap_session=…
                           or the value of vmware-api-session-id (VSPHERE_SESSION)
  --clone-ticket-file FILE sign in with a ticket of AcquireCloneTicket, which serves once (VSPHERE_CLONE_TICKET)
  --token-file FILE        sign in with a SAML bearer token, the XML of its assertion (VSPHERE_TOKEN)
  --protocol KIND          auto (VI JSON where the vCenter has it, from 8.0 U1 on, else SOAP), soap or vi-json (auto)
  --insecure               accept any certificate (VSPHERE_ALLOW_UNVERIFIED_SSL for VSPHERE_SERVER, GOVC_INSECURE for
                           GOVC_URL, and each for --server where it is that one or no other is set)
  --ca-file FILE           trust the certificates in this PEM file in place of the platform's
  --thumbprint HEX         accept only the certificate with this SHA-256 thumbprint
HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY are honoured; NO_COLOR turns colours off.

Output: a live table on a terminal, else a line for each step, and at the end a table, all on standard output; warnings
and errors on standard error. In the repository docs/formats.md describes what --json and --record write, with JSON
Schemas, and docs/behaviour.md the rules by which a status is decided.

Exit status, the first that fits:
  70 the command itself is at fault: an error that says nothing of the VMs
  74 standard output could not be written
  3  the command line makes no sense
  4  the vCenter could not be reached, logged in to or read, or a VM was not found
  1  customization failed on some VM
  2  customization has not finished on some VM: time is up, not powered on, removed, cancelled, not readable
  0  customization succeeded on all VMs

Examples:
  # VMs that were just powered on
  wait-vm-customization web-1 web-2

  # Windows takes longer; the password comes from a file
  wait-vm-customization --server vc.example.com --user admin@vsphere.local --password-file pw --timeout 2400 'win-*'

  # Begin before the power-on, and miss nothing
  since=$(wait-vm-customization server-time)
  govc vm.power -on web-1 && wait-vm-customization --since "$since" web-1

  # For scripts: the report is the last line
  wait-vm-customization --json web-1 | tail -n 1 | jq '.vms[] | {name, customizationStatus}'

  # A wait that survives a reboot
  wait-vm-customization --state run.state web-1

  # Keep a run, and play it again
  wait-vm-customization --record run.json web-1; wait-vm-customization replay run.json
`;
