/** Calls that take back what was made on the server: they are let finish, and made once more where the first is lost. */
import { VimFaultError } from '../../errors.js';
import type { Clock } from '../../util/clock.js';
import type { CallContext } from '../api/types.js';

// Twice within the time that the end of a command has: what is left behind may be one of 32 for a whole server.
const SECOND_TRY_AFTER_MS = 250;

const TIMEOUT_MS = 5_000;

/** Calls that create or remove something are let finish: what came to be unknown to us could not be removed. */
export function uncancellable(): CallContext {
  return { signal: new AbortController().signal };
}

/**
 * Makes the call, and once more when it was answered with something that may pass, or not yet. Answers whether it is done:
 * what the server does not know, alone or with its session, is gone already. Never rejects.
 */
export async function cleanUp(call: (context: CallContext) => Promise<void>, clock: Clock): Promise<boolean> {
  const attempt = async (): Promise<void> => {
    try {
      await call({ ...uncancellable(), timeoutMs: TIMEOUT_MS });
    } catch (error) {
      if (!isGone(error)) {
        throw error;
      }
    }
  };
  const over = new AbortController();
  const due = clock.sleep(SECOND_TRY_AFTER_MS, over.signal).then(() => true);
  const first = attempt();
  const again = await Promise.race([
    first.then(
      () => false,
      () => due,
    ),
    due,
  ]);
  over.abort();
  const done = again ? Promise.any([first, attempt()]) : first;
  return done.then(
    () => true,
    () => false,
  );
}

/** Whether the server has said that there is nothing to remove. What stands in front of it knows nothing of that. */
export function isGone(error: unknown): boolean {
  return error instanceof VimFaultError && error.kind !== 'transient';
}
