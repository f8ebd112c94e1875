import type { EventSource } from '../source/event-source.js';
import type { Report, Transition, VmRef } from '../types.js';
import type { WatchOptions } from '../watch/options.js';
import type { CustomizationWatch } from '../watch/watch.js';
import { LIVE } from './announcer.js';
import { set } from './dom.js';
import { watchInto } from './follow-watch.js';
import { RunModel, type RunModelChange } from './model.js';
import { RowOrder, SORT_KEYS, type Sorting, type StatusFilter } from './row-order.js';
import { RANGES, type Range, type TimeMode } from './time-axis.js';
import { type StatusView, View } from './view.js';
import { STATUSES } from './words.js';

/** The events of the element, by name. */
export interface StatusEventMap {
  /** The user has changed the view, by one act. */
  readonly viewchange: CustomEvent<StatusView>;
  /** A VM has got one step further. */
  readonly transition: CustomEvent<Transition>;
  /** The user asks to look back as far as `lookback` says. */
  readonly lookback: CustomEvent<number>;
}

type EventMap = HTMLElementEventMap & StatusEventMap;

interface StatusElementBase extends HTMLElement {
  addEventListener<K extends keyof EventMap>(
    type: K,
    listener: (this: this, event: EventMap[K]) => unknown,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject,
    options?: boolean | AddEventListenerOptions,
  ): void;
  removeEventListener<K extends keyof EventMap>(
    type: K,
    listener: (this: this, event: EventMap[K]) => unknown,
    options?: boolean | EventListenerOptions,
  ): void;
  removeEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject,
    options?: boolean | EventListenerOptions,
  ): void;
}

// Where there is no DOM, as in Node, importing the module does no harm; there is only nothing to show.
const Base = (globalThis.HTMLElement ?? class {}) as new () => StatusElementBase;

const TICK_MS = 1_000;
/** To put more rows in their places one by one takes longer than to sort all. */
const MOST_MOVED = 5_000;
/** Properties that are texts, each with an attribute of its name. */
const TEXTS = ['filter', 'sort', 'selected', 'columns', 'label', 'theme'] as const;
const ATTRIBUTES = [...TEXTS, 'time', 'range', 'status', 'details', 'cursor', 'announce', 'card', 'lookback'] as const;

/** What a framework may set, each a property of the element. */
export type StatusProperties = Pick<
  VmCustomizationStatusElement,
  'model' | 'report' | keyof StatusView | 'columns' | 'label' | 'theme' | 'announce' | 'card' | 'lookback'
>;

