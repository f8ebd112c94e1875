/** Signals that depend on others. */

/** A controller that is also aborted when an outer signal is. */
export interface LinkedController {
  readonly signal: AbortSignal;
  abort(reason?: unknown): void;
  /** Lets go of the outer signal. */
  release(): void;
}

/** Makes one. (`AbortSignal.any` is missing in Node 20.0 and in browsers of 2022.) */
export function linkedTo(outer: AbortSignal): LinkedController {
  const controller = new AbortController();
  const forward = (): void => controller.abort(outer.reason);
  if (outer.aborted) {
    forward();
  } else {
    outer.addEventListener('abort', forward);
  }
  return {
    signal: controller.signal,
    abort: (reason) => controller.abort(reason),
    release: () => outer.removeEventListener('abort', forward),
  };
}
