/** The columns of the table, and which of them are shown. */
import { SORT_KEYS } from './row-order.js';

/** In the order in which they stand: a page chooses among them, the style where there is room for them. */
export const COLUMNS = [...SORT_KEYS, 'line', 'actions'] as const;
export type Column = (typeof COLUMNS)[number];

/** Those of a list of names; all but the page's own actions where it names none. What tells the rows apart is always shown. */
export function columnsOf(names: string): ReadonlySet<Column> {
  const wanted = names.split(/\s+/);
  const known = COLUMNS.filter((column) => wanted.includes(column));
  return new Set(known.length === 0 ? COLUMNS.slice(0, -1) : ['name', ...known]);
}
