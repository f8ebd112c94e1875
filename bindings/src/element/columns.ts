/** The columns of the table, and which of them are shown. */
import { SORT_KEYS } from './row-order.js';

/** In the order in which they stand: a page chooses among them, the style where there is room for them. */
export const COLUMNS = [...SORT_KEYS, 'line', 'actions'] as const;
export type Column = (typeof COLUMNS)[number];

/**
 * Those of a list of names; where it names none all but the page's own actions, and `ready` where some guest is. What tells the
 * rows apart is always shown.
 */
export function columnsOf(names: string, isAnyReady: boolean): ReadonlySet<Column> {
  const wanted = names.split(/\s+/);
  const known = COLUMNS.filter((column) => wanted.includes(column));
  const usual = COLUMNS.filter((column) => column !== 'actions' && (column !== 'ready' || isAnyReady));
  return new Set(known.length === 0 ? usual : ['name', ...known]);
}
