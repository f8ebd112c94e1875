/** The command `wait-vm-customization`. */
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { OptionsError, VmCustomizationError, WireError } from '../errors.js';
import { replay } from './commands/replay.js';
import { serverTime } from './commands/server-time.js';
import { wait } from './commands/wait.js';
import { parseCommand } from './input/args.js';
import { PromptCancelled } from './input/prompt.js';
import { UsageError } from './input/usage.js';
import { SUCCEEDED, UNFINISHED, UNREACHABLE, USAGE } from './output/exit.js';
import { HELP } from './output/help.js';
import { sanitizeForTerminal } from './output/text.js';

/**
 * Runs the command.
 *
 * @param argv - the arguments after the program's name
 * @returns the exit status
 */
export async function main(argv: readonly string[]): Promise<number> {
  // Who read the output may stop reading; what is left to do is done all the same, and the status tells how it went.
  process.stdout.on('error', () => undefined);
  process.stderr.on('error', () => undefined);
  try {
    const command = parseCommand(argv);
    switch (command.kind) {
      case 'help':
        process.stdout.write(HELP);
        return SUCCEEDED;
      case 'version':
        process.stdout.write(`${version()}\n`);
        return SUCCEEDED;
      case 'replay':
        return await replay(command.file);
      case 'serverTime':
        return await serverTime(command.connection);
      case 'wait':
        return await wait(command);
    }
  } catch (error) {
    return failed(error);
  }
}

function failed(error: unknown): number {
  if (error instanceof PromptCancelled) {
    return UNFINISHED;
  }
  if (!(error instanceof UsageError) && !(error instanceof VmCustomizationError)) {
    // A bug: its place is worth more than a short text.
    process.stderr.write(`wait-vm-customization: ${error instanceof Error ? error.stack : String(error)}\n`);
    return UNREACHABLE;
  }
  const lines = error.message.split('\n').map(sanitizeForTerminal).join('\n');
  process.stderr.write(`wait-vm-customization: ${lines}\n`);
  const usage = error instanceof UsageError || error instanceof OptionsError || error instanceof WireError;
  return usage ? USAGE : UNREACHABLE;
}

function version(): string {
  const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };
  return manifest.version;
}
