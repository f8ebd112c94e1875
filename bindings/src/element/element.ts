import type { EventSource } from '../source/event-source.js';
import type { CustomizationStatus, Report, VmRef } from '../types.js';
import type { WatchOptions } from '../watch/options.js';
import { type CustomizationWatch, watchCustomization } from '../watch/watch.js';
import { Announcer } from './announcer.js';
import { Details } from './details.js';
import { el, set, setText } from './dom.js';
import { followWatch, type WatchFollower } from './follow-watch.js';
import { TIMELINE_EVENT_TYPES } from './marks.js';
import { RunModel, type RunModelChange } from './model.js';
import { RowOrder, SORT_KEYS, type SortKey } from './row-order.js';
import { styleSheet } from './styles.js';
import { Table } from './table.js';
import { Toolbar } from './toolbar.js';
import { STATUSES } from './words.js';

// Where there is no DOM, as in Node, importing the module does no harm; there is only nothing to show.
const Base = (globalThis.HTMLElement ?? class {}) as typeof HTMLElement;

const TICK_MS = 1_000;
const ATTRIBUTES = ['filter', 'status', 'sort', 'selected', 'details', 'cursor', 'label', 'theme'] as const;
const PROPERTIES = ['model', 'report', 'filter', 'status', 'sort', 'selected', 'details', 'cursor'] as const;

/**
 * `<vm-customization-status>`: the VMs of a run as a table with one timeline each, for any page or framework.
 *
 * ```ts
 * import 'vm-customization/element';
 * const view = document.querySelector('vm-customization-status')!;
 * const watch = view.watch(source, [{ vm: 'vm-101', name: 'web-1' }], { attempts: 'reopen', timeoutSeconds: null });
 * ```
 *
 * **Fed** by one of: {@link model}, which a page fills itself and may share between elements; {@link report}, a whole
 * report, again whenever there is a newer one; {@link follow}, a stream of those; {@link watch}, a source of events. The
 * one set last counts. What the element began itself (`follow`, `watch`) ends when it is removed from the page.
 *
 * **View**, as attributes and as properties of the same name; what the user changes is written there and told by a
 * `viewchange` event:
 *
 * - `filter`: a text in the name, the id, the status or the reason
 * - `status`: one of the five statuses, or empty for all
 * - `sort`: `name`, `status`, `attempt`, `elapsed`, `event`, `failure` or `hint`, with `-` before it for descending; empty
 *   for the order asked for
 * - `selected`: the id of a VM; `details` (boolean): its panel is open
 * - `cursor`: a line across all timelines, in milliseconds since the start of the run
 * - `label`: the name of the table for screen readers
 * - `theme`: `light` or `dark`; without it the page's `color-scheme` decides
 *
 * **Events**: `viewchange`; `transition`, a `CustomEvent` whose detail is the `Transition`, for each that happens while
 * the element is on the page. Neither bubbles.
 *
 * **Size**: the element needs a height (30rem unless the page's style says otherwise): only rows in sight exist. It goes from 320 px
 * to any width.
 *
 * **Look**: custom properties `--vmc-font`, `--vmc-font-size`, `--vmc-row-height`; colours `--vmc-background`,
 * `--vmc-foreground`, `--vmc-muted`, `--vmc-surface`, `--vmc-border`, `--vmc-grid`, `--vmc-hover`, `--vmc-selected`,
 * `--vmc-accent`; of statuses `--vmc-not-powered-on`, `--vmc-not-started`, `--vmc-started`, `--vmc-succeeded`,
 * `--vmc-failed`. Parts: `toolbar`, `filter`, `chip`, `table`, `head`, `sort`, `axis`, `row`, `cell` (and `name`, `status`,
 * `attempt`, `elapsed`, `event`, `failure`, `hint`, `line`), `timeline`, `details`, `close`.
 *
 * **Keys** in the table: arrows, Home, End, PageUp, PageDown select; Enter opens the details; Escape closes them. On the time
 * axis: arrows, PageUp, PageDown, Home, End move the cursor, Delete takes it away.
 */
export class VmCustomizationStatusElement extends Base {
  static readonly observedAttributes: readonly string[] = ATTRIBUTES;

  #model = new RunModel();
  readonly #order = new RowOrder();
  #view: View | undefined;
  #frame: number | undefined;
  /** What changed since the last frame; `all` when the list has to be made anew. */
  readonly #changed = new Set<string>();
  #all = true;
  #measure = true;
  #sortedAtMs = 0;
  #stopFeed: (() => void) | undefined;

