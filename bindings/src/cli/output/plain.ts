/** A line for each step: for logs, pipes and people without a terminal. */

import { clockText, conclusionLine, failureText, Labels, stuckLine, summary, transitionLine } from '../../messages.js';
import type { Report, VmRef, VmRow } from '../../types.js';
import { sanitizeForTerminal } from '../../util/visible.js';
import type { Progress } from '../../watch/progress.js';
import { adviceLines } from './advice.js';
import type { Output, Reporter } from './reporter.js';
import { resultTable } from './result-table.js';
import { Warnings } from './warnings.js';

/** With more of them only their number is said. */
const NAMED = 5;

/** How much it says. */
export interface PlainOptions {
  /** Nothing but the table, and what goes wrong. */
  readonly isQuiet: boolean;
  /** After how long a silence to say that the wait goes on; null for never. */
  readonly heartbeatSeconds: number | null;
}

/**
 * Writes lines, and the table at the end. Both are results, and go to standard output as the script's did; that it begins and
 * goes on is said on standard error.
 */
export class PlainReporter implements Reporter {
  readonly #out: Output;
  readonly #err: Output;
  readonly #options: PlainOptions;
  readonly #warnings = new Warnings((message) => this.warn(message));
  #open = new Set<string>();
  readonly #done = new Set<string>();
  #labels = new Labels([]);
  readonly #startedAt = performance.now();
  #beating: NodeJS.Timeout | undefined;

  constructor(out: Output, err: Output, options: PlainOptions) {
    this.#out = out;
    this.#err = err;
    this.#options = options;
  }

  start(text: string): void {
    if (!this.#options.isQuiet) {
      this.warn(text);
    }
  }

  begin(vms: readonly VmRef[], rows: readonly VmRow[] = []): void {
    this.#labels = new Labels(vms);
    for (const { vm } of rows.filter(({ conclusion }) => (conclusion ?? null) !== null)) {
      this.#done.add(vm);
    }
    this.#open = new Set(vms.map(({ vm }) => vm).filter((vm) => !this.#done.has(vm)));
    this.#beat();
  }

  progress(progress: Progress, rowOf: (vm: string) => VmRow | undefined): void {
    this.#warnings.progress(progress);
    if (progress.type === 'transition') {
      const { transition } = progress;
      const line = transitionLine(transition, this.#labels.of(transition.vm));
      const row = transition.to === 'CustomizationFailed' ? rowOf(transition.vm) : undefined;
      this.#line(row === undefined ? line : `${line}: ${failureText(row)}`);
    } else if (progress.type === 'concluded') {
      this.#open.delete(progress.row.vm);
      this.#done.add(progress.row.vm);
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
    this.#beat();
  }

  end(report: Report, anyRead = true): void {
    this.close();
    const table = resultTable(report, this.#labels, anyRead);
    const lines = this.#options.isQuiet ? table : ['', ...table, ...adviceLines(report, this.#labels)];
    this.#out.write(`${lines.join('\n')}\n`);
    if (!this.#options.isQuiet) {
      this.#err.write(`${summary(report)}\n`);
    }
  }

  close(): void {
    clearTimeout(this.#beating);
    this.#open.clear();
  }

  #line(text: string): void {
    if (!this.#options.isQuiet) {
      this.#out.write(`${sanitizeForTerminal(text)}\n`);
      this.#beat();
    }
  }

  /** Says after a silence that the wait goes on: a log that stands still looks like a process that does. */
  #beat(): void {
    clearTimeout(this.#beating);
    const { isQuiet, heartbeatSeconds } = this.#options;
    if (isQuiet || heartbeatSeconds === null || this.#open.size === 0) {
      return;
    }
    this.#beating = setTimeout(() => {
      const vms = [...this.#open].map((vm) => this.#labels.of(vm));
      const named = vms.length > NAMED ? `${vms.length} VMs` : vms.join(', ');
      this.warn(`still waiting for ${named}, ${clockText(performance.now() - this.#startedAt)} since the start`);
    }, heartbeatSeconds * 1000);
    this.#beating.unref();
  }
}
