/** What of a list is on the screen, where not all of it fits. */

/** How long a page stays. */
export const PAGE_MS = 15_000;

export interface PageOf<T> {
  readonly items: readonly T[];
  /** Such as `1 of 3`; empty where all of it fits. */
  readonly label: string;
}

/**
 * @param fits - how many fit
 * @param sinceMs - for how long the list has been paged: it begins with its first page
 */
export function pageOf<T>(items: readonly T[], fits: number, sinceMs: number): PageOf<T> {
  const size = Math.max(1, Math.floor(fits));
  const pages = Math.ceil(items.length / size);
  if (pages <= 1) {
    return { items, label: '' };
  }
  const page = Math.max(0, Math.floor(sinceMs / PAGE_MS)) % pages;
  return { items: items.slice(page * size, (page + 1) * size), label: `${page + 1} of ${pages}` };
}

/** Shares the lines of a column between bars and successes: bars come first, but some successes are always seen. */
export function shareLines(
  height: number,
  bars: { readonly count: number; readonly line: number },
  successes: { readonly count: number; readonly line: number; readonly least: number },
): { readonly bars: number; readonly successes: number } {
  const least = Math.min(successes.count, successes.least) * successes.line;
  const shown = Math.max(1, Math.min(bars.count, Math.floor((height - least) / bars.line)));
  return { bars: shown, successes: Math.max(0, Math.floor((height - shown * bars.line) / successes.line)) };
}
