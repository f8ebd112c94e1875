/** All that is known of one VM, in words. */

import { clockText, rowHintText } from '../messages.js';
import type { Transition } from '../types.js';
import { el, setText } from './dom.js';
import type { MarkKind } from './marks.js';
import { type ModelEntry, marksOf, type RunModel } from './model.js';
import { elapsedMs } from './row-order.js';
import { statusIcon } from './shapes.js';
import { dateAndTime, zoneAt } from './time-axis.js';
import { adviceFor, conclusionLabel, GUEST_LOGS, isInGuest, markLabel, STATUS_LABELS } from './words.js';

const RESULTS: ReadonlySet<MarkKind> = new Set(['succeeded', 'failed']);

/** The panel of the selected VM. */
export class Details {
  readonly element = el('section', {
    class: 'details',
    part: 'details',
    'aria-labelledby': 'details-title',
    tabindex: '-1',
    hidden: '',
  });
  readonly #title = el('h2', { id: 'details-title' });
  readonly #content = el('div', { class: 'details-content', tabindex: '0', role: 'group', 'aria-label': 'Details' });
  readonly #elapsed = el('dd', { class: 'number' });
  #entry: ModelEntry | undefined;
  #version = -1;
  #transitions = -1;

  constructor(close: () => void) {
    const button = el('button', { type: 'button', class: 'close', part: 'close', 'aria-label': 'Close details' }, '×');
    button.addEventListener('click', close);
    const slot = el('slot', { name: 'details' });
    this.element.append(el('div', { class: 'details-head' }, this.#title, button), this.#content, slot);
  }

  /** Shows a VM, or hides the panel. */
  draw(model: RunModel, entry: ModelEntry | undefined): void {
    this.element.hidden = entry === undefined;
    if (entry === undefined) {
      this.#entry = undefined;
      this.#content.replaceChildren();
      return;
    }
    const elapsed = elapsedMs(entry, model.serverNowMs);
    setText(this.#elapsed, elapsed === null ? '–' : clockText(elapsed));
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
    this.#title.replaceChildren(el('bdi', {}, row.name ?? row.vm));
    const transitions = model.transitions.filter(({ vm }) => vm === row.vm);
    this.#content.replaceChildren(
      this.#facts(entry),
      ...this.#failure(entry),
      ...this.#hint(entry),
      ...this.#remarks(entry, transitions),
      ...this.#events(entry),
      ...this.#steps(transitions),
    );
  }

  #facts(entry: ModelEntry): HTMLElement {
    const { row, poweredOnMs, startedMs, finishedMs, readyMs } = entry;
    const list = el('dl');
    const status = el('dd', { class: 'status' }, statusIcon(row.customizationStatus));
    status.append(
      STATUS_LABELS[row.customizationStatus],
      el('span', { class: 'muted' }, ` ${row.customizationStatus}`),
    );
    list.append(el('dt', {}, 'Status'), status);
    const conclusion = row.conclusion === 'completed' ? 'completed' : conclusionLabel(row);
    fact(list, 'Conclusion', conclusion || 'none: it is waited for');
    fact(list, 'Id', row.vm);
    fact(list, 'Attempt', row.attempt ? String(row.attempt) : 'none yet');
    fact(list, 'Powered on', time(poweredOnMs));
    fact(list, 'Started', time(startedMs));
    fact(list, 'Finished', time(finishedMs));
    fact(list, 'Ready', readyMs === null ? null : time(readyMs));
    list.append(el('dt', {}, 'Elapsed'), this.#elapsed);
    fact(list, 'Times', `server time, shown in ${zoneAt(poweredOnMs ?? startedMs ?? Date.now())}`);
    return list;
  }

  #failure({ row }: ModelEntry): HTMLElement[] {
    const { failure, error } = row;
    const parts: HTMLElement[] = [];
    if (failure !== undefined && failure !== null) {
      const list = el('dl');
      fact(list, 'Type', failure.type);
      fact(list, 'Reason', failure.reason ?? 'not told');
      fact(list, failure.logLocation === null ? 'Log (usually)' : 'Log', failure.logLocation ?? GUEST_LOGS);
      fact(list, 'Message', failure.message);
      fact(list, 'Sysprep version', failure.sysprepVersion);
      fact(list, 'System version', failure.systemVersion);
      fact(list, 'Event key', failure.eventKey === null ? null : String(failure.eventKey));
      if (failure.truncated) {
        fact(list, 'Note', 'a text was longer than 4 KiB and was cut');
      }
      parts.push(el('h3', {}, 'Failure'), list);
    }
    if (error !== undefined) {
      const list = el('dl');
      fact(list, 'Kind', error.kind);
      fact(list, 'Message', error.message);
      parts.push(el('h3', {}, 'Why it cannot be observed'), list);
    }
    return parts;
  }

  #hint({ row }: ModelEntry): HTMLElement[] {
    if (row.hint === undefined || row.hint === null) {
      return [];
    }
    const text = rowHintText(row);
    const parts = [el('h3', {}, 'Hint'), el('p', {}, `${text.charAt(0).toUpperCase()}${text.slice(1)}.`)];
    const advice = adviceFor(row.hint);
    if (advice !== '') {
      parts.push(el('p', {}, advice));
    }
    if (isInGuest(row.hint)) {
      parts.push(el('p', { class: 'muted' }, `Log in the guest. ${GUEST_LOGS}`));
    }
    return parts;
  }

