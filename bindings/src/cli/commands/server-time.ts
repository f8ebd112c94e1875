/** Printing vCenter's clock, for `--since`. */

import process from 'node:process';
import { sanitizeForTerminal } from '../../util/visible.js';
import type { CommandProcess } from '../command-process.js';
import type { ConnectionFlags } from '../input/args.js';
import { resolveConnection } from '../input/credentials.js';
import { terminalPrompt } from '../input/prompt.js';
import { Interruption } from '../interruption.js';
import { SUCCEEDED, UNFINISHED } from '../output/exit.js';
import { connectAs } from './connect.js';

/** Prints the server's time. */
export async function serverTime(flags: ConnectionFlags, commandProcess: CommandProcess): Promise<number> {
  const connection = await resolveConnection(flags, process.env, terminalPrompt(false));
  const { out, err, signal } = commandProcess;
  const interruption = new Interruption(commandProcess);
  const onRetry = (message: string): void => {
    err.write(`${sanitizeForTerminal(message)}; trying again\n`);
  };
  try {
    const vcenter = await connectAs(connection, { signal, onRetry });
    try {
      out.write(`${(await vcenter.serverTime({ signal })).toISOString()}\n`);
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
