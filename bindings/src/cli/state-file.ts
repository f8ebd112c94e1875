/** The file of `--state`: a run that survives the process that began it. */
import { readFileSync } from 'node:fs';
import { Monitor } from '../core/monitor.js';
import { SnapshotError } from '../errors.js';
import type { Report, Snapshot } from '../types.js';
import { UsageError } from './input/usage.js';
import { checkReplaceable, fileProblem, replaceFile } from './output/private-file.js';
import type { TimeLimit } from './output/reporter.js';

const FORMAT = 'vm-customization-state/1';

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

/** A run as the file has it. */
export interface SavedRun extends StateOwner {
  readonly snapshot: Snapshot;
  /** Whether the events were read to the end at least once. */
  readonly everRead: boolean;
  /** When it ends; absent in a file that does not say it. */
  readonly limit?: TimeLimit;
  /** The rows at the time of the snapshot. */
  readonly report: Report;
}

/** What changes of a run. */
export type RunState = Pick<SavedRun, 'snapshot' | 'everRead' | 'limit'>;

/** The file, and what is in it. */
export class StateFile {
  readonly path: string;
  readonly #warn: (message: string) => void;
  #timer: NodeJS.Timeout | undefined;
  #content: (() => string | undefined) | undefined;
  #broken = false;

  constructor(path: string, warn: (message: string) => void) {
    this.path = path;
    this.#warn = warn;
  }

  /**
   * The run in the file; undefined when there is no file, or an empty one. The core must have been loaded.
   * @throws {@link UsageError} when it holds something else
   */
  read(): SavedRun | undefined {
    let text: string;
    try {
      text = readFileSync(this.path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
        return undefined;
      }
      throw new UsageError(
        `--state ${this.path} cannot be read (${fileProblem(error)}): check the path and its permissions`,
      );
    }
    return text.trim() === '' ? undefined : this.#parsed(text);
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

  /** Keeps the file up to date from here on: `content` is called some time after each change. */
  begin(owner: StateOwner, current: () => RunState | undefined): void {
    this.#content = () => {
      const now = current();
      const { server, instanceUuid, names } = owner;
      return now === undefined
        ? undefined
        : `${JSON.stringify({ format: FORMAT, server, instanceUuid, names, ...now })}\n`;
    };
  }

  /** Something has changed. */
  changed(): void {
    this.#timer ??= setTimeout(() => this.write(), WRITE_DELAY_MS);
  }

  /** Writes what there is, now. */
  write(): void {
    this.stop();
    try {
      const text = this.#content?.();
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

  /** Whether the last change could not be written. */
  get broken(): boolean {
    return this.#broken;
  }

  /** Writes what there is, and nothing from here on: what comes now is not how the run is to go on. */
  freeze(): void {
    this.write();
    this.#content = undefined;
  }

  /** Writes no more by itself. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #parsed(text: string): SavedRun {
    const unusable = (why: string): UsageError =>
      new UsageError(
        `--state ${this.path} cannot be used: ${why}; remove the file to begin anew, or give another path`,
      );
    let state: Partial<SavedRun> & { format?: unknown };
    try {
      state = (JSON.parse(text) ?? {}) as typeof state;
    } catch {
      throw unusable('it is not the JSON that this command writes');
    }
    if (state.format !== FORMAT || !isList(state.names) || typeof state.server !== 'string') {
      throw unusable(`it is not of the format ${FORMAT}`);
    }
    const { snapshot, names, server, instanceUuid, everRead, limit } = state;
    try {
      // The time does not matter: only the rows are looked at.
      const monitor = Monitor.restore(snapshot ?? {}, new Date(), 0, { timeDownCounts: false });
      const report = monitor.report();
      monitor.dispose();
      const run = { snapshot: snapshot ?? {}, names, server, instanceUuid, everRead: everRead === true, report };
      return isLimit(limit) ? { ...run, limit } : run;
    } catch (error) {
      if (error instanceof SnapshotError) {
        throw unusable(error.message);
      }
      throw error;
    }
  }
}

function isLimit(value: unknown): value is TimeLimit {
  const { seconds, since } = (value ?? {}) as Partial<TimeLimit>;
  return (seconds === null || typeof seconds === 'number') && typeof since === 'string';
}

function isList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