/**
 * `<vm-customization-status>`: the VMs of a run as a table with one timeline each, for any page or framework.
 *
 * ```ts
 * import 'vm-customization/element';
 * const view = document.querySelector('vm-customization-status')!;
 * view.report = await (await fetch('/report.json')).json();
 * ```
 *
 * **Fed** by one of: {@link model}, which a page fills itself and may share between elements; {@link report}, a whole
 * report, again whenever there is a newer one; {@link follow}, a stream of those; {@link watch}, a source of events, which
 * loads the core. The one set last counts. What the element began itself (`follow`, `watch`) ends when it is removed from
 * the page.
 *
 * **View**, as attributes and as properties of the same name; what the user changes is written there.
 *
 * **Size**: the element needs a height (30rem unless the page's style says otherwise): only rows in sight exist. It goes from 320 px
 * to any width.
 *
 * **Keys** in the table: arrows, Home, End, PageUp, PageDown select; Enter opens the details; Escape closes them. On the time
 * axis: arrows, PageUp, PageDown, Home, End move the cursor, Delete takes it away.
 *
 * @attr {string} filter - A text in the name, the id, the status or the reason
 * @attr {CustomizationStatus | 'stuck' | ''} status - One of the five statuses, or `stuck` for VMs that get no further; empty
 *   for all
 * @attr {string} sort - `name`, `status`, `attempt`, `elapsed`, `ready` or `reason`, with `-` before it for descending; `order` for the
 *   order asked for; empty for what needs attention first
 * @attr {string} selected - The id of a VM
 * @attr {boolean} details - The panel of the selected VM is open
 * @attr {boolean} card - The details of one VM alone, of the selected one or of the first, in place of the table
 * @attr {number | null} lookback - How far back, in seconds, a button at VMs without a power-on offers to look
 * @attr {number | null} cursor - A line across all timelines, in milliseconds since the start of the run
 * @attr {'clock' | 'elapsed'} time - What times are counted from: the server's clock, or the power-on of each VM
 * @attr {'30m' | '2h' | '8h' | 'all' | ''} range - How much of the time is shown; empty for the last 2 h of a run that goes on,
 *   and else all
 * @attr {string} columns - The columns to show, with spaces between them: those of `sort`, `line` (the timeline) and
 *   `actions`; without it all but `actions`, and `ready` where some guest is. `name` is always shown, and some only where there is room
 * @attr {string} label - The name of the table for screen readers
 * @attr {'light' | 'dark' | ''} theme - Without it the page's `color-scheme` decides
 * @attr {'polite' | 'assertive' | 'off'} announce - How screen readers are told of transitions, as by `aria-live`; `polite`
 *   unless it says otherwise
 *
 * @prop {RunModel} model - What is shown; a page may fill it itself, and show it elsewhere too
 * @prop {Report | null} report - The report that is shown
 *
 * @method {Promise<void>} follow - Shows each report of a stream as it comes, until its end
 * @method {Promise<CustomizationWatch>} watch - Watches VMs of a source and shows what happens; loads the core
 *
 * @fires {CustomEvent<StatusView>} viewchange - The user has changed the view; the detail is all of it as it is now. Once for
 *   each act; does not bubble
 * @fires {CustomEvent<Transition>} transition - A VM has got one step further while the element is on the page; does not
 *   bubble
 * @fires {CustomEvent<number>} lookback - The user asks to look back as far as `lookback` says; does not bubble
 *
 * @slot actions-ID - For the VM of that id, in its row: shown where `columns` has `actions`
 * @slot details - Below the details of the selected VM
 * @slot details-actions - Beside the buttons there
 * @slot empty - In place of "No VMs"
 *
 * @csspart toolbar - The filter, and the statuses with their counts
 * @csspart filter - The field for a text
 * @csspart chip - The button of a status
 * @csspart chip-not-powered-on - That of VmNotStarted
 * @csspart chip-not-started - That of CustomizationNotStarted
 * @csspart chip-started - That of CustomizationStarted
 * @csspart chip-succeeded - That of CustomizationSucceeded
 * @csspart chip-failed - That of CustomizationFailed
 * @csspart chip-stuck - That of VMs that get no further
 * @csspart table - The table
 * @csspart head - Its head
 * @csspart sort - The button in a heading
 * @csspart axis - The time axis
 * @csspart row - A row
 * @csspart row-not-powered-on - One of status VmNotStarted
 * @csspart row-not-started - One of status CustomizationNotStarted
 * @csspart row-started - One of status CustomizationStarted
 * @csspart row-succeeded - One of status CustomizationSucceeded
 * @csspart row-failed - One of status CustomizationFailed
 * @csspart cell - A cell of a row
 * @csspart name - That of the name and id
 * @csspart status - That of the status, and why it is no longer waited for
 * @csspart attempt - That of the attempt
 * @csspart elapsed - That of the time since the power-on
 * @csspart ready - That of when the guest was ready
 * @csspart reason - That of what failed, or of why it gets no further
 * @csspart line - That of the timeline
 * @csspart actions - That of the slot
 * @csspart timeline - The drawing in a cell
 * @csspart legend - What the signs mean
 * @csspart details - The panel of the selected VM
 * @csspart close - The button that closes it
 *
 * @cssprop --vmc-font - The family of all texts
 * @cssprop --vmc-font-size - Their size
 * @cssprop --vmc-row-height - The height of a row
 * @cssprop --vmc-actions-width - The width of the column `actions`
 * @cssprop --vmc-background - Behind everything
 * @cssprop --vmc-foreground - Texts
 * @cssprop --vmc-muted - Texts of less weight
 * @cssprop --vmc-surface - Behind the head and the details
 * @cssprop --vmc-border - Lines around parts
 * @cssprop --vmc-grid - Lines between rows and at times
 * @cssprop --vmc-hover - Behind the row that is pointed at
 * @cssprop --vmc-selected - Behind the row that is selected
 * @cssprop --vmc-accent - Focus and cursor
 * @cssprop --vmc-not-powered-on - Status VmNotStarted
 * @cssprop --vmc-not-started - Status CustomizationNotStarted
 * @cssprop --vmc-started - Status CustomizationStarted
 * @cssprop --vmc-succeeded - Status CustomizationSucceeded
 * @cssprop --vmc-failed - Status CustomizationFailed
 * @cssprop --vmc-stuck - VMs that get no further
 */
