/** One VM as an answer: what became of it, why, what to do, what happened, and only then all that is known. */

import { clockText } from '../messages.js';
import type { Transition } from '../types.js';
import { type Answer, answerOf, headlineOf, ticketOf, whenOf } from './answer.js';
import { copyText } from './copy.js';
import { el, set, setText } from './dom.js';
import { shownMarks } from './marks.js';
import { type ModelEntry, marksOf, type RunModel } from './model.js';
import { needOf } from './needs.js';
import { elapsedMs } from './row-order.js';
import { setStatusIcon, statusIcon } from './shapes.js';
import { dateAndTime, durationText, timeOfDay, zoneAt } from './time-axis.js';
import { conclusionLabel, furtherText, isUnseen, markLabel, STATUS_LABELS } from './words.js';

const COPIED_MS = 2_000;

export interface DetailsOptions {
  /** There is nothing beside it, and nothing to close it for. */
  readonly isAlone: boolean;
  /** How far back one may look, in seconds; null where that is not offered. */
  readonly lookback: number | null;
}

/** The panel of the selected VM. */
export class Details {
  readonly element = el('section', {
    class: 'details',
    part: 'details',
    'aria-labelledby': 'details-name',
    tabindex: '-1',
    hidden: '',
  });
  readonly #icon = statusIcon('VmNotStarted');
  readonly #headline = el('h2');
  readonly #name = el('bdi', { id: 'details-name' });
  readonly #when = el('span', { class: 'number' });
  readonly #answer = el('div');
  readonly #open = el('span', { class: 'number muted' });
  readonly #elapsed = el('dd', { class: 'number' });
  readonly #further = el('button', { type: 'button', class: 'copy', hidden: '' });
  readonly #summary = el('summary');
  readonly #fields = el('div');
  readonly #content: HTMLElement;
  readonly #close: HTMLElement;
  #model: RunModel | undefined;
  #entry: ModelEntry | undefined;
  #version = -1;
  #transitions = -1;

