/** What the page says in words, around the view. All of it as text. */
import { bandText, statusOf } from '../run/freshness.js';
import type { LiveRun, RunSource } from '../run/live-run.js';
import { drawBandText } from '../ui/band.js';
import { button, el, html, setText } from '../ui/dom.js';

/** How old what is shown is, is said by the second. */
const DRAW_EVERY_MS = 1_000;

/** The parts of plugin.html. */
export class Page {
  readonly #view = html('view');
  readonly #problem = html('problem');
  readonly #missing = html('missing');
  #run: LiveRun<RunSource> | undefined;

  constructor() {
    setInterval(() => this.#draw(), DRAW_EVERY_MS);
  }

  /** What is going on, while there is no run that says it. */
  tell(text: string): void {
    setText(html('state'), text);
    setText(html('age'), '');
  }

  /** Something that ends what the page does; `again` begins anew. */
  fail(text: string, again?: () => void): void {
    this.tell('');
    setText(html('what'), text);
    this.#problem.hidden = false;
    offer(button('again'), again);
  }

  /** Rows that are as of an earlier time may be gone on from. */
  offerAgain(again: () => void): void {
    offer(button('band-again'), again);
  }

  /** @param isKept - whether what is shown stays until there is something newer */
  clear(isKept: boolean): void {
    this.#problem.hidden = true;
    this.#missing.hidden = true;
    button('band-again').hidden = true;
    if (!isKept) {
      this.#run = undefined;
      this.#view.replaceChildren();
      drawBandText({ begin: '', duration: '', end: '' });
    }
  }

  /** Shows a run, and from here on how fresh that is. */
  follow(run: LiveRun<RunSource>, view: HTMLElement): void {
    this.#run = run;
    run.addEventListener('state', () => this.#draw());
    this.#view.replaceChildren(view);
    this.#draw();
  }

  /** VMs that are not shown. */
  showMissing(missing: readonly { readonly vm: string; readonly message: string }[]): void {
    this.#missing.replaceChildren(...missing.map(({ vm, message }) => el('li', {}, `${vm} is not shown: ${message}`)));
    this.#missing.hidden = missing.length === 0;
  }

  #draw(): void {
    const run = this.#run;
    if (run === undefined) {
      return;
    }
    const isOn = drawBandText(bandText(run.freshness, run.model.serverNowMs ?? Date.now()));
    if (this.#problem.hidden) {
      const { label, age } = statusOf(run);
      setText(html('state'), run.trouble === '' || isOn ? label : `${label}: ${run.trouble}`);
      setText(html('age'), age);
    }
  }
}

function offer(element: HTMLButtonElement, act: (() => void) | undefined): void {
  element.hidden = act === undefined;
  element.onclick = act === undefined ? null : () => act();
}