export class VmCustomizationStatusElement extends Base {
  static readonly observedAttributes: readonly string[] = ATTRIBUTES;

  static {
    for (const name of TEXTS) {
      Object.defineProperty(VmCustomizationStatusElement.prototype, name, {
        get(this: VmCustomizationStatusElement) {
          return this.getAttribute(name) ?? '';
        },
        set(this: VmCustomizationStatusElement, value: string | null | undefined) {
          this.#set(name, value);
        },
        configurable: true,
        enumerable: true,
      });
    }
  }

  /** A text in the name, the id, the status or the reason; empty for all VMs. */
  declare filter: string;
  /** A column, with `-` before it for descending; `order` for the order asked for; empty for what needs attention first. */
  declare sort: string;
  /** The id of the selected VM; empty for none. */
  declare selected: string;
  /** The columns to show, with spaces between them; empty for all but `actions`. */
  declare columns: string;
  /** The name of the table for screen readers. */
  declare label: string;
  /** Empty where the page's `color-scheme` decides. */
  declare theme: 'light' | 'dark' | '';

  #model = new RunModel();
  readonly #order = new RowOrder();
  #view: View | undefined;
  #frame: number | undefined;
  /** Until the next second, while time goes on by itself. */
  #ticking: ReturnType<typeof setTimeout> | undefined;
  /** Until rows may move again. */
  #holding: ReturnType<typeof setTimeout> | undefined;
  /** What has changed since the list was last put in order; `all` when it has to be made anew. */
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

