/** Newline-delimited JSON: each transition as it comes, and the report last. */

import type { Report } from '../../types.js';
import { sanitizeForTerminal } from '../../util/visible.js';
import type { Progress } from '../../watch/progress.js';
import type { Output, Reporter } from './reporter.js';
import { jsonLine } from './text.js';
import { Warnings } from './warnings.js';

/** Writes the shapes of the report format, and nothing else, to standard output. */
export class JsonReporter implements Reporter {
  readonly #out: Output;
  readonly #err: Output;
  readonly #isQuiet: boolean;
  readonly #warnings = new Warnings((message) => this.warn(message));

  constructor(out: Output, err: Output, isQuiet: boolean) {
    this.#out = out;
    this.#err = err;
    this.#isQuiet = isQuiet;
  }

  start(): void {
    // Nothing but results.
  }

  begin(): void {
    // The report names the VMs.
  }

  progress(progress: Progress): void {
    this.#warnings.progress(progress);
    if (progress.type === 'transition' && !this.#isQuiet) {
      this.#out.write(jsonLine(progress.transition));
    }
  }

  warn(message: string): void {
    this.#err.write(`${sanitizeForTerminal(message)}\n`);
  }

  end(report: Report): void {
    this.#out.write(jsonLine(report));
  }

  close(): void {
    // Nothing of the terminal was changed.
  }
}
