/** The main job: wait for VMs. */
import { closeSync, openSync, writeSync } from 'node:fs';
import process from 'node:process';
import { OptionsError } from '../errors.js';
import { Recorder } from '../recorder.js';
import type { Lookup } from '../soap/lookup.js';
import { nodeTransport } from '../soap/transport-node.js';
import { VCenter } from '../soap/vcenter.js';
import type { MonitorOptions, Report } from '../types.js';
import { watchCustomization } from '../watch.js';
import type { Command } from './args.js';
import { type Connection, resolveConnection } from './credentials.js';
import { exitStatus, UNFINISHED } from './exit.js';
import { Interruption } from './interruption.js';
import { JsonReporter } from './json.js';
import { LiveReporter } from './live.js';
import { PlainReporter } from './plain.js';
import { terminalPrompt } from './prompt.js';
import type { Reporter } from './reporter.js';
import { namesFromStdin } from './stdin.js';
import { UsageError } from './usage.js';

type WaitCommand = Extract<Command, { kind: 'wait' }>;

/** Waits; answers the exit status. */
export async function wait(command: WaitCommand): Promise<number> {
  const fromStdin = command.vms.includes('-');
  const vms = fromStdin ? await namesFromStdin(command.vms) : command.vms;
  const connection = await resolveConnection(command.connection, process.env, terminalPrompt(fromStdin));
  const reporter = reporterFor(command);
  if (command.withoutEffect.length > 0) {
    reporter.warn(`--rules published takes only --timeout: ${command.withoutEffect.join(', ')} will have no effect`);
  }
  const recording = command.record === undefined ? undefined : new RecordingFile(command.record);
  const interruption = new Interruption();
  try {
    return await waitOn(connection, vms, command.options, { reporter, recording, signal: interruption.signal });
  } catch (error) {
    if (interruption.signal.aborted) {
      // Before the VMs are known there is no row to print.
      reporter.warn('interrupted');
      return UNFINISHED;
    }
    throw error instanceof OptionsError ? new UsageError(error.message) : error;
  } finally {
    recording?.close();
    reporter.close();
    interruption.release();
  }
}

interface Surroundings {
  readonly reporter: Reporter;
  readonly recording: RecordingFile | undefined;
  readonly signal: AbortSignal;
}

async function waitOn(
  connection: Connection,
  names: readonly string[],
  options: MonitorOptions,
  { reporter, recording, signal }: Surroundings,
): Promise<number> {
  const vcenter = await VCenter.connect(nodeTransport(connection.url, connection.trust), connection, { signal });
  try {
    const found = await vcenter.findVms(names, { signal });
    reporter.begin(found.vms);
    const { report, everRead } = await watch(vcenter, found, options, { reporter, recording, signal });
    reporter.end(report);
    return exitStatus(report, everRead);
  } finally {
    await vcenter.close();
  }
}

async function watch(
  vcenter: VCenter,
  found: Lookup,
  options: MonitorOptions,
  { reporter, recording, signal }: Surroundings,
): Promise<{ report: Report; everRead: boolean }> {
  let everRead = false;
  const source = vcenter.events(found, (message) => reporter.warn(message));
  const running = watchCustomization(source, found.vms, {
    ...options,
    onProgress: (progress) => {
      everRead ||= progress.type === 'read';
      reporter.progress(progress);
    },
    ...(recording === undefined ? {} : { onInput: recording.recorder.take }),
  });
  const stop = (): void => running.cancel();
  signal.addEventListener('abort', stop);
  if (signal.aborted) {
    stop();
  }
  try {
    return { report: await running.report, everRead };
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

function reporterFor(command: WaitCommand): Reporter {
  const { stdout, stderr, env } = process;
  if (command.json) {
    return new JsonReporter(stdout, stderr);
  }
  return stdout.isTTY && env.TERM !== 'dumb'
    ? new LiveReporter(stdout, stderr, (env.NO_COLOR ?? '') === '')
    : new PlainReporter(stdout, stderr);
}

/** The file of `--record`. Opened before the wait, so that a path that cannot be written is known at once. */
class RecordingFile {
  readonly recorder = new Recorder();
  readonly #file: number;

  constructor(path: string) {
    try {
      // It holds names of VMs and texts of events: not for every user of the machine.
      this.#file = openSync(path, 'w', 0o600);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
      throw new UsageError(`--record ${path} cannot be written (${code}): check the path and its permissions`);
    }
  }

  close(): void {
    const recording = this.recorder.recording();
    if (recording !== undefined) {
      writeSync(this.#file, `${JSON.stringify(recording)}\n`);
    }
    closeSync(this.#file);
  }
}
