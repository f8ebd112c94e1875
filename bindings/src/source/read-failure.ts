/** From what a source throws to what the machine is told. */

import type { ReadFailure, ReadFailureKind } from '../types.js';
import { describe } from '../util/describe.js';
import { emitWarning } from '../util/emit-warning.js';
import { isError } from '../util/is-error.js';

/** Every kind of failure. */
export const KINDS: readonly ReadFailureKind[] = ['notAuthenticated', 'noPermission', 'notFound', 'transient', 'fatal'];

// What the language throws at mistakes of a program. By name: those of another realm are other classes.
const MISTAKES = ['EvalError', 'RangeError', 'ReferenceError', 'SyntaxError', 'TypeError', 'URIError'];

/** What the calls of one source throw. */
export class SourceFailures {
  #warned = false;

  /**
   * What the machine is told. A mistake of the source's program counts as any failure to read, and would only be seen in
   * a report when the time is up: it is told to the programmer too, once.
   */
  of(error: unknown): ReadFailure {
    const failure = readFailureOf(error);
    if (!this.#warned && isMistake(error)) {
      this.#warned = true;
      emitWarning(`${failure.message}; it counts as a failure to read, and is tried again`, error);
    }
    return failure;
  }
}

/**
 * What a failed call means. Anything that does not say otherwise may work in a while: taking a network's hiccup for the
 * end would lose the wait.
 */
export function readFailureOf(error: unknown): ReadFailure {
  return { kind: kindOf(error), message: messageOf(error) };
}

function messageOf(error: unknown): string {
  if (typeof error === 'string') {
    return error;
  }
  const message = isError(error) ? (error.message as unknown) : undefined;
  if (isMistake(error) && typeof message === 'string') {
    return `the source has thrown ${error.name}: ${message}`;
  }
  return typeof message === 'string' ? message : `the source has thrown ${describe(error)}`;
}

function isMistake(error: unknown): error is Error {
  return isError(error) && MISTAKES.includes(error.name);
}

function kindOf(error: unknown): ReadFailureKind {
  // Not by its class: a source bundled with its own copy of this package throws another ReadError than ours. Nor taken as
  // it is: in JavaScript a kind may be anything, and the machine knows only its own.
  const kind = isError(error) ? (error as { kind?: unknown }).kind : undefined;
  return KINDS.find((known) => known === kind) ?? 'transient';
}
