/** One row of the table, used for whichever VM is scrolled to its place. */
import { clockText } from '../messages.js';
import type { Column } from './columns.js';
import { el, set, setText } from './dom.js';
import type { ModelEntry } from './model.js';
import { needOf } from './needs.js';
import { elapsedMs } from './row-order.js';
import { setStatusIcon, statusIcon } from './shapes.js';
import { dayAndTime, timeOfDay } from './time-axis.js';
import { TimelineCell, type TimelineFrame } from './timeline.js';
import { causeOf, conclusionLabel, furtherText, isUnseen, STATUS_LABELS, STATUS_PARTS } from './words.js';

/** What fits into a cell, with a margin; the details have the whole text. */
const CELL_CHARACTERS = 300;
const FLASH_MS = 1_600;

export class RowView {
  readonly element = el('div', { role: 'row', class: 'row', part: 'row' });
  vm = '';
  readonly #name = el('bdi', { class: 'text' });
  readonly #id = el('span', { class: 'muted id' });
  readonly #icon = statusIcon('VmNotStarted');
  readonly #status = el('span');
  readonly #conclusion = el('span', { class: 'muted' });
  readonly #statusText = el('span', { class: 'text' }, this.#status, this.#conclusion);
  readonly #attempt = el('span');
  readonly #elapsed = el('span');
  readonly #ready = el('span', { class: 'time' });
  readonly #reason = el('bdi', { class: 'text' });
  /** Not by Tab, once a row: the details have it too. */
  readonly #further = el('button', { type: 'button', class: 'further', tabindex: '-1', hidden: '' });
  readonly #timeline = new TimelineCell();
  readonly #actions = el('slot');
  #entry: ModelEntry | undefined;
  #version = -1;
  #lookbackSeconds: number | null = null;

  constructor() {
    const cells: [Column, ...Node[]][] = [
      ['name', this.#name, this.#id],
      ['status', this.#icon, this.#statusText],
      ['attempt', this.#attempt],
      ['elapsed', this.#elapsed],
      ['ready', this.#ready],
      ['reason', this.#reason, this.#further],
      ['line', this.#timeline.element],
      ['actions', this.#actions],
    ];
    for (const [i, [name, ...content]] of cells.entries()) {
      const role = i === 0 ? 'rowheader' : 'gridcell';
      this.element.append(
        el('div', { role, class: `cell ${name}`, part: `cell ${name}`, 'aria-colindex': String(i + 1) }, ...content),
      );
    }
  }

  /** Lets go of its VM: what a page has put into its slot belongs to the row that shows the VM now. */
  hide(): void {
    this.element.hidden = true;
    set(this.#actions, 'name', 'none');
  }

  /** Draws the eye to it, once. */
  flash(): void {
    this.element.animate(
      { backgroundColor: ['var(--_flash)', 'transparent'] },
      { duration: FLASH_MS, easing: 'ease-out' },
    );
  }

  draw(entry: ModelEntry, frame: TimelineFrame): void {
    this.element.hidden = false;
    set(this.#actions, 'name', `actions-${entry.row.vm}`);
    const { lookbackSeconds } = frame.run;
    if (this.#entry !== entry || this.#version !== entry.version || this.#lookbackSeconds !== lookbackSeconds) {
      this.#lookbackSeconds = lookbackSeconds;
      this.#entry = entry;
      this.#version = entry.version;
      this.vm = entry.row.vm;
      this.#drawTexts(entry);
    }
    const isOffered = frame.furtherSeconds !== null && isUnseen(entry.row);
    this.#further.hidden = !isOffered;
    setText(this.#further, isOffered ? furtherText(frame.furtherSeconds) : '');
    const elapsed = elapsedMs(entry, frame.run);
    setText(this.#elapsed, elapsed === null ? '–' : clockText(elapsed));
    this.#timeline.draw(entry, frame);
  }

  #drawTexts(entry: ModelEntry): void {
    const { row } = entry;
    const status = row.customizationStatus;
    const conclusion = entry.awaitsReady ? 'not ready yet' : conclusionLabel(row);
    const reason = causeOf(row, this.#lookbackSeconds);
    set(this.element, 'data-status', status);
    set(this.element, 'data-need', needOf(entry));
    this.element.classList.toggle('earlier', entry.isEarlier);
    set(this.element, 'part', `row row-${STATUS_PARTS[status]}`);
    // Where there is no room for its column, the style says the attempt beside the status.
    set(this.#statusText, 'data-attempt', (row.attempt ?? 0) > 1 ? String(row.attempt) : null);
    const id = row.name === null ? '' : row.vm;
    this.#drawName(row.name ?? row.vm, id);
    setCell(this.#id, id);
    setStatusIcon(this.#icon, status);
    setText(this.#status, STATUS_LABELS[status]);
    const when = entry.isEarlier && entry.finishedMs !== null ? dayAndTime(entry.finishedMs) : '';
    setText(this.#conclusion, [conclusion, when].map((text) => (text === '' ? '' : `, ${text}`)).join(''));
    setText(this.#attempt, row.attempt ? String(row.attempt) : '–');
    setText(this.#ready, entry.readyMs === null ? '–' : timeOfDay(entry.readyMs));
    setCell(this.#reason, reason);
  }

  #drawName(name: string, id: string): void {
    const [, begin, end] = END.exec(name) ?? [];
    const isWhole = begin === undefined || end === undefined || name.length > CELL_CHARACTERS;
    // The two parts of a name would be read as two words.
    set(this.#name.parentElement as HTMLElement, 'aria-label', isWhole ? null : `${name} ${id}`.trim());
    if (isWhole) {
      setCell(this.#name, name);
    } else if (this.#name.textContent !== name) {
      this.#name.replaceChildren(el('span', { class: 'begin' }, begin), el('span', { class: 'end' }, end));
      set(this.#name, 'title', name);
    }
  }
}

/** The end that stays in sight: no letters that join with those before. */
const END = /^(.{8,}?\S)([ \w.-]{1,9})$/s;

function setCell(element: HTMLElement, text: string): void {
  const short = text.length > CELL_CHARACTERS ? `${text.slice(0, CELL_CHARACTERS)}…` : text;
  if (element.textContent !== short) {
    element.textContent = short;
    set(element, 'title', short === '' ? null : short);
  }
}