  constructor(close: () => void, further: () => void) {
    this.#further.addEventListener('click', further);
    this.#close = el('button', { type: 'button', class: 'close', part: 'close', 'aria-label': 'Close details' }, '×');
    this.#close.addEventListener('click', close);
    const title = el('div', { class: 'title' }, this.#headline, el('p', { class: 'muted' }, this.#name, this.#when));
    const ticket = copyButton('Copy for a ticket', () =>
      this.#entry === undefined || this.#model === undefined ? '' : ticketOf(this.#entry, this.#model),
    );
    ticket.classList.add('primary');
    this.#content = el(
      'div',
      { class: 'details-content', tabindex: '0', role: 'group', 'aria-label': 'Details' },
      this.#answer,
      el('div', { class: 'details-actions' }, this.#further, ticket, el('slot', { name: 'details-actions' })),
      el('details', { class: 'fields' }, this.#summary, this.#fields),
      el('slot', { name: 'details' }),
    );
    this.element.append(el('header', { class: 'details-head' }, this.#icon, title, this.#close), this.#content);
  }

  /** Shows a VM, or hides the panel. */
  draw(model: RunModel, entry: ModelEntry | undefined, { isAlone, lookback }: DetailsOptions): void {
    this.element.hidden = entry === undefined;
    this.#close.hidden = isAlone;
    if (entry === undefined) {
      this.#entry = undefined;
      this.#answer.replaceChildren();
      this.#fields.replaceChildren();
      return;
    }
    this.#model = model;
    this.#further.hidden = lookback === null || !isUnseen(entry.row);
    setText(this.#further, lookback === null ? '' : furtherText(lookback));
    const elapsed = elapsedMs(entry, model);
    setText(this.#elapsed, elapsed === null ? '–' : clockText(elapsed));
    const when = whenOf(entry, model);
    setText(this.#when, when === '' ? '' : ` · ${when}`);
    const last = shownMarks(marksOf(entry)).at(-1);
    const now = model.serverNowMs;
    setText(
      this.#open,
      last === undefined || now === null ? '' : `for ${durationText(Math.max(0, now - last.timeMs))}`,
    );
    const told = model.transitions.length === 0 ? 0 : (model.transitions.at(-1)?.atMs ?? 0) + model.transitions.length;
    if (this.#entry === entry && this.#version === entry.version && this.#transitions === told) {
      return;
    }
    if (this.#entry !== entry) {
      this.#content.scrollTop = 0;
    }
    this.#entry = entry;
    this.#version = entry.version;
    this.#transitions = told;
    const { row } = entry;
    const need = needOf(entry);
    set(this.element, 'data-status', row.customizationStatus);
    set(this.element, 'data-need', need);
    setStatusIcon(this.#icon, need === 'stuck' ? 'stuck' : row.customizationStatus);
    setText(this.#headline, headlineOf(entry));
    setText(this.#name, row.name ?? row.vm);
    this.#drawAnswer(answerOf(entry, model.lookbackSeconds));
    this.#drawFields(
      entry,
      model.transitions.filter(({ vm }) => vm === row.vm),
    );
  }

  #drawAnswer({ cause, explanation, quote, steps, happened, open }: Answer): void {
    const parts: HTMLElement[] = [];
    if (cause !== '' || explanation !== '') {
      const why = el('div', { class: 'why' });
      if (cause !== '') {
        why.append(el('p', { class: 'cause' }, el('bdi', {}, cause)));
      }
      if (explanation !== '') {
        why.append(el('p', {}, explanation));
      }
      if (quote !== undefined) {
        why.append(el('p', { class: 'muted quote' }, `${quote.who}: “`, el('bdi', {}, quote.text), '”'));
      }
      parts.push(why);
    }
    if (steps.length > 0) {
      const items = steps.map(({ text, paths }) => {
        const item = el('li', {}, ...withCommands(text));
        for (const { of, path } of paths) {
          item.append(el('div', { class: 'path' }, of === '' ? '' : `${of}: `, ...copyable(path)));
        }
        return item;
      });
      parts.push(block('What to do', el('ol', { class: 'todo' }, ...items)));
    }
    if (happened.length > 0) {
      const items = happened.map(({ mark, after, phase }) =>
        el(
          'li',
          { class: mark.kind, 'data-phase': phase },
          el('span', { class: 'dot' }),
          el('time', { class: 'muted', title: dateAndTime(mark.timeMs) }, timeOfDay(mark.timeMs)),
          el('span', { class: 'what' }, markLabel(mark)),
          el('span', { class: 'number muted' }, after === null ? '' : `after ${durationText(after)}`),
        ),
      );
      if (open !== undefined) {
        const line = el('li', { class: 'open', 'data-phase': open.phase }, el('span', { class: 'dot' }));
        line.append(el('span'), el('span', { class: 'what' }, open.text), this.#open);
        items.push(line);
      }
      parts.push(block('What happened', el('ol', { class: 'steps' }, ...items)));
    }
    this.#answer.replaceChildren(...parts);
  }

  #drawFields(entry: ModelEntry, transitions: readonly Transition[]): void {
    const { row, poweredOnMs, startedMs, finishedMs, readyMs } = entry;
    const { failure, error } = row;
    const list = el('dl');
    fact(list, 'Status', row.customizationStatus);
    fact(
      list,
      'Result',
      row.conclusion === 'completed' ? 'completed' : conclusionLabel(row) || 'none: it is waited for',
    );
    fact(list, 'Id', row.vm);
    fact(list, 'Try', row.attempt ? String(row.attempt) : 'none yet');
    fact(list, 'Powered on', time(poweredOnMs));
    fact(list, 'Started', time(startedMs));
    fact(list, 'Finished', time(finishedMs));
    fact(list, 'Ready', readyMs === null ? null : time(readyMs));
    list.append(el('dt', {}, 'Elapsed'), this.#elapsed);
    fact(list, 'Times', `of the server, shown in ${zoneAt(poweredOnMs ?? startedMs ?? Date.now())}`);
    if (failure !== undefined && failure !== null) {
      fact(list, 'Type', failure.type);
      fact(list, 'Reason code', failure.reason ?? 'not told');
      fact(list, 'Log', failure.logLocation);
      fact(list, 'Message', failure.message);
      fact(list, 'Sysprep', failure.sysprepVersion);
      fact(list, 'Windows', failure.systemVersion);
      fact(list, 'Event key', failure.eventKey === null ? null : String(failure.eventKey));
      fact(list, 'Note', failure.truncated ? 'a text was longer than 4 KiB and was cut' : null);
    }
    if (error !== undefined) {
      fact(list, 'Not observed', `${error.kind}: ${error.message}`);
    }
    fact(list, 'Hint', row.hint ?? null);
    fact(list, 'Revised', row.revised ? 'told as succeeded at first; a later event revised it' : null);
    fact(list, 'Guest', row.guestInfoDisagrees ? 'it reports another result than the events; the events count' : null);
    const events = marksOf(entry).map((mark) =>
      el(
        'li',
        {},
        el('span', { class: 'number muted' }, dateAndTime(mark.timeMs)),
        ` ${markLabel(mark)} `,
        el('span', { class: 'muted' }, [mark.type ?? '', mark.key === null ? '' : `key ${mark.key}`].join(' ').trim()),
      ),
    );
    const steps = transitions.map(({ atMs, from, to, attempt, inferred }) =>
      el(
        'li',
        {},
        el('span', { class: 'number muted' }, `+${clockText(atMs)}`),
        ` ${STATUS_LABELS[from]} → ${STATUS_LABELS[to]}`,
        el(
          'span',
          { class: 'muted' },
          `${attempt > 1 ? `, try ${attempt}` : ''}${inferred ? ', without an event' : ''}`,
        ),
      ),
    );
    this.#fields.replaceChildren(
      list,
      ...group('Events', events),
      ...group('Steps, since the start of the run', steps),
    );
    setText(this.#summary, `All fields (${list.childElementCount / 2 + events.length + steps.length})`);
  }
}

function block(title: string, content: HTMLElement): HTMLElement {
  return el('div', { class: 'block' }, el('h3', {}, title), content);
}

function group(title: string, items: readonly HTMLElement[]): HTMLElement[] {
  return items.length === 0 ? [] : [el('h3', {}, title), el('ul', { class: 'log' }, ...items)];
}

/** A text with its commands, which stand in backticks. */
function withCommands(text: string): (Node | string)[] {
  return text.split('`').flatMap((part, i) => (i % 2 === 0 ? [part] : copyable(part)));
}

function copyable(text: string): (Node | string)[] {
  const copy = copyButton('Copy', () => text);
  set(copy, 'aria-label', `Copy ${text}`);
  return [el('code', {}, text), ' ', copy];
}

/** Says for a while whether it worked. */
function copyButton(label: string, text: () => string): HTMLButtonElement {
  const button = el('button', { type: 'button', class: 'copy' }, label);
  let telling: ReturnType<typeof setTimeout> | undefined;
  button.addEventListener('click', async () => {
    const isCopied = await copyText(text(), button);
    setText(button, isCopied ? 'Copied' : 'Not allowed');
    clearTimeout(telling);
    telling = setTimeout(() => setText(button, label), COPIED_MS);
  });
  return button;
}

function fact(list: HTMLElement, name: string, value: string | null): void {
  if (value !== null && value !== '') {
    list.append(el('dt', {}, name), el('dd', {}, el('bdi', {}, value)));
  }
}

function time(timeMs: number | null): string {
  return timeMs === null ? '–' : dateAndTime(timeMs);
}
