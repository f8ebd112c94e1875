/** Printing vCenter's clock, for `--since`. */
import process from 'node:process';
import type { ConnectionFlags } from '../input/args.js';
import { resolveConnection } from '../input/credentials.js';
import { terminalPrompt } from '../input/prompt.js';
import { Interruption } from '../interruption.js';
import { SUCCEEDED, UNFINISHED } from '../output/exit.js';
import { sanitizeForTerminal } from '../output/text.js';
import { connectAs } from './connect.js';

/** Prints the server's time. */
export async function serverTime(flags: ConnectionFlags): Promise<number> {
  const connection = await resolveConnection(flags, process.env, terminalPrompt(false));
  const interruption = new Interruption();
  const { signal } = interruption;
  const onRetry = (message: string): void => {
    process.stderr.write(`${sanitizeForTerminal(message)}; trying again\n`);
  };
  try {
    const vcenter = await connectAs(connection, { signal, onRetry });
    try {
      process.stdout.write(`${(await vcenter.serverTime({ signal })).toISOString()}\n`);
    } finally {
      await vcenter.close();
    }
    return SUCCEEDED;
  } catch (error) {
    if (signal.aborted) {
      return UNFINISHED;
    }
    throw error;
  } finally {
    interruption.release();
  }
}
