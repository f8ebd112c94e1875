/** Calls into the core: its errors as the package's, and its memory given back. */
import {
  DisposedError,
  InternalError,
  OptionsError,
  SnapshotError,
  VmCustomizationError,
  WireError,
} from '../errors.js';
import type { ReadFailureKind } from '../types.js';

/**
 * One object of the core. After a trap it is dead, others live on.
 * @internal
 */
export class CoreHandle<T extends { free(): void }> {
  readonly #what: string;
  #raw: T | undefined;
  #dead = false;

  /** @param what - names it in messages */
  constructor(what: string, raw: T) {
    this.#what = what;
    this.#raw = raw;
  }

  /** Calls it. @param made - as of {@link guarded} */
  call(call: (raw: T) => string, made = false): string {
    const raw = this.#raw;
    if (raw === undefined) {
      throw new DisposedError(this.#what);
    }
    if (this.#dead) {
      throw new InternalError(
        `the core of this ${this.#what} has stopped at an earlier call: create a new ${this.#what}`,
      );
    }
    try {
      return guarded(() => call(raw), made);
    } catch (error) {
      this.#dead = error instanceof InternalError;
      throw error;
    }
  }

  /** Gives the memory back; again does nothing. */
  dispose(): void {
    const raw = this.#raw;
    this.#raw = undefined;
    if (raw !== undefined && !this.#dead) {
      raw.free();
    }
  }
}

/**
 * Calls the core and turns what it throws into the package's errors.
 * @param made - the document that it reads was made here, of what the caller gave as objects
 * @internal
 */
export function guarded<T>(call: () => T, made = false): T {
  try {
    return call();
  } catch (error) {
    throw translated(error, made);
  }
}

function translated(error: unknown, made: boolean): unknown {
  if (error instanceof WebAssembly.RuntimeError) {
    return new InternalError('the core has stopped: this is a bug in vm-customization, please report it', {
      cause: error,
    });
  }
  if (!(error instanceof Error) || error instanceof VmCustomizationError) {
    return error;
  }
  const code = error.name;
  switch (code) {
    case 'invalidOptions':
      return new OptionsError(code, withoutPlace(error.message));
    case 'invalidSnapshot':
    case 'unsupportedSnapshot':
      return new SnapshotError(code, withoutPlace(error.message));
    case 'wireTooLarge':
    case 'wireSyntax':
    case 'wireNotEvents':
    case 'wireNoObservation':
    case 'wireFault':
    case 'invalidRecording':
      return new WireError(code, made ? withoutPlace(error.message) : error.message, {
        kind: (error as { kind?: ReadFailureKind }).kind,
      });
    case 'invalidInput':
      return new VmCustomizationError(code, withoutPlace(error.message));
    default:
      return error;
  }
}

/**
 * A message without a place in JSON that the caller has never seen.
 * @internal
 */
export function withoutPlace(message: string): string {
  return message.replace(/^the configuration: | at line \d+ column \d+$/g, '');
}
