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
  const released = new AbortController();
  for (const outer of outers) {
    const forward = (): void => controller.abort(outer.reason);
    if (outer.aborted) {
      forward();
    } else {
      outer.addEventListener('abort', forward, { signal: released.signal });
    }
  }
  return {
    signal: controller.signal,
    abort: (reason) => controller.abort(reason),
    release: () => released.abort(),
  };
}

/** What the promise settles to; as soon as the signal is aborted a rejection with its reason, whatever the promise does. */
export async function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const settled = new AbortController();
  const aborted = new Promise<never>((_, reject) => {
    const fail = (): void => reject(signal.reason);
    if (signal.aborted) {
      fail();
    } else {
      signal.addEventListener('abort', fail, { signal: settled.signal });
    }
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    settled.abort();
  }
}
