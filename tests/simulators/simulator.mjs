/**
 * Starts a vCenter simulator for a test and scripts it: govmomi's (`vcsim`,
 * the Go program beside this folder) or our own in Node (`fake`).
 * Both speak the same protocol, described in `tests/simulators/vcsim/main.go`.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { goProgram } from '../go-program.mjs';

const GO_FOLDER = fileURLToPath(new URL('./vcsim/', import.meta.url));
const FAKE_PROGRAM = fileURLToPath(new URL('./fake-vcenter/main.mjs', import.meta.url));

/** What is kept of a simulator's standard error, for the message when it ends by itself. */
const STDERR_KEPT = 8192;
/** How long `stop` waits before it kills. */
const STOP_MS = 3000;

/**
 * The path of the Go program. `VCSIM_BIN` names one that is built already.
 *
 * @returns {Promise<string>}
 */
export const vcsimProgram = () => goProgram(GO_FOLDER, 'vcsim', { variable: 'VCSIM_BIN' });

/**
 * @typedef {object} Simulator
 * @property {string} url of the SOAP endpoint, without credentials
 * @property {string} user
 * @property {string} password
 * @property {string} [thumbprint] SHA-256, `AA:BB:…`
 * @property {string} [certificate] path of a PEM file
 * @property {string} [key] path of a PEM file
 * @property {{name: string, vm: string, path: string}[]} vms those it began with
 * @property {number} pid
 * @property {(command: object) => Promise<any>} do runs one command; rejects when the simulator refuses it
 * @property {() => Promise<void>} stop ends the process, also when it hangs
 * @property {() => string} stderr what it printed there last
 */

/**
 * Starts a simulator.
 *
 * @param {object} [options]
 * @param {'vcsim'|'fake'} [options.kind]
 * @param {string[]} [options.args] the program's flags, such as `['-vms', '100']`
 * @param {AbortSignal} [options.signal] ends it, as `stop` does
 * @returns {Promise<Simulator>}
 */
export async function startSimulator({ kind = 'vcsim', args = [], signal } = {}) {
  signal?.throwIfAborted();
  const [program, before] = kind === 'fake' ? [process.execPath, [FAKE_PROGRAM]] : [await vcsimProgram(), []];
  signal?.throwIfAborted();
  const child = spawn(program, [...before, ...args], { stdio: ['pipe', 'pipe', 'pipe'] });

  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr = (stderr + text).slice(-STDERR_KEPT);
  });
  // A command written to a process that has just ended: the end itself is reported.
  child.stdin.on('error', () => {});

  const pending = new Map();
  let lastId = 0;
  let ended;
  let stopping = false;
  let ready;
  let failed;
  const started = new Promise((resolve, reject) => {
    ready = resolve;
    failed = reject;
  });

  const exited = new Promise((resolve) => {
    const end = (what) => {
      if (ended) return;
      ended = new Error(`the ${kind} simulator ${what}${stderr ? `: ${stderr.trim()}` : ''}`);
      failed(ended);
      for (const { promise, reject } of pending.values()) {
        // A test that stops its simulator is done with what it left open.
        if (stopping) promise.catch(() => {});
        reject(ended);
      }
      pending.clear();
      resolve();
    };
    child.on('error', (error) => end(`could not be started: ${error.message}`));
    // 'close' comes after the last of its output, so the error holds all of stderr.
    child.on('close', (code, killedBy) => end(`ended (${killedBy ?? `status ${code}`})`));
  });

  createInterface({ input: child.stdout }).on('line', (line) => {
    const message = JSON.parse(line);
    if (message.ready) return ready(message);
    const waiting = pending.get(message.id);
    if (!waiting) return;
    pending.delete(message.id);
    if (message.ok) waiting.resolve(message);
    else waiting.reject(new Error(`${waiting.command}: ${message.error}`));
  });

  const stop = async () => {
    stopping = true;
    signal?.removeEventListener('abort', stop);
    child.stdin.end();
    const kill = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    await exited;
    clearTimeout(kill);
  };
  signal?.addEventListener('abort', stop, { once: true });

  const run = (command) => {
    if (ended) return Promise.reject(ended);
    const id = ++lastId;
    let settle;
    const promise = new Promise((resolve, reject) => {
      settle = { resolve, reject };
    });
    pending.set(id, { ...settle, promise, command: JSON.stringify(command) });
    child.stdin.write(`${JSON.stringify({ ...command, id })}\n`);
    return promise;
  };

  try {
    const { ready: _, ...facts } = await started;
    return { ...facts, pid: child.pid, do: run, stop, stderr: () => stderr };
  } catch (error) {
    await stop();
    throw error;
  }
}
