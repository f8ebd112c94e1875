/** The main job: wait for VMs. */
import { realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import process from 'node:process';
import { init } from '../../core/wasm/loader.js';
import { hostOf } from '../../http/server-url.js';
import { clockText } from '../../messages.js';
import type { CommandProcess } from '../command-process.js';
import { resolveConnection } from '../input/credentials.js';
import { checkOptions } from '../input/flags.js';
import { terminalPrompt } from '../input/prompt.js';
import { namesFromStdin } from '../input/stdin.js';
import { UsageError } from '../input/usage.js';
import { Interruption } from '../interruption.js';
import { exitStatus, UNFINISHED } from '../output/exit.js';
import { JsonReporter } from '../output/json.js';
import { LiveReporter } from '../output/live.js';
import { PlainReporter } from '../output/plain.js';
import type { Reporter } from '../output/reporter.js';
import { RecordingFile } from '../recording-file.js';
import { type SavedRun, StateFile } from '../state-file.js';
import { checkNames, namesText, type Plan, type WaitCommand, type WaitEnd } from './plan.js';
import { timeoutOf, waitOnServer } from './server-wait.js';
import { planOfServers } from './servers-plan.js';
import { Turns } from './turns.js';

// More at a time would hold each other up.
const MOST_LOG_INS = 8;

/** Waits; answers the exit status. */
export async function wait(command: WaitCommand, commandProcess: CommandProcess): Promise<number> {
  const startedAt = performance.now();
  await init();
  checkOptions(command.options);
  if (command.state !== undefined && command.record !== undefined && isOneFile(command.state, command.record)) {
    throw new UsageError(
      '--state and --record name the same file, and each would write over the other: give two files',
    );
  }
  const reporter = reporterFor(command, commandProcess);
  const several = command.inventory !== undefined;
  const state =
    command.state === undefined ? undefined : new StateFile(command.state, (text) => reporter.warn(text), several);
  const saved = state?.read() ?? new Map<string, SavedRun>();
  const plan = await (several ? planOfServers(command, saved, reporter) : planOfOne(command, saved.get(''), reporter));
  if (plan.over !== undefined) {
    const { report, everRead, servers } = plan.over();
    reporter.end(report, everRead, servers);
    reporter.warn(`the run of --state ${command.state} is finished: remove the file to begin another`);
    return exitStatus(report, everRead);
  }
  state?.check();
  if (command.withoutEffect.length > 0) {
    reporter.warn(`--rules published takes only --timeout: ${command.withoutEffect.join(', ')} will have no effect`);
  }
  const recording = recordingOf(command, saved.size > 0, reporter);
  const { signal } = commandProcess;
  const interruption = new Interruption(commandProcess);
  try {
    const seconds = timeoutOf(command.options);
    const long = seconds === null ? 'without end' : `for ${clockText(seconds * 1000)} at most`;
    reporter.start(`waiting for ${plan.vms} on ${plan.where}, ${long}`);
    const logIns = new Turns(MOST_LOG_INS);
    const end = await plan.wait({ reporter, recording, state, signal, startedAt, logIns });
    reporter.end(end.report, end.anyRead, end.servers);
    return exitStatus(end.report, end.everRead);
  } catch (error) {
    if (signal.aborted) {
      // Before the ids of the VMs are known there is no row to print, and so no report, in JSON neither.
      reporter.warn(`interrupted before anything was known of ${plan.vms}: there is no report`);
      return UNFINISHED;
    }
    throw error;
  } finally {
    state?.stop();
    recording?.write();
    reporter.close();
    interruption.release();
  }
}

async function planOfOne(command: WaitCommand, saved: SavedRun | undefined, reporter: Reporter): Promise<Plan> {
  const fromStdin = command.vms.includes('-');
  const names = fromStdin ? await namesFromStdin(command.vms) : command.vms;
  if (saved !== undefined) {
    checkNames(names, saved, `--state ${command.state}`);
    if (saved.report.endedAtMs !== null) {
      const { report, everRead } = saved;
      const over = (): WaitEnd => {
        reporter.begin(report.vms, report.vms);
        return { report, everRead, anyRead: everRead };
      };
      return { vms: namesText(names), where: saved.server, over, wait: async () => over() };
    }
    reporter.warn(`going on with the run of --state ${command.state}: its VMs, its rules and its time limit hold`);
  } else if (names.length === 0) {
    throw new UsageError(`no VM was given, and --state ${command.state} holds no run: name at least one VM`);
  }
  const connection = await resolveConnection(command.connection, process.env, terminalPrompt(fromStdin));
  const { options, push, waitForVm } = command;
  return {
    vms: namesText(saved?.report.vms.map(({ name, vm }) => name ?? vm) ?? names),
    where: hostOf(connection.url),
    wait: ({ state, ...surroundings }) =>
      waitOnServer({ connection, names, options, push, saved, waitForVm }, { ...surroundings, state: state?.part() }),
  };
}

/** Whether two paths lead to one file, as far as it is there. */
function isOneFile(left: string, right: string): boolean {
  const real = (path: string): string => {
    try {
      return realpathSync(path);
    } catch {
      return resolve(path);
    }
  };
  return real(left) === real(right);
}

function recordingOf(command: WaitCommand, goesOn: boolean, reporter: Reporter): RecordingFile | undefined {
  if (command.record === undefined) {
    return undefined;
  }
  if (goesOn) {
    reporter.warn(`--record ${command.record} will not be written: a recording has to begin with its run`);
    return undefined;
  }
  return new RecordingFile(command.record, (text) => reporter.warn(text));
}

function reporterFor(command: WaitCommand, { out, err }: CommandProcess): Reporter {
  if (command.json) {
    return new JsonReporter(out, err, command.quiet);
  }
  return out.isTTY && process.env.TERM !== 'dumb' && !command.quiet
    ? new LiveReporter(out, err, {
        hasColour: (process.env.NO_COLOR ?? '') === '',
        awaitsReady: command.options.ready !== undefined,
      })
    : new PlainReporter(out, err, { isQuiet: command.quiet, heartbeatSeconds: command.heartbeatSeconds });
}
