/** The newest transitions, in words. */
import type { Transition } from 'vm-customization';
import { type RunModel, type RunModelChange, STATUS_LABELS } from 'vm-customization/element';
import { byId, el, html } from '../ui/dom.js';

const LINES = 200;
const TIME = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });

export class Log {
  readonly #list = html('log-lines');
  #model: RunModel | undefined;
  #fresh: Transition[] = [];
  #anew = true;

  constructor() {
    // It scrolls, by the keyboard too.
    this.#list.tabIndex = 0;
    // A small window has more need of the table.
    byId('log', HTMLDetailsElement).open = !matchMedia('(max-width: 900px)').matches;
  }

  /** Shows those of this model, from here on. */
  show(model: RunModel): void {
    this.#model?.removeEventListener('change', this.#onChange);
    this.#model = model;
    this.#anew = true;
    model.addEventListener('change', this.#onChange);
  }

  /** Once a frame at most. */
  draw(): void {
    const model = this.#model;
    if (model === undefined || (!this.#anew && this.#fresh.length === 0)) {
      return;
    }
    const news = (this.#anew ? model.transitions : this.#fresh).slice(-LINES).reverse();
    const lines = news.map((transition) => this.#line(model, transition));
    if (this.#anew) {
      this.#list.replaceChildren(...lines);
    } else {
      this.#list.prepend(...lines);
      while (this.#list.childElementCount > LINES) {
        this.#list.lastElementChild?.remove();
      }
    }
    this.#anew = false;
    this.#fresh = [];
  }

  readonly #onChange = (event: Event): void => {
    const { vms, transitions } = event as RunModelChange;
    if (vms === null) {
      this.#anew = true;
    }
    this.#fresh.push(...transitions.slice(-LINES));
    if (this.#fresh.length > 2 * LINES) {
      this.#fresh = this.#fresh.slice(-LINES);
    }
  };

  #line(model: RunModel, { vm, to, atMs, attempt, inferred }: Transition): HTMLElement {
    const originMs = model.originMs;
    // On vCenter's clock, for people; nothing is decided by it.
    const time = originMs === null ? '' : TIME.format(originMs + atMs);
    const words = [
      STATUS_LABELS[to],
      ...(attempt > 1 ? [`attempt ${attempt}`] : []),
      ...(inferred ? ['inferred'] : []),
    ];
    return el(
      'li',
      { 'data-status': to },
      el('time', {}, time),
      el('bdi', {}, model.row(vm)?.name ?? vm),
      el('span', {}, words.join(', ')),
    );
  }
}
