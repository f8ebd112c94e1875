/** Ways to hear of customization events, each with the same face, so that they can be measured side by side. */
import { execFile, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { connectVCenter, watchCustomization } from '../../../bindings/dist/node.js';

const GO_FOLDER = fileURLToPath(new URL('../../simulators/vcsim/', import.meta.url));

/** Milliseconds since 1970, with fractions: other processes are compared with. */
export const wallClock = () => performance.timeOrigin + performance.now();

/**
 * @typedef {object} Watcher
 * @property {(vm: string) => number} count how much was told of the VM
 * @property {(vm: string, index: number, expected: {to: string, attempt: number}) => number|undefined} toldAt when the VM's
 *   `index`th event was told, or its status was as expected or beyond
 * @property {(vm: string) => {to: string, attempt: number}|undefined} status where there is one
 * @property {{begun: number, ended: number}[]} reads
 * @property {() => Promise<void>} stop
 */

/** This package: with events pushed, or with reads alone. @returns {Promise<Watcher>} */
export async function ours(server, { push, signal, ...options }) {
  const { url, user, password } = server;
  const vcenter = await connectVCenter({ server: url, user, password, insecure: true });
  const found = await vcenter.findVms(server.vms.map(({ vm }) => vm));
  const told = new Map(found.vms.map(({ vm }) => [vm, []]));
  const reads = [];
  let last;
  await new Promise((ready, failed) => {
    const watch = watchCustomization(vcenter.events(), found.vms, {
      attempts: 'reopen',
      timeoutSeconds: null,
      push,
      onProgress: (progress) => {
        const at = wallClock();
        if (progress.type === 'transition') {
          const { vm, to, attempt, eventKey } = progress.transition;
          told.get(vm).push({ at, to, attempt, eventKey });
        } else if (progress.type === 'reading') {
          reads.push({ begun: at, ended: Number.POSITIVE_INFINITY });
        } else if (progress.type === 'read') {
          reads.at(-1).ended = at;
          // With a push, the second read is the one that closes its gap.
          if (reads.length === (push ? 2 : 1)) ready();
        } else if (progress.type === 'readFailed' || progress.type === 'pushUnavailable') {
          failed(new Error(JSON.stringify(progress)));
        }
      },
      ...options,
    });
    watch.report.catch(failed);
    last = watch;
  });
  // What was there before is not measured.
  for (const list of told.values()) list.length = 0;
  signal?.addEventListener('abort', () => last.cancel());
  return {
    count: (vm) => told.get(vm).length,
    // Steps of an attempt that came and went within one answer are not told one by one: what is later counts.
    toldAt: (vm, _, expected) => told.get(vm).find((step) => place(step) >= place(expected))?.at,
    status: (vm) => told.get(vm).at(-1),
    reads,
    stop: async () => {
      last.cancel();
      await last.report;
      await vcenter.close();
    },
  };
}

const STEPS = ['CustomizationNotStarted', 'CustomizationStarted', 'CustomizationSucceeded'];

/** How far a VM is, as one number. */
const place = ({ to, attempt }) => attempt * STEPS.length + STEPS.indexOf(to);

let built;

/** govmomi's `event.Manager.Events` on each of these objects. @returns {Promise<Watcher>} */
export async function govmomi(server, objects) {
  built ??= promisify(execFile)('go', ['build', '-o', 'bin/tail', './tail'], {
    cwd: GO_FOLDER,
    env: { ...process.env, CGO_ENABLED: '0' },
  });
  await built;
  const url = new URL(server.url);
  url.username = server.user;
  url.password = server.password;
  const child = spawn(`${GO_FOLDER}bin/tail`, [url.href, ...objects], { stdio: ['ignore', 'pipe', 'pipe'] });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text;
  });
  const told = new Map(server.vms.map(({ vm }) => [vm, []]));
  const seen = new Set();
  await new Promise((ready, failed) => {
    child.on('error', failed);
    child.on('close', () => failed(new Error(`govmomi ended: ${stderr}`)));
    createInterface({ input: child.stdout }).on('line', (line) => {
      const { vm, key, atMs, ready: isReady } = JSON.parse(line);
      if (isReady) ready();
      else if (!seen.has(key)) {
        seen.add(key);
        told.get(vm)?.push({ at: atMs });
      }
    });
  });
  for (const list of told.values()) list.length = 0;
  return {
    count: (vm) => told.get(vm).length,
    toldAt: (vm, index) => told.get(vm)[index]?.at,
    status: () => undefined,
    reads: [],
    stop: async () => {
      const ended = new Promise((resolve) => child.on('close', resolve));
      child.kill('SIGKILL');
      await ended;
    },
  };
}
