/** The timelines: one drawing per row, all on the axis in the table's head. */
import { el, Pool, set, setText, svg } from './dom.js';
import type { Mark } from './marks.js';
import { type ModelEntry, marksOf, type RunModel } from './model.js';
import { endOf } from './row-order.js';
import { markPath, markRank } from './shapes.js';
import { dateAndTime, type TimeAxis, timeOfDay, zoneAt } from './time-axis.js';
import { markLabel } from './words.js';

/** What all timelines of a frame share. */
export interface TimelineFrame {
  readonly axis: TimeAxis;
  /** The lines at the ticks. */
  readonly gridPath: string;
  readonly nowMs: number | null;
  readonly cursorMs: number | null;
}

export function gridPathOf(axis: TimeAxis): string {
  return axis
    .ticks()
    .map((tick) => `M${axis.x(tick)}-99V99`)
    .join('');
}

/** The timeline of one row: a thin line from power-on to start, a bar from there to the result, and the marks. */
export class TimelineCell {
  readonly element: SVGSVGElement;
  readonly #grid = svg('path', { class: 'grid-line' });
  readonly #waiting = svg('rect', { class: 'waiting' });
  readonly #running = svg('rect', { class: 'running', rx: '1.5' });
  readonly #cursor = svg('path', { class: 'cursor' });
  readonly #marks: Pool<SVGPathElement>;
  #drawn = '';
  #entry: ModelEntry | undefined;
  #axis: TimeAxis | undefined;

