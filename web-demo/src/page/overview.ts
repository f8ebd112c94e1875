/** What stands around the table and follows its model: the summary and the log. */
import type { RunModel } from 'vm-customization/element';
import { button, html, messageOf, onClick } from '../ui/dom.js';
import { fail } from '../ui/notice.js';
import type { Log } from './log.js';
import { Summary } from './summary.js';

const DRAW_EVERY_MS = 150;

export class Overview {
  readonly #summary = new Summary();
  /** It comes when it is opened first. */
  #log: Log | undefined;
  #model: RunModel | undefined;
  #drawing: number | undefined;
  #notice = '';
  #words = '';
  #hadRows = false;

  readonly #loadLog: () => Promise<{ readonly Log: new () => Log }>;

  constructor(loadLog: () => Promise<{ readonly Log: new () => Log }>) {
    this.#loadLog = loadLog;
    onClick('open-log', () => this.#openLog(html('log').hidden !== false));
    onClick('close-log', () => {
      this.#openLog(false);
      button('open-log').focus();
    });
  }

  #openLog(isOpen: boolean): void {
    html('log').hidden = !isOpen;
    button('open-log').setAttribute('aria-expanded', String(isOpen));
    this.#loadLog().then(
      ({ Log }) => {
        if (this.#log === undefined && this.#model !== undefined) {
          this.#log = new Log();
          this.#log.show(this.#model);
        }
        this.#log?.draw();
        if (isOpen) {
          // On a narrow screen it is below what is in sight.
          html('log').scrollIntoView({ block: 'nearest' });
        }
      },
      (error: unknown) => fail(messageOf(error)),
    );
  }

  show(model: RunModel): void {
    this.#model?.removeEventListener('change', this.#onChange);
    this.#model = model;
    model.addEventListener('change', this.#onChange);
    this.#log?.show(model);
    this.#onChange();
  }

  /** What the window's title says before the counts. */
  set notice(notice: string) {
    if (notice !== this.#notice) {
      this.#notice = notice;
      this.#onChange();
    }
  }

  /** What the window's title says in place of the counts; empty where it says them. */
  set words(words: string) {
    if (words !== this.#words) {
      this.#words = words;
      this.#onChange();
    }
  }

  readonly #onChange = (): void => {
    const model = this.#model;
    if (model === undefined) {
      return;
    }
    this.#drawing ??= window.setTimeout(() => {
      this.#drawing = undefined;
      this.#summary.draw(this.#model ?? model, this.#notice, this.#words);
      this.#log?.draw();
    }, DRAW_EVERY_MS);
    if (!this.#hadRows && model.transitions.length > 0) {
      this.#hadRows = true;
      // After the frame in which the element draws them.
      requestAnimationFrame(() => setTimeout(() => performance.mark('page:first-rows')));
    }
  };
}
