/** Runs the command as a user has it: the program that npm links, in a process of its own. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const PROGRAM = fileURLToPath(new URL('../../bindings/bin/wait-vm-customization.js', import.meta.url));

// What the machine that runs the tests has set must not decide them.
const FOREIGN = /^(VSPHERE|GOVC)_|_proxy$|^NO_COLOR$/i;

/** The environment of the command: this one's without what decides it, and the server. */
export function environment({ env = {}, server } = {}) {
  const kept = Object.entries(process.env).filter(([name]) => !FOREIGN.test(name));
  const connection =
    server === undefined
      ? {}
      : { GOVC_URL: server.url, GOVC_USERNAME: server.user, GOVC_PASSWORD: server.password, GOVC_INSECURE: '1' };
  return { ...Object.fromEntries(kept), ...connection, ...env };
}

/**
 * Starts the command.
 *
 * @param {readonly string[]} args
 * @param {{env?: Record<string, string>, input?: string, server?: {url: string, user: string, password: string}, shell?: string}} [options]
 *   `server` is given by the GOVC names, its certificate unchecked; `shell` is a script that ends in `exec "$@"`
 */
export function startCommand(args, { env = {}, input, server, shell } = {}) {
  const begin = performance.now();
  const [program, ...before] = shell === undefined ? [process.execPath] : ['sh', '-c', shell, 'sh', process.execPath];
  const child = spawn(program, [...before, PROGRAM, ...args], {
    env: environment({ env, server }),
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const text = { stdout: '', stderr: '' };
  const waiting = new Set();
  for (const stream of ['stdout', 'stderr']) {
    child[stream].setEncoding('utf8').on('data', (chunk) => {
      text[stream] += chunk;
      for (const look of waiting) look();
    });
  }
  child.stdin.on('error', () => undefined);
  child.stdin.end(input ?? '');
  const done = new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status, killedBy) => {
      const result = { status, killedBy, ...text, ms: performance.now() - begin };
      resolve(result);
      for (const look of waiting) look(result);
    });
  });
  return {
    /** How it ended: status, standard output and error, milliseconds. */
    done,
    kill: (signal) => child.kill(signal),
    /** Nobody reads its standard output any more, as after `| head`. */
    closeStdout: () => child.stdout.destroy(),
    /** Resolves when the pattern is in what was printed so far; rejects when the command ends before that. */
    prints: (pattern, stream = 'stdout') =>
      new Promise((resolve, reject) => {
        const look = (ended) => {
          const found = pattern.exec(text[stream]);
          if (found === null && ended === undefined) return;
          waiting.delete(look);
          if (found === null) reject(new Error(`ended without ${pattern}: ${JSON.stringify(ended)}`));
          else resolve(found);
        };
        waiting.add(look);
        look();
      }),
  };
}

/** Runs it to its end. */
export function runCommand(args, options) {
  return startCommand(args, options).done;
}

/** What `--json` has printed: the transitions, and the report. */
export function jsonOf({ stdout, stderr }) {
  const lines = stdout.split('\n');
  if (lines.pop() !== '' || lines.length === 0) throw new Error(`no JSON lines: ${stdout}${stderr}`);
  const parsed = lines.map((line) => JSON.parse(line));
  return { transitions: parsed.slice(0, -1), report: parsed.at(-1) };
}
