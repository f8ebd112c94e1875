/** The table at the end. */

import { clockText, type Labels, reasonOf } from '../../messages.js';
import type { Report, VmRow } from '../../types.js';
import { sanitizeForTerminal } from '../../util/visible.js';
import { tableLines } from './table.js';
import { columns, cutMiddle, wrapped } from './text.js';

/** Which columns make way where a table is too wide, and to how many columns of the terminal at least. */
const MAKE_WAY = [
  { place: 1, least: 10 },
  { place: 0, least: 8 },
];

/** As wide as a terminal is for as long as nobody makes it narrower: a table fits. */
const USUAL_WIDTH = 80;

const COLUMNS = [
  { heading: 'Server', optional: true },
  { heading: 'VM' },
  { heading: 'CustomizationStatus' },
  { heading: 'Elapsed', optional: true },
  { heading: 'Ready at', optional: true },
];

/** What is too wide for a table goes below its row, indented by this. */
const INDENT = '  ';

/**
 * VM and status, with the time from the power-on to the result, when its guest was ready, the reason and the log's place
 * where there are any.
 * @param anyRead - whether any events were read
 * @param width - of a terminal: where a line would be wider, reasons go below their rows. Where even that is too wide, names
 *   are cut in the middle on one of a usual width, and on a narrow one the status goes below too
 */
export function resultTable(report: Report, labels: Labels, anyRead = true, width?: number): string[] {
  const rows = report.vms.map((row) => ({
    label: labels.of(row.vm),
    cells: [...labels.columns(row.vm), row.customizationStatus, elapsedText(row), row.readyAt ?? ''],
    reason: reasonOf(row, anyRead),
    log: row.failure?.logLocation ?? '',
  }));
  const wide = tableLines(
    [...COLUMNS, { heading: 'Reason', optional: true }, { heading: 'Log location', optional: true }],
    rows.map(({ cells, reason, log }) => [...cells, reason, log]),
  );
  if (width === undefined || wide.every((line) => columns(line) <= width)) {
    return wide;
  }
  const cells = rows.map((row) => row.cells);
  const [heading = '', rule = '', ...lines] = tableLines(COLUMNS, width < USUAL_WIDTH ? cells : fitted(cells, width));
  const isTooNarrow = lines.some((line) => columns(line) > width);
  const below = (text: string): string[] =>
    wrapped(sanitizeForTerminal(text), width - INDENT.length).map((line) => INDENT + line);
  return [
    ...(isTooNarrow ? ['VM', '--'] : [heading, rule]),
    ...rows.flatMap(({ label, cells, reason, log }, index) => [
      ...(isTooNarrow
        ? [sanitizeForTerminal(label), ...below(cells.slice(2).filter(Boolean).join('  '))]
        : [lines[index] ?? '']),
      ...(reason === '' ? [] : below(reason)),
      ...(log === '' ? [] : below(`log: ${log}`)),
    ]),
  ];
}

/** The cells, with names cut as far as the lines are too wide. */
function fitted(cells: readonly (readonly string[])[], width: number): readonly (readonly string[])[] {
  let fitting = cells.map((row) => row.map(sanitizeForTerminal));
  for (const { place, least } of MAKE_WAY) {
    const over = Math.max(...tableLines(COLUMNS, fitting).map(columns)) - width;
    if (over > 0) {
      const room = Math.max(least, Math.max(...fitting.map((row) => columns(row[place] ?? ''))) - over);
      fitting = fitting.map((row) => row.map((cell, index) => (index === place ? cutMiddle(cell, room) : cell)));
    }
  }
  return fitting;
}

function elapsedText({ poweredOnAt, finishedAt }: VmRow): string {
  return poweredOnAt && finishedAt ? clockText(Math.max(0, Date.parse(finishedAt) - Date.parse(poweredOnAt))) : '';
}