  constructor() {
    const marks = svg('g');
    this.#marks = new Pool(marks, () => svg('path', { 'fill-rule': 'evenodd' }, svg('title')));
    // Everything inside is drawn around the middle of the cell, whatever its height.
    const middle = svg('svg', { y: '50%', overflow: 'visible' });
    middle.append(this.#grid, this.#waiting, this.#running, marks, this.#cursor);
    this.element = svg('svg', { class: 'timeline', part: 'timeline', role: 'img' }, middle);
  }

  draw(entry: ModelEntry, frame: TimelineFrame): void {
    const { axis, nowMs } = frame;
    const end = endOf(entry, nowMs);
    const endX = end === null ? null : axis.x(end);
    const cursorX = frame.cursorMs === null ? null : axis.x(frame.cursorMs);
    const state = `${entry.version} ${endX} ${cursorX}`;
    if (this.#drawn === state && this.#entry === entry && this.#axis === axis) {
      return;
    }
    set(this.#grid, 'd', frame.gridPath);
    set(this.#cursor, 'd', cursorX === null ? '' : `M${cursorX}-99V99`);
    const onlyTheEnd = this.#entry === entry && this.#axis === axis && this.#drawn.split(' ')[0] === `${entry.version}`;
    this.#drawn = state;
    this.#entry = entry;
    this.#axis = axis;
    const { poweredOnMs, startedMs } = entry;
    bar(this.#waiting, axis, poweredOnMs, startedMs ?? end);
    bar(this.#running, axis, startedMs, end);
    set(this.#running, 'data-status', entry.row.customizationStatus);
    if (!onlyTheEnd) {
      this.#drawMarks(marksOf(entry), axis);
    }
  }

  #drawMarks(marks: readonly Mark[], axis: TimeAxis): void {
    this.#marks.begin();
    // A mark reaches some five pixels to each side of its time.
    const scale = Math.round(axis.em * 9) / 100;
    const shown: Mark[] = [];
    for (const mark of marks.filter(({ timeMs }) => axis.has(timeMs)).sort((a, b) => markRank(b) - markRank(a))) {
      const x = axis.x(mark.timeMs);
      // What only people want to see gives way to what counts, and what is there already says the same.
      if (
        !shown.some(
          ({ timeMs, kind }) =>
            (kind === mark.kind || markRank(mark) === 0) && Math.abs(axis.x(timeMs) - x) < 6 * scale,
        )
      ) {
        shown.unshift(mark);
      }
    }
    for (const mark of shown) {
      const path = this.#marks.next();
      set(path, 'class', `mark ${mark.kind}`);
      set(path, 'd', markPath(mark.kind));
      set(path, 'transform', `translate(${axis.x(mark.timeMs)})scale(${scale})`);
      setText(path.firstChild as Node, `${markLabel(mark)}, ${timeOfDay(mark.timeMs)}`);
    }
    this.#marks.end();
    const told = marks.slice(-6).map((mark) => `${markLabel(mark)} ${timeOfDay(mark.timeMs)}`);
    set(this.element, 'aria-label', told.join(', ') || 'No events');
  }
}

function bar(rect: SVGRectElement, axis: TimeAxis, fromMs: number | null, toMs: number | null): void {
  if (fromMs === null || toMs === null || toMs < axis.fromMs) {
    set(rect, 'width', '0');
    return;
  }
  const from = Math.max(0, axis.x(fromMs));
  set(rect, 'x', String(from));
  set(rect, 'width', String(Math.max(0, Math.round((Math.min(axis.x(toMs), axis.width) - from) * 10) / 10)));
}

/** The axis in the table's head: ticks, reads, and the cursor as a slider. */
export class TimelineHead {
  readonly element = el('div', {
    class: 'axis',
    part: 'axis',
    role: 'slider',
    tabindex: '0',
    'aria-label': 'Cursor on the time axis',
  });
  readonly title = el('span', { class: 'axis-title' });
  readonly #svg = svg('svg', { 'aria-hidden': 'true' });
  readonly #labels: Pool<SVGTextElement>;
  readonly #reads = svg('path', { class: 'read' });
  readonly #failedReads = svg('path', { class: 'read failed' });
  readonly #cursor = svg('path', { class: 'cursor' });
  #axis: TimeAxis | undefined;
  #model: RunModel | undefined;

  /** @param onCursor - told where the user puts the cursor, in ms since the start; null takes it away */
  constructor(onCursor: (atMs: number | null) => void) {
    const labels = svg('g');
    this.#labels = new Pool(labels, () => svg('text', { y: '1em', 'text-anchor': 'middle' }));
    const bottom = svg('svg', { y: '100%', overflow: 'visible' }, this.#reads, this.#failedReads, this.#cursor);
    this.#svg.append(labels, bottom);
    this.element.append(this.#svg);
    const point = (event: PointerEvent): void => {
      const origin = this.#model?.originMs;
      if (this.#axis !== undefined && origin !== null && origin !== undefined) {
        const x = event.clientX - this.element.getBoundingClientRect().left;
        onCursor(Math.round(this.#axis.timeAt(Math.min(Math.max(x, 0), this.#axis.width)) - origin));
      }
    };
    this.element.addEventListener('pointerdown', (event) => {
      this.element.setPointerCapture(event.pointerId);
      point(event);
    });
    this.element.addEventListener('pointermove', (event) => {
      if (this.element.hasPointerCapture(event.pointerId)) {
        point(event);
      }
    });
    this.element.addEventListener('keydown', (event) => {
      const to = this.#keyTarget(event.key, event.shiftKey);
      if (to !== undefined) {
        event.preventDefault();
        event.stopPropagation();
        onCursor(to);
      }
    });
  }

  draw(model: RunModel, frame: TimelineFrame): void {
    const { axis, cursorMs, nowMs } = frame;
    this.#model = model;
    if (this.#axis !== axis) {
      this.#axis = axis;
      this.#labels.begin();
      // Labels at the ends move in from there; those that then have no room are left out.
      const width = axis.labelWidth();
      let free = 0;
      for (const tick of axis.ticks()) {
        const x = Math.min(Math.max(axis.x(tick), width / 2), axis.width - width / 2);
        if (x - width / 2 >= free) {
          free = x + width / 2 + axis.em / 2;
          const text = this.#labels.next();
          set(text, 'x', String(x));
          setText(text, axis.label(tick));
        }
      }
      this.#labels.end();
      setText(this.title, `Server time, ${zoneAt(axis.fromMs)}`);
    }
    const origin = model.originMs;
    const reads = { ok: '', failed: '' };
    if (origin !== null) {
      for (const { atMs, ok } of model.reads) {
        if (axis.has(origin + atMs)) {
          reads[ok ? 'ok' : 'failed'] += `M${axis.x(origin + atMs)} ${ok ? -12 : -14}V-8`;
        }
      }
    }
    set(this.#reads, 'd', reads.ok);
    set(this.#failedReads, 'd', reads.failed);
    set(this.#cursor, 'd', cursorMs === null ? '' : `M${axis.x(cursorMs) - 4}-15h8l-4 6v9v-9z`);
    const at = cursorMs ?? nowMs ?? axis.toMs;
    set(this.element, 'aria-valuemin', String(axis.fromMs));
    set(this.element, 'aria-valuemax', String(axis.toMs));
    set(this.element, 'aria-valuenow', String(Math.min(Math.max(at, axis.fromMs), axis.toMs)));
    set(this.element, 'aria-valuetext', cursorMs === null ? 'none' : dateAndTime(cursorMs));
    this.#at = at;
  }

  #at = 0;

  /** In ms since the start; null: no cursor; undefined: no key of ours. */
  #keyTarget(key: string, far: boolean): number | null | undefined {
    const axis = this.#axis;
    const origin = this.#model?.originMs;
    if (axis === undefined || origin === null || origin === undefined) {
      return undefined;
    }
    const step = far || key.startsWith('Page') ? axis.stepMs : axis.stepMs / 10;
    const within = (timeMs: number): number => Math.round(Math.min(Math.max(timeMs, axis.fromMs), axis.toMs) - origin);
    switch (key) {
      case 'ArrowLeft':
      case 'ArrowDown':
      case 'PageDown':
        return within(this.#at - step);
      case 'ArrowRight':
      case 'ArrowUp':
      case 'PageUp':
        return within(this.#at + step);
      case 'Home':
        return within(axis.fromMs);
      case 'End':
        return within(axis.toMs);
      case 'Delete':
      case 'Backspace':
        return null;
      default:
        return undefined;
    }
  }
}
