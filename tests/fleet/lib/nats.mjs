/**
 * Starts nodes of NATS on this machine for a test: real servers with JetStream, one cluster, their data in a folder of their
 * own. A node can be killed and come back with its data, at the same address.
 */
import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { goProgram } from '../../go-program.mjs';
import { spawnKept } from './children.mjs';

const GO_FOLDER = fileURLToPath(new URL('../nats-server/', import.meta.url));
const START_MS = 30_000;
const STOP_MS = 5_000;
const LOG_KEPT = 8192;

/**
 * The path of nats-server. `NATS_BIN` names one that is built already.
 *
 * @returns {Promise<string>}
 */
export const natsProgram = () =>
  goProgram(GO_FOLDER, 'nats-server', { from: 'github.com/nats-io/nats-server/v2', variable: 'NATS_BIN' });

/**
 * @typedef {object} NatsNode
 * @property {string} name
 * @property {string} url for clients, the same after a restart
 * @property {number} pid of the process that runs, or ran last
 * @property {() => Promise<void>} cut parts it from all others, without a word: by its network, where it has one, or else by stopping its process
 * @property {() => Promise<void>} mend ends that
 * @property {() => Promise<void>} kill as a power cut would
 * @property {() => Promise<void>} stop in order
 * @property {() => Promise<void>} begin again, with the data it had; resolves when its process is there
 * @property {() => Promise<boolean>} isHealthy resolves when it serves
 * @property {() => Promise<void>} start both
 * @property {(accounts: string) => void} reload takes another configuration of who may do what, as it runs
 * @property {() => string} log the end of what it has told
 */

/**
 * Starts a cluster, and waits until each node can serve.
 *
 * @param {object} [options]
 * @param {number} [options.nodes]
 * @param {string} [options.accounts] what the configuration has to say of who may do what
 * @param {(import('./network.mjs').Network | undefined)[]} [options.networks] of the nodes, where they have one of their own: of the first at most, which is the one
 *   that the others find
 * @returns {Promise<{ nodes: NatsNode[], servers: string[], stop: () => Promise<void> }>}
 */
export async function startNats({ nodes: count = 3, accounts = '', networks = [] } = {}) {
  const program = await natsProgram();
  const folder = mkdtempSync(join(tmpdir(), 'vm-customization-nats-'));
  const nodes = [];
  // A port may have been another cluster's: a node of that is not let in.
  const cluster = randomUUID();
  const stop = async () => {
    await Promise.all(nodes.map((node) => node.kill()));
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    for (let at = 0; at < count; at += 1) {
      nodes.push(
        makeNode({
          program,
          folder,
          cluster,
          name: `n${at + 1}`,
          alone: count === 1,
          peers: nodes,
          accounts,
          network: networks[at],
        }),
      );
      await nodes[at].begin();
    }
    await Promise.all(nodes.map((node) => node.isHealthy()));
  } catch (error) {
    await stop();
    throw error;
  }
  return { nodes, servers: nodes.map(({ url }) => url), stop };
}

function makeNode({ program, folder, cluster, name, alone, peers, accounts: first, network }) {
  const address = network?.address ?? '127.0.0.1';
  let accounts = first;
  /** What its process was started with besides: nothing of it changes while it runs. */
  let base = '';
  const home = join(folder, name);
  mkdirSync(home);
  let child;
  let exited = Promise.resolve();
  let log = '';
  // Free ports at first; those that were given are kept.
  const ports = { nats: -1, monitoring: -1, cluster: -1 };

  const configuration = () => {
    // The first node needs some route to know that it is one of several.
    const routes = [...peers.filter((peer) => peer !== node).map(({ route }) => route), 'nats://127.0.0.1:1'];
    const clustered = `cluster { name: "${cluster}", listen: "${address}:${ports.cluster}", routes: ${JSON.stringify(routes)} }\n`;
    return [
      `server_name: ${name}\nlisten: "${address}:${ports.nats}"\nhttp: "${address}:${ports.monitoring}"\n`,
      `jetstream { store_dir: ${JSON.stringify(join(home, 'data'))}, sync_interval: always }\n`,
      `ports_file_dir: ${JSON.stringify(home)}\n`,
      alone ? '' : clustered,
    ].join('');
  };
  const ended = () => child === undefined || child.exitCode !== null || child.signalCode !== null;
  const giveUp = (what) => new Error(`nats-server ${name} ${what}: ${log.trim()}`);
  const until = async (what, attempt) => {
    const deadline = Date.now() + START_MS;
    for (;;) {
      const answer = await attempt();
      if (answer !== undefined) return answer;
      if (ended()) throw giveUp('has ended');
      if (Date.now() > deadline) throw giveUp(`did not ${what} within ${START_MS / 1000} s`);
      await sleep(50);
    }
  };
  const end = async (signal) => {
    if (!ended()) child.kill(signal);
    const hard = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    await exited;
    clearTimeout(hard);
  };

  const node = {
    name,
    url: '',
    route: '',
    pid: 0,
    async begin() {
      const file = join(home, 'nats.conf');
      base = configuration();
      writeFileSync(file, `${base}${accounts}`);
      const [first, ...rest] = [...(network?.enter ?? []), program, '-c', file];
      child = spawnKept(first, rest, { stdio: ['ignore', 'ignore', 'pipe'] });
      exited = new Promise((resolve) => child.once('close', resolve));
      child.once('error', () => undefined);
      child.stderr.setEncoding('utf8').on('data', (text) => {
        log = (log + text).slice(-LOG_KEPT);
      });
      node.pid = child.pid;
      const told = join(home, `nats-server_${child.pid}.ports`);
      const given = await until('say its ports', () => readPorts(told));
      for (const kind of Object.keys(ports)) ports[kind] = Number(new URL(given[kind]?.[0] ?? 'x://h:0').port);
      node.url = `nats://${address}:${ports.nats}`;
      node.route = `nats://${address}:${ports.cluster}`;
    },
    isHealthy: () =>
      until('become healthy', async () => {
        const answer = await fetch(`http://${address}:${ports.monitoring}/healthz`).catch(() => undefined);
        await answer?.body?.cancel();
        return answer?.ok ? true : undefined;
      }),
    cut: async () => void (network === undefined ? child.kill('SIGSTOP') : await network.cut()),
    mend: async () => void (network === undefined ? child.kill('SIGCONT') : await network.mend()),
    reload(changed) {
      accounts = changed;
      writeFileSync(join(home, 'nats.conf'), `${base}${accounts}`);
      child.kill('SIGHUP');
    },
    log: () => log,
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
    async start() {
      await node.begin();
      await node.isHealthy();
    },
  };
  return node;
}

function readPorts(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    // Not there yet, or not whole.
    return undefined;
  }
}
