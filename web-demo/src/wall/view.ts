/** The wall screen: what needs people, what is under way, and the last eight hours, to be read from across a room. */
import './wall.css';
import type { RunModel, RunModelChange } from 'vm-customization/element';
import { type Freshness, spanText } from '../run/freshness.js';
import { count, el, html, setText } from '../ui/dom.js';
import { Acknowledged } from './acknowledged.js';
import { Alarms, KIND_WORDS } from './alarms.js';
import { type Need, needsOf, titleOf } from './attention.js';
import { type BarChart, barChart } from './bars.js';
import { History, type Result } from './history.js';
import { icon } from './icons.js';
import { tilesOf } from './kinds.js';
import { pageOf, shareLines } from './paging.js';
import { reasonInWords } from './reason.js';
import { STRIP_MS, stripOf } from './strip.js';
import { timeText } from './times.js';
import { usualRange } from './usual.js';

/** What stands in the head beside the clock. */
export interface WallHead {
  /** Which vCenter. */
  readonly host: string;
  /** Which VMs of it; may be empty. */
  readonly scope: string;
  readonly state: string;
  /** Such as `Live · 2 s ago`. */
  readonly stateText: string;
  readonly freshness: Freshness;
}

/** It is looked at from afar, and may show thousands of VMs. */
const DRAW_EVERY_MS = 500;
/** Line heights, in units of `--u`: as wall.css has them. */
const NEED_LINE = 5.5;
const BAR_LINE = 2.75;
const AXIS_LINE = 3;
const SUCCESS_LINE = 1.95;
const TITLE_LINE = 2.75;
const SUCCESSES_LEAST = 3;
const MANY = 100;
/** A narrow window scrolls, and shows so many. */
const SHOWN_NARROW = 50;
const NARROW = '(max-width: 900px)';
/** The end of a name stays in sight. */
const NAME_END = 10;

export class WallView {
  readonly #titled: (words: string) => void;
  readonly #acknowledged = new Acknowledged();
  readonly #alarms = new Alarms();
  readonly #clock = el('span', { class: 'clock' });
  readonly #host = el('bdi', { class: 'host' });
  readonly #scope = el('bdi', { class: 'scope' });
  readonly #state = el('span', { class: 'state' });
  readonly #tiles = el('ul', { class: 'tiles', 'aria-label': 'VMs by status' });
  readonly #needsPage = el('span', { class: 'page' });
  readonly #needs = el('ul', { class: 'needs', 'aria-labelledby': 'wall-needs' });
  readonly #barsPage = el('span', { class: 'page' });
  readonly #usual = el('span', { class: 'usual-text' });
  readonly #bars = el('ul', { class: 'bars', 'aria-labelledby': 'wall-bars' });
  readonly #axis = el('div', { class: 'bar-axis', 'aria-hidden': 'true' });
  readonly #successes = el('ul', { class: 'successes', 'aria-labelledby': 'wall-successes' });
  readonly #running = el('section', { class: 'running' });
  readonly #stripText = el('p');
  readonly #strip = el('div', { class: 'strip', 'aria-hidden': 'true' });
  readonly #hours = el('div', { class: 'hours', 'aria-hidden': 'true' });
  readonly #news = el('p', { class: 'news', role: 'status' });
  readonly #root: HTMLElement;
  readonly #drawn = new WeakMap<Element, string>();
  #history = new History();
  #model: RunModel | undefined;
  #head: WallHead | undefined;
  #startedAt: string | null = null;
  #lastMs = 0;
  #readsNoted = 0;
  #drawing: number | undefined;
  #shownNeeds: readonly Need[] = [];
  /** Host time at which paging began with the first page. */
  #pagedSinceMs = performance.now();

