/** The table: a grid whose head stays, and of whose rows only those in sight exist. */
import { COLUMNS, type Column } from './columns.js';
import { el, set } from './dom.js';
import type { ModelEntry, RunModel } from './model.js';
import { elapsedMs, type Sorting, type SortKey } from './row-order.js';
import { RowView } from './row-view.js';
import { type Range, TimeAxis, type TimeMode, usualRange } from './time-axis.js';
import { gridPathOf, type TimelineFrame, TimelineHead } from './timeline.js';

const HEADINGS: Readonly<Record<SortKey, string>> = {
  name: 'VM',
  status: 'Status',
  attempt: 'Try',
  elapsed: 'Elapsed',
  ready: 'Ready',
  reason: 'Reason',
};
/** Rows above and below what is in sight, so that scrolling does not meet empty space. */
const SPARE_ROWS = 4;
/** Where a page gives the element no height of its own, it must not make a row of everything. */
const MOST_ROWS = 250;
/** A row does not move away from under a pointer that has just been moved to it. */
const HELD_MS = 2_000;

/** What the user does in the table. */
export interface TableActions {
  sort(key: SortKey): void;
  select(vm: string): void;
  /** @param byKey - whether by the keyboard, which then goes on in the details */
  open(vm: string, byKey: boolean): void;
  cursor(atMs: number | null): void;
  time(mode: TimeMode): void;
  range(range: Range): void;
  /** To look back further. */
  further(): void;
  scrolled(): void;
}

/** What a table shows. */
export interface TableState {
  readonly model: RunModel;
  readonly list: readonly ModelEntry[];
  readonly sort: Sorting;
  readonly descending: boolean;
  readonly selected: string;
  readonly cursorMs: number | null;
  readonly time: TimeMode;
  readonly range: Range | '';
  readonly lookback: number | null;
  readonly label: string;
  /** The place of a row to bring into sight; negative for none. */
  readonly reveal: number;
}

export class Table {
  readonly element = el('div', {
    role: 'grid',
    class: 'table',
    part: 'table',
    tabindex: '0',
    'aria-readonly': 'true',
    'aria-colcount': String(COLUMNS.length),
  });
  readonly #actions: TableActions;
  readonly #headers = new Map<Column, HTMLElement>();
  readonly #head: TimelineHead;
  readonly #headGroup: HTMLElement;
  readonly #body = el('div', { role: 'rowgroup', class: 'body' });
  readonly #rows: RowView[] = [];
  readonly #flashed = new Set<string>();
  readonly #isStill = matchMedia('(prefers-reduced-motion: reduce)');
  #list: readonly ModelEntry[] = [];
  #heldUntilMs = 0;
  #selected = '';
  #rowHeight = 36;
  #viewHeight = 0;
  #headHeight = 0;
  #axisWidth = 0;
  #axisEm = 11;
  #axis: TimeAxis | undefined;
  #gridPath = '';

