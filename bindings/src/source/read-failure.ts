/** From what a source throws to what the machine is told. */

import type { ReadFailure, ReadFailureKind } from '../types.js';
import { describe } from '../util/describe.js';

/** Every kind of failure. */
export const KINDS: readonly ReadFailureKind[] = ['notAuthenticated', 'noPermission', 'notFound', 'transient', 'fatal'];

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
  const message = error instanceof Error ? (error.message as unknown) : undefined;
  return typeof message === 'string' ? message : `the source has thrown ${describe(error)}`;
}

function kindOf(error: unknown): ReadFailureKind {
  // Not by its class: a source bundled with its own copy of this package throws another ReadError than ours. Nor taken as
  // it is: in JavaScript a kind may be anything, and the machine knows only its own.
  const kind = error instanceof Error ? (error as { kind?: unknown }).kind : undefined;
  return KINDS.find((known) => known === kind) ?? 'transient';
}
