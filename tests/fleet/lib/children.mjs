/** Processes that end with the test that has started them, also when that is told to end, or runs out of time. */
import { spawn } from 'node:child_process';

const running = new Set();
let isKept = false;

/** `spawn`, for a child that must not be left behind. */
export function spawnKept(program, args, options) {
  const child = spawn(program, args, options);
  running.add(child);
  child.once('exit', () => running.delete(child));
  if (!isKept) {
    isKept = true;
    process.once('exit', () => {
      for (const left of running) left.kill('SIGKILL');
    });
    // By itself a signal ends the process without that; a test that waits for a signal has a listener of its own.
    for (const [signal, number] of [
      ['SIGTERM', 15],
      ['SIGINT', 2],
    ]) {
      if (process.listenerCount(signal) === 0) process.once(signal, () => process.exit(128 + number));
    }
  }
  return child;
}
