/** Signals that depend on others, and promises that depend on signals. */

/** A controller that is also aborted when an outer signal is. */
export interface LinkedController {
  readonly signal: AbortSignal;
  abort(reason?: unknown): void;
  /** Lets go of the outer signals. */
  release(): void;
}

/** Makes one. (`AbortSignal.any` is missing in Node 20.0 and in browsers of 2022.) */
export function linkedTo(...outers: readonly AbortSignal[]): LinkedController {
  const controller = new AbortController();
  const release = outers.map((outer) => onAbort(outer, () => controller.abort(outer.reason)));
  return {
    signal: controller.signal,
    abort: (reason) => controller.abort(reason),
    release: () => {
      for (const each of release) {
        each();
      }
    },
  };
}

/** What the promise settles to; as soon as the signal is aborted a rejection with its reason, whatever the promise does. */
export async function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  let release = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    release = onAbort(signal, () => reject(signal.reason));
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    release();
  }
}

/** Calls when the signal is aborted, at once if it is so already; answers what lets go of it. */
function onAbort(signal: AbortSignal, call: () => void): () => void {
  if (signal.aborted) {
    call();
    return () => undefined;
  }
  signal.addEventListener('abort', call);
  return () => signal.removeEventListener('abort', call);
}