  /** @param titled - told what the window's title is to say */
  constructor(titled: (words: string) => void) {
    this.#titled = titled;
    const all = el('button', { type: 'button', 'aria-keyshortcuts': 'a' }, 'Acknowledge (A)');
    all.addEventListener('click', () => this.#acknowledgeAll());
    html('leave-wall').before(all, ...this.#alarms.buttons);
    this.#root = el(
      'main',
      { id: 'wall-view' },
      el(
        'div',
        { class: 'head' },
        this.#clock,
        el('h1', { class: 'where' }, this.#host, ' ', this.#scope),
        this.#state,
      ),
      this.#tiles,
      el(
        'div',
        { class: 'columns' },
        el('section', { class: 'attention' }, heading('wall-needs', 'Needs attention', this.#needsPage), this.#needs),
        this.#running,
      ),
      el('section', { class: 'shift', 'aria-label': 'The last 8 hours' }, this.#stripText, this.#strip, this.#hours),
      this.#news,
    );
    this.#running.append(
      heading('wall-bars', 'Customizing, minutes since power-on', this.#barsPage),
      this.#bars,
      el('div', { class: 'bars-foot' }, this.#usual, this.#axis),
      heading('wall-successes', 'Last succeeded'),
      this.#successes,
    );
    html('notices').before(this.#root);
    this.#needs.addEventListener('click', ({ target }) => {
      const key = target instanceof Element ? target.closest('button')?.dataset.key : undefined;
      if (key !== undefined) {
        this.#acknowledged.toggle(key);
        this.#draw();
      }
    });
    addEventListener('keydown', (event) => {
      const isPlain = !(event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented);
      if (event.key === 'a' && isPlain && this.#isOn && document.querySelector('dialog[open]') === null) {
        this.#acknowledgeAll();
      }
    });
    new ResizeObserver(() => this.#draw()).observe(this.#root);
    addEventListener('pagehide', () => {
      if (this.#startedAt !== null) {
        this.#history.keep(this.#startedAt, this.#lastMs - STRIP_MS);
      }
    });
  }

  /** Shows this run from here on, and what is said of it: once a second, and when something is different. */
  show(model: RunModel, head: WallHead): void {
    this.#head = head;
    if (model !== this.#model) {
      this.#model?.removeEventListener('change', this.#onChange);
      this.#model = model;
      model.addEventListener('change', this.#onChange);
      this.#readsNoted = 0;
      this.#note(null);
    }
    this.#draw();
  }

  get #isOn(): boolean {
    return document.documentElement.classList.contains('wall');
  }

  readonly #onChange = (event: Event): void => {
    this.#note((event as RunModelChange).vms);
    this.#drawing ??= window.setTimeout(() => {
      this.#drawing = undefined;
      this.#draw();
    }, DRAW_EVERY_MS);
  };

  /** Takes results and reads into the history: of these VMs, or of all. */
  #note(vms: readonly string[] | null): void {
    const model = this.#model;
    const nowMs = model?.serverNowMs ?? null;
    if (model === undefined || nowMs === null) {
      return;
    }
    let anew = vms === null;
    // A run that goes on after a log-in keeps its start; another one, and a step back in time, is another history.
    if (model.startedAt !== this.#startedAt || (anew && nowMs < this.#lastMs)) {
      this.#history = model.startedAt === this.#startedAt ? new History() : History.kept(model.startedAt);
      this.#startedAt = model.startedAt;
      this.#readsNoted = 0;
      anew = true;
    }
    this.#lastMs = nowMs;
    for (const entry of anew ? model.entries : (vms ?? []).map((vm) => model.entry(vm))) {
      if (entry !== undefined) {
        this.#history.note(entry);
      }
    }
    const { originMs, reads } = model;
    if (originMs !== null) {
      const fresh = reads.filter(({ atMs }) => atMs >= this.#readsNoted);
      for (const read of fresh) {
        this.#history.noteRead(read, originMs);
      }
      // The newest comes once more where another has the same time: it says the same.
      this.#readsNoted = fresh.at(-1)?.atMs ?? this.#readsNoted;
    }
  }

  #acknowledgeAll(): void {
    const key = document.activeElement instanceof HTMLElement ? document.activeElement.dataset.key : undefined;
    if (key === undefined) {
      this.#acknowledged.add(this.#shownNeeds.filter((need) => !need.isAcknowledged).map((need) => need.key));
    } else {
      this.#acknowledged.add([key]);
    }
    this.#draw();
  }

  #draw(): void {
    const [model, head] = [this.#model, this.#head];
    if (model === undefined || head === undefined || !this.#isOn) {
      return;
    }
    const { freshness } = head;
    const nowMs = model.serverNowMs ?? Date.now();
    const silentMs = freshness.kind === 'stale' ? (freshness.forMs ?? 0) : 0;
    if (freshness.kind === 'stale' && freshness.asOfMs !== null) {
      this.#history.noteGap(freshness.asOfMs, freshness.asOfMs + silentMs);
    }
    setText(this.#clock, timeText(nowMs + silentMs));
    setText(this.#host, head.host);
    setText(this.#scope, [head.scope, count(model.size, 'VM')].filter(Boolean).join(' · '));
    setText(this.#state, head.stateText);
    this.#state.dataset.state = head.state;
    this.#drawTiles(model);
    this.#drawNeeds(model, nowMs);
    this.#drawRunning(model, nowMs);
    this.#drawStrip(nowMs + silentMs);
  }

  #drawTiles({ entries }: RunModel): void {
    const tiles = tilesOf(entries);
    this.#replace(this.#tiles, tiles, ({ name, label, count }) => {
      // A number of three digits has no room beside its label.
      const size = count === 0 ? 'none' : count < MANY ? 'few' : 'many';
      return el(
        'li',
        { class: `${name} ${size}` },
        el('b', {}, count.toLocaleString('en')),
        ' ',
        el('span', {}, label),
      );
    });
  }

  #drawNeeds(model: RunModel, nowMs: number): void {
    const needs = needsOf(model.entries, nowMs, this.#acknowledged.keys, reasonInWords);
    this.#shownNeeds = needs;
    const news = this.#alarms.take(needs, model.originMs ?? 0);
    if (news.length > 0) {
      // What is new has the first page.
      this.#pagedSinceMs = performance.now();
      setText(this.#news, news.map(({ name, kind, reason }) => `${name}: ${KIND_WORDS[kind]}, ${reason}`).join('; '));
    }
    const { items, label } = pageOf(needs, this.#fits(this.#needs, NEED_LINE), this.#pagedMs);
    setText(this.#needsPage, label);
    this.#needs.classList.toggle('none', needs.length === 0);
    if (needs.length === 0) {
      this.#replace(this.#needs, [model.size], (size) =>
        el('li', {}, icon('none'), size === 0 ? 'No VM yet' : 'Nothing needs attention'),
      );
    } else {
      this.#replace(this.#needs, items, needLine);
    }
    const { counts } = model;
    this.#titled(
      titleOf(needs, `${counts.CustomizationStarted} customizing, ${counts.CustomizationSucceeded} succeeded`),
    );
  }

  #drawRunning(model: RunModel, nowMs: number): void {
    const { results } = this.#history;
    const succeeded = results.filter(({ isSuccess }) => isSuccess).sort((a, b) => b.atMs - a.atMs);
    const usual = usualRange(succeeded.flatMap(({ tookMs }) => tookMs ?? []));
    const chart = barChart(model.entries, nowMs, usual);
    const unit = this.#unit;
    const height = this.#running.clientHeight - (2 * TITLE_LINE + AXIS_LINE) * unit;
    const shown = this.#isNarrow
      ? { bars: SHOWN_NARROW, successes: SHOWN_NARROW }
      : shareLines(
          height,
          { count: chart.bars.length, line: BAR_LINE * unit },
          { count: succeeded.length, line: SUCCESS_LINE * unit, least: SUCCESSES_LEAST },
        );
    const { items, label } = pageOf(chart.bars, shown.bars, this.#pagedMs);
    setText(this.#barsPage, label);
    setText(this.#usual, chart.usual?.text ?? '');
    if (items.length === 0) {
      this.#replace(this.#bars, ['No VM is being customized'], (text) => el('li', { class: 'nothing' }, text));
    } else {
      this.#replace(this.#bars, items, (bar) => barLine(bar, chart));
    }
    for (const [i, { to, startedAt }] of items.entries()) {
      const track = this.#bars.children[i]?.querySelector<HTMLElement>('.track');
      track?.style.setProperty('--to', percent(to));
      track?.style.setProperty('--started', percent(startedAt));
    }
    this.#bars.style.setProperty('--usual-from', percent(chart.usual?.from ?? 0));
    this.#bars.style.setProperty('--usual-to', percent(chart.usual?.to ?? 0));
    const ticks = items.length === 0 ? [] : chart.ticks;
    this.#replace(this.#axis, ticks, ({ minutes }) => el('span', {}, String(minutes)));
    place(this.#axis, ticks);
    this.#drawSuccesses(succeeded, shown.successes);
  }

  #drawSuccesses(succeeded: readonly Result[], lines: number): void {
    const fit = succeeded.length > lines ? Math.max(0, lines - 1) : lines;
    const rest = succeeded.length - fit;
    const oldest = succeeded.at(-1);
    const more = rest > 0 && oldest !== undefined ? [`… and ${rest} more since ${timeText(oldest.atMs)}`] : [];
    this.#replace(this.#successes, [...succeeded.slice(0, fit), ...more], (item) =>
      typeof item === 'string'
        ? el('li', { class: 'more' }, item)
        : el('li', {}, nameOf(item.name), el('span', {}, [timeText(item.atMs), ...tookOf(item)].join(' · '))),
    );
    if (succeeded.length === 0) {
      this.#replace(this.#successes, ['None yet'], (text) => el('li', { class: 'nothing' }, text));
    }
  }

  #drawStrip(nowMs: number): void {
    const strip = stripOf(this.#history.results, this.#history.gaps, nowMs);
    this.#replace(this.#stripText, [strip], ({ succeeded, failed, gapsText }) =>
      el(
        'span',
        {},
        'The last 8 hours: ',
        el('span', { class: 'succeeded' }, `${succeeded} succeeded`),
        ', ',
        el('span', { class: 'failed' }, `${failed} failed`),
        gapsText === '' ? '' : `; hatched: vCenter not readable (${gapsText})`,
      ),
    );
    const marks = [
      ...strip.gaps.map((gap) => ({ ...gap, kind: 'gap', height: 1 })),
      ...strip.bars.filter((bar) => bar.succeeded > 0).map((bar) => ({ ...bar, kind: 'succeeded' })),
      ...strip.bars.filter((bar) => bar.failed > 0).map((bar) => ({ ...bar, kind: 'failed', height: 1 })),
    ];
    this.#replace(this.#strip, marks, ({ kind }) => el('i', { class: kind }));
    for (const [i, { at, width, height }] of marks.entries()) {
      const { style } = this.#strip.children[i] as HTMLElement;
      style.insetInlineStart = percent(at);
      style.inlineSize = percent(width);
      style.setProperty('--height', String(height));
    }
    this.#replace(this.#hours, strip.hours, ({ text }) => el('span', {}, text));
    place(this.#hours, strip.hours);
  }

  /** Puts lines in place where they differ from those that stand there: a line that has the focus keeps it. */
  #replace<T>(list: HTMLElement, items: readonly T[], make: (item: T) => HTMLElement): void {
    const before = [...list.children];
    const after = items.map((item, i) => {
      const element = before[i];
      const key = JSON.stringify(item);
      if (element !== undefined && this.#drawn.get(element) === key) {
        return element;
      }
      const made = make(item);
      this.#drawn.set(made, key);
      return made;
    });
    for (const [i, element] of after.entries()) {
      const old = before[i];
      if (old === undefined) {
        list.append(element);
      } else if (old !== element) {
        const hadFocus = old.contains(document.activeElement);
        old.replaceWith(element);
        if (hadFocus) {
          element.querySelector('button')?.focus();
        }
      }
    }
    for (const element of before.slice(after.length)) {
      element.remove();
    }
  }

  get #pagedMs(): number {
    return performance.now() - this.#pagedSinceMs;
  }

  get #isNarrow(): boolean {
    return matchMedia(NARROW).matches;
  }

  /** Pixels of `--u`. */
  get #unit(): number {
    return Number.parseFloat(getComputedStyle(this.#root).fontSize);
  }

  #fits(list: HTMLElement, line: number): number {
    return this.#isNarrow ? SHOWN_NARROW : list.clientHeight / (line * this.#unit);
  }
}

function heading(id: string, text: string, ...more: readonly Node[]): HTMLElement {
  return el('div', { class: 'heading' }, el('h2', { id }, text), ...more);
}

function needLine({ key, name, kind, reason, age, detail, isAcknowledged }: Need): HTMLElement {
  return el(
    'li',
    { class: isAcknowledged ? `${kind} acknowledged` : kind },
    el(
      'button',
      { type: 'button', 'data-key': key, 'aria-pressed': String(isAcknowledged), title: 'Acknowledge' },
      icon(kind),
      nameOf(name),
      el('span', { class: 'age' }, age),
      el('bdi', { class: 'reason' }, reason),
      el('span', { class: 'detail' }, isAcknowledged ? 'acknowledged' : detail),
    ),
  );
}

function barLine({ name, minutes, isLong }: BarChart['bars'][number], { usual }: BarChart): HTMLElement {
  const track = el('span', { class: 'track' });
  if (usual !== undefined) {
    track.append(el('i', { class: 'usual' }));
  }
  track.append(el('i', { class: 'waited' }), el('i', { class: 'ran' }));
  return el('li', isLong ? { class: 'long' } : {}, nameOf(name), track, el('span', {}, String(minutes)));
}

/** A name whose end stays in sight: VMs of one kind differ there. */
function nameOf(name: string): HTMLElement {
  const split = name.length > 2 * NAME_END ? name.length - NAME_END : name.length;
  return el('bdi', { class: 'name' }, el('span', {}, name.slice(0, split)), el('span', {}, name.slice(split)));
}

function tookOf({ tookMs }: Result): string[] {
  return tookMs === null ? [] : [spanText(tookMs)];
}

function percent(part: number): string {
  return `${Math.round(part * 10_000) / 100}%`;
}

/** Puts labels where they belong. */
function place(list: HTMLElement, labels: readonly { readonly at: number }[]): void {
  for (const [i, { at }] of labels.entries()) {
    const label = list.children[i] as HTMLElement;
    label.style.insetInlineStart = percent(at);
  }
}
