/** Things done in turn within one run, so that what else the machine does meets all of them alike. */
import { Bench } from 'tinybench';
import { quantile } from './report.mjs';

/** Of all threads, in milliseconds: what others take of the machine is not in it. */
export function processorTime() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

/**
 * Measures tasks for tinybench, by name, one round after the other.
 * @param {Record<string, {fn: () => unknown, beforeEach?: () => void, afterEach?: () => void, iterations: number}>} tasks
 *   `iterations` in each round
 * @returns the median processor time of each, in milliseconds, by name
 */
export function interleaved(tasks, rounds) {
  const samples = new Map(Object.keys(tasks).map((name) => [name, []]));
  // The first round warms up.
  for (let round = 0; round <= rounds; round += 1) {
    for (const [name, { fn, iterations, ...hooks }] of Object.entries(tasks)) {
      const bench = new Bench({
        now: processorTime,
        iterations,
        time: 0,
        warmup: false,
        retainSamples: true,
        throws: true,
      });
      const [task] = bench.add(name, fn, hooks).runSync();
      if (round > 0) samples.get(name).push(...task.result.latency.samples);
    }
  }
  return Object.fromEntries([...samples].map(([name, list]) => [name, quantile(list, 0.5)]));
}