  /** What is shown. A page may fill it itself, and show it elsewhere too. */
  get model(): RunModel {
    return this.#model;
  }

  set model(model: RunModel | null | undefined) {
    // Not by its class: it may be of another copy of the package.
    if (!Array.isArray((model ?? this.#model).entries)) {
      throw new TypeError('`model` must be a RunModel, or null for nothing');
    }
    this.#endFeed();
    this.#use(model ?? new RunModel());
  }

  /** Shows a whole report; null shows nothing. Only what differs from the last one is drawn anew. */
  set report(report: Report | null | undefined) {
    const isNone = report === null || report === undefined;
    if (this.#stopFeed !== undefined || isNone) {
      this.#freshModel();
    }
    if (!isNone) {
      this.#model.report(report);
    }
  }

  /**
   * Shows each report of a stream as it comes. Resolves at the end of the stream, or when the element is removed or fed
   * otherwise; rejects with what the stream throws.
   */
  async follow(reports: AsyncIterable<Report>): Promise<void> {
    const model = this.#freshModel();
    const iterator = reports[Symbol.asyncIterator]();
    let stop = (): void => undefined;
    const stopped = new Promise<undefined>((resolve) => {
      stop = (): void => resolve(undefined);
    });
    this.#stopFeed = stop;
    try {
      for (;;) {
        const next = await Promise.race([iterator.next(), stopped]);
        if (next === undefined) {
          // A generator that waits for its next report only ends after it: nobody waits for that here.
          Promise.resolve(iterator.return?.()).catch(() => undefined);
          return;
        }
        if (next.done) {
          return;
        }
        model.report(next.value);
      }
    } finally {
      if (this.#stopFeed === stop) {
        this.#stopFeed = undefined;
      }
    }
  }

  /**
   * Watches VMs and shows what happens. Takes what `watchCustomization` takes and answers the same; `alsoRead` has the
   * reboots and power cycles that timelines show unless told otherwise.
   */
  watch(source: EventSource, vms: readonly VmRef[], options: WatchOptions = {}): CustomizationWatch {
    const model = this.#freshModel();
    model.setVms(vms);
    let flushing: number | undefined;
    const follower: WatchFollower = followWatch(model, () => {
      flushing ??= requestAnimationFrame(flush);
    });
    const watch = watchCustomization(source, vms, {
      alsoRead: TIMELINE_EVENT_TYPES,
      ...options,
      onProgress: (progress) => {
        follower.onProgress(progress);
        options.onProgress?.(progress);
      },
      onInput: (input) => {
        follower.onInput(input);
        options.onInput?.(input);
      },
    });
    const flush = (): void => {
      flushing = undefined;
      follower.flush(watch);
    };
    // It also takes along what changed while the page was hidden, where there are no frames.
    const ticking = setInterval(flush, TICK_MS);
    const cleanUp = (): void => {
      clearInterval(ticking);
      if (flushing !== undefined) {
        cancelAnimationFrame(flushing);
      }
    };
    const stop = (): void => {
      cleanUp();
      watch.cancel();
    };
    this.#stopFeed = stop;
    watch.report
      .then(
        // Also when it was cut off by a removal: what is shown then says so.
        (report) => this.#model === model && follower.finish(report),
        () => undefined,
      )
      .finally(() => {
        cleanUp();
        if (this.#stopFeed === stop) {
          this.#stopFeed = undefined;
        }
      });
    return watch;
  }

  get filter(): string {
    return this.getAttribute('filter') ?? '';
  }

  set filter(value: string) {
    this.#set('filter', value);
  }

  get status(): CustomizationStatus | '' {
    const value = this.getAttribute('status');
    return STATUSES.find((status) => status === value) ?? '';
  }

  set status(value: CustomizationStatus | '') {
    this.#set('status', value);
  }

  get sort(): string {
    return this.getAttribute('sort') ?? '';
  }

  set sort(value: string) {
    this.#set('sort', value);
  }

  get selected(): string {
    return this.getAttribute('selected') ?? '';
  }

  set selected(value: string) {
    this.#set('selected', value);
  }

  /** Whether the panel of the selected VM is open. */
  get details(): boolean {
    return this.hasAttribute('details');
  }

  set details(value: boolean) {
    this.toggleAttribute('details', value);
  }

  /** Milliseconds since the start of the run; null for no cursor. */
  get cursor(): number | null {
    const text = this.getAttribute('cursor') ?? '';
    const value = text.trim() === '' ? Number.NaN : Number(text);
    return Number.isFinite(value) ? value : null;
  }

  set cursor(value: number | null) {
    this.#set('cursor', value === null ? '' : String(value));
  }

  connectedCallback(): void {
    this.#takeEarlyProperties();
    if (this.#view === undefined) {
      this.#view = new View(this, this.shadowRoot ?? this.attachShadow({ mode: 'open' }), {
        change: (name, value) => this.#userSets(name, value),
        redraw: () => this.#schedule(),
        resized: () => {
          this.#measure = true;
          this.#schedule();
        },
      });
      this.#model.addEventListener('change', this.#onChange);
      this.#all = true;
      this.#measure = true;
      this.#schedule();
    }
  }

