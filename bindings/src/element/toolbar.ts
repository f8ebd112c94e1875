/** Above the table: the text filter, and how many VMs have come how far. */
import { el, set, setText } from './dom.js';
import type { RunModel } from './model.js';
import type { StatusFilter } from './row-order.js';
import { statusIcon } from './shapes.js';
import { STATUS_LABELS, STATUS_PARTS } from './words.js';

const LABELS = { ...STATUS_LABELS, stuck: 'Stuck' } as const;
const PARTS = { ...STATUS_PARTS, stuck: 'stuck' } as const;
/** What needs people first. */
const CHIPS = [
  'CustomizationFailed',
  'stuck',
  'CustomizationStarted',
  'CustomizationNotStarted',
  'CustomizationSucceeded',
  'VmNotStarted',
] as const satisfies readonly StatusFilter[];
type ChipName = (typeof CHIPS)[number];

interface Chip {
  readonly button: HTMLElement;
  readonly count: HTMLElement;
  /** How many of them are from before the run began. */
  readonly earlier: HTMLElement;
}

interface ToolbarState {
  readonly model: RunModel;
  readonly shown: number;
  readonly filter: string;
  readonly status: StatusFilter;
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
  readonly #chips = new Map<ChipName, Chip>();
  readonly #shown = el('span', { class: 'shown' });

  constructor(actions: { filter(text: string): void; status(status: StatusFilter): void }) {
    this.#filter.addEventListener('input', () => actions.filter(this.#filter.value));
    this.#filter.addEventListener('keydown', (event) => {
      // The browser empties a search field on Escape; that is not meant for the details.
      if (event.key === 'Escape' && this.#filter.value !== '') {
        event.stopPropagation();
      }
    });
    const chips = el('div', { class: 'chips', role: 'group', 'aria-label': 'Show some only' });
    for (const status of CHIPS) {
      const count = el('span', { class: 'count' });
      const label = el('span', { class: 'label' }, LABELS[status]);
      const earlier = el('span', { class: 'muted' });
      const button = el(
        'button',
        {
          type: 'button',
          class: 'chip',
          part: `chip chip-${PARTS[status]}`,
          'aria-pressed': 'false',
          title: LABELS[status],
        },
        statusIcon(status),
        count,
        ' ',
        label,
        earlier,
      );
      button.addEventListener('click', () =>
        actions.status(button.getAttribute('aria-pressed') === 'true' ? '' : status),
      );
      this.#chips.set(status, { button, count, earlier });
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
    for (const [name, { button, count, earlier }] of this.#chips) {
      const before = name === 'stuck' ? 0 : model.earlier[name];
      setText(count, String(name === 'stuck' ? model.stuck : model.counts[name] - before));
      setText(earlier, before === 0 ? '' : `+ ${before} earlier`);
      set(button, 'aria-pressed', String(name === status));
    }
    const of = shown === model.size ? '' : `${shown} of `;
    setText(this.#shown, `${of}${model.size} VM${model.size === 1 ? '' : 's'}`);
  }
}
