/** How the reads of a run went: whether there was ever one, and what kept the last one from being. */

import type { Report } from '../../types.js';
import type { Progress } from '../../watch/progress.js';

/** Follows the reads of one run. */
export class ReadLog {
  readonly #host: string;
  readonly #now: () => number;
  #any: boolean;
  #complete: boolean;
  #openSince: number | undefined;
  /** Why the last read came to nothing. */
  #problem: string | undefined;

  /** @param complete - whether the run goes on with one that has read already */
  constructor(host: string, complete = false, now: () => number = () => performance.now()) {
    this.#host = host;
    this.#any = complete;
    this.#complete = complete;
    this.#now = now;
  }

  /** Whether any events were read, be it only in part. */
  get any(): boolean {
    return this.#any;
  }

  /** Takes what happened. */
  take(progress: Progress): void {
    switch (progress.type) {
      case 'reading':
        this.#giveUp();
        this.#openSince = this.#now();
        break;
      case 'read':
        this.#any = true;
        this.#complete = true;
        this.#openSince = undefined;
        this.#problem = undefined;
        break;
      case 'ingested':
        this.#any = true;
        break;
      case 'readFailed':
        // One VM that was refused has a row of its own.
        if (progress.failure.vm === undefined) {
          this.#openSince = undefined;
          this.#problem = progress.failure.message ?? progress.failure.kind;
        }
        break;
      default:
        break;
    }
  }

  /** What may be told of it while nothing was read: no guess at what the events would say. */
  withoutGuesses(progress: Progress): Progress | undefined {
    if (this.#any) {
      return progress;
    }
    if (progress.type === 'concluded') {
      return { ...progress, row: { ...progress.row, hint: null } };
    }
    return progress.type === 'stuck' ? undefined : progress;
  }

  /** To be asked when the run has ended: what kept the last read, or all of them, from coming to something. */
  trouble(report: Report): string | undefined {
    if (report.vms.some((row) => row.conclusion === 'cancelled')) {
      // Whoever ended the wait has given up the read, not the server.
      this.#openSince = undefined;
    }
    this.#giveUp();
    // A wait that had its results, or was called off, has given up whatever it read just then.
    const timedOut = report.vms.some((row) => row.conclusion === 'timedOut');
    if (this.#complete && (this.#problem === undefined || !timedOut)) {
      return undefined;
    }
    const what = this.#complete ? 'the last read of the events failed' : 'the events were never read to the end';
    if (this.#problem === undefined) {
      return `${what}: the wait was over before the first read`;
    }
    const why = this.#problem;
    return `${what}: ${why.includes(this.#host) ? '' : `${this.#host}: `}${why}`;
  }

  #giveUp(): void {
    if (this.#openSince !== undefined) {
      const seconds = Math.round((this.#now() - this.#openSince) / 100) / 10;
      this.#problem = `no answer from ${this.#host} to reading the events within ${seconds} s`;
      this.#openSince = undefined;
    }
  }
}
