/** Above the table: the text filter, and how many VMs have come how far. */
import type { CustomizationStatus } from '../types.js';
import { el, set, setText } from './dom.js';
import type { RunModel } from './model.js';
import { statusIcon } from './shapes.js';
import { STATUS_LABELS, STATUS_PARTS, STATUSES } from './words.js';

interface ToolbarState {
  readonly model: RunModel;
  readonly shown: number;
  readonly filter: string;
  readonly status: CustomizationStatus | '';
}

export class Toolbar {
  readonly element = el('div', { class: 'toolbar', part: 'toolbar' });
  readonly #filter = el('input', {
    type: 'search',
    class: 'filter',
    part: 'filter',
    placeholder: 'Filter by name, id, status, reason',
    'aria-label': 'Filter the VMs',
    autocomplete: 'off',
    spellcheck: 'false',
  });
  readonly #chips = new Map<CustomizationStatus, { button: HTMLElement; count: HTMLElement }>();
  readonly #shown = el('span', { class: 'shown' });

  constructor(actions: { filter(text: string): void; status(status: CustomizationStatus | ''): void }) {
    this.#filter.addEventListener('input', () => actions.filter(this.#filter.value));
    this.#filter.addEventListener('keydown', (event) => {
      // The browser empties a search field on Escape; that is not meant for the details.
      if (event.key === 'Escape' && this.#filter.value !== '') {
        event.stopPropagation();
      }
    });
    const chips = el('div', { class: 'chips', role: 'group', 'aria-label': 'Show one status only' });
    for (const status of STATUSES) {
      const count = el('span', { class: 'count' });
      const label = el('span', { class: 'label' }, STATUS_LABELS[status]);
      const button = el(
        'button',
        {
          type: 'button',
          class: 'chip',
          part: `chip chip-${STATUS_PARTS[status]}`,
          'aria-pressed': 'false',
          title: STATUS_LABELS[status],
        },
        statusIcon(status),
        count,
        ' ',
        label,
      );
      button.addEventListener('click', () =>
        actions.status(button.getAttribute('aria-pressed') === 'true' ? '' : status),
      );
      this.#chips.set(status, { button, count });
      chips.append(button);
    }
    this.element.append(this.#filter, chips, this.#shown);
  }

  draw({ model, shown, filter, status }: ToolbarState): void {
    if (this.#filter.value !== filter) {
      this.#filter.value = filter;
    }
    // Room for the largest count, so that nothing moves when a count gets one digit more.
    const digits = String(String(model.size).length);
    if (this.element.style.getPropertyValue('--_digits') !== digits) {
      this.element.style.setProperty('--_digits', digits);
    }
    for (const [name, { button, count }] of this.#chips) {
      setText(count, String(model.counts[name]));
      set(button, 'aria-pressed', String(name === status));
    }
    const of = shown === model.size ? '' : `${shown} of `;
    setText(this.#shown, `${of}${model.size} VM${model.size === 1 ? '' : 's'}`);
  }
}
