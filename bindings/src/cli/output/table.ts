/** Tables of plain text. */
import { sanitizeForTerminal } from '../../util/visible.js';
import { columns, padded } from './text.js';

const GAP = '  ';

/** One column: its heading, and whether it is shown when every cell is empty. */
export interface Column {
  readonly heading: string;
  readonly optional?: boolean;
}

/** The lines of a table. A cell holds one line of neutral text; nothing is cut. */
export function tableLines(columnList: readonly Column[], rows: readonly (readonly string[])[]): string[] {
  const cells = rows.map((row) => row.map(sanitizeForTerminal));
  const shown = columnList
    .map((column, index) => ({ column, index }))
    .filter(({ column, index }) => column.optional !== true || cells.some((row) => (row[index] ?? '') !== ''));
  const widths = shown.map(({ column, index }) =>
    Math.max(columns(column.heading), ...cells.map((row) => columns(row[index] ?? ''))),
  );
  const line = (texts: readonly string[]): string =>
    texts
      .map((text, place) => padded(text, widths[place] ?? 0))
      .join(GAP)
      .trimEnd();
  return [
    line(shown.map(({ column }) => column.heading)),
    line(shown.map(({ column }) => '-'.repeat(columns(column.heading)))),
    ...cells.map((row) => line(shown.map(({ index }) => row[index] ?? ''))),
  ];
}
