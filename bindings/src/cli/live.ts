/** A table that is painted over as things happen: for people at a terminal. */
import type { Progress } from '../progress.js';
import type { CustomizationStatus, Report, VmRef, VmRow } from '../types.js';
import { Board, type BoardRow } from './board.js';
import type { Output, Reporter } from './reporter.js';
import { resultTable } from './result-table.js';
import { columns, cut, neutral, padded } from './text.js';
import { Warnings } from './warnings.js';
import { clockText, Labels, summary } from './wording.js';

const TICK_MS = 1000;
// Bursts of events are painted together.
const PAINT_DELAY_MS = 50;
const STATUS_WIDTH = 'CustomizationNotStarted'.length;
const ELAPSED_WIDTH = 8;
const MOST_NAME_COLUMNS = 40;

const ESCAPE = '\u001B[';
const COLOURS: Readonly<Record<CustomizationStatus, string>> = {
  VmNotStarted: '2',
  CustomizationNotStarted: '0',
  CustomizationStarted: '36',
  CustomizationSucceeded: '32',
  CustomizationFailed: '31',
};

/** Paints the board, and leaves the final table. */
export class LiveReporter implements Reporter {
  readonly #out: Output;
  readonly #err: Output;
  readonly #colour: boolean;
  readonly #now: () => number;
  readonly #warnings = new Warnings((message) => this.warn(message));
  readonly #onResize = (): void => this.#paint();
  #labels = new Labels([]);
  #board: Board | undefined;
  #startedAt = 0;
  #painted: number[] = [];
  #ticker: NodeJS.Timeout | undefined;
  #soon: NodeJS.Timeout | undefined;

  constructor(out: Output, err: Output, colour: boolean, now: () => number = () => performance.now()) {
    this.#out = out;
    this.#err = err;
    this.#colour = colour;
    this.#now = now;
  }

  begin(vms: readonly VmRef[], rows: readonly VmRow[] = []): void {
    this.#labels = new Labels(vms);
    this.#board = new Board(vms, this.#labels);
    this.#board.restore(rows);
    this.#startedAt = this.#now();
    this.#out.on?.('resize', this.#onResize);
    this.#ticker = setInterval(() => this.#paint(), TICK_MS);
    this.#paint();
  }

  progress(progress: Progress): void {
    this.#warnings.progress(progress);
    this.#board?.take(progress, this.#now() - this.#startedAt);
    this.#soon ??= setTimeout(() => {
      this.#soon = undefined;
      this.#paint();
    }, PAINT_DELAY_MS);
  }

  warn(message: string): void {
    this.#erase();
    this.#err.write(`${message}\n`);
    this.#paint();
  }

  end(report: Report): void {
    this.close();
    const [heading = '', ruler = '', ...rows] = resultTable(report, this.#labels);
    const coloured = rows.map((line, index) => {
      const status = report.vms[index]?.customizationStatus;
      return status === undefined ? line : line.replace(status, this.#coloured(status, status));
    });
    this.#out.write(`${[heading, ruler, ...coloured].join('\n')}\n`);
    this.#err.write(`${summary(report)}\n`);
  }

  close(): void {
    clearInterval(this.#ticker);
    clearTimeout(this.#soon);
    this.#out.off?.('resize', this.#onResize);
    this.#erase();
    this.#board = undefined;
  }

  #paint(): void {
    if (this.#board === undefined) {
      return;
    }
    const lines = this.#lines(this.#board.rows);
    this.#erase();
    // The cursor is hidden only while the lines are drawn, so that no end of the process can leave it hidden.
    this.#out.write(`${ESCAPE}?25l${lines.map(({ text }) => `${text}\n`).join('')}${ESCAPE}?25h`);
    this.#painted = lines.map(({ width }) => width);
  }

  #erase(): void {
    if (this.#painted.length === 0) {
      return;
    }
    // A terminal made narrower since has wrapped what was painted.
    const width = Math.max(1, this.#width());
    const height = this.#painted.reduce((sum, painted) => sum + Math.max(1, Math.ceil(painted / width)), 0);
    this.#out.write(`\r${ESCAPE}${height}A${ESCAPE}J`);
    this.#painted = [];
  }

  #lines(rows: readonly BoardRow[]): { text: string; width: number }[] {
    const room = Math.max(1, (this.#out.rows ?? 24) - 3);
    const shown = rows.length <= room ? rows : mostInteresting(rows, room - 1);
    const nameWidth = Math.min(MOST_NAME_COLUMNS, Math.max(2, ...shown.map((row) => columns(neutral(row.label)))));
    const lines = [this.#line(nameWidth, 'VM', 'STATUS', 'ELAPSED', 'LAST', undefined)];
    for (const row of shown) {
      const elapsed = clockText(row.concludedAfterMs ?? this.#now() - this.#startedAt);
      lines.push(this.#line(nameWidth, neutral(row.label), row.status, elapsed, neutral(row.last), row.status));
    }
    if (shown.length < rows.length) {
      const text = cut(`… and ${rows.length - shown.length} more`, this.#width() - 1);
      lines.push({ text, width: columns(text) });
    }
    return lines;
  }

  #line(
    nameWidth: number,
    name: string,
    status: string,
    elapsed: string,
    last: string,
    colour: CustomizationStatus | undefined,
  ): { text: string; width: number } {
    const before = `${padded(cut(name, nameWidth), nameWidth)}  `;
    const middle = padded(status, STATUS_WIDTH);
    const after = `  ${elapsed.padStart(ELAPSED_WIDTH)}  ${last}`;
    const width = this.#width() - 1;
    const fits = columns(before) + columns(middle) <= width;
    const whole = cut(before + middle + after, width);
    const text =
      fits && colour !== undefined
        ? before + this.#coloured(middle, colour) + whole.slice(before.length + middle.length)
        : whole;
    return { text, width: columns(whole) };
  }

  #coloured(text: string, status: CustomizationStatus): string {
    return this.#colour ? `${ESCAPE}${COLOURS[status]}m${text}${ESCAPE}0m` : text;
  }

  #width(): number {
    return this.#out.columns || 80;
  }
}

/** Those that are waited for or have failed, before those that are done; in the order asked for. */
function mostInteresting(rows: readonly BoardRow[], room: number): readonly BoardRow[] {
  const rank = (row: BoardRow): number => {
    if (row.concludedAfterMs === undefined) {
      return row.status === 'VmNotStarted' ? 1 : 0;
    }
    return row.status === 'CustomizationSucceeded' ? 2 : 0;
  };
  const chosen = new Set([...rows].sort((left, right) => rank(left) - rank(right)).slice(0, room));
  return rows.filter((row) => chosen.has(row));
}
