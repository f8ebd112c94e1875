/** Who should serve a vCenter: every worker comes to the same answer without asking another. */
import { createHash } from 'node:crypto';

/**
 * Rendezvous hashing: of all workers the one whose hash with the key is highest. One that comes or goes moves only the keys
 * that it wins or had.
 * @returns undefined where there is no worker
 */
export function rendezvous(key: string, workers: readonly string[]): string | undefined {
  let best: { worker: string; weight: string } | undefined;
  for (const worker of workers) {
    const weight = createHash('sha256').update(`${worker}\n${key}`).digest('hex');
    if (best === undefined || weight > best.weight) {
      best = { worker, weight };
    }
  }
  return best?.worker;
}
