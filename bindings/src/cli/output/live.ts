/** A table that is painted over as things happen: for people at a terminal. */

import { clockText, Labels, summary } from '../../messages.js';
import type { CustomizationStatus, Report, VmRef, VmRow } from '../../types.js';
import { sanitizeForTerminal } from '../../util/visible.js';
import type { Progress } from '../../watch/progress.js';
import { adviceLines } from './advice.js';
import { type LiveTableRow, LiveTableRows } from './live-table-rows.js';
import type { Output, Reporter, TimeLimit } from './reporter.js';
import { resultTable } from './result-table.js';
import { columns, cut, cutMiddle, padded } from './text.js';
import { Warnings } from './warnings.js';

const TICK_MS = 1000;
// Bursts of events are painted together.
const PAINT_DELAY_MS = 50;
const STATUS_WIDTH = 'CustomizationNotStarted'.length;
const BRIEF_STATUS_WIDTH = 'VmNotStarted'.length;
const ELAPSED_WIDTH = 8;
const GAP = '  ';
// What is left for names, however narrow the screen is.
const LEAST_NAME_WIDTH = 8;

const ESCAPE = '\u001B[';
const COLOURS: Readonly<Record<CustomizationStatus, string>> = {
  VmNotStarted: '2',
  CustomizationNotStarted: '0',
  CustomizationStarted: '36',
  CustomizationSucceeded: '32',
  CustomizationFailed: '31',
};

/** Where the status stands in a row of the final table. */
const STATUS_WORD = /^( {2}|\S.*? )(VmNotStarted|Customization(?:NotStarted|Started|Succeeded|Failed))(?= |$)/;

/** How it shows the VMs. */
export interface LiveOptions {
  readonly hasColour: boolean;
  /** Whether a VM is waited for after its success, until its guest is ready. */
  readonly awaitsReady: boolean;
}

/** Paints the board, and leaves the final table. */
export class LiveReporter implements Reporter {
  readonly #out: Output;
  readonly #err: Output;
  readonly #options: LiveOptions;
  readonly #now: () => number;
  readonly #warnings = new Warnings((message) => this.warn(message));
  readonly #onResize = (): void => this.#paint();
  #labels = new Labels([]);
  #tableRows: LiveTableRows | undefined;
  #limit: TimeLimit | undefined;
  /** By the clock of this process; undefined where there is no time limit, or it is not known. */
  #endsAt: number | undefined;
  /** What to add to the clock of this process for that of each vCenter; one alone has the empty name. */
  readonly #serverOffsets = new Map<string, number>();
  #painted: number[] = [];
  #ticker: NodeJS.Timeout | undefined;
  #soon: NodeJS.Timeout | undefined;

  constructor(out: Output, err: Output, options: LiveOptions, now: () => number = () => performance.now()) {
    this.#out = out;
    this.#err = err;
    this.#options = options;
    this.#now = now;
  }

  start(text: string): void {
    this.#draw([cut(sanitizeForTerminal(text), this.#width() - 1)]);
  }

  begin(vms: readonly VmRef[], rows: readonly VmRow[] = [], limit?: TimeLimit): void {
    this.#labels = new Labels(vms);
    const before = this.#tableRows;
    this.#tableRows = new LiveTableRows(vms, this.#labels, this.#options.awaitsReady, before);
    this.#tableRows.restore(rows);
    this.#limit = limit ?? this.#limit;
    if (before === undefined) {
      this.#out.on?.('resize', this.#onResize);
      this.#ticker = setInterval(() => this.#paint(), TICK_MS);
    }
    this.#paint();
  }

  progress(progress: Progress, rowOf: (vm: string) => VmRow | undefined, server = ''): void {
    this.#warnings.progress(progress);
    if (progress.type === 'started') {
      const offset = Date.parse(progress.serverTime) - this.#now();
      this.#serverOffsets.set(server, offset);
      const { seconds, since } = this.#limit ?? { seconds: null };
      this.#endsAt = seconds === null ? undefined : Date.parse(since ?? progress.serverTime) - offset + seconds * 1000;
    }
    this.#tableRows?.take(progress, this.#serverNow(server), rowOf);
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
    if (this.#tableRows !== undefined) {
      this.#draw(this.#lines(this.#tableRows));
    }
  }

  #draw(lines: readonly string[]): void {
    this.#erase();
    // The cursor is hidden only while the lines are drawn, so that no end of the process can leave it hidden.
    this.#out.write(`${ESCAPE}?25l${lines.map((line) => `${line}\n`).join('')}${ESCAPE}?25h`);
    this.#painted = lines.map((line) => columns(line));
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