  constructor(actions: TableActions) {
    this.#actions = actions;
    this.#head = new TimelineHead(actions);
    const row = el('div', { role: 'row', class: 'head', part: 'head', 'aria-rowindex': '1' });
    for (const [i, column] of COLUMNS.entries()) {
      const header = el('div', { role: 'columnheader', class: `cell ${column}`, 'aria-colindex': String(i + 1) });
      header.append(...this.#heading(column));
      this.#headers.set(column, header);
      row.append(header);
    }
    this.#headGroup = el('div', { role: 'rowgroup', class: 'head-group' }, row);
    this.element.append(this.#headGroup, this.#body);
    this.#body.addEventListener('pointermove', () => {
      this.#heldUntilMs = performance.now() + HELD_MS;
    });
    this.#body.addEventListener('pointerleave', () => {
      this.#heldUntilMs = 0;
    });
    this.element.addEventListener('scroll', () => actions.scrolled(), { passive: true });
    this.element.addEventListener('keydown', (event) => this.#onKey(event));
    this.#body.addEventListener('click', (event) => {
      const path = event.composedPath();
      const row = this.#rows.find(({ element }) => path.includes(element));
      if (path.some((node) => node instanceof Element && node.matches('.further'))) {
        actions.further();
        // What a page has put into a row acts for itself.
      } else if (row !== undefined && !path.some((node) => node instanceof HTMLSlotElement)) {
        actions.open(row.vm, false);
      }
    });
  }

  /** For how long the rows are to stay where they are, since somebody points at one; 0 where nobody does. */
  get heldMs(): number {
    return Math.max(0, this.#heldUntilMs - performance.now());
  }

  /** Sizes are read here only, not while drawing. */
  measure(): void {
    this.#viewHeight = this.element.clientHeight;
    this.#headHeight = this.#headGroup.offsetHeight;
    this.#axisWidth = this.#head.element.clientWidth;
    this.#axisEm = Number.parseFloat(getComputedStyle(this.#head.element).fontSize);
    const probe = this.#rows[0] ?? this.#addRow();
    probe.element.hidden = false;
    this.#rowHeight = Math.max(16, probe.element.offsetHeight);
  }

  draw(state: TableState): void {
    const { model, list } = state;
    this.#list = list;
    this.#selected = state.selected;
    const height = `${list.length * this.#rowHeight}px`;
    if (this.#body.style.height !== height) {
      this.#body.style.height = height;
    }
    if (state.reveal >= 0) {
      this.#reveal(state.reveal);
    }
    this.#drawHead(state);
    const axis = this.#axisFor(state);
    if (this.#axis === undefined || !axis.same(this.#axis)) {
      this.#axis = axis;
      this.#gridPath = gridPathOf(axis);
    }
    const origin = model.originMs;
    const frame: TimelineFrame = {
      axis: this.#axis,
      gridPath: this.#gridPath,
      run: model,
      furtherSeconds: state.lookback,
      cursorMs: state.cursorMs === null || origin === null ? null : origin + state.cursorMs,
    };
    this.#head.draw(model, frame, state.range);
    this.#drawRows(frame);
    this.#flashed.clear();
  }

  #axisFor({ model, list, time, range }: TableState): TimeAxis {
    const size = { width: this.#axisWidth, em: this.#axisEm };
    const shown = range || usualRange(model);
    return time === 'elapsed'
      ? TimeAxis.elapsed(
          list.reduce((most, entry) => Math.max(most, elapsedMs(entry, model) ?? 0), 0),
          size,
          shown,
        )
      : TimeAxis.of(model, size, shown);
  }

  /** These rows have changed: those in sight say so when they are drawn next. */
  flash(vms: Iterable<string>): void {
    if (!this.#isStill.matches) {
      for (const vm of vms) {
        this.#flashed.add(vm);
      }
    }
  }

  /** Which columns there are. The style goes by it, and the height of rows: before {@link measure}. */
  show(columns: ReadonlySet<Column>): void {
    set(this.element, 'data-without', COLUMNS.filter((column) => !columns.has(column)).join(' '));
  }

  /** Brings a row into sight. */
  #reveal(index: number): void {
    const top = index * this.#rowHeight;
    const view = this.#viewHeight - this.#headHeight;
    const { scrollTop } = this.element;
    if (top < scrollTop) {
      this.element.scrollTop = top;
    } else if (top + this.#rowHeight > scrollTop + view) {
      this.element.scrollTop = top + this.#rowHeight - view;
    }
  }

  /** Lets go of the rows. */
  clear(): void {
    for (const { element } of this.#rows.splice(0)) {
      element.remove();
    }
    this.#list = [];
    this.#axis = undefined;
  }

  #drawHead({ sort, descending, label, list }: TableState): void {
    set(this.element, 'aria-label', label);
    set(this.element, 'aria-rowcount', String(list.length + 1));
    for (const [column, header] of this.#headers) {
      set(header, 'aria-sort', column === sort ? (descending ? 'descending' : 'ascending') : null);
    }
  }

  /** What stands in the head of a column. */
  #heading(column: Column): readonly Node[] {
    switch (column) {
      case 'line':
        return [this.#head.title, this.#head.element];
      case 'actions':
        return [el('span', { class: 'axis-title' }, 'Actions')];
      default: {
        const button = el('button', { type: 'button', part: 'sort' }, el('span', { class: 'text' }, HEADINGS[column]));
        button.addEventListener('click', () => this.#actions.sort(column));
        return [button];
      }
    }
  }

  #drawRows(frame: TimelineFrame): void {
    const total = this.#list.length;
    const inSight = Math.min(MOST_ROWS, Math.ceil(this.#viewHeight / this.#rowHeight) + 1);
    const scrolled = Math.floor(this.element.scrollTop / this.#rowHeight);
    const first = Math.max(0, Math.min(scrolled, total - inSight) - SPARE_ROWS);
    const last = Math.min(total, first + inSight + 2 * SPARE_ROWS);
    // A row keeps its element while it is in sight, so that scrolling moves nothing else.
    const slots = inSight + 2 * SPARE_ROWS;
    while (this.#rows.length < Math.min(slots, total)) {
      this.#addRow();
    }
    for (const { element } of this.#rows.splice(Math.max(1, Math.min(slots, total)))) {
      element.remove();
    }
    const count = this.#rows.length;
    let active: string | null = null;
    const used = new Set<RowView>();
    for (let i = first; i < last; i += 1) {
      const entry = this.#list[i] as ModelEntry;
      const row = this.#rows[i % count] as RowView;
      used.add(row);
      row.draw(entry, frame);
      if (this.#flashed.has(entry.row.vm)) {
        row.flash();
      }
      const isSelected = entry.row.vm === this.#selected;
      if (isSelected) {
        active = row.element.id;
      }
      set(row.element, 'aria-rowindex', String(i + 2));
      set(row.element, 'aria-selected', String(isSelected));
      place(row.element, i * this.#rowHeight);
    }
    for (const row of this.#rows) {
      if (!used.has(row)) {
        row.hide();
      }
    }
    set(this.element, 'aria-activedescendant', active);
  }

  #addRow(): RowView {
    const row = new RowView();
    row.element.id = `row-${this.#rows.length}`;
    this.#rows.push(row);
    this.#body.append(row.element);
    return row;
  }

  #onKey(event: KeyboardEvent): void {
    if (event.target !== this.element || event.altKey || event.ctrlKey || event.metaKey) {
      return;
    }
    const last = this.#list.length - 1;
    const at = this.#list.findIndex(({ row }) => row.vm === this.#selected);
    if (event.key === 'Enter') {
      if (at >= 0) {
        event.preventDefault();
        this.#actions.open(this.#selected, true);
      }
      return;
    }
    const page = Math.max(1, Math.floor((this.#viewHeight - this.#headHeight) / this.#rowHeight) - 1);
    const targets: Readonly<Record<string, number>> = {
      ArrowDown: at + 1,
      ArrowUp: at < 0 ? 0 : at - 1,
      PageDown: Math.max(at, 0) + page,
      PageUp: at - page,
      Home: 0,
      End: last,
    };
    const target = Object.hasOwn(targets, event.key) ? targets[event.key] : undefined;
    if (target === undefined) {
      return;
    }
    event.preventDefault();
    const index = Math.min(Math.max(target, 0), last);
    const entry = this.#list[index];
    if (entry !== undefined) {
      this.#reveal(index);
      this.#actions.select(entry.row.vm);
    }
  }
}

function place(element: HTMLElement, top: number): void {
  const transform = `translateY(${top}px)`;
  if (element.style.transform !== transform) {
    element.style.transform = transform;
  }
}
