/** The command `wait-vm-customization`. */

import { CertificateError, InternalError, OptionsError, VmCustomizationError, WireError } from '../errors.js';
import { sanitizeForTerminal } from '../util/visible.js';
import { CommandProcess, version } from './command-process.js';
import { replay } from './commands/replay.js';
import { serverTime } from './commands/server-time.js';
import { wait } from './commands/wait.js';
import { parseCommand } from './input/args.js';
import { completionScript } from './input/completion.js';
import { ALL_FLAGS, inFlags } from './input/flags.js';
import { PromptCancelled } from './input/prompt.js';
import { UsageError } from './input/usage.js';
import { SUCCEEDED, UNFINISHED, UNREACHABLE, USAGE } from './output/exit.js';
import { helpText } from './output/help.js';

/**
 * Runs the command.
 *
 * @param argv - the arguments after the program's name
 * @returns the exit status
 */
export async function main(argv: readonly string[]): Promise<number> {
  const commandProcess = new CommandProcess();
  try {
    return commandProcess.exitStatus(await run(argv, commandProcess));
  } catch (error) {
    return commandProcess.exitStatus(failed(error, commandProcess));
  }
}

async function run(argv: readonly string[], commandProcess: CommandProcess): Promise<number> {
  const command = parseCommand(argv);
  switch (command.kind) {
    case 'help':
      commandProcess.out.write(helpText());
      return SUCCEEDED;
    case 'version':
      commandProcess.out.write(`${version()}\n`);
      return SUCCEEDED;
    case 'completion':
      commandProcess.out.write(completionScript(command.shell));
      return SUCCEEDED;
    case 'replay':
      return await replay(command, commandProcess);
    case 'page':
      // What serves it is a program of its own, and most commands do without.
      return await (await import('./commands/page.js')).page(command, commandProcess);
    case 'serverTime':
      return await serverTime(command.connection, commandProcess);
    case 'wait':
      return await wait(command, commandProcess);
  }
}

function failed(error: unknown, commandProcess: CommandProcess): number {
  if (error instanceof PromptCancelled) {
    return UNFINISHED;
  }
  const isForeseen = error instanceof UsageError || error instanceof VmCustomizationError;
  if (!isForeseen || error instanceof InternalError) {
    return commandProcess.unexpected(error);
  }
  const options = error instanceof CertificateError ? ` (--thumbprint ${error.thumbprint}, --ca-file FILE)` : '';
  const message = error instanceof VmCustomizationError ? inFlags(error.message, ALL_FLAGS) : error.message;
  const lines = `${message}${options}`.split('\n').map(sanitizeForTerminal).join('\n');
  commandProcess.err.write(`wait-vm-customization: ${lines}\n`);
  const usage = error instanceof UsageError || error instanceof OptionsError || error instanceof WireError;
  return usage ? USAGE : UNREACHABLE;
}
