/** Reads files without holding up the page: small ones at once, others in a worker. */
import core from 'vm-customization/core.wasm?url';
import { scriptUrl } from '../ui/trusted.js';
import worker from './decoder.worker.ts?worker&url';
import type { DecoderAnswer, DecoderTask } from './decoder-messages.js';
import { type Offered, type Reading, readFiles } from './files.js';
import type { Given } from './given.js';

/** A document of this size is read within a frame or two. */
const AT_ONCE_BYTES = 512 * 2 ** 10;

/**
 * Reads recordings, or events that together make one.
 * @throws Error that says what is wrong with them; the reason of `signal` once that is aborted
 */
export async function decode(
  given: readonly Given[],
  onProgress: (progress: Reading) => void,
  signal: AbortSignal,
): Promise<readonly Offered[]> {
  const bytes = given.reduce((sum, { blob }) => sum + blob.size, 0);
  if (bytes <= AT_ONCE_BYTES) {
    return readFiles(given);
  }
  const decoder = new Worker(scriptUrl(worker), { type: 'module' });
  try {
    return await new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error));
      decoder.addEventListener('message', ({ data }: MessageEvent<DecoderAnswer>) => {
        if ('progress' in data) {
          onProgress(data.progress);
        } else if ('offered' in data) {
          resolve(data.offered);
        } else {
          reject(new Error(data.problem));
        }
      });
      decoder.addEventListener('error', ({ message }) =>
        reject(new Error(`what reads large files cannot be loaded: ${message || 'is the network there?'}`)),
      );
      decoder.postMessage({ core: new URL(core, location.href).href, given } satisfies DecoderTask);
    });
  } finally {
    // Also while it is at work: nobody waits for it.
    decoder.terminate();
  }
}
