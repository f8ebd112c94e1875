/** A report, for people. */
import type { Report, VmRow } from 'vm-customization';
import { visibleText } from '../visible.js';
import { table } from './table.js';

/** What each column says of a VM; one that says nothing of any is left out. */
const COLUMNS: readonly (readonly [heading: string, of: (row: VmRow) => string])[] = [
  ['VM', ({ vm, name }) => name ?? vm],
  ['CustomizationStatus', ({ customizationStatus }) => customizationStatus],
  ['Conclusion', ({ conclusion }) => conclusion ?? '-'],
  ['Ready at', ({ readyAt }) => readyAt ?? ''],
  ['Reason', reasonOf],
];

/** The rows of a report, and below them what to do about what went wrong. */
export function reportText(report: Report): string {
  const { vms } = report;
  const shown = COLUMNS.filter(([, of]) => vms.some((row) => of(row) !== ''));
  const rows = table(
    shown.map(([heading]) => heading),
    vms.map((row) => shown.map(([, of]) => of(row))),
  );
  return [rows, ...adviceOf(report)].join('\n');
}

function reasonOf({ failure, error, hint }: VmRow): string {
  if (failure !== null && failure !== undefined) {
    return [failure.type, failure.reason ?? failure.message].filter(Boolean).join(': ');
  }
  return error?.message ?? hint ?? '';
}

/** One paragraph for each kind of trouble. */
function adviceOf({ vms, whatToDo = [] }: Report): string[] {
  const names = new Map(vms.map(({ vm, name }) => [vm, name ?? vm]));
  return whatToDo.map((advice) =>
    [
      `${advice.headline}: ${advice.vms.map((vm) => names.get(vm) ?? vm).join(', ')}`,
      `  ${advice.cause}`,
      ...advice.steps.map((step, index) => `  ${index + 1}. ${step}`),
      ...(advice.logPath === undefined ? [] : [`  Log: ${advice.logPath}`]),
      `  See: ${advice.source}`,
    ]
      .map((line) => `${visibleText(line)}\n`)
      .join(''),
  );
}
