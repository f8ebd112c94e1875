/** The timelines: one drawing per row, all on the axis in the table's head. */
import { clockText } from '../messages.js';
import { el, Pool, set, setText, svg } from './dom.js';
import { type Mark, shownMarks } from './marks.js';
import { type ModelEntry, marksOf, type RunModel } from './model.js';
import { elapsedMs, endOf, type RunTime } from './row-order.js';
import { markPath, markRank } from './shapes.js';
import {
  dateAndTime,
  dayAndTime,
  durationText,
  type Range,
  sameDay,
  type TimeAxis,
  type TimeMode,
  timeOfDay,
  usualRange,
  zoneAt,
} from './time-axis.js';
import { markLabel } from './words.js';

/** What all timelines of a frame share. */
export interface TimelineFrame {
  readonly axis: TimeAxis;
  /** The lines at the ticks. */
  readonly gridPath: string;
  readonly run: RunTime & Pick<RunModel, 'lookbackSeconds'>;
  readonly cursorMs: number | null;
  /** How far back one may look in place of that; null where that is not offered. */
  readonly furtherSeconds: number | null;
}

export function gridPathOf(axis: TimeAxis): string {
  return axis
    .ticks()
    .map((tick) => `M${axis.x(tick)}-99V99`)
    .join('');
}

/** A bar of this many pixels says how long it is. */
const LABELLED_PX = 48;
/** About what a letter takes, in its size. */
const LETTER_EM = 0.66;

