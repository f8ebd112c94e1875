/** Waiting for the VMs of one server. */
import { limits } from '../../core/limits.js';
import { ConnectionError, LookupError, type LookupProblem } from '../../errors.js';
import { hostOf } from '../../http/server-url.js';
import { clockText } from '../../messages.js';
import type { EventSource } from '../../source/event-source.js';
import { withTimeout } from '../../source/with-timeout.js';
import type { MonitorOptions, Report, VmRef, VmRow } from '../../types.js';
import { type LinkedController, linkedTo } from '../../util/abort.js';
import { systemClock } from '../../util/clock.js';
import type { FoundVm, LookupOfEach } from '../../vsphere/client/lookup.js';
import type { NodeVCenter } from '../../vsphere/client/vcenter-node.js';
import type { Progress } from '../../watch/progress.js';
import { type CustomizationWatch, resumeCustomization, watchCustomization } from '../../watch/watch.js';
import type { Connection } from '../input/credentials.js';
import { UsageError } from '../input/usage.js';
import { ReadLog } from '../output/read-log.js';
import type { Reporter, TimeLimit } from '../output/reporter.js';
import type { RecordingFile } from '../recording-file.js';
import type { SavedRun, StatePart } from '../state-file.js';
import { missingKey } from '../vm-keys.js';
import { searchVms } from './appearing-vms.js';
import { connectAs } from './connect.js';
import { mergedReport, rowWithoutVm, TransitionCounter } from './merged-report.js';
import type { Turns } from './turns.js';

// For a server that is not ready before the wait has begun: one that takes longer is told of, and left.
const MOST_PATIENCE_S = 30;

// What the last read of a wait has beyond its deadline.
const LAST_READ_S = 5;

/** What is waited for, and how; what was saved goes before the rest. */
export interface ServerJob {
  readonly connection: Connection;
  readonly names: readonly string[];
  readonly options: MonitorOptions;
  readonly push: boolean;
  readonly saved: SavedRun | undefined;
  /** Whether VMs that are not there yet are looked for until the deadline. */
  readonly waitForVm: boolean;
  /** What the server is called, where it is one of several: the wait begins with the command, and what is not found is a row. */
  readonly server?: string;
}

/** Where it is waited, on the clock of `performance.now()`. */
export interface Surroundings {
  readonly reporter: Reporter;
  readonly recording: RecordingFile | undefined;
  readonly state: StatePart | undefined;
  readonly signal: AbortSignal;
  /** When the command began. */
  readonly startedAt: number;
  /** Log-ins take turns, where there are many. */
  readonly logIns: Turns;
}

/** How a wait came out. */
export interface Outcome {
  readonly report: Report;
  /** Whether the events were read to the end at least once, or there was nothing to read them of. */
  readonly everRead: boolean;
  /** Whether any events were read. */
  readonly anyRead: boolean;
}

/** One run among those of the server. */
interface Run {
  readonly running: CustomizationWatch;
  readonly reads: ReadLog;
  begun: boolean;
  everRead: boolean;
}

/**
 * Waits for the VMs of one server.
 * @throws what keeps the wait from beginning
 */