  #lines(table: LiveTableRows): string[] {
    const { rows } = table;
    // Two lines of the screen are left to the shell; the heading and one VM are there in any case.
    const height = Math.max(2, (this.#out.rows ?? 24) - 2);
    const hasFooter = height > 2;
    const room = height - 1 - (hasFooter ? 1 : 0);
    const candidates = rows.length <= room ? rows : mostInteresting(rows, room);
    const layout = this.#layout(candidates, columns(table.heading));
    const heightOf = (row: LiveTableRow): number => (layout.notesBelow && row.note !== '' ? 2 : 1);
    const total = rows.length > room ? Number.POSITIVE_INFINITY : rows.reduce((sum, row) => sum + heightOf(row), 0);
    const shown = total <= room ? rows : fitting(mostInteresting(rows, room), heightOf, height > 3 ? room - 1 : room);
    const heading = `${padded(table.heading, layout.nameWidth)}${GAP}${padded('STATUS', layout.statusWidth)}${GAP}${'ELAPSED'.padStart(ELAPSED_WIDTH)}`;
    const lines = [cut(layout.hasNotes && !layout.notesBelow ? `${heading}${GAP}NOTE` : heading, layout.width)];
    // On a screen of few rows the one VM that is there in any case may have no room for its note.
    lines.push(...shown.flatMap((row) => this.#row(row, layout)).slice(0, room));
    const hidden = rows.length - shown.length;
    if (hidden > 0 && lines.length < height - (hasFooter ? 1 : 0)) {
      lines.push(cut(`… and ${hidden} more`, layout.width));
    }
    if (hasFooter) {
      lines.push(
        cut(
          `${this.#leftText()}${table.anyRead ? counts(rows) : `${vmsText(rows.length)}: reading events`}`,
          layout.width,
        ),
      );
    }
    return lines;
  }

  /** Names get the room, so that notes stand below the rows where one of them would not fit beside its own. */
  #layout(rows: readonly LiveTableRow[], headingWidth: number): Layout {
    const width = this.#width() - 1;
    const longest = rows.reduce((most, row) => Math.max(most, columns(sanitizeForTerminal(row.label))), headingWidth);
    const isBrief = longest + STATUS_WIDTH + ELAPSED_WIDTH + 2 * GAP.length > width;
    const statusWidth = isBrief ? BRIEF_STATUS_WIDTH : STATUS_WIDTH;
    const others = statusWidth + ELAPSED_WIDTH + 2 * GAP.length;
    const nameWidth = Math.min(longest, Math.max(LEAST_NAME_WIDTH, width - others));
    const beside = width - nameWidth - others - GAP.length;
    return {
      width,
      nameWidth,
      isBrief,
      statusWidth,
      hasNotes: rows.some(({ note }) => note !== ''),
      notesBelow: rows.some(({ note }) => columns(sanitizeForTerminal(note)) > beside),
    };
  }

  #row(row: LiveTableRow, { width, nameWidth, isBrief, statusWidth, notesBelow }: Layout): string[] {
    const before = `${padded(cutMiddle(sanitizeForTerminal(row.label), nameWidth), nameWidth)}${GAP}`;
    const status = padded(isBrief ? row.status.replace(/^Customization/, '') : row.status, statusWidth);
    const note = sanitizeForTerminal(row.note);
    const after = `${GAP}${this.#elapsedText(row).padStart(ELAPSED_WIDTH)}${notesBelow || note === '' ? '' : GAP + note}`;
    const whole = cut(before + status + after, width);
    const fits = whole.startsWith(before + status);
    const first = fits ? before + this.#coloured(status, row.status) + whole.slice((before + status).length) : whole;
    return notesBelow && note !== '' ? [first, cut(GAP + note, width)] : [first];
  }

  /** Since the power-on, until the result. */
  #elapsedText({ poweredOnAt, endedAt, server }: LiveTableRow): string {
    const end = endedAt ?? this.#serverNow(server);
    return poweredOnAt === undefined || end === undefined ? '' : clockText(Math.max(0, end - poweredOnAt));
  }

  #leftText(): string {
    if (this.#endsAt !== undefined) {
      return `${clockText(Math.max(0, this.#endsAt - this.#now()))} left; `;
    }
    // Before vCenter's time is known nothing of it has passed.
    const seconds = this.#limit?.seconds ?? null;
    return seconds === null ? '' : `${clockText(seconds * 1000)} at most; `;
  }

  #serverNow(server: string): number | undefined {
    const offset = this.#serverOffsets.get(server);
    return offset === undefined ? undefined : this.#now() + offset;
  }

  #coloured(text: string, status: CustomizationStatus): string {
    return this.#options.hasColour ? `${ESCAPE}${COLOURS[status]}m${text}${ESCAPE}0m` : text;
  }

  #width(): number {
    return this.#out.columns || 80;
  }
}

/** How the rows are laid out. */
interface Layout {
  readonly width: number;
  readonly nameWidth: number;
  /** Whether `Customization` is left out before a status, for names that would have to be cut. */
  readonly isBrief: boolean;
  readonly statusWidth: number;
  readonly hasNotes: boolean;
  readonly notesBelow: boolean;
}

/** As many of the first rows as have room; one at least. */
function fitting(
  rows: readonly LiveTableRow[],
  heightOf: (row: LiveTableRow) => number,
  room: number,
): readonly LiveTableRow[] {
  let sum = 0;
  const end = rows.findIndex((row) => {
    sum += heightOf(row);
    return sum > room;
  });
  return end === -1 ? rows : rows.slice(0, Math.max(1, end));
}

/** Those that matter first: what has failed, then what goes on, the newest change first. */
function mostInteresting(rows: readonly LiveTableRow[], room: number): readonly LiveTableRow[] {
  const rank = (row: LiveTableRow): number => {
    if (row.status === 'CustomizationFailed') {
      return 0;
    }
    if (!row.isConcluded) {
      return row.status === 'VmNotStarted' ? 2 : 1;
    }
    return row.status === 'CustomizationSucceeded' ? 4 : 3;
  };
  return [...rows].sort((left, right) => rank(left) - rank(right) || right.changed - left.changed).slice(0, room);
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
  return `${vmsText(rows.length)}: ${parts.join(', ')}`;
}

function vmsText(count: number): string {
  return `${count} ${count === 1 ? 'VM' : 'VMs'}`;
}
