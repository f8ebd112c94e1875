/** A drawer with the newest events, each at its own time. */
import {
  type Mark,
  type ModelEntry,
  markLabel,
  type RunModel,
  type RunModelChange,
  shownMarks,
} from 'vm-customization/element';
import { el, html } from '../ui/dom.js';

const LINES = 200;
const TIME = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const DAY = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });

interface Line {
  readonly vm: string;
  readonly mark: Mark;
}

export class Log {
  readonly #drawer = html('log');
  readonly #list = html('log-lines');
  #model: RunModel | undefined;
  /** Newest first. */
  #lines: Line[] = [];
  /** There is something to draw. */
  #isStale = true;
  /** What is gathered is all there is; while the drawer is closed nothing is. */
  #isWhole = false;

  constructor() {
    // It scrolls, by the keyboard too.
    this.#list.tabIndex = 0;
  }

  /** Shows those of this model, from here on. */
  show(model: RunModel): void {
    this.#model?.removeEventListener('change', this.#onChange);
    this.#model = model;
    model.addEventListener('change', this.#onChange);
    this.#isWhole = false;
    this.draw();
  }

  /** Once a frame at most. */
  draw(): void {
    const model = this.#model;
    if (model === undefined || this.#drawer.hidden) {
      return;
    }
    if (!this.#isWhole) {
      this.#gather(null);
    }
    if (!this.#isStale) {
      return;
    }
    this.#isStale = false;
    const today = DAY.format(model.serverNowMs ?? Date.now());
    this.#list.replaceChildren(
      ...this.#lines.map(({ vm, mark }) => {
        const day = DAY.format(mark.timeMs);
        const time = `${day === today ? '' : `${day}, `}${TIME.format(mark.timeMs)}`;
        return el(
          'li',
          { 'data-kind': mark.kind },
          el('time', {}, time),
          el('bdi', {}, model.row(vm)?.name ?? vm),
          el('span', {}, markLabel(mark)),
        );
      }),
    );
  }

  readonly #onChange = (event: Event): void => {
    const { vms } = event as RunModelChange;
    if (vms === null || this.#drawer.hidden) {
      this.#isWhole = false;
    } else if (this.#isWhole && vms.length > 0) {
      this.#gather(vms);
    }
  };

  /** Takes the marks of these VMs, or of all, in place of what was there of them. */
  #gather(vms: readonly string[] | null): void {
    const model = this.#model;
    if (model === undefined) {
      return;
    }
    const changed = vms === null ? undefined : new Set(vms);
    let lines = changed === undefined ? [] : this.#lines.filter(({ vm }) => !changed.has(vm));
    const entries = vms === null ? model.entries : vms.flatMap((vm) => model.entry(vm) ?? []);
    const byLatest = entries.map((entry) => ({ entry, latestMs: latestOf(entry) }));
    byLatest.sort((a, b) => b.latestMs - a.latestMs);
    let oldestMs = Number.NEGATIVE_INFINITY;
    for (const { entry, latestMs } of byLatest) {
      // Of many VMs most have nothing that is new enough.
      if (latestMs < oldestMs) {
        break;
      }
      const { vm } = entry.row;
      lines.push(...shownMarks(model.marks(vm)).map((mark) => ({ vm, mark })));
      if (lines.length >= 2 * LINES) {
        lines = newest(lines);
        oldestMs = (lines.at(-1) as Line).mark.timeMs;
      }
    }
    this.#lines = newest(lines);
    this.#isStale = true;
    this.#isWhole = true;
  }
}

function newest(lines: Line[]): Line[] {
  return lines.sort((a, b) => b.mark.timeMs - a.mark.timeMs).slice(0, LINES);
}

/** No mark of it is newer. */
function latestOf({ marks, poweredOnMs, startedMs, finishedMs, readyMs }: ModelEntry): number {
  return Math.max(marks.at(-1)?.timeMs ?? 0, poweredOnMs ?? 0, startedMs ?? 0, finishedMs ?? 0, readyMs ?? 0);
}
