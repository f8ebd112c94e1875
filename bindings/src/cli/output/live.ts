/** A table that is painted over as things happen: for people at a terminal. */

import { clockText, Labels, summary } from '../../messages.js';
import type { CustomizationStatus, Report, VmRef, VmRow } from '../../types.js';
import { sanitizeForTerminal } from '../../util/visible.js';
import type { Progress } from '../../watch/progress.js';
import { adviceLines } from './advice.js';
import { type LiveTableRow, LiveTableRows } from './live-table-rows.js';
import type { Output, Reporter } from './reporter.js';
import { resultTable } from './result-table.js';
import { columns, cut, cutMiddle, padded } from './text.js';
import { Warnings } from './warnings.js';

const TICK_MS = 1000;
// Bursts of events are painted together.
const PAINT_DELAY_MS = 50;
const STATUS_WIDTH = 'CustomizationNotStarted'.length;
const ELAPSED_WIDTH = 8;
// What is left for the last column, however long the names are; and for the names, however narrow the screen is.
const LEAST_LAST_WIDTH = 24;
const LEAST_NAME_WIDTH = 8;
const GAPS_WIDTH = 6;

const ESCAPE = '\u001B[';
const COLOURS: Readonly<Record<CustomizationStatus, string>> = {
  VmNotStarted: '2',
  CustomizationNotStarted: '0',
  CustomizationStarted: '36',
  CustomizationSucceeded: '32',
  CustomizationFailed: '31',
};

/** Where the status stands in a row of the final table. */
const STATUS_WORD = /^(\S.*? )(VmNotStarted|Customization(?:NotStarted|Started|Succeeded|Failed))(?= |$)/;

/** Paints the board, and leaves the final table. */
export class LiveReporter implements Reporter {
  readonly #out: Output;
  readonly #err: Output;
  readonly #colour: boolean;
  readonly #now: () => number;
  readonly #warnings = new Warnings((message) => this.warn(message));
  readonly #onResize = (): void => this.#paint();
  #labels = new Labels([]);
  #tableRows: LiveTableRows | undefined;
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

  start(): void {
    // The table is there in a moment.
  }

  begin(vms: readonly VmRef[], rows: readonly VmRow[] = []): void {
    this.#labels = new Labels(vms);
    this.#tableRows = new LiveTableRows(vms, this.#labels);
    this.#tableRows.restore(rows);
    this.#startedAt = this.#now();
    this.#out.on?.('resize', this.#onResize);
    this.#ticker = setInterval(() => this.#paint(), TICK_MS);
    this.#paint();
  }

  progress(progress: Progress): void {
    this.#warnings.progress(progress);
    this.#tableRows?.take(progress, this.#now() - this.#startedAt);
    this.#soon ??= setTimeout(() => {
      this.#soon = undefined;
      this.#paint();
    }, PAINT_DELAY_MS);
  }

  warn(message: string): void {
    this.#erase();
    this.#err.write(`${sanitizeForTerminal(message)}\n`);
    this.#paint();
  }

  end(report: Report, anyRead = true): void {
    this.close();
    const lines = resultTable(report, this.#labels, anyRead, this.#width());
    const coloured = lines.map((line) =>
      line.replace(
        STATUS_WORD,
        (_, before: string, status: CustomizationStatus) => before + this.#coloured(status, status),
      ),
    );
    this.#out.write(`${[...coloured, ...adviceLines(report, this.#labels, this.#width())].join('\n')}\n`);
    this.#err.write(`${summary(report)}\n`);
  }

  close(): void {
    clearInterval(this.#ticker);
    clearTimeout(this.#soon);
    this.#out.off?.('resize', this.#onResize);
    this.#erase();
    this.#tableRows = undefined;
  }

  #paint(): void {
    if (this.#tableRows === undefined) {
      return;
    }
    const lines = this.#lines(this.#tableRows.rows);
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

  #lines(rows: readonly LiveTableRow[]): { text: string; width: number }[] {
    const room = Math.max(1, (this.#out.rows ?? 24) - 3);
    const shown = rows.length <= room ? rows : mostInteresting(rows, Math.max(1, room - 2));
    const forNames = this.#width() - 1 - STATUS_WIDTH - ELAPSED_WIDTH - GAPS_WIDTH - LEAST_LAST_WIDTH;
    const longest = shown.reduce((most, row) => Math.max(most, columns(sanitizeForTerminal(row.label))), 2);
    const nameWidth = Math.min(Math.max(LEAST_NAME_WIDTH, forNames), longest);
    const lines = [this.#line(nameWidth, 'VM', 'STATUS', 'ELAPSED', 'LAST', undefined)];
    for (const row of shown) {
      const elapsed = clockText(row.concludedAfterMs ?? this.#now() - this.#startedAt);
      lines.push(
        this.#line(
          nameWidth,
          sanitizeForTerminal(row.label),
          row.status,
          elapsed,
          sanitizeForTerminal(row.last),
          row.status,
        ),
      );
    }
    if (shown.length < rows.length) {
      for (const whole of [`… and ${rows.length - shown.length} more`, counts(rows)].slice(0, room - shown.length)) {
        const text = cut(whole, this.#width() - 1);
        lines.push({ text, width: columns(text) });
      }
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
    const before = `${padded(cutMiddle(name, nameWidth), nameWidth)}  `;
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

/** Those that matter first: what has failed, then what goes on, the newest change first. */
function mostInteresting(rows: readonly LiveTableRow[], room: number): readonly LiveTableRow[] {
  const rank = (row: LiveTableRow): number => {
    if (row.status === 'CustomizationFailed') {
      return 0;
    }
    if (row.concludedAfterMs === undefined) {
      return row.status === 'VmNotStarted' ? 2 : 1;
    }
    return row.status === 'CustomizationSucceeded' ? 4 : 3;
  };
  return [...rows]
    .sort((left, right) => rank(left) - rank(right) || right.changedAfterMs - left.changedAfterMs)
    .slice(0, room);
}

const COUNTED: readonly (readonly [CustomizationStatus, string])[] = [
  ['CustomizationFailed', 'failed'],
  ['CustomizationStarted', 'started'],
  ['CustomizationNotStarted', 'powered on'],
  ['VmNotStarted', 'no power-on seen'],
  ['CustomizationSucceeded', 'succeeded'],
];

/** How many of all have come how far. */
function counts(rows: readonly LiveTableRow[]): string {
  const parts = COUNTED.map(([status, text]) => ({ text, count: rows.filter((row) => row.status === status).length }))
    .filter(({ count }) => count > 0)
    .map(({ text, count }) => `${count} ${text}`);
  return `${rows.length} VMs: ${parts.join(', ')}`;
}
