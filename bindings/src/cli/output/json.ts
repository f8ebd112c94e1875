/** Newline-delimited JSON: each transition as it comes, and the report last. */

import type { Report, Transition, VmRow } from '../../types.js';
import { sanitizeForTerminal } from '../../util/visible.js';
import type { Progress } from '../../watch/progress.js';
import { whatToDo, withWhatToDo } from '../../what-to-do.js';
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

  progress(progress: Progress, rowOf: (vm: string) => VmRow | undefined): void {
    this.#warnings.progress(progress);
    if (progress.type === 'transition' && !this.#isQuiet) {
      this.#out.write(jsonLine(stepOf(progress.transition, rowOf(progress.transition.vm))));
    }
  }

  warn(message: string): void {
    this.#err.write(`${sanitizeForTerminal(message)}\n`);
  }

  end(report: Report): void {
    this.#out.write(jsonLine(withWhatToDo(report)));
  }

  close(): void {
    // Nothing of the terminal was changed.
  }
}

/** A transition with what the row knows of it. */
function stepOf(transition: Transition, row: VmRow | undefined): object {
  // A row that is in another attempt already knows nothing of this one.
  const own = (row?.attempt ?? transition.attempt) === transition.attempt ? row : undefined;
  const { n, vm, name, ...rest } = transition;
  const step = { n, vm, name, serverTime: serverTimeOf(transition, own), ...rest };
  if (transition.to !== 'CustomizationFailed' || own === undefined) {
    return step;
  }
  const advice = whatToDo(own);
  return {
    ...step,
    ...(own.failure ? { failure: own.failure } : {}),
    ...(advice === undefined ? {} : { whatToDo: advice }),
  };
}

function serverTimeOf({ to }: Transition, row: VmRow | undefined): string | null {
  switch (to) {
    case 'VmNotStarted':
      return null;
    case 'CustomizationNotStarted':
      return row?.poweredOnAt ?? null;
    case 'CustomizationStarted':
      return row?.startedAt ?? null;
    case 'CustomizationSucceeded':
    case 'CustomizationFailed':
      return row?.finishedAt ?? null;
  }
}
