/** Newline-delimited JSON: each transition as it comes, and the report last. */

import type { Report, Transition, VmRow } from '../../types.js';
import { sanitizeForTerminal } from '../../util/visible.js';
import type { Progress } from '../../watch/progress.js';
import { whatToDo, withWhatToDo } from '../../what-to-do.js';
import { serverOf, vmOf, vmOrName } from '../vm-keys.js';
import type { Output, Reporter, ServerReport } from './reporter.js';
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

  end(report: Report, _anyRead: boolean, servers?: readonly ServerReport[]): void {
    this.#out.write(
      jsonLine(
        servers === undefined
          ? outward(report)
          : {
              format: 'vm-customization-reports/1',
              reports: servers.map((each) => ({ server: each.server, report: outward(each.report) })),
            },
      ),
    );
  }

  close(): void {
    // Nothing of the terminal was changed.
  }
}

/** A transition with what the row knows of it, and its server where there are several. */
function stepOf(transition: Transition, row: VmRow | undefined): object {
  // A row that is in another attempt already knows nothing of this one.
  const own = (row?.attempt ?? transition.attempt) === transition.attempt ? row : undefined;
  const { n, vm, name, ...rest } = transition;
  const server = serverOf(vm);
  const step = {
    ...(server === null ? {} : { server }),
    n,
    vm: vmOf(vm),
    name,
    serverTime: serverTimeOf(transition, own),
    ...rest,
  };
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

/** The report as the format has it: no key in place of a VM. */
function outward(report: Report): object {
  const { whatToDo: advice, ...rest } = withWhatToDo(report);
  return {
    ...rest,
    vms: rest.vms.map((row) => ({ ...row, vm: vmOf(row.vm) })),
    ...(advice === undefined ? {} : { whatToDo: advice.map((each) => ({ ...each, vms: each.vms.map(vmOrName) })) }),
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
