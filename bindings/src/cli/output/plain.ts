/** A line for each step: for logs, pipes and people without a terminal. */

import { conclusionLine, Labels, stuckLine, summary, transitionLine } from '../../messages.js';
import type { Report, VmRef } from '../../types.js';
import { sanitizeForTerminal } from '../../util/visible.js';
import type { Progress } from '../../watch/progress.js';
import type { Output, Reporter } from './reporter.js';
import { resultTable } from './result-table.js';
import { Warnings } from './warnings.js';

/** Writes lines, and the table at the end. Both are results, and go to standard output as the script's did. */
export class PlainReporter implements Reporter {
  readonly #out: Output;
  readonly #err: Output;
  readonly #warnings = new Warnings((message) => this.warn(message));
  #labels = new Labels([]);

  constructor(out: Output, err: Output) {
    this.#out = out;
    this.#err = err;
  }

  begin(vms: readonly VmRef[]): void {
    this.#labels = new Labels(vms);
  }

  progress(progress: Progress): void {
    this.#warnings.progress(progress);
    if (progress.type === 'transition') {
      this.#line(transitionLine(progress.transition, this.#labels.of(progress.transition.vm)));
    } else if (progress.type === 'concluded') {
      const line = conclusionLine(progress.row, this.#labels.of(progress.row.vm));
      if (line !== undefined) {
        this.#line(line);
      }
    } else if (progress.type === 'stuck') {
      this.#line(stuckLine(progress.hint, this.#labels.of(progress.vm)));
    }
  }

  warn(message: string): void {
    this.#err.write(`${sanitizeForTerminal(message)}\n`);
  }

  end(report: Report, anyRead = true): void {
    this.#out.write(`\n${resultTable(report, this.#labels, anyRead).join('\n')}\n`);
    this.#err.write(`${summary(report)}\n`);
  }

  close(): void {
    // Nothing of the terminal was changed.
  }

  #line(text: string): void {
    this.#out.write(`${sanitizeForTerminal(text)}\n`);
  }
}
