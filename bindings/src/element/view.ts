/** What stands in the shadow root while the element is on a page. */
import type { Transition } from '../types.js';
import { Announcer, type Live } from './announcer.js';
import { columnsOf } from './columns.js';
import type { Details, DetailsOptions } from './details.js';
import { el } from './dom.js';
import { legend } from './legend.js';
import type { ModelEntry, RunModel } from './model.js';
import type { RowOrder, Sorting, SortKey, StatusFilter } from './row-order.js';
import { styleSheet } from './styles.js';
import { Table } from './table.js';
import type { Range, TimeMode } from './time-axis.js';
import { Toolbar } from './toolbar.js';

/** What the user sets in the element; the detail of `viewchange`. */
export interface StatusView {
  /** A text in the name, the id, the status or the reason; empty for all VMs. */
  readonly filter: string;
  /** A status, or `stuck` for those that get no further; empty for all. */
  readonly status: StatusFilter;
  /** A column, with `-` before it for descending; `order` for the order asked for; empty for what needs attention first. */
  readonly sort: string;
  /** The id of a VM; empty for none. */
  readonly selected: string;
  /** Whether the panel of the selected VM is open. */
  readonly details: boolean;
  /** Milliseconds since the start of the run; null for no cursor. */
  readonly cursor: number | null;
  /** What times are counted from. */
  readonly time: TimeMode;
  /** How much of the time is shown; empty for the last 2 h of a run that goes on, else all. */
  readonly range: Range | '';
}

interface ViewActions {
  change(change: Partial<StatusView>): void;
  /** The user asks to look back further. */
  further(): void;
  redraw(): void;
  resized(): void;
}

interface ViewState extends StatusView {
  readonly model: RunModel;
  readonly order: RowOrder;
  readonly sortedBy: Sorting;
  readonly descending: boolean;
  readonly measure: boolean;
  readonly label: string;
  readonly columns: string;
  readonly live: Live;
  /** How far back one may look, if the page offers that. */
  readonly lookback: number | null;
  /** One VM alone, without the table. */
  readonly card: boolean;
}

export class View {
  readonly #announcer = new Announcer();
  readonly #shadow: ShadowRoot;
  readonly #actions: ViewActions;
  readonly #root: HTMLElement;
  readonly #toolbar: Toolbar;
  readonly #table: Table;
  /** Their code comes when a VM is first looked at. */
  #details: Details | undefined;
  #isLoading = false;
  readonly #noVms = el('slot', { name: 'empty' }, 'No VMs');
  readonly #noMatch = el('span', {}, 'No VM matches the filter');
  readonly #empty = el('div', { class: 'empty' }, this.#noVms, this.#noMatch);
  readonly #legend = legend();
  readonly #main = el('div', { class: 'main' });
  readonly #content = el('div', { class: 'content' }, this.#main);
  readonly #resizes: ResizeObserver;
  #shown: StatusView | undefined;
  #isCard = false;
  #columns: string | undefined;
  #focusDetails = false;
  #revealed = '';

