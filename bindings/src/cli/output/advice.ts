/** What to do about what went wrong, under the table at the end. */

import type { Labels } from '../../messages.js';
import type { Report } from '../../types.js';
import { sanitizeForTerminal } from '../../util/visible.js';
import { withWhatToDo } from '../../what-to-do.js';
import { wrapped } from './text.js';

// Of the VMs that have one kind of trouble.
const MOST_NAMES = 5;

const WIDTH = 80;

/**
 * One paragraph for each kind of trouble; none where there is nothing to do.
 * @param width - of a terminal
 */
export function adviceLines(report: Report, labels: Labels, width = WIDTH): string[] {
  const paragraphs = (withWhatToDo(report).whatToDo ?? []).flatMap((advice) => [
    '',
    ...indented(`${advice.headline}: ${namesText(advice.vms.map((vm) => labels.of(vm)))}`, '', width),
    ...indented(advice.cause, '  ', width),
    ...advice.steps.flatMap((step, index) => indented(step, '     ', width, `  ${index + 1}. `)),
    ...(advice.logPath === undefined ? [] : indented(`Log: ${advice.logPath}`, '  ', width)),
    ...indented(`See: ${advice.source}`, '  ', width),
  ]);
  return paragraphs.length === 0 ? [] : ['', 'What to do', '----------', ...paragraphs.slice(1)];
}

function indented(text: string, indent: string, width: number, first = indent): string[] {
  // A command stays in one line, to be copied.
  const whole = sanitizeForTerminal(text).replace(/`[^`]*`/g, (command) => command.replaceAll(' ', '\u00A0'));
  return wrapped(whole, Math.max(1, width - indent.length)).map(
    (line, index) => (index === 0 ? first : indent) + line.replaceAll('\u00A0', ' '),
  );
}

function namesText(names: readonly string[]): string {
  const more = names.length - MOST_NAMES;
  return more > 0 ? `${names.slice(0, MOST_NAMES).join(', ')} and ${more} more` : names.join(', ');
}
