/** The main job: wait for VMs. */
import { realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import process from 'node:process';
import { limits } from '../../core/limits.js';
import { init } from '../../core/wasm/loader.js';
import { ConnectionError, LookupError, OptionsError } from '../../errors.js';
import { hostOf } from '../../http/server-url.js';
import { clockText } from '../../messages.js';
import { withTimeout } from '../../source/with-timeout.js';
import type { MonitorOptions, Report } from '../../types.js';
import { systemClock } from '../../util/clock.js';
import type { Lookup } from '../../vsphere/client/lookup.js';
import type { VCenter } from '../../vsphere/client/vcenter.js';
import type { Progress } from '../../watch/progress.js';
import { resumeCustomization, watchCustomization } from '../../watch/watch.js';
import type { CommandProcess } from '../command-process.js';
import type { Command } from '../input/args.js';
import { type Connection, resolveConnection } from '../input/credentials.js';
import { terminalPrompt } from '../input/prompt.js';
import { namesFromStdin } from '../input/stdin.js';
import { UsageError } from '../input/usage.js';
import { Interruption } from '../interruption.js';
import { exitStatus, UNFINISHED } from '../output/exit.js';
import { JsonReporter } from '../output/json.js';
import { LiveReporter } from '../output/live.js';
import { PlainReporter } from '../output/plain.js';
import { ReadLog } from '../output/read-log.js';
import type { Reporter, TimeLimit } from '../output/reporter.js';
import { RecordingFile } from '../recording-file.js';
import { type SavedRun, StateFile } from '../state-file.js';
import { connectAs } from './connect.js';

// For a server that is not ready before the wait has begun: one that takes longer is told of, and left.
const MOST_PATIENCE_S = 30;

// What the last read of a wait has beyond its deadline.
const LAST_READ_S = 5;

// Of the VMs asked for, in a message about all of them.
const MOST_NAMES = 10;

type WaitCommand = Extract<Command, { kind: 'wait' }>;

/** Waits; answers the exit status. */
export async function wait(command: WaitCommand, commandProcess: CommandProcess): Promise<number> {
  await init();
  if (command.state !== undefined && command.record !== undefined && isOneFile(command.state, command.record)) {
    throw new UsageError(
      '--state and --record name the same file, and each would write over the other: give two files',
    );
  }
  const reporter = reporterFor(command, commandProcess);
  const state = command.state === undefined ? undefined : new StateFile(command.state, (text) => reporter.warn(text));
  const saved = state?.read();
  const fromStdin = command.vms.includes('-');
  const names = fromStdin ? await namesFromStdin(command.vms) : command.vms;
  if (state !== undefined && saved !== undefined) {
    checkNames(names, saved, state.path);
    if (saved.report.endedAtMs !== null) {
      reporter.begin(saved.report.vms, saved.report.vms);
      reporter.end(saved.report, saved.everRead);
      reporter.warn(`the run of --state ${state.path} is finished: remove the file to begin another`);
      return exitStatus(saved.report, saved.everRead);
    }
    reporter.warn(`going on with the run of --state ${state.path}: its VMs, its rules and its time limit hold`);
  } else if (names.length === 0) {
    throw new UsageError(`no VM was given, and --state ${command.state} holds no run: name at least one VM`);
  }
  const connection = await resolveConnection(command.connection, process.env, terminalPrompt(fromStdin));
  state?.check();
  if (command.withoutEffect.length > 0) {
    reporter.warn(`--rules published takes only --timeout: ${command.withoutEffect.join(', ')} will have no effect`);
  }
  const recording = recordingOf(command, saved, reporter);
  const { signal } = commandProcess;
  const interruption = new Interruption(commandProcess);
  try {
    const options = { ...command.options, push: command.push };
    reporter.start(startText(connection, saved?.report.vms.map(({ name, vm }) => name ?? vm) ?? names, options));
    return await waitOn(connection, { names, options, saved }, { reporter, recording, state, signal });
  } catch (error) {
    if (signal.aborted) {
      // Before the ids of the VMs are known there is no row to print, and so no report, in JSON neither.
      reporter.warn(`interrupted before anything was known of ${namesText(names)}: there is no report`);
      return UNFINISHED;
    }
    throw error instanceof OptionsError ? new UsageError(error.message) : error;
  } finally {
    state?.stop();
    recording?.write();
    reporter.close();
    interruption.release();
  }
}

/** What is waited for, and how; what was saved goes before the rest. */
interface Job {
  readonly names: readonly string[];
  readonly options: MonitorOptions & { readonly push: boolean };
  readonly saved: SavedRun | undefined;
}

interface Surroundings {
  readonly reporter: Reporter;
  readonly recording: RecordingFile | undefined;
  readonly state: StateFile | undefined;
  readonly signal: AbortSignal;
}

async function waitOn(connection: Connection, job: Job, surroundings: Surroundings): Promise<number> {
  const { reporter } = surroundings;
  const inTime = beforeTheWait(hostOf(connection.url), job.options, surroundings.signal);
  const vcenter = await inTime(({ signal }) =>
    connectAs(connection, {
      signal,
      patienceSeconds: Math.min(job.options.timeoutSeconds ?? MOST_PATIENCE_S, MOST_PATIENCE_S),
      onRetry: (message) => reporter.warn(`${message}; trying again`),
    }),
  );
  try {
    const { saved } = job;
    if (saved !== undefined) {
      checkServer(vcenter, saved);
    }
    const found = await inTime(({ signal }) =>
      saved === undefined ? vcenter.findVms(job.names, { signal }) : findAgain(vcenter, saved, signal),
    );
    reporter.begin(saved?.report.vms ?? found.vms, saved?.report.vms, limitOf(job));
    const { report, everRead, anyRead } = await watch(vcenter, found, job, surroundings);
    reporter.end(report, anyRead);
    return exitStatus(report, everRead);
  } finally {
    if (!(await vcenter.close())) {
      reporter.warn(
        `${vcenter.host}: the session could not be closed, or an event collector not be removed: it is left until the server ends the session`,
      );
    }
  }
}

/** Makes calls that have the time of the wait together, and as long after it as its last read has. */
function beforeTheWait(
  host: string,
  options: MonitorOptions,
  outer: AbortSignal,
): <T>(call: (options: { signal: AbortSignal }) => Promise<T>) => Promise<T> {
  const seconds = timeoutOf(options);
  const end = performance.now() + ((seconds ?? 0) + LAST_READ_S) * 1000;
  const late = (): Error =>
    new ConnectionError(
      `${host}: connecting and looking the VMs up took longer than --timeout (${clockText((seconds ?? 0) * 1000)}): give more time, or see what keeps the server`,
      { code: 'timeout' },
    );
  return async (call) =>
    seconds === null
      ? await call({ signal: outer })
      : await withTimeout(late, call, Math.max(0, end - performance.now()), systemClock, outer);
}

/** When the wait ends; of a run that goes on, what its file says of it. */
function limitOf({ saved, options }: Job): TimeLimit {
  return saved === undefined ? { seconds: timeoutOf(options) } : (saved.limit ?? { seconds: null });
}

/** As long as it is waited at most; null for ever. */
function timeoutOf({ timeoutSeconds }: MonitorOptions): number | null {
  return timeoutSeconds === undefined ? limits().options.timeoutSeconds : timeoutSeconds;
}

async function watch(
  vcenter: VCenter,
  found: Lookup,
  job: Job,
  { reporter, recording, state, signal }: Surroundings,
): Promise<{ report: Report; everRead: boolean; anyRead: boolean }> {
  const { names, options, saved } = job;
  let limit = limitOf(job);
  let everRead = saved?.everRead ?? false;
  let begun = false;
  const source = vcenter.events((message) => reporter.warn(message));
  const reads = new ReadLog(vcenter.host, everRead);
  const onProgress = (progress: Progress): void => {
    everRead ||= progress.type === 'read';
    begun ||= progress.type === 'started';
    if (progress.type === 'started' && saved === undefined) {
      limit = { ...limit, since: progress.serverTime };
    }
    reads.take(progress);
    const told = reads.withoutGuesses(progress);
    if (told !== undefined) {
      reporter.progress(told, (vm) => running.rows([vm])[0]);
    }
    if (progress.type !== 'reading') {
      state?.changed();
    }
  };
  const running =
    saved === undefined
      ? watchCustomization(source, found.vms, {
          ...options,
          onProgress,
          ...(recording === undefined ? {} : { onInput: recording.take }),
        })
      : resumeCustomization(source, saved.snapshot, { push: options.push, onProgress });
  const owner = saved ?? { server: vcenter.host, instanceUuid: vcenter.instanceUuid, names };
  state?.begin(owner, () => (begun ? { snapshot: running.snapshot(), everRead, limit } : undefined));
  const stop = (): void => {
    // Who interrupts it may go on with it: the file is left as it is before the rows are closed.
    state?.freeze();
    running.cancel();
  };
  signal.addEventListener('abort', stop);
  if (signal.aborted) {
    stop();
  }
  try {
    const report = await running.report;
    state?.write();
    const trouble = reads.trouble(report);
    if (trouble !== undefined) {
      reporter.warn(trouble);
    }
    if (signal.aborted && begun && state?.broken === false) {
      reporter.warn(`interrupted: start again with --state ${state.path} to go on`);
    }
    return { report, everRead, anyRead: reads.any };
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** The VMs of a run that goes on. Those that are gone by now are no mistake of whoever starts it. */
async function findAgain(vcenter: VCenter, saved: SavedRun, signal: AbortSignal): Promise<Lookup> {
  // In this form no name of another VM fits.
  const ids = saved.report.vms.map(({ vm }) => `VirtualMachine:${vm}`);
  try {
    return await vcenter.findVms(ids, { signal });
  } catch (error) {
    if (!(error instanceof LookupError)) {
      throw error;
    }
    const gone = new Set(error.problems.map(({ input }) => input));
    const left = ids.filter((id) => !gone.has(id));
    return left.length === 0 ? { vms: [] } : vcenter.findVms(left, { signal });
  }
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

function startText({ url }: Connection, names: readonly string[], options: MonitorOptions): string {
  const seconds = timeoutOf(options);
  const long = seconds === null ? 'without end' : `for ${clockText(seconds * 1000)} at most`;
  return `waiting for ${namesText(names)} on ${hostOf(url)}, ${long}`;
}

function namesText(names: readonly string[]): string {
  const shown = names.slice(0, MOST_NAMES).join(', ');
  return names.length > MOST_NAMES ? `${shown} and ${names.length - MOST_NAMES} more` : shown || 'the VMs';
}

function checkNames(names: readonly string[], saved: SavedRun, path: string): void {
  const text = (list: readonly string[]): string => JSON.stringify([...new Set(list)].sort());
  if (names.length > 0 && text(names) !== text(saved.names)) {
    throw new UsageError(
      `--state ${path} holds the run of other VMs (${saved.names.join(', ')}): name those or none, or give another file`,
    );
  }
}

function checkServer(vcenter: VCenter, { server, instanceUuid }: SavedRun): void {
  if (instanceUuid !== undefined && vcenter.instanceUuid !== undefined && instanceUuid !== vcenter.instanceUuid) {
    throw new UsageError(
      `--state holds a run on another vCenter (${server}) than ${vcenter.host}: give that server, or another file`,
    );
  }
}

function recordingOf(command: WaitCommand, saved: SavedRun | undefined, reporter: Reporter): RecordingFile | undefined {
  if (command.record === undefined) {
    return undefined;
  }
  if (saved !== undefined) {
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
    ? new LiveReporter(out, err, (process.env.NO_COLOR ?? '') === '')
    : new PlainReporter(out, err, { isQuiet: command.quiet, heartbeatSeconds: command.heartbeatSeconds });
}
