/** The core is used before it is there; the message names the call that is missing. */
export class NotInitializedError extends Error {
  override readonly name = 'NotInitializedError';
  /** Stable, for programs. */
  readonly code = 'notInitialized';
}

/** The core could not be loaded; `cause` says why. `init` may be called again. */
export class InitError extends Error {
  override readonly name = 'InitError';
  /** Stable, for programs. */
  readonly code = 'initFailed';
}
