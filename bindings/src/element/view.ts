/** What stands in the shadow root while the element is on a page. */
import type { CustomizationStatus, Transition } from '../types.js';
import { Announcer, type Live } from './announcer.js';
import { columnsOf } from './columns.js';
import { Details } from './details.js';
import { el } from './dom.js';
import type { RunModel } from './model.js';
import type { RowOrder, SortKey } from './row-order.js';
import { styleSheet } from './styles.js';
import { Table } from './table.js';
import { Toolbar } from './toolbar.js';

/** What the user sets in the element; the detail of `viewchange`. */
export interface StatusView {
  /** A text in the name, the id, the status or the reason; empty for all VMs. */
  readonly filter: string;
  /** Empty for all. */
  readonly status: CustomizationStatus | '';
  /** A column, with `-` before it for descending; empty for the order asked for. */
  readonly sort: string;
  /** The id of a VM; empty for none. */
  readonly selected: string;
  /** Whether the panel of the selected VM is open. */
  readonly details: boolean;
  /** Milliseconds since the start of the run; null for no cursor. */
  readonly cursor: number | null;
}

interface ViewActions {
  change(change: Partial<StatusView>): void;
  redraw(): void;
  resized(): void;
}

interface ViewState extends StatusView {
  readonly model: RunModel;
  readonly order: RowOrder;
  readonly sortedBy: SortKey | '';
  readonly descending: boolean;
  readonly measure: boolean;
  readonly label: string;
  readonly columns: string;
  readonly live: Live;
}

export class View {
  readonly #announcer = new Announcer();
  readonly #shadow: ShadowRoot;
  readonly #actions: ViewActions;
  readonly #root: HTMLElement;
  readonly #toolbar: Toolbar;
  readonly #table: Table;
  readonly #details: Details;
  readonly #noVms = el('slot', { name: 'empty' }, 'No VMs');
  readonly #noMatch = el('span', {}, 'No VM matches the filter');
  readonly #empty = el('div', { class: 'empty' }, this.#noVms, this.#noMatch);
  readonly #resizes: ResizeObserver;
  #shown: StatusView | undefined;
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
      scrolled: () => actions.redraw(),
    });
    this.#details = new Details(() => this.#close());
    const main = el('div', { class: 'main' }, this.#table.element, this.#empty);
    this.#root = el(
      'div',
      { class: 'root' },
      this.#toolbar.element,
      el('div', { class: 'content' }, main, this.#details.element),
      this.#announcer.element,
    );
    this.#root.addEventListener('keydown', (event) => {
      if (event.key === 'Escape' && this.#shown?.details) {
        event.preventDefault();
        this.#close();
      }
    });
    shadow.adoptedStyleSheets = [styleSheet()];
    shadow.append(this.#root);
    this.#resizes = new ResizeObserver(() => actions.resized());
    this.#resizes.observe(main);
  }

  draw(state: ViewState): void {
    const { model, order, selected } = state;
    const { list } = order;
    this.#shown = state;
    this.#announcer.live = state.live;
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
    this.#details.draw(model, state.details ? model.entry(selected) : undefined);
    if (this.#focusDetails) {
      this.#focusDetails = false;
      this.#details.element.focus();
    }
  }

  /** Tells screen readers of transitions. */
  tell(model: RunModel, transitions: readonly Transition[]): void {
    this.#announcer.tell(model, transitions);
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
    const hadFocus = this.#details.element.contains(this.#shadow.activeElement);
    this.#actions.change({ details: false });
    if (hadFocus) {
      this.#table.element.focus();
    }
  }
}

/** A header's button: ascending, then descending, then the order asked for. */
function nextSort(current: string, key: SortKey): string {
  return current === key ? `-${key}` : current === `-${key}` ? '' : key;
}