  disconnectedCallback(): void {
    // Moving an element within a page takes it out and puts it in again at once: that is no end.
    queueMicrotask(() => {
      if (!this.isConnected) {
        this.#endFeed();
        this.#model.removeEventListener('change', this.#onChange);
        this.#view?.remove();
        this.#view = undefined;
        if (this.#frame !== undefined) {
          cancelAnimationFrame(this.#frame);
          this.#frame = undefined;
        }
      }
    });
  }

  attributeChangedCallback(name: string): void {
    if (name === 'filter' || name === 'status' || name === 'sort') {
      this.#all = true;
    }
    this.#schedule();
  }

  /** What a framework set before the element was defined is a plain property, which would hide the one of the class. */
  #takeEarlyProperties(): void {
    for (const name of PROPERTIES) {
      const early = Object.getOwnPropertyDescriptor(this, name);
      if (early !== undefined) {
        delete (this as Record<string, unknown>)[name];
        (this as Record<string, unknown>)[name] = early.value;
      }
    }
  }

  readonly #onChange = (event: Event): void => {
    const { vms, transitions } = event as RunModelChange;
    if (vms === null) {
      this.#all = true;
    } else if (!this.#all) {
      for (const vm of vms) {
        this.#changed.add(vm);
      }
    }
    this.#schedule();
    if (transitions.length > 0) {
      this.#view?.announcer.tell(this.#model, transitions);
      for (const detail of transitions) {
        this.dispatchEvent(new CustomEvent('transition', { detail }));
      }
    }
  };

  #set(name: string, value: string): void {
    set(this, name, value === '' ? null : value);
  }

  #userSets(name: string, value: string | boolean): void {
    if (typeof value === 'boolean') {
      this.toggleAttribute(name, value);
    } else {
      this.#set(name, value);
    }
    this.dispatchEvent(new Event('viewchange'));
  }

  #freshModel(): RunModel {
    this.#endFeed();
    const model = new RunModel();
    this.#use(model);
    return model;
  }

  #use(model: RunModel): void {
    this.#model.removeEventListener('change', this.#onChange);
    this.#model = model;
    this.#all = true;
    this.#view?.announcer.stop();
    if (this.#view !== undefined) {
      model.addEventListener('change', this.#onChange);
      this.#schedule();
    }
  }

  #endFeed(): void {
    const stop = this.#stopFeed;
    this.#stopFeed = undefined;
    stop?.();
  }

  #schedule(): void {
    if (this.#view !== undefined) {
      this.#frame ??= requestAnimationFrame(() => {
        this.#frame = undefined;
        this.#draw();
      });
    }
  }

  #draw(): void {
    const view = this.#view;
    if (view === undefined) {
      return;
    }
    const model = this.#model;
    const descending = this.sort.startsWith('-');
    const wanted = this.sort.replace(/^-/, '');
    const sort: SortKey | '' = SORT_KEYS.find((key) => key === wanted) ?? '';
    // Elapsed times overtake each other with time alone.
    const overtakes = sort === 'elapsed' && Math.abs(model.nowMs - this.#sortedAtMs) >= TICK_MS;
    if (this.#all || overtakes) {
      this.#order.rebuild(model, { text: this.filter, status: this.status, sort, descending });
      this.#sortedAtMs = model.nowMs;
    } else if (this.#changed.size > 0) {
      this.#order.change(model, this.#changed);
    }
    this.#all = false;
    this.#changed.clear();
    view.draw({
      model,
      order: this.#order,
      sort,
      descending,
      measure: this.#measure,
    });
    this.#measure = false;
  }
}