  constructor(shadow: ShadowRoot, actions: ViewActions) {
    this.#shadow = shadow;
    this.#actions = actions;
    this.#toolbar = new Toolbar({
      filter: (filter) => actions.change({ filter }),
      status: (status) => actions.change({ status }),
    });
    this.#table = new Table({
      sort: (key) => actions.change({ sort: nextSort(this.#shown?.sort ?? '', key) }),
      select: (selected) => this.#select({ selected }),
      open: (selected, byKey) => {
        this.#focusDetails = byKey;
        this.#select({ selected, details: true });
      },
      cursor: (cursor) => actions.change({ cursor }),
      time: (time) => actions.change({ time }),
      range: (range) => actions.change({ range }),
      further: () => actions.further(),
      scrolled: () => actions.redraw(),
    });
    this.#main.append(this.#table.element, this.#empty);
    this.#root = el(
      'div',
      { class: 'root' },
      this.#toolbar.element,
      this.#content,
      this.#legend,
      this.#announcer.element,
    );
    this.#root.addEventListener('keydown', (event) => {
      if (event.key === 'Escape' && this.#shown?.details && !this.#isCard) {
        event.preventDefault();
        this.#close();
      }
    });
    shadow.adoptedStyleSheets = [styleSheet()];
    shadow.append(this.#root);
    this.#resizes = new ResizeObserver(() => actions.resized());
    this.#resizes.observe(this.#main);
  }

  draw(state: ViewState): void {
    const { model, order, selected } = state;
    const { list } = order;
    this.#shown = state;
    this.#announcer.live = state.live;
    this.#isCard = state.card;
    this.#root.classList.toggle('card', state.card);
    this.#main.hidden = state.card;
    this.#toolbar.element.hidden = state.card;
    this.#legend.hidden = state.card;
    if (state.card) {
      this.#drawDetails(model, model.entry(selected) ?? model.entries[0], { isAlone: true, lookback: state.lookback });
      return;
    }
    const columns = columnsOf(state.columns, model.hasReady);
    const names = [...columns].join(' ');
    const areOthers = this.#columns !== names;
    if (areOthers) {
      this.#columns = names;
      this.#table.show(columns);
    }
    if (state.measure || areOthers) {
      this.#table.measure();
    }
    this.#toolbar.draw({ model, shown: list.length, filter: state.filter, status: state.status });
    // Also where a page or a link selects it.
    const reveal = selected === this.#revealed ? -1 : order.indexOf(selected);
    this.#revealed = selected;
    this.#table.draw({ ...state, list, sort: state.sortedBy, cursorMs: state.cursor, reveal });
    this.#empty.hidden = list.length > 0;
    this.#noVms.hidden = model.size > 0;
    this.#noMatch.hidden = model.size === 0;
    this.#drawDetails(model, state.details ? model.entry(selected) : undefined, {
      isAlone: false,
      lookback: state.lookback,
    });
  }

  #drawDetails(model: RunModel, entry: ModelEntry | undefined, options: DetailsOptions): void {
    if (this.#details === undefined) {
      if (entry !== undefined) {
        void this.#loadDetails();
      }
      return;
    }
    this.#details.draw(model, entry, options);
    if (this.#focusDetails) {
      this.#focusDetails = false;
      this.#details.element.focus();
    }
  }

  async #loadDetails(): Promise<void> {
    if (this.#isLoading) {
      return;
    }
    this.#isLoading = true;
    try {
      const { Details } = await import('./details.js');
      this.#details = new Details(
        () => this.#close(),
        () => this.#actions.further(),
      );
      this.#content.append(this.#details.element);
      this.#actions.redraw();
    } finally {
      // What could not be loaded is tried again when there is something to draw.
      this.#isLoading = false;
    }
  }

  /** For how long the rows are to stay where they are. */
  get heldMs(): number {
    return this.#table.heldMs;
  }

  /** Tells screen readers of transitions, and eyes. */
  tell(model: RunModel, transitions: readonly Transition[]): void {
    this.#announcer.tell(model, transitions);
    this.#table.flash(transitions.map(({ vm }) => vm));
  }

  /** Another model is shown: nothing more is told of the last one. */
  forget(): void {
    this.#announcer.stop();
  }

  remove(): void {
    this.#resizes.disconnect();
    this.#announcer.stop();
    this.#table.clear();
    this.#root.remove();
  }

  /** The row is in sight already. */
  #select(change: Partial<StatusView> & { readonly selected: string }): void {
    this.#revealed = change.selected;
    this.#actions.change(change);
  }

  #close(): void {
    const hadFocus = this.#details?.element.contains(this.#shadow.activeElement) === true;
    this.#actions.change({ details: false });
    if (hadFocus) {
      this.#table.element.focus();
    }
  }
}

/** A header's button: ascending, then descending, then what needs attention first. */
function nextSort(current: string, key: SortKey): string {
  return current === key ? `-${key}` : current === `-${key}` ? '' : key;
}
