/** Reads beside those of the machine: after a push has begun, and while one that should be there is not. */
import { Pace } from '../source/pace.js';
import type { EventQuery } from '../types.js';

/** Between two reads where the source pushes events: they are only for what the push has missed. */
export const SAFETY_READ_S = 60;

// What the machine itself asks for where nothing is pushed.
const POLL_MS = 15_000;

/** Knows when such a read is due. Times are milliseconds of host time since the start of the run. */
export class GapReads {
  readonly #polls: boolean;
  #query: EventQuery | undefined;
  #pushing = false;
  #gap = false;
  /** A push that misses something all the time must not be made good as fast as it says so. */
  readonly #pace = new Pace();
  #nextGapReadMs = Number.NEGATIVE_INFINITY;
  /** When the last read was answered well; undefined while one is open, and after a failure, which is the machine's. */
  #quietSince: number | undefined;

  /** @param polls - whether to read in place of a push that is not there: the machine's own interval is a long one */
  constructor(polls: boolean) {
    this.#polls = polls;
  }

  /** A read begins, whoever asked for it. Events from before this moment are its business. */
  asked(query: EventQuery): void {
    this.#query = query;
    this.#gap = false;
    this.#quietSince = undefined;
  }

  /** Other VMs are watched: nothing more is read of those that went. */
  changed(vms: ReadonlySet<string>): void {
    if (this.#query !== undefined) {
      this.#query = { ...this.#query, vms: this.#query.vms.filter((vm) => vms.has(vm)) };
    }
  }

  /** A read was answered. */
  answered(nowMs: number): void {
    this.#quietSince = nowMs;
  }

  /** A read or the session has failed. The machine reads again, and that closes any gap. */
  failed(): void {
    this.#quietSince = undefined;
  }

  /** Events are pushed from here on; those just before may be missing. */
  pushBegun(): void {
    this.#pushing = true;
    this.#gap = true;
  }

  /** What was pushed is not all there is. */
  missed(): void {
    this.#gap = true;
  }

  /** Events are no longer pushed. */
  pushEnded(): void {
    this.#pushing = false;
  }

  /** When to read. */
  get dueMs(): number {
    if (this.#quietSince === undefined || this.latest.vms.length === 0) {
      return Number.POSITIVE_INFINITY;
    }
    if (this.#gap) {
      return Math.max(this.#quietSince, this.#nextGapReadMs);
    }
    return this.#polls && !this.#pushing ? this.#quietSince + POLL_MS : Number.POSITIVE_INFINITY;
  }

  /** What the machine asked for last. */
  get latest(): EventQuery {
    if (this.#query === undefined) {
      throw new Error('nothing was read yet');
    }
    return this.#query;
  }

  /** What to read at this time. */
  query(nowMs: number): EventQuery {
    if (this.#gap) {
      this.#nextGapReadMs = nowMs + this.#pace.next(nowMs);
    }
    return { ...this.latest, reason: this.#gap ? 'push' : 'poll', timeoutMs: null };
  }
}