interface ViewActions {
  change(name: string, value: string | boolean): void;
  redraw(): void;
  resized(): void;
}

interface ViewState {
  readonly model: RunModel;
  readonly order: RowOrder;
  readonly sort: SortKey | '';
  readonly descending: boolean;
  readonly measure: boolean;
}

/** What stands in the shadow root while the element is on a page. */
class View {
  readonly announcer = new Announcer();
  readonly #host: VmCustomizationStatusElement;
  readonly #shadow: ShadowRoot;
  readonly #actions: ViewActions;
  readonly #root: HTMLElement;
  readonly #toolbar: Toolbar;
  readonly #table: Table;
  readonly #details: Details;
  readonly #empty = el('p', { class: 'empty' });
  readonly #resizes: ResizeObserver;
  #focusDetails = false;
  #revealed = '';

  constructor(host: VmCustomizationStatusElement, shadow: ShadowRoot, actions: ViewActions) {
    this.#host = host;
    this.#shadow = shadow;
    this.#actions = actions;
    this.#toolbar = new Toolbar({
      filter: (text) => actions.change('filter', text),
      status: (status) => actions.change('status', status),
    });
    this.#table = new Table({
      sort: (key) => actions.change('sort', nextSort(host.sort, key)),
      select: (vm) => this.#select(vm),
      open: (vm, byKey) => {
        this.#focusDetails = byKey;
        this.#select(vm);
        if (!host.details) {
          actions.change('details', true);
        }
      },
      cursor: (atMs) => actions.change('cursor', atMs === null ? '' : String(atMs)),
      scrolled: () => actions.redraw(),
    });
    this.#details = new Details(() => this.#close());
    const main = el('div', { class: 'main' }, this.#table.element, this.#empty);
    this.#root = el(
      'div',
      { class: 'root' },
      this.#toolbar.element,
      el('div', { class: 'content' }, main, this.#details.element),
      this.announcer.element,
    );
    this.#root.addEventListener('keydown', (event) => {
      if (event.key === 'Escape' && host.details) {
        event.preventDefault();
        this.#close();
      }
    });
    shadow.adoptedStyleSheets = [styleSheet()];
    shadow.append(this.#root);
    this.#resizes = new ResizeObserver(() => actions.resized());
    this.#resizes.observe(main);
  }

  draw({ model, order, sort, descending, measure }: ViewState): void {
    const host = this.#host;
    const { list } = order;
    if (measure) {
      this.#table.measure();
    }
    this.#toolbar.draw({ model, shown: list.length, filter: host.filter, status: host.status });
    const label = host.getAttribute('label') ?? 'Customization of VMs';
    const { selected } = host;
    if (selected !== this.#revealed) {
      // Also where a page or a link selects it.
      this.#revealed = selected;
      const index = selected === '' ? -1 : order.indexOf(selected);
      if (index >= 0) {
        this.#table.reveal(index);
      }
    }
    this.#table.draw({ model, list, sort, descending, selected, cursorMs: host.cursor, label });
    this.#empty.hidden = list.length > 0;
    setText(this.#empty, model.size === 0 ? 'No VMs' : 'No VM matches the filter');
    this.#details.draw(model, host.details ? model.entry(selected) : undefined);
    if (this.#focusDetails) {
      this.#focusDetails = false;
      this.#details.element.focus();
    }
  }

  remove(): void {
    this.#resizes.disconnect();
    this.announcer.stop();
    this.#table.clear();
    this.#root.remove();
  }

  #select(vm: string): void {
    if (vm !== this.#host.selected) {
      this.#revealed = vm;
      this.#actions.change('selected', vm);
    }
  }

  #close(): void {
    const hadFocus = this.#details.element.contains(this.#shadow.activeElement);
    this.#actions.change('details', false);
    if (hadFocus) {
      this.#table.element.focus();
    }
  }
}

/** A header's button: ascending, then descending, then the order asked for. */
function nextSort(current: string, key: SortKey): string {
  return current === key ? `-${key}` : current === `-${key}` ? '' : key;
}

declare global {
  interface HTMLElementTagNameMap {
    'vm-customization-status': VmCustomizationStatusElement;
  }
}
