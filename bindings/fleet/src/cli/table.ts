/** A table of texts. */
import { visibleText } from '../visible.js';

export function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const texts = [head, ...rows.map((row) => row.map((cell) => visibleText(String(cell))))];
  const widths = head.map((_, at) => texts.reduce((most, row) => Math.max(most, row[at]?.length ?? 0), 0));
  return texts
    .map(
      (row) =>
        `${row
          .map((cell, at) => cell.padEnd(widths[at] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}
