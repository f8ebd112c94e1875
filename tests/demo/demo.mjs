/**
 * The demo: VMs on a simulated vCenter go through customization while the command watches them, as a user has it.
 *
 * Some VMs are clones with a customization spec, which the simulator runs through at once. Of the others the guest's
 * part is staged by posted events over some seconds. The exit status is 0 when every VM came out as staged.
 *
 * `--fake` uses the simulated vCenter of ours in Node, for machines without Go.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { replay } from '../../bindings/dist/node.js';
import { startSimulator } from '../simulators/simulator.mjs';
import { optionsOf } from './options.mjs';

const COMMAND = fileURLToPath(new URL('../../bindings/bin/wait-vm-customization.js', import.meta.url));
const LINUX_LOG = '/var/log/vmware-imc/toolsDeployPkg.log';
const WINDOWS_LOG = 'C:/Windows/TEMP/vmware-imc/guestcust.log';

/** How each VM is to come out, and what is posted for those that are staged, in milliseconds after the start. */
const STAGE = [
  { name: 'web-1', status: 'CustomizationSucceeded', spec: true },
  { name: 'web-2', status: 'CustomizationSucceeded', spec: true },
  {
    name: 'app-1',
    status: 'CustomizationSucceeded',
    events: [
      [800, 'CustomizationStartedEvent', { logLocation: LINUX_LOG }],
      [3000, 'CustomizationSucceeded', { logLocation: LINUX_LOG }],
    ],
    // Linux reboots right after it has reported its success.
    reboots: [3500, 7000],
  },
  {
    name: 'win-1',
    status: 'CustomizationFailed',
    events: [
      [1500, 'CustomizationStartedEvent', { logLocation: WINDOWS_LOG }],
      [
        4200,
        'CustomizationSysprepFailed',
        { logLocation: WINDOWS_LOG, sysprepVersion: '10.0.20348.1', systemVersion: '10.0.17763.1' },
      ],
    ],
  },
  {
    name: 'db-1',
    status: 'CustomizationSucceeded',
    events: [
      [1200, 'CustomizationStartedEvent', { logLocation: LINUX_LOG }],
      [2600, 'VmStartingEvent', {}],
      [3800, 'CustomizationStartedEvent', { logLocation: LINUX_LOG }],
      [5000, 'CustomizationSucceeded', { logLocation: LINUX_LOG }],
    ],
  },
];

/** The exit status of who was interrupted, and how long the command may take to end by itself then. */
const INTERRUPTED = 130;
const PATIENCE_MS = 1500;

const USAGE = `usage: cargo xtask demo [OPTION…]

  --fake    on a simulated vCenter of ours in Node, for machines without Go
  --web     the status page in your browser; \`cargo xtask demo --web --help\` has its options
  --help    this text`;
const kind = optionsOf(USAGE, { fake: { type: 'boolean' } }).fake ? 'fake' : 'vcsim';
const folder = mkdtempSync(join(tmpdir(), 'vm-customization-demo-'));
const recording = join(folder, 'demo.recording.json');
const interruption = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  // Without this the process would end on the spot, and leave behind what has to be cleaned up.
  process.on(signal, () => interruption.abort());
}
let simulator;
try {
  simulator = await startSimulator({ kind });
  process.exitCode = (await demo()) ? 0 : 1;
} catch (error) {
  // What a terminal's Ctrl-C has ended beside this process is no failure.
  if (!interruption.signal.aborted) throw error;
} finally {
  await simulator?.stop();
  rmSync(folder, { recursive: true, force: true });
  if (interruption.signal.aborted) process.exitCode = INTERRUPTED;
}

async function demo() {
  const what = kind === 'fake' ? 'a simulated vCenter of ours in Node' : "govmomi's vCenter simulator";
  say(`${what} is at ${simulator.url}; cloning ${STAGE.length} VMs, two of them with a customization spec`);
  const template = simulator.vms[0].name;
  for (const vm of STAGE) {
    const spec = vm.spec ?? false;
    interruption.signal.throwIfAborted();
    await simulator.do({ do: 'clone', template, name: vm.name, customize: spec, powerOn: true });
  }
  for (const vm of STAGE) await setTools(vm, true);
  const ready = ['--ready', 'tools', '--settle', '2'];
  const names = STAGE.map((vm) => vm.name);
  const args = [...names, ...ready, '--poll-interval', '0.5', '--timeout', '60', '--record', recording];
  say(`$ wait-vm-customization ${args.join(' ')}\n`);
  const command = spawn(process.execPath, [COMMAND, ...args], {
    stdio: 'inherit',
    env: {
      ...process.env,
      VSPHERE_SERVER: simulator.url,
      VSPHERE_USER: simulator.user,
      VSPHERE_PASSWORD: simulator.password,
      VSPHERE_ALLOW_UNVERIFIED_SSL: 'true',
    },
  });
  const ended = new Promise((resolve) => command.once('close', resolve));
  // A terminal's Ctrl-C goes to the command too, and a second signal would cut its end short.
  interruption.signal.addEventListener('abort', () => setTimeout(() => command.kill(), PATIENCE_MS).unref());
  const staged = stage();
  // Looked at when the command has ended: what is staged may fail with the simulator before that.
  staged.catch(() => undefined);
  const status = await ended;
  interruption.signal.throwIfAborted();
  await staged;
  return report(status);
}

async function stage() {
  const posts = STAGE.flatMap((vm) =>
    (vm.events ?? []).map(([afterMs, event, fields]) =>
      simulator.do({ do: 'post', event, vm: vm.name, fields, afterMs }),
    ),
  );
  const reboots = STAGE.flatMap((vm) =>
    (vm.reboots ?? []).map((afterMs, step) => setTools(vm, step === 1, { afterMs })),
  );
  await Promise.all([...posts, ...reboots]);
}

/** Whether VMware Tools run in a guest; each simulator is told in its own way. */
function setTools({ name: vm }, run, when = {}) {
  const status = run ? 'guestToolsRunning' : 'guestToolsNotRunning';
  return kind === 'fake'
    ? simulator.do({ do: 'guestInfo', vm, toolsRunningStatus: status, ...when })
    : simulator.do({ do: 'setProperty', vm, property: 'guest.toolsRunningStatus', value: status, ...when });
}

/** Whether the command's exit status and its recording, played again, tell what was staged. */
function report(status) {
  const { vms } = JSON.parse(replay(readFileSync(recording)));
  const isAsStagedTo = (vm) => {
    const row = vms.find(({ name }) => name === vm.name);
    // Who succeeded was ready in the end, whether it rebooted or not.
    return row?.customizationStatus === vm.status && row.conclusion === 'completed';
  };
  const wrong = STAGE.filter((vm) => !isAsStagedTo(vm));
  for (const vm of wrong) say(`${vm.name} should have come out as ${vm.status}`);
  // 1: some VM failed, as one is staged to.
  if (status !== 1) say(`the command ended with exit status ${status}, and 1 was expected: one VM is staged to fail`);
  const isAsStaged = wrong.length === 0 && status === 1;
  say(isAsStaged ? '\nevery VM came out as staged' : '\nnot everything came out as staged');
  return isAsStaged;
}

function say(text) {
  process.stderr.write(`${text}\n`);
}