  #remarks(entry: ModelEntry, transitions: readonly Transition[]): HTMLElement[] {
    const { row } = entry;
    const remarks: string[] = [];
    if (row.revised) {
      remarks.push('Told as succeeded at first; a later event revised it.');
    }
    if (row.guestInfoDisagrees) {
      remarks.push('The guest itself reports another result than the events; the events count.');
    }
    if (transitions.some(({ inferred }) => inferred)) {
      remarks.push('A step without an event of its own is inferred from the one after it.');
    }
    if (row.customizationStatus === 'VmNotStarted' && marksOf(entry).some(({ kind }) => RESULTS.has(kind))) {
      remarks.push('A result without a power-on in the time looked at does not count.');
    }
    return remarks.length === 0
      ? []
      : [el('h3', {}, 'Remarks'), el('ul', {}, ...remarks.map((text) => el('li', {}, text)))];
  }

  #events(entry: ModelEntry): HTMLElement[] {
    const items = marksOf(entry).map((mark) =>
      el(
        'li',
        {},
        el('span', { class: 'number muted' }, dateAndTime(mark.timeMs)),
        ` ${markLabel(mark)} `,
        el('span', { class: 'muted' }, mark.type ?? ''),
      ),
    );
    return items.length === 0 ? [] : [el('h3', {}, 'Events'), el('ol', { class: 'log' }, ...items)];
  }

  #steps(transitions: readonly Transition[]): HTMLElement[] {
    const items = transitions.map(({ atMs, from, to, attempt, inferred }) =>
      el(
        'li',
        {},
        el('span', { class: 'number muted' }, `+${clockText(atMs)}`),
        ` ${STATUS_LABELS[from]} → ${STATUS_LABELS[to]}`,
        el('span', { class: 'muted' }, `${attempt > 1 ? `, attempt ${attempt}` : ''}${inferred ? ', inferred' : ''}`),
      ),
    );
    return items.length === 0
      ? []
      : [el('h3', {}, 'Transitions, since the start of the run'), el('ol', { class: 'log' }, ...items)];
  }
}

function fact(list: HTMLElement, name: string, value: string | null): void {
  if (value !== null && value !== '') {
    list.append(el('dt', {}, name), el('dd', {}, el('bdi', {}, value)));
  }
}

function time(timeMs: number | null): string {
  return timeMs === null ? '–' : dateAndTime(timeMs);
}
