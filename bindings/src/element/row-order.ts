/** Which rows are shown, in which order. */
import type { CustomizationStatus } from '../types.js';
import type { ModelEntry, RunModel } from './model.js';
import { attentionOf } from './needs.js';
import { causeOf, STATUSES, searchText } from './words.js';

/** What rows can be sorted by. */
export const SORT_KEYS = ['name', 'status', 'attempt', 'elapsed', 'ready', 'reason'] as const;
export type SortKey = (typeof SORT_KEYS)[number];

/** A column; `order` for the order asked for; empty for what needs attention first. */
export type Sorting = SortKey | 'order' | '';

/** What rows can be filtered by: `stuck` are those that get no further, whichever status they have. */
export type StatusFilter = CustomizationStatus | 'stuck' | '';

/** A filter and an order. */
export interface RowQuery {
  readonly text: string;
  readonly status: StatusFilter;
  readonly sort: Sorting;
  readonly descending: boolean;
}

const collator = new Intl.Collator(undefined, { numeric: true });

/**
 * Keeps the filtered, sorted list up to date. A change of some rows costs one pass and a sort of those alone.
 */
export class RowOrder {
  #list: ModelEntry[] = [];
  readonly #search = new WeakMap<ModelEntry, { version: number; text: string }>();
  #query: RowQuery = { text: '', status: '', sort: '', descending: false };
  #run: RunTime = { serverNowMs: null, startedAt: null };

  get list(): readonly ModelEntry[] {
    return this.#list;
  }

  /** The place of a VM in the list; -1 when it is filtered out. */
  indexOf(vm: string): number {
    return this.#list.findIndex(({ row }) => row.vm === vm);
  }

  /** Everything anew. */
  rebuild(model: RunModel, query: RowQuery): void {
    this.#query = { ...query, text: query.text.trim().toLowerCase() };
    const { serverNowMs, startedAt } = model;
    this.#run = { serverNowMs, startedAt };
    // Each value is worked out once, not at each comparison.
    this.#list = model.entries
      .filter((entry) => this.#shows(entry))
      .map((entry) => ({ entry, value: sortValue(entry, query.sort, this.#run) }))
      .sort((a, b) => roughly(a.value, b.value))
      .sort((a, b) => this.#inOrder(a.entry, a.value, b.entry, b.value))
      .map(({ entry }) => entry);
  }

  /** These VMs have changed. */
  change(model: RunModel, vms: ReadonlySet<string>): void {
    const { serverNowMs, startedAt } = model;
    this.#run = { serverNowMs, startedAt };
    const moved: ModelEntry[] = [];
    for (const vm of vms) {
      const entry = model.entry(vm);
      if (entry !== undefined && this.#shows(entry)) {
        moved.push(entry);
      }
    }
    moved.sort(this.#compare);
    const stay = this.#list.filter(({ row }) => !vms.has(row.vm));
    const merged: ModelEntry[] = [];
    let next = 0;
    for (const entry of moved) {
      const place = this.#placeOf(entry, stay, next);
      for (; next < place; next += 1) {
        merged.push(stay[next] as ModelEntry);
      }
      merged.push(entry);
    }
    for (; next < stay.length; next += 1) {
      merged.push(stay[next] as ModelEntry);
    }
    this.#list = merged;
  }

  /** How many of `list` stand before the entry, found by halving; those before `from` are known to. */
  #placeOf(entry: ModelEntry, list: readonly ModelEntry[], from: number): number {
    let low = from;
    let high = list.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#compare(list[middle] as ModelEntry, entry) < 0) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  #shows(entry: ModelEntry): boolean {
    const { status, text } = this.#query;
    const isOfStatus = status === '' || (status === 'stuck' ? entry.isStuck : entry.row.customizationStatus === status);
    return isOfStatus && (text === '' || this.#text(entry).includes(text));
  }

  #text(entry: ModelEntry): string {
    let known = this.#search.get(entry);
    if (known?.version !== entry.version) {
      known = { version: entry.version, text: searchText(entry.row) };
      this.#search.set(entry, known);
    }
    return known.text;
  }

  readonly #compare = (a: ModelEntry, b: ModelEntry): number => {
    const { sort } = this.#query;
    return this.#inOrder(a, sortValue(a, sort, this.#run), b, sortValue(b, sort, this.#run));
  };

  /** What has no value stands last, whichever way it is sorted; equal rows keep the order asked for. */
  #inOrder(a: ModelEntry, left: SortValue, b: ModelEntry, right: SortValue): number {
    if (left !== right) {
      if (left === null || right === null) {
        return left === null ? 1 : -1;
      }
      const order =
        typeof left === 'number' && typeof right === 'number'
          ? left - right
          : collator.compare(String(left), String(right));
      if (order !== 0) {
        return this.#query.descending ? -order : order;
      }
    }
    return a.order - b.order;
  }
}

type SortValue = string | number | null;

/** An order of texts that costs little, and leaves little to the rules of a language: names with numbers are nearly in theirs. */
function roughly(left: SortValue, right: SortValue): number {
  return typeof left === 'string' && typeof right === 'string'
    ? left.length - right.length || (left < right ? -1 : +(left > right))
    : 0;
}

function sortValue(entry: ModelEntry, sort: Sorting, run: RunTime): SortValue {
  const { row } = entry;
  switch (sort) {
    case '':
      return attentionOf(entry);
    case 'order':
      return entry.order;
    case 'name':
      return row.name ?? row.vm;
    case 'status':
      return STATUSES.indexOf(row.customizationStatus);
    case 'attempt':
      return row.attempt ?? null;
    case 'elapsed':
      return elapsedMs(entry, run);
    case 'ready':
      return entry.readyMs;
    case 'reason':
      return causeOf(row) || null;
  }
}

/** What the end of a time that runs depends on; a {@link RunModel} has it. */
export type RunTime = Pick<RunModel, 'serverNowMs' | 'startedAt'>;

/**
 * Up to when a VM's time runs: its result, its removal, now while it is waited for, or the deadline, at which the run ended;
 * null where nothing says it.
 */
export function endOf(entry: ModelEntry, { serverNowMs, startedAt }: RunTime): number | null {
  const { conclusion } = entry.row;
  if (entry.finishedMs !== null || conclusion === undefined || (conclusion === 'timedOut' && startedAt !== null)) {
    return entry.finishedMs ?? serverNowMs;
  }
  const last = entry.marks.at(-1);
  return last?.kind === 'removed' ? last.timeMs : null;
}

/** From the power-on to the end; null while there is nothing to measure. */
export function elapsedMs(entry: ModelEntry, run: RunTime): number | null {
  const from = entry.poweredOnMs ?? entry.startedMs;
  const to = endOf(entry, run);
  return from === null || to === null ? null : Math.max(0, to - from);
}
