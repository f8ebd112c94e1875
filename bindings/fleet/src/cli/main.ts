/** The command `vm-customization-worker`. */
import process from 'node:process';
import { cancelWait, requestWait, waitResult } from '../caller/calls.js';
import { type Fleet, WaitFailedError, type WaitRef } from '../caller/fleet.js';
import { fleetStatus } from '../caller/status.js';
import { ConfigError, readFleetConfig, readWorkerConfig } from '../config/config.js';
import { connectNats } from '../store/connection.js';
import { visibleJson, visibleText } from '../visible.js';
import { Log } from '../worker/log.js';
import { runWorker } from '../worker/worker.js';
import { type Command, HELP, parseCommand, UsageError, version } from './args.js';
import { exitStatus, SUCCEEDED, UNEXPECTED, UNFINISHED, UNREACHABLE, USAGE } from './exit.js';
import { reportText } from './report-text.js';
import { table } from './table.js';

/**
 * Runs the command.
 * @param argv - the arguments after the program's name
 * @returns the exit status
 */
export async function main(argv: readonly string[]): Promise<number> {
  const ending = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    process.once(signal, () => ending.abort(new Error(`ended by ${signal}`)));
  }
  try {
    return await run(parseCommand(argv), ending.signal);
  } catch (error) {
    if (ending.signal.aborted) {
      return UNFINISHED;
    }
    const { status, message } = failure(error);
    const lines = message.split('\n').map(visibleText);
    process.stderr.write(`vm-customization-worker: ${lines.join('\n')}\n`);
    return status;
  }
}

async function run(command: Command, signal: AbortSignal): Promise<number> {
  switch (command.kind) {
    case 'help':
      print(HELP);
      return SUCCEEDED;
    case 'version':
      print(`${version()}\n`);
      return SUCCEEDED;
    case 'work': {
      const config = readWorkerConfig(command.config);
      const log = new Log(config.logLevel, print, { worker: config.name });
      await runWorker(config, log, signal);
      return SUCCEEDED;
    }
    case 'request':
      return withFleet(command.config, async (fleet) => {
        const wait = await requestWait(fleet, command);
        if (!command.wait) {
          print(command.json ? `${visibleJson(wait)}\n` : `${wait.id}\n`);
          return SUCCEEDED;
        }
        if (command.id === undefined) {
          process.stderr.write(`the wait is ${wait.id}\n`);
        }
        return await tell(fleet, wait, command.json, signal);
      });
    case 'result':
      return withFleet(command.config, (fleet) => tell(fleet, command, command.json, signal));
    case 'cancel':
      return withFleet(command.config, async (fleet) => {
        await cancelWait(fleet, command);
        return SUCCEEDED;
      });
    case 'status':
      return withFleet(command.config, async (fleet) => {
        const { workers, vcenters } = await fleetStatus(fleet);
        if (command.json) {
          print(`${visibleJson({ workers, vcenters })}\n`);
        } else {
          const rows = vcenters.map(({ vcenter, owner, waits, queued }) => [vcenter, owner ?? '-', waits, queued]);
          print(`workers: ${workers.length === 0 ? 'none' : workers.join(', ')}\n\n`);
          print(table(['vCenter', 'worker', 'waits', 'queued'], rows));
        }
        return SUCCEEDED;
      });
  }
}

async function tell(fleet: Fleet, wait: WaitRef, json: boolean, signal: AbortSignal): Promise<number> {
  const report = await waitResult(fleet, wait, { signal });
  print(json ? `${visibleJson(report)}\n` : reportText(report));
  return exitStatus(report);
}

async function withFleet(path: string, work: (fleet: Fleet) => Promise<number>): Promise<number> {
  const { nats, prefix } = readFleetConfig(path);
  const connection = await connectNats(nats, 'vm-customization-worker');
  try {
    return await work({ connection, prefix, apiPrefix: nats.apiPrefix });
  } finally {
    await connection.close();
  }
}

function failure(error: unknown): { readonly status: number; readonly message: string } {
  if (!(error instanceof Error)) {
    return { status: UNEXPECTED, message: String(error) };
  }
  const { message } = error;
  if (error instanceof UsageError || error instanceof ConfigError) {
    return { status: USAGE, message };
  }
  if (error instanceof WaitFailedError) {
    return { status: error.code === 'internal' ? UNEXPECTED : USAGE, message };
  }
  // A mistake of this package.
  const isBug = error instanceof TypeError || error instanceof RangeError;
  return isBug ? { status: UNEXPECTED, message } : { status: UNREACHABLE, message: `NATS: ${message}` };
}

function print(text: string): void {
  process.stdout.write(text);
}