  /**
   * The report that is shown: one that was set, the last that {@link follow} brought, or that which {@link watch} ended with.
   * Null while there is none. Setting it shows it; only what differs from the last one is drawn anew.
   */
  get report(): Report | null {
    return this.#model.lastReport;
  }

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
   * otherwise; rejects with what the stream throws, and with a `TypeError` for what is no stream.
   */
  async follow(reports: AsyncIterable<Report>): Promise<void> {
    const iterator = reports?.[Symbol.asyncIterator]?.();
    if (!iterator) {
      throw new TypeError('`reports` must be an AsyncIterable');
    }
    const model = this.#freshModel();
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
   * Loads the core, watches VMs and shows what happens. Takes what `watchCustomization` takes and answers the same; `alsoRead`
   * has the reboots and power cycles that timelines show unless told otherwise.
   *
   * @throws `InitError` when the core cannot be loaded, and what `watchCustomization` throws
   */
  async watch(source: EventSource, vms: readonly VmRef[], options: WatchOptions = {}): Promise<CustomizationWatch> {
    const model = this.#freshModel();
    try {
      model.setVms(vms);
    } catch {
      // What is no list of VMs is refused by the watch, with what to give.
    }
    const over = new AbortController();
    const stop = (): void => over.abort();
    const ended = (): void => {
      if (this.#stopFeed === stop) {
        this.#stopFeed = undefined;
      }
    };
    this.#stopFeed = stop;
    try {
      const watch = await watchInto(model, source, vms, options, over.signal);
      watch.report.then(ended, ended);
      return watch;
    } catch (error) {
      ended();
      throw error;
    }
  }

  get status(): StatusFilter {
    const value = this.getAttribute('status');
    return [...STATUSES, 'stuck' as const].find((status) => status === value) ?? '';
  }

  set status(value: StatusFilter) {
    this.#set('status', value);
  }

  /** Whether the panel of the selected VM is open. */
  get details(): boolean {
    return this.hasAttribute('details');
  }

  set details(value: boolean) {
    this.toggleAttribute('details', !!value);
  }

  /** Whether the details of one VM stand alone: of the selected one, or of the first. */
  get card(): boolean {
    return this.hasAttribute('card');
  }

  set card(value: boolean) {
    this.toggleAttribute('card', !!value);
  }

  /** How far back, in seconds, a button at VMs without a power-on offers to look; null for no such button. */
  get lookback(): number | null {
    const value = Number(this.getAttribute('lookback') ?? 0);
    return Number.isSafeInteger(value) && value > 0 ? value : null;
  }

  set lookback(value: number | null) {
    this.#set('lookback', String(value ?? ''));
  }

  /** Milliseconds since the start of the run; null for no cursor. */
  get cursor(): number | null {
    const text = this.getAttribute('cursor') ?? '';
    const value = text.trim() === '' ? Number.NaN : Number(text);
    return Number.isFinite(value) ? value : null;
  }

  set cursor(value: number | null) {
    this.#set('cursor', String(value ?? ''));
  }

  /** What times are counted from: `clock`, which is the server's, or `elapsed` since the power-on of each VM. */
  get time(): TimeMode {
    return this.getAttribute('time') === 'elapsed' ? 'elapsed' : 'clock';
  }

  set time(value: TimeMode) {
    this.#set('time', value === 'elapsed' ? value : '');
  }

  /** How much of the time is shown; empty for the last 2 h of a run that goes on, and else all. */
  get range(): Range | '' {
    const value = this.getAttribute('range') ?? '';
    return Object.hasOwn(RANGES, value) ? (value as Range) : '';
  }

  set range(value: Range | '') {
    this.#set('range', value);
  }

  /** How screen readers are told of transitions, as by `aria-live`. */
  get announce(): 'polite' | 'assertive' | 'off' {
    const value = this.getAttribute('announce');
    return LIVE.find((live) => live === value) ?? 'polite';
  }

  set announce(value: 'polite' | 'assertive' | 'off') {
    this.#set('announce', value);
  }

  connectedCallback(): void {
    this.#takeEarlyProperties();
    if (this.#view === undefined) {
      this.#view = new View(this.shadowRoot ?? this.attachShadow({ mode: 'open' }), {
        change: (change) => this.#userSets(change),
        further: () => this.dispatchEvent(new CustomEvent('lookback', { detail: this.lookback })),
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
        clearTimeout(this.#ticking);
        this.#ticking = undefined;
        clearTimeout(this.#holding);
        this.#holding = undefined;
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
    for (const name of ['model', 'report', ...ATTRIBUTES]) {
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
      this.#view?.tell(this.#model, transitions);
      for (const detail of transitions) {
        this.dispatchEvent(new CustomEvent('transition', { detail }));
      }
    }
  };

  #set(name: string, value: string | null | undefined): void {
    set(this, name, value || null);
  }

  get #viewNow(): StatusView {
    const { filter, status, sort, selected, details, cursor, time, range } = this;
    return { filter, status, sort, selected, details, cursor, time, range };
  }

  #userSets(change: Partial<StatusView>): void {
    const before = JSON.stringify(this.#viewNow);
    Object.assign(this, change);
    const detail = this.#viewNow;
    if (JSON.stringify(detail) !== before) {
      this.dispatchEvent(new CustomEvent('viewchange', { detail }));
    }
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
    this.#view?.forget();
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
    const shown = this.#viewNow;
    const descending = shown.sort.startsWith('-');
    const wanted = shown.sort.replace(/^-/, '');
    const sortedBy: Sorting = [...SORT_KEYS, 'order' as const].find((key) => key === wanted) ?? '';
    const nowMs = model.serverNowMs ?? 0;
    // Elapsed times overtake each other with time alone.
    const overtakes = sortedBy === 'elapsed' && Math.abs(nowMs - this.#sortedAtMs) >= TICK_MS;
    if (this.#all || overtakes || this.#changed.size > MOST_MOVED) {
      this.#order.rebuild(model, { text: shown.filter, status: shown.status, sort: sortedBy, descending });
      this.#sortedAtMs = nowMs;
      this.#changed.clear();
    } else if (this.#changed.size > 0 && view.heldMs > 0) {
      // Only its place waits: what stands in a row is that of now.
      this.#holding ??= setTimeout(() => {
        this.#holding = undefined;
        this.#schedule();
      }, view.heldMs);
    } else if (this.#changed.size > 0) {
      this.#order.change(model, this.#changed);
      this.#changed.clear();
    }
    this.#all = false;
    view.draw({
      ...shown,
      model,
      order: this.#order,
      sortedBy,
      descending,
      measure: this.#measure,
      label: this.label || 'Customization of VMs',
      columns: this.columns,
      live: this.announce,
      card: this.card,
      lookback: this.lookback,
    });
    this.#measure = false;
    if (model.runsOn) {
      this.#ticking ??= setTimeout(() => {
        this.#ticking = undefined;
        this.#schedule();
      }, TICK_MS);
    }
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'vm-customization-status': VmCustomizationStatusElement;
  }
}