/** The timeline of one row: a thin line from power-on to start, a bar from there to the result, and the marks. */
export class TimelineCell {
  readonly element: SVGSVGElement;
  readonly #title = svg('title');
  readonly #grid = svg('path', { class: 'grid-line' });
  readonly #waiting = svg('rect', { class: 'waiting' });
  readonly #running = svg('rect', { class: 'running', rx: '1.5' });
  readonly #took = svg('text', { class: 'took', 'text-anchor': 'middle', y: '0.34em' });
  readonly #beyond = svg('text', { class: 'beyond', y: '0.34em' });
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
    middle.append(this.#grid, this.#waiting, this.#running, this.#took, marks, this.#beyond, this.#cursor);
    this.element = svg('svg', { class: 'timeline', part: 'timeline', role: 'img' }, this.#title, middle);
  }

  draw(entry: ModelEntry, frame: TimelineFrame): void {
    const { axis, run } = frame;
    const { poweredOnMs, startedMs } = entry;
    const end = endOf(entry, run);
    /** Where a time of this VM is; null where it has no place. */
    const zeroMs = axis.mode === 'clock' ? 0 : (poweredOnMs ?? startedMs);
    const place = (timeMs: number | null): number | null =>
      timeMs === null || zeroMs === null ? null : axis.x(timeMs - zeroMs);
    const endX = place(end);
    const cursorX = frame.cursorMs === null || axis.mode === 'elapsed' ? null : axis.x(frame.cursorMs);
    const state = `${entry.version} ${endX} ${cursorX}`;
    if (this.#drawn === state && this.#entry === entry && this.#axis === axis) {
      return;
    }
    this.#drawn = state;
    this.#entry = entry;
    this.#axis = axis;
    set(this.#grid, 'd', frame.gridPath);
    set(this.#cursor, 'd', cursorX === null ? '' : `M${cursorX}-99V99`);
    const free = this.#drawBeyond(entry, axis, end);
    const startX = place(startedMs);
    bar(this.#waiting, free, place(poweredOnMs), startX ?? endX);
    bar(this.#running, free, startX, endX);
    set(this.#running, 'data-status', entry.row.customizationStatus);
    const marks = shownMarks(marksOf(entry));
    const shown = zeroMs === null ? [] : placed(marks, axis, zeroMs);
    const took = startedMs === null || end === null ? '' : clockText(Math.max(0, end - startedMs));
    const tookAt = placeOfText(free, startX, endX, took, axis.em, shown);
    set(this.#took, 'x', String(tookAt ?? 0));
    setText(this.#took, tookAt === null ? '' : took);
    this.#drawMarks(shown, axis, tookAt === null ? null : { x: tookAt, half: widthOf(took, axis.em) / 2 });
    const told = marks.map((mark) => `${markLabel(mark)} ${timeOfDay(mark.timeMs)}`);
    set(this.element, 'aria-label', told.slice(-6).join(', ') || 'No events');
    const total = elapsedMs(entry, run);
    setText(this.#title, [...told, ...(total === null ? [] : [`${durationText(total)} in all`])].join('\n'));
  }

  /** Says what lies before the axis, or after it, and answers between which pixels there is room for the rest. */
  #drawBeyond({ poweredOnMs, startedMs }: ModelEntry, axis: TimeAxis, end: number | null): Room {
    const from = poweredOnMs ?? startedMs;
    let text = '';
    let isBefore = true;
    if (from !== null && axis.mode === 'clock' && from < axis.fromMs) {
      text = `◂ ${sameDay(from, axis.fromMs) ? timeOfDay(from).slice(0, 5) : dayAndTime(from)}`;
    } else if (from !== null && axis.mode === 'elapsed' && end !== null && end - from > axis.toMs) {
      text = `${durationText(end - from)} ▸`;
      isBefore = false;
    }
    set(this.#beyond, 'x', String(isBefore ? 2 : axis.width - 2));
    set(this.#beyond, 'text-anchor', isBefore ? 'start' : 'end');
    setText(this.#beyond, text);
    const taken = text === '' ? 0 : widthOf(text, axis.em) + 6;
    return isBefore ? { from: taken, to: axis.width } : { from: 0, to: axis.width - taken };
  }

  #drawMarks(marks: readonly PlacedMark[], axis: TimeAxis, taken: { x: number; half: number } | null): void {
    this.#marks.begin();
    // A mark reaches some five pixels to each side of its time.
    const scale = Math.round(axis.em * 9) / 100;
    const shown: PlacedMark[] = [];
    for (const { mark, x } of [...marks].sort((a, b) => markRank(b.mark) - markRank(a.mark))) {
      const isMinor = markRank(mark) === 0;
      // What only people want to see gives way to what counts, and what is there already says the same.
      if (
        !(isMinor && taken !== null && Math.abs(x - taken.x) < taken.half + 5 * scale) &&
        !shown.some((other) => (other.mark.kind === mark.kind || isMinor) && Math.abs(other.x - x) < 6 * scale)
      ) {
        shown.unshift({ mark, x });
      }
    }
    for (const { mark, x } of shown) {
      const path = this.#marks.next();
      set(path, 'class', `mark ${mark.kind}`);
      set(path, 'd', markPath(mark.kind));
      set(path, 'transform', `translate(${x})scale(${scale})`);
      setText(path.firstChild as Node, `${markLabel(mark)}, ${timeOfDay(mark.timeMs)}`);
    }
    this.#marks.end();
  }
}

/** Pixels. */
interface Room {
  readonly from: number;
  readonly to: number;
}

interface PlacedMark {
  readonly mark: Mark;
  readonly x: number;
}

function placed(marks: readonly Mark[], axis: TimeAxis, zeroMs: number): PlacedMark[] {
  return marks
    .filter(({ timeMs }) => axis.has(timeMs - zeroMs))
    .map((mark) => ({ mark, x: axis.x(mark.timeMs - zeroMs) }));
}

function widthOf(text: string, em: number): number {
  return text.length * LETTER_EM * em;
}

/** Where in its bar a duration stands: in the widest place between marks, or in the middle; null in a bar that is too short. */
function placeOfText(
  room: Room,
  startX: number | null,
  endX: number | null,
  text: string,
  em: number,
  marks: readonly PlacedMark[],
): number | null {
  if (text === '' || startX === null || endX === null) {
    return null;
  }
  const [from, to] = [Math.max(room.from, startX), Math.min(room.to, endX)];
  if (to - from < Math.max(LABELLED_PX, widthOf(text, em) + em)) {
    return null;
  }
  const edges = [from, ...marks.map(({ x }) => x).filter((x) => x > from && x < to), to];
  let [best, widest] = [(from + to) / 2, widthOf(text, em) + em];
  for (const [i, x] of edges.entries()) {
    const next = edges[i + 1];
    if (next !== undefined && next - x > widest) {
      [best, widest] = [(x + next) / 2, next - x];
    }
  }
  return Math.round(best);
}

function bar(rect: SVGRectElement, room: Room, fromX: number | null, toX: number | null): void {
  const from = Math.max(room.from, fromX ?? 0);
  const to = Math.min(room.to, toX ?? 0);
  const isShown = fromX !== null && toX !== null && to > from;
  set(rect, 'x', String(from));
  set(rect, 'width', isShown ? String(Math.round((to - from) * 10) / 10) : '0');
}

const RANGE_LABELS: Readonly<Record<Range, string>> = {
  '30m': '30 min',
  '2h': '2 h',
  '8h': '8 h',
  all: 'All',
};

interface HeadActions {
  /** In ms since the start; null takes it away. */
  cursor(atMs: number | null): void;
  time(mode: TimeMode): void;
  range(range: Range): void;
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
  readonly #ofDay = el('option', { value: 'clock' });
  readonly #mode = el(
    'select',
    { 'aria-label': 'Times' },
    this.#ofDay,
    el('option', { value: 'elapsed' }, 'Since power-on'),
  );
  readonly #range = el(
    'select',
    { 'aria-label': 'Range of time' },
    ...Object.entries(RANGE_LABELS).map(([value, label]) => el('option', { value }, label)),
  );
  readonly #svg = svg('svg', { 'aria-hidden': 'true' });
  readonly #labels: Pool<SVGTextElement>;
  readonly #reads = svg('path', { class: 'read' });
  readonly #failedReads = svg('path', { class: 'read failed' });
  readonly #cursor = svg('path', { class: 'cursor' });
  #axis: TimeAxis | undefined;
  #model: RunModel | undefined;

  constructor(actions: HeadActions) {
    const onCursor = actions.cursor;
    this.title.append(this.#mode, this.#range);
    this.#mode.addEventListener('change', () => actions.time(this.#mode.value as TimeMode));
    this.#range.addEventListener('change', () => actions.range(this.#range.value as Range));
    const labels = svg('g');
    this.#labels = new Pool(labels, () => svg('text', { y: '1em', 'text-anchor': 'middle' }));
    const bottom = svg('svg', { y: '100%', overflow: 'visible' }, this.#reads, this.#failedReads, this.#cursor);
    this.#svg.append(labels, bottom);
    this.element.append(this.#svg);
    const point = (event: PointerEvent): void => {
      const origin = this.#model?.originMs;
      if (this.#axis?.mode === 'clock' && origin !== null && origin !== undefined) {
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

  draw(model: RunModel, frame: TimelineFrame, range: Range | ''): void {
    const { axis } = frame;
    const cursorMs = axis.mode === 'clock' ? frame.cursorMs : null;
    this.#model = model;
    this.#mode.value = axis.mode;
    this.#range.value = range || usualRange(model);
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
      setText(this.#ofDay, `Time of day, ${zoneAt(axis.mode === 'clock' ? axis.fromMs : (model.originMs ?? 0))}`);
    }
    const origin = model.originMs;
    const reads = { ok: '', failed: '' };
    if (origin !== null && axis.mode === 'clock') {
      for (const { atMs, ok } of model.reads) {
        if (axis.has(origin + atMs)) {
          reads[ok ? 'ok' : 'failed'] += `M${axis.x(origin + atMs)} ${ok ? -12 : -14}V-8`;
        }
      }
    }
    set(this.#reads, 'd', reads.ok);
    set(this.#failedReads, 'd', reads.failed);
    set(this.#cursor, 'd', cursorMs === null ? '' : `M${axis.x(cursorMs) - 4}-15h8l-4 6v9v-9z`);
    const at = cursorMs ?? model.serverNowMs ?? axis.toMs;
    set(this.element, 'aria-valuemin', String(axis.fromMs));
    set(this.element, 'aria-valuemax', String(axis.toMs));
    set(this.element, 'aria-valuenow', String(Math.min(Math.max(at, axis.fromMs), axis.toMs)));
    set(this.element, 'aria-valuetext', cursorMs === null ? 'none' : dateAndTime(cursorMs));
    set(this.element, 'aria-disabled', axis.mode === 'elapsed' ? 'true' : null);
    this.#at = at;
  }

  #at = 0;

  /** In ms since the start; null: no cursor; undefined: no key of ours. */
  #keyTarget(key: string, far: boolean): number | null | undefined {
    const axis = this.#axis;
    const origin = this.#model?.originMs;
    if (axis?.mode !== 'clock' || origin === null || origin === undefined) {
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
