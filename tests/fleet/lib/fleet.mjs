/** A fleet for a test: brokers, simulated vCenters and workers, each a process of its own, with the files they need. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { connectNats } from '../../../bindings/fleet/dist/index.js';
import { startSimulator } from '../../simulators/simulator.mjs';
import { spawnKept } from './children.mjs';
import { startNats } from './nats.mjs';

export const COMMAND = fileURLToPath(
  new URL('../../../bindings/fleet/bin/vm-customization-worker.js', import.meta.url),
);
/** Events of one worker; and what is kept of its standard error. */
const LOG_KEPT = 100_000;
const STDERR_KEPT = 2000;

/**
 * @typedef {object} Worker
 * @property {string} name
 * @property {import('node:child_process').ChildProcess} child
 * @property {object[]} log the events it has told last
 * @property {Promise<number | string>} exited its status, or the signal that has ended it
 * @property {(event: string, matches?: (entry: any) => boolean) => Promise<any>} told resolves with that event, also of before
 */

/**
 * Starts brokers and vCenters. Workers are started by `startWorker`.
 *
 * @param {object} [options]
 * @param {number} [options.brokers]
 * @param {string[]} [options.vcenters] their names
 * @param {string[]} [options.simulator] flags of each
 * @param {() => Promise<any>} [options.simulate] starts one, as `startSimulator` does
 * @param {string} [options.accounts] of the brokers' configuration
 * @param {(import('./network.mjs').Network | undefined)[]} [options.networks] of the brokers
 * @param {string} [options.apiPrefix] of callers and operators, where their accounts import JetStream's API
 * @param {Record<string, string>} [options.seeds] the keys of `worker`, `caller` and `operator`, where the brokers ask for one
 * @param {object} [options.worker] what the configuration of workers has besides
 */
export async function startFleet({
  brokers = 3,
  vcenters: names = ['east'],
  simulator = ['-vms', '8', '-max-collectors', '1000'],
  simulate = () => startSimulator({ kind: 'fake', args: simulator }),
  accounts = '',
  networks = [],
  apiPrefix,
  seeds = {},
  worker: more = {},
} = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'vm-customization-fleet-'));
  const stops = [() => rmSync(folder, { recursive: true, force: true })];
  const workers = [];
  const stop = async () => {
    for (const { child, exited } of workers) {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGKILL');
        await exited;
      }
    }
    for (const end of stops.reverse()) await end();
  };
  try {
    const nats = await startNats({ nodes: brokers, accounts, networks });
    stops.push(nats.stop);
    const vcenters = new Map();
    await Promise.all(
      names.map(async (name) => {
        const vcenter = await simulate();
        stops.push(vcenter.stop);
        vcenters.set(name, vcenter);
      }),
    );
    const configured = [...vcenters].map(([name, { url, user, password, thumbprint }]) => {
      const passwordFile = join(folder, `${name}.password`);
      writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
      return [name, { server: url, user, passwordFile, thumbprint }];
    });
    const natsFor = (role) => {
      if (seeds[role] === undefined) return { servers: nats.servers };
      const credentialsFile = join(folder, `${role}.seed`);
      writeFileSync(credentialsFile, seeds[role], { mode: 0o600 });
      return { servers: nats.servers, credentialsFile, ...(role === 'worker' ? {} : { apiPrefix }) };
    };
    const base = { nats: natsFor('worker'), replicas: brokers === 1 ? 1 : 3 };
    const writeConfig = (file, config) => {
      const path = join(folder, file);
      writeFileSync(path, JSON.stringify(config, null, 2));
      return path;
    };

    /** @returns {Worker} */
    const startWorker = (name, changes = {}) => {
      const config = { ...base, name, vcenters: Object.fromEntries(configured), ...more, ...changes };
      const worker = spawnWorker(name, writeConfig(`${name}.json`, config));
      workers.push(worker);
      return worker;
    };
    return {
      nats,
      vcenters,
      folder,
      startWorker,
      workers,
      writeConfig,
      configOf: (role) => writeConfig(`${role}.config.json`, { nats: natsFor(role) }),
      connect: async (role = 'caller') => {
        const connection = await connectNats(natsFor(role), 'test');
        stops.push(() => connection.close());
        return role === 'worker' ? { connection } : { connection, apiPrefix };
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function spawnWorker(name, config) {
  const child = spawnKept(process.execPath, [COMMAND, '--config', config], { stdio: ['ignore', 'pipe', 'pipe'] });
  const log = [];
  const waiting = new Set();
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr = (stderr + text).slice(-STDERR_KEPT);
  });
  createInterface({ input: child.stdout }).on('line', (line) => {
    const entry = JSON.parse(line);
    log.push(entry);
    log.splice(0, Math.max(0, log.length - LOG_KEPT));
    for (const look of waiting) look(entry);
  });
  const exited = new Promise((resolve) => {
    child.once('close', (code, signal) => {
      for (const look of waiting) look(undefined);
      resolve(signal ?? code);
    });
  });
  const told = (event, matches = () => true) => {
    const fits = (entry) => entry.event === event && matches(entry);
    const found = log.find(fits);
    if (found !== undefined) return Promise.resolve(found);
    return new Promise((resolve, reject) => {
      const look = (entry) => {
        if (entry === undefined) reject(new Error(`worker ${name} ended before it told ${event}: ${stderr}`));
        else if (fits(entry)) resolve(entry);
        else return;
        waiting.delete(look);
      };
      waiting.add(look);
    });
  };
  return { name, child, log, exited, told, stderr: () => stderr };
}
