/**
 * A network for one broker, whose cable can be pulled: nothing goes in or out, and nobody is told. A network namespace behind a pair of virtual
 * interfaces, where this process may make one; it goes with the process that keeps it.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { spawnKept } from './children.mjs';

const run = promisify(execFile);

/**
 * @typedef {object} Network
 * @property {string} address of whoever listens in it
 * @property {string[]} enter what comes before a program and its arguments, for it to run in the network
 * @property {() => Promise<void>} cut pulls the cable
 * @property {() => Promise<void>} mend puts it back
 * @property {() => Promise<void>} stop
 */

/**
 * @returns {Promise<{ network: Network } | { missing: string }>} what is missing for one
 */
export async function makeNetwork() {
  if (process.platform !== 'linux') return { missing: `network namespaces (${process.platform})` };
  let keeper;
  try {
    // It ends with its standard input, also when this process is killed.
    keeper = spawnKept('unshare', ['--net', 'sh', '-c', 'echo; exec cat'], { stdio: ['pipe', 'pipe', 'pipe'] });
    const exited = new Promise((resolve) => keeper.once('close', resolve));
    await ready(keeper);
    const within = ['nsenter', `--net=/proc/${keeper.pid}/ns/net`];
    const ip = (...args) => run('ip', args);
    const ipWithin = (...args) => run(within[0], [within[1], 'ip', ...args]);
    // A pair of addresses of this process alone: the range is for links and routed nowhere.
    const outer = `vmc${keeper.pid}`;
    const inner = `vmd${keeper.pid}`;
    const block = 4 * (keeper.pid % 16_000);
    const [here, there] = [1, 2].map((host) => `169.254.${1 + (block >> 8)}.${(block & 255) + host}`);
    await ip('link', 'add', outer, 'type', 'veth', 'peer', 'name', inner, 'netns', String(keeper.pid));
    await ip('address', 'add', `${here}/30`, 'dev', outer);
    await ip('link', 'set', outer, 'up');
    await ipWithin('address', 'add', `${there}/30`, 'dev', inner);
    for (const link of ['lo', inner]) await ipWithin('link', 'set', link, 'up');
    return {
      network: {
        address: there,
        enter: within,
        // At the inner end: without the outer one its packets would go elsewhere, and be answered there.
        cut: async () => void (await ipWithin('link', 'set', inner, 'down')),
        mend: async () => void (await ipWithin('link', 'set', inner, 'up')),
        async stop() {
          keeper.kill('SIGKILL');
          await exited;
        },
      },
    };
  } catch (error) {
    keeper?.kill('SIGKILL');
    return { missing: `network namespaces (${String(error.stderr || error.message).trim()})` };
  }
}

/** Resolves when it has begun. */
function ready(keeper) {
  return new Promise((resolve, reject) => {
    let problem = '';
    keeper.stderr.setEncoding('utf8').on('data', (text) => {
      problem += text;
    });
    keeper.stdout.once('data', resolve);
    keeper.once('error', reject);
    keeper.once('close', () => reject(new Error(problem)));
  });
}