export async function waitOnServer(job: ServerJob, surroundings: Surroundings): Promise<Outcome> {
  const { reporter } = surroundings;
  const inTime = beforeTheWait(hostOf(job.connection.url), job.options, surroundings.signal);
  const vcenter = await inTime(({ signal }) =>
    surroundings.logIns.take(() =>
      connectAs(job.connection, {
        signal,
        patienceSeconds: Math.min(job.options.timeoutSeconds ?? MOST_PATIENCE_S, MOST_PATIENCE_S),
        onRetry: (message) => reporter.warn(`${message}; trying again`),
      }),
    ),
  );
  try {
    if (job.saved !== undefined) {
      checkServer(vcenter, job.saved);
    }
    const names = job.saved === undefined ? job.names : idsOf(job.saved);
    const { datacenter } = job.connection;
    const looked = await inTime(({ signal }) => vcenter.lookUpEach(names, { signal, datacenter }));
    return await new ServerWait(vcenter, job, surroundings).toEnd(looked);
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

/** As long as it is waited at most; null for ever. */
export function timeoutOf({ timeoutSeconds }: MonitorOptions): number | null {
  return timeoutSeconds === undefined ? limits().options.timeoutSeconds : timeoutSeconds;
}

/** The VMs of a run that goes on; in this form no name of another VM fits. */
function idsOf({ report }: SavedRun): readonly string[] {
  return report.vms.map(({ vm }) => `VirtualMachine:${vm}`);
}

function checkServer(vcenter: NodeVCenter, { server, instanceUuid }: SavedRun): void {
  if (instanceUuid !== undefined && vcenter.instanceUuid !== undefined && instanceUuid !== vcenter.instanceUuid) {
    throw new UsageError(
      `--state holds a run on another vCenter (${server}) than ${vcenter.host}: give that server, or another file`,
    );
  }
}

/** The runs on one server: one of the VMs that are there, and one of each lot that appears later. */
class ServerWait {
  readonly #vcenter: NodeVCenter;
  readonly #job: ServerJob;
  readonly #surroundings: Surroundings;
  readonly #source: EventSource;
  readonly #runs: Run[] = [];
  /** Aborted when there is nothing more to look for. */
  readonly #stopped: LinkedController;
  readonly #counter = new TransitionCounter();
  /** What was found of each name, or its row where there is no VM; in the order asked for. */
  readonly #places: Map<string, readonly FoundVm[] | VmRow | undefined>;

  constructor(vcenter: NodeVCenter, job: ServerJob, surroundings: Surroundings) {
    this.#vcenter = vcenter;
    this.#job = job;
    this.#stopped = linkedTo(surroundings.signal);
    this.#surroundings = surroundings;
    this.#places = new Map(job.names.map((name) => [name, undefined]));
    const warn = (message: string): void => surroundings.reporter.warn(message);
    // A run of its own for each lot of VMs that appears.
    this.#source = job.waitForVm ? vcenter.shared(warn) : vcenter.events(warn);
  }

  /** Waits for those that were found, and for those that appear. */
  async toEnd(looked: LookupOfEach): Promise<Outcome> {
    try {
      return await this.#toEnd(looked);
    } finally {
      this.#stopped.release();
    }
  }

  async #toEnd({ found, problems }: LookupOfEach): Promise<Outcome> {
    const { saved, waitForVm, server } = this.#job;
    const { reporter } = this.#surroundings;
    if (saved !== undefined) {
      // Those that are gone by now are no mistake of whoever starts it.
      reporter.begin(saved.report.vms, saved.report.vms, saved.limit ?? { seconds: null });
      this.#begin(uniqueVms(found));
      return this.#outcome(await this.#reports());
    }
    const missing = waitForVm ? problems.filter(({ kind }) => kind === 'notFound') : [];
    const unclear = problems.filter((problem) => !missing.includes(problem));
    if (server === undefined && unclear.length > 0) {
      throw new LookupError(unclear);
    }
    if (missing.length > 0) {
      reporter.start(
        `no VM yet fits ${missing.map(({ input }) => `'${input}'`).join(', ')}: looking for it until the time is up`,
      );
    }
    this.#take(found);
    for (const problem of unclear) {
      reporter.warn(problem.message);
      this.#without(problem.input, rowOfProblem(problem));
    }
    await this.#search(missing.map(({ input }) => input));
    return this.#outcome(await this.#reports());
  }

  async #search(names: readonly string[]): Promise<void> {
    const { reporter, startedAt } = this.#surroundings;
    const seconds = timeoutOf(this.#job.options);
    // A run that is no run, for options that make no sense, is not to be waited for.
    const signal = this.#stopped.signal;
    const none = await searchVms({
      names,
      lookUp: (left, call) =>
        this.#vcenter.lookUpEach(left, { signal: call, datacenter: this.#job.connection.datacenter }),
      endsAt: seconds === null ? Number.POSITIVE_INFINITY : startedAt + seconds * 1000,
      signal,
      found: (found) => this.#take(found),
      unclear: (problem) => this.#without(problem.input, rowOfProblem(problem)),
      warn: (message) => reporter.warn(message),
    });
    for (const name of none) {
      this.#without(name, rowWithoutVm(name, signal.aborted ? 'cancelled' : 'timedOut', 'notFound'));
    }
  }

  /** Waits for VMs that have appeared. */
  #take(found: LookupOfEach['found']): void {
    const known = new Set(this.#vms().map(({ vm }) => vm));
    const seconds = timeoutOf(this.#job.options);
    for (const { input, vms } of found) {
      this.#places.set(input, vms);
    }
    this.#surroundings.reporter.begin(
      this.#inOrder(
        (vm) => vm,
        (name) => ({ vm: missingKey(name), name }),
      ),
      undefined,
      { seconds: seconds === null ? null : seconds - this.#lateBy() },
    );
    this.#begin(uniqueVms(found).filter(({ vm }) => !known.has(vm)));
  }

  /** Gives up a name. */
  #without(name: string, row: VmRow): void {
    this.#places.set(name, row);
    this.#surroundings.reporter.progress({ type: 'concluded', row }, () => row);
  }

  #begin(vms: readonly VmRef[]): void {
    const { options, push, saved, server } = this.#job;
    const { reporter, recording, state, signal } = this.#surroundings;
    if (vms.length === 0 && saved === undefined) {
      return;
    }
    const index = this.#runs.length;
    const reads = new ReadLog(this.#vcenter.host, saved?.everRead ?? false);
    const onProgress = (progress: Progress): void => {
      run.everRead ||= progress.type === 'read';
      run.begun ||= progress.type === 'started';
      if (progress.type === 'started' && saved === undefined) {
        limit = { ...limit, since: progress.serverTime };
      }
      reads.take(progress);
      const told = reads.withoutGuesses(later(this.#counted(progress, index), ago));
      if (told !== undefined) {
        reporter.progress(told, (vm) => running.rows([vm])[0]);
      }
      if (progress.type !== 'reading') {
        state?.changed();
      }
    };
    // As if it had begun with the command: the deadline, the window and the times are those of all.
    const ago = this.#lateBy();
    const since = ago === 0 ? {} : { requestedSecondsAgo: ago };
    let limit: TimeLimit = saved === undefined ? { seconds: timeoutOf(options) } : (saved.limit ?? { seconds: null });
    const running =
      saved === undefined
        ? watchCustomization(this.#source, vms, {
            ...options,
            ...since,
            push,
            onProgress,
            ...(recording === undefined ? {} : { onInput: recording.run(server) }),
          })
        : resumeCustomization(this.#source, saved.snapshot, { push, onProgress });
    const run: Run = { running, reads, begun: false, everRead: saved?.everRead ?? false };
    this.#runs.push(run);
    const { host, instanceUuid } = this.#vcenter;
    state?.begin(saved ?? { server: host, instanceUuid, names: this.#job.names }, () =>
      run.begun ? { everRead: run.everRead, limit, snapshot: running.snapshot() } : undefined,
    );
    const stop = (): void => {
      // Who interrupts it may go on with it: the file is left as it is before the rows are closed.
      state?.freeze();
      running.cancel();
    };
    signal.addEventListener('abort', stop);
    running.report.catch(() => this.#stopped.abort()).finally(() => signal.removeEventListener('abort', stop));
    if (signal.aborted) {
      stop();
    }
  }

  async #reports(): Promise<readonly Report[]> {
    const { reporter, state, signal } = this.#surroundings;
    const reports = await Promise.all(this.#runs.map(({ running }) => running.report));
    state?.write();
    for (const [index, { reads }] of this.#runs.entries()) {
      const trouble = reads.trouble(reports[index] as Report);
      if (trouble !== undefined) {
        reporter.warn(trouble);
      }
    }
    if (signal.aborted && this.#runs.some(({ begun }) => begun) && state?.broken === false) {
      reporter.warn(`interrupted: start again with --state ${state.path} to go on`);
    }
    return reports;
  }

  #outcome(reports: readonly Report[]): Outcome {
    const withoutVm = [...this.#places.values()].some((place) => place !== undefined && !Array.isArray(place));
    const [only] = reports;
    const report =
      only !== undefined && reports.length === 1 && !withoutVm
        ? only
        : mergedReport(reports, this.#rows(reports), this.#endedAtMs(reports), this.#counter);
    // With no run at all the server was read: it was asked for the VMs.
    const none = this.#runs.length === 0;
    return {
      report,
      everRead: none || this.#runs.some(({ everRead }) => everRead),
      anyRead: none || this.#runs.some(({ reads }) => reads.any),
    };
  }

  #rows(reports: readonly Report[]): readonly VmRow[] {
    const rows = new Map(reports.flatMap((report) => report.vms).map((row) => [row.vm, row]));
    return this.#inOrder(
      ({ vm }) => rows.get(vm),
      () => undefined,
    ).filter((row) => row !== undefined);
  }

  /** Something of each VM and of each name without one, in the order asked for. */
  #inOrder<T>(ofVm: (vm: FoundVm) => T, ofName: (name: string) => T): (T | VmRow)[] {
    const seen = new Set<string>();
    return [...this.#places].flatMap(([name, place]): (T | VmRow)[] => {
      if (place === undefined) {
        return [ofName(name)];
      }
      if (!isFound(place)) {
        return [place];
      }
      const vms = place.filter(({ vm }) => !seen.has(vm));
      for (const { vm } of vms) {
        seen.add(vm);
      }
      return vms.map(ofVm);
    });
  }

  #vms(): readonly FoundVm[] {
    return [...this.#places.values()].flatMap((place) => (place !== undefined && isFound(place) ? place : []));
  }

  /** For how many seconds the command has been running already, where a run is to be as if it had begun with it. */
  #lateBy(): number {
    const { waitForVm, server, options } = this.#job;
    const isLate = (waitForVm || server !== undefined) && options.rules !== 'published';
    return isLate ? (performance.now() - this.#surroundings.startedAt) / 1000 : 0;
  }

  #endedAtMs(reports: readonly Report[]): number {
    const last = Math.max(0, ...reports.map(({ endedAtMs }) => endedAtMs ?? 0));
    return Math.max(last, Math.floor(performance.now() - this.#surroundings.startedAt));
  }

  #counted(progress: Progress, run: number): Progress {
    if (progress.type !== 'transition' || !this.#job.waitForVm) {
      return progress;
    }
    const { transition } = progress;
    return { type: 'transition', transition: { ...transition, n: this.#counter.of(run, transition.n) } };
  }
}

function isFound(place: readonly FoundVm[] | VmRow): place is readonly FoundVm[] {
  return Array.isArray(place);
}

/** The beginning of a run that is told as earlier than it is, at vCenter's time of now. */
function later(progress: Progress, seconds: number): Progress {
  return progress.type === 'started' && seconds > 0
    ? { ...progress, serverTime: new Date(Date.parse(progress.serverTime) + seconds * 1000).toISOString() }
    : progress;
}

function uniqueVms(found: LookupOfEach['found']): readonly FoundVm[] {
  return [...new Map(found.flatMap(({ vms }) => vms).map((vm) => [vm.vm, vm])).values()];
}

function rowOfProblem({ input, kind, message }: LookupProblem): VmRow {
  return rowWithoutVm(input, 'unobservable', { kind: kind === 'notFound' ? 'notFound' : 'fatal', message });
}
