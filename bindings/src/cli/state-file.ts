/** The file of `--state`: runs that survive the process that began them. */
import { Monitor } from '../core/monitor.js';
import { SnapshotError } from '../errors.js';
import type { Report, Snapshot } from '../types.js';
import { UsageError } from './input/usage.js';
import { checkReplaceable, fileProblem, readReplaceable, replaceFile } from './output/private-file.js';
import type { TimeLimit } from './output/reporter.js';

const FORMAT = 'vm-customization-state/1';
const SERVERS_FORMAT = 'vm-customization-states/1';

// Changes that come together are written together; what a crash in between loses is read again.
const WRITE_DELAY_MS = 200;

/** Whose run it is. */
export interface StateOwner {
  readonly server: string;
  /** Tells vCenters apart: the ids of VMs mean nothing in another one. */
  readonly instanceUuid: string | undefined;
  /** The VMs as they were named on the command line, to notice a file that belongs to another run. */
  readonly names: readonly string[];
}

/** A run as it is written. */
interface WrittenRun extends StateOwner {
  /** Whether the events were read to the end at least once. */
  readonly everRead: boolean;
  /** When it ends; absent in a file that does not say it. */
  readonly limit?: TimeLimit;
  readonly snapshot: Snapshot;
}

/** What changes of a run. */
export type RunState = Omit<WrittenRun, keyof StateOwner>;

/** A run as the file has it. */
export interface SavedRun extends WrittenRun {
  /** The rows at the time of the snapshot. */
  readonly report: Report;
}

/** The part of the file that one run has. */
export interface StatePart {
  readonly path: string;
  /** Whether the last change could not be written. */
  readonly broken: boolean;
  /** Keeps the file up to date from here on: `current` is called some time after each change. */
  begin(owner: StateOwner, current: () => RunState | undefined): void;
  /** Something has changed. */
  changed(): void;
  /** Writes what there is, now. */
  write(): void;
  /** Writes what there is, and nothing of this run from here on: what comes now is not how it is to go on. */
  freeze(): void;
}

/** The file, and what is in it: one run, or one of each of several servers by what they are called. */
export class StateFile {
  readonly path: string;
  readonly #warn: (message: string) => void;
  readonly #several: boolean;
  readonly #runs = new Map<string, () => WrittenRun | undefined>();
  #timer: NodeJS.Timeout | undefined;
  #frozen: Promise<void> | undefined;
  #broken = false;

  constructor(path: string, warn: (message: string) => void, several = false) {
    this.path = path;
    this.#warn = warn;
    this.#several = several;
  }

  /**
   * The runs in the file, of a single server under the empty name; none when there is no file, or an empty one. The core must
   * have been loaded.
   * @throws {@link UsageError} when it holds something else
   */
  read(): ReadonlyMap<string, SavedRun> {
    let text: string;
    try {
      text = readReplaceable(this.path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
        return new Map();
      }
      throw new UsageError(
        `--state ${this.path} cannot be read (${fileProblem(error)}): check the path and its permissions`,
      );
    }
    const saved = text.trim() === '' ? new Map<string, SavedRun>() : this.#parsed(text);
    for (const [server, { report: _, ...run }] of saved) {
      // A server that does not answer today has its run tomorrow.
      this.#runs.set(server, () => run);
    }
    return saved;
  }

  /**
   * Makes sure that the file can be written, before anything is waited for.
   * @throws {@link UsageError} when it cannot
   */
  check(): void {
    try {
      checkReplaceable(this.path);
    } catch (error) {
      throw new UsageError(
        `--state ${this.path} cannot be written (${fileProblem(error)}): check the path and its permissions`,
      );
    }
  }

  /** The part of one server. */
  part(server = ''): StatePart {
    const [file, runs] = [this, this.#runs];
    return {
      path: this.path,
      get broken() {
        return file.#broken;
      },
      begin: ({ server: host, instanceUuid, names }, current) => {
        const before = runs.get(server);
        runs.set(server, () => {
          const now = current();
          return now === undefined ? before?.() : { server: host, instanceUuid, names, ...now };
        });
      },
      changed: () => {
        this.#timer ??= setTimeout(() => this.#write(), WRITE_DELAY_MS);
      },
      write: () => this.#write(),
      freeze: () => {
        const run = runs.get(server)?.();
        runs.set(server, () => run);
        // Once for all that are interrupted together.
        this.#frozen ??= Promise.resolve().then(() => {
          this.#frozen = undefined;
          this.#write();
        });
      },
    };
  }

  /** Writes no more by itself. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #write(): void {
    this.stop();
    try {
      const text = this.#text();
      if (text !== undefined) {
        replaceFile(this.path, text);
        this.#broken = false;
      }
    } catch (error) {
      if (!this.#broken) {
        this.#broken = true;
        this.#warn(
          `--state ${this.path} cannot be written (${fileProblem(error)}), and stays as it was before; waiting on without it`,
        );
      }
    }
  }

  #text(): string | undefined {
    const runs = [...this.#runs].flatMap(([server, run]) => {
      const now = run();
      return now === undefined ? [] : [[server, now] as const];
    });
    const [first] = runs;
    if (first === undefined) {
      return undefined;
    }
    return `${JSON.stringify(this.#several ? { format: SERVERS_FORMAT, servers: Object.fromEntries(runs) } : { format: FORMAT, ...first[1] })}\n`;
  }

  #parsed(text: string): ReadonlyMap<string, SavedRun> {
    let state: { format?: unknown; servers?: unknown };
    try {
      state = (JSON.parse(text) ?? {}) as typeof state;
    } catch {
      throw this.#unusable('it is not the JSON that this command writes');
    }
    const format = this.#several ? SERVERS_FORMAT : FORMAT;
    if (state.format !== format) {
      throw this.#unusable(`it is not of the format ${format}, of ${this.#several ? 'several servers' : 'one server'}`);
    }
    const runs = this.#several ? Object.entries(state.servers ?? {}) : [['', state] as const];
    return new Map(runs.map(([server, run]) => [server, this.#run(run as Partial<WrittenRun> | null, format)]));
  }

  #run(run: Partial<WrittenRun> | null, format: string): SavedRun {
    const { snapshot = {}, names, server, instanceUuid, everRead, limit } = run ?? {};
    if (!isList(names) || typeof server !== 'string') {
      throw this.#unusable(`it is not of the format ${format}`);
    }
    try {
      // The time does not matter: only the rows are looked at.
      const monitor = Monitor.restore(snapshot, new Date(), 0, { timeDownCounts: false });
      const report = monitor.report();
      monitor.dispose();
      const saved = { server, instanceUuid, names, everRead: everRead === true, snapshot, report };
      return isLimit(limit) ? { ...saved, limit } : saved;
    } catch (error) {
      if (error instanceof SnapshotError) {
        throw this.#unusable(error.message);
      }
      throw error;
    }
  }

  #unusable(why: string): UsageError {
    return new UsageError(
      `--state ${this.path} cannot be used: ${why}; remove the file to begin anew, or give another path`,
    );
  }
}

function isLimit(value: unknown): value is TimeLimit {
  const { seconds, since } = (value ?? {}) as Partial<TimeLimit>;
  return (seconds === null || typeof seconds === 'number') && typeof since === 'string';
}

function isList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
