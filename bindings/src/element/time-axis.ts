/** The one time axis that all timelines share. */
const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const STEPS = [
  ...[1, 2, 5, 10, 15, 30].map((n) => n * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((n) => n * MINUTE),
  ...[1, 2, 3, 6, 12].map((n) => n * HOUR),
  ...[1, 2, 5, 10, 20, 50].map((n) => n * DAY),
];
/** How much of the time is shown. */
export const RANGES = { '30m': 30 * MINUTE, '2h': 2 * HOUR, '8h': 8 * HOUR, all: Number.POSITIVE_INFINITY } as const;
export type Range = keyof typeof RANGES;

/** What times are counted from: vCenter's clock, or the power-on of each VM. */
export type TimeMode = 'clock' | 'elapsed';

/** Of a run that goes on, the last hours are what matters; of one that is over, all of it. */
export function usualRange({ axisEndMs, ended }: Pick<AxisInput, 'axisEndMs' | 'ended'>): Range {
  return axisEndMs === null && !ended ? '2h' : 'all';
}

const LEAST_SPAN_MS = 30 * SECOND;
/** Free at both ends, so that no mark is cut. */
const PAD_PX = 9;

/**
 * A scale of `width` pixels from one server time to another, or from 0 to an elapsed time. Its end is ahead of what it was made for by up to an eighth:
 * it moves in steps, not all the time.
 */
export class TimeAxis {
  readonly fromMs: number;
  readonly toMs: number;
  readonly width: number;
  readonly stepMs: number;
  /** Size of a label's letters, pixels. */
  readonly em: number;
  readonly mode: TimeMode;

  constructor(fromMs: number, toMs: number, { width, em }: AxisSize, mostMs: number, mode: TimeMode = 'clock') {
    const span = Math.max(toMs - fromMs, LEAST_SPAN_MS);
    this.width = width;
    this.em = em;
    this.mode = mode;
    const ahead = stepOf((step) => step >= Math.min(span, mostMs) / 8);
    this.toMs =
      mode === 'clock' ? ceil(fromMs + span, ahead) : Math.min(Math.ceil((fromMs + span) / ahead) * ahead, mostMs);
    this.fromMs = Math.max(fromMs, this.toMs - mostMs);
    const most = this.toMs - this.fromMs;
    this.stepMs = stepOf((step) => (step / most) * this.#inner >= this.labelWidth(step) + em);
  }

  /** The axis for a run as it stands, on the server's clock. */
  static of(run: AxisInput, size: AxisSize, range: Range): TimeAxis {
    const origin = run.originMs ?? 0;
    const now = run.serverNowMs ?? origin;
    const first = run.earliestMs ?? origin;
    if (run.axisEndMs !== null && range === 'all') {
      return new TimeAxis(Math.min(origin, first), Math.max(now, origin + run.axisEndMs), size, RANGES.all);
    }
    return new TimeAxis(first, Math.max(now, run.latestMs ?? now), size, RANGES[range]);
  }

  /** The axis of times since the power-on, of which this is the longest. */
  static elapsed(longestMs: number, size: AxisSize, range: Range): TimeAxis {
    return new TimeAxis(0, Math.min(longestMs, RANGES[range]), size, RANGES[range], 'elapsed');
  }

  get #inner(): number {
    return Math.max(1, this.width - 2 * PAD_PX);
  }

  /** Pixels, to a tenth. */
  x(timeMs: number): number {
    return Math.round((PAD_PX + ((timeMs - this.fromMs) / (this.toMs - this.fromMs)) * this.#inner) * 10) / 10;
  }

  timeAt(x: number): number {
    const part = Math.min(Math.max((x - PAD_PX) / this.#inner, 0), 1);
    return this.fromMs + part * (this.toMs - this.fromMs);
  }

  has(timeMs: number): boolean {
    return timeMs >= this.fromMs && timeMs <= this.toMs;
  }

  /** The round local times; across a change of the clock too, where they are not equally far apart. */
  ticks(): number[] {
    if (this.mode === 'elapsed') {
      return Array.from({ length: Math.floor(this.toMs / this.stepMs) + 1 }, (_, i) => i * this.stepMs);
    }
    return roundTimes(this.fromMs, this.toMs, this.stepMs);
  }

  /** About what a label takes, pixels. */
  labelWidth(stepMs = this.stepMs): number {
    return (stepMs < MINUTE || this.mode === 'elapsed' ? 8 : 5) * 0.64 * this.em;
  }

  /** What stands at a tick. */
  label(timeMs: number): string {
    if (this.mode === 'elapsed') {
      return timeMs === 0 ? '0' : durationText(timeMs);
    }
    const date = new Date(timeMs);
    if (this.stepMs >= DAY) {
      return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`.slice(5);
    }
    return this.stepMs >= MINUTE ? clock(date).slice(0, 5) : clock(date);
  }

  same(other: TimeAxis | undefined): boolean {
    return (
      other !== undefined &&
      this.fromMs === other.fromMs &&
      this.toMs === other.toMs &&
      this.width === other.width &&
      this.em === other.em &&
      this.mode === other.mode
    );
  }
}

function stepOf(fits: (stepMs: number) => boolean): number {
  return STEPS.find(fits) ?? (STEPS.at(-1) as number);
}

/** The next round local time. */
function ceil(timeMs: number, stepMs: number): number {
  // An hour or a day that a change of the clock leaves out is no more than another step.
  return roundTimes(timeMs, timeMs + 2 * stepMs, stepMs)[0] ?? timeMs + stepMs;
}

/** All moments from one to another at which local clocks show a multiple of the step, counted from midnight or in days. */
function roundTimes(fromMs: number, toMs: number, stepMs: number): number[] {
  const offsets = [offsetAt(fromMs), offsetAt(toMs)];
  const first = Math.ceil((fromMs + Math.min(...offsets)) / stepMs) * stepMs;
  const last = toMs + Math.max(...offsets);
  const times = new Set<number>();
  for (let shown = first; shown <= last; shown += stepMs) {
    for (const time of stepMs < DAY ? momentsOf(shown) : beginningOf(shown)) {
      if (time >= fromMs && time <= toMs) {
        times.add(time);
      }
    }
  }
  return [...times].sort((left, right) => left - right);
}

/** When local clocks show this, as if it were UTC: never, once, or twice where they are put back. */
function momentsOf(shown: number): readonly number[] {
  return [shown - offsetAt(shown - DAY), shown - offsetAt(shown + DAY)].filter(
    (time) => time + offsetAt(time) === shown,
  );
}

/** When a local day begins: its midnight, the first of two, or what comes in place of it. */
function beginningOf(midnight: number): readonly number[] {
  const [time = midnight - offsetAt(midnight - DAY)] = momentsOf(midnight);
  // A zone that crosses the date line leaves out a whole day.
  return Math.floor((time + offsetAt(time)) / DAY) * DAY === midnight ? [time] : [];
}

function offsetAt(timeMs: number): number {
  return -new Date(timeMs).getTimezoneOffset() * MINUTE;
}

/** Pixels: of the axis, and of its letters. */
export interface AxisSize {
  readonly width: number;
  readonly em: number;
}

/** What the axis depends on; a {@link RunModel} has it. */
export interface AxisInput {
  readonly originMs: number | null;
  readonly serverNowMs: number | null;
  readonly earliestMs: number | null;
  readonly latestMs: number | null;
  readonly axisEndMs: number | null;
  readonly ended: boolean;
}

/** `52 s`, `1 min 18 s`, `2 h 3 min`, `3 d 4 h`. */
export function durationText(ms: number): string {
  const seconds = Math.floor(ms / SECOND);
  const parts = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3_600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ] as const;
  const first = parts.findIndex(([count]) => count > 0);
  const shown =
    first < 0 ? parts.slice(-1) : parts.slice(first, first + 2).filter(([count], i) => i === 0 || count > 0);
  return shown.map(([count, unit]) => `${count} ${unit}`).join(' ');
}

/** Whether two times are of one local day. */
export function sameDay(one: number, other: number): boolean {
  return new Date(one).toDateString() === new Date(other).toDateString();
}

/** A time of the day, local. */
export function timeOfDay(timeMs: number): string {
  return clock(new Date(timeMs));
}

const DAY_AND_TIME = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
});

/** The day and time of what is not of today: `27 Nov, 14:03`, local. */
export function dayAndTime(timeMs: number): string {
  return DAY_AND_TIME.format(timeMs);
}

/** A date and time, local. */
export function dateAndTime(timeMs: number): string {
  const date = new Date(timeMs);
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${clock(date)}`;
}

/** The zone of local times at that moment, such as `UTC+01:00`. */
export function zoneAt(timeMs: number): string {
  const minutes = offsetAt(timeMs) / MINUTE;
  if (minutes === 0) {
    return 'UTC';
  }
  const size = Math.abs(minutes);
  return `UTC${minutes < 0 ? '−' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}

function clock(date: Date): string {
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

function two(n: number): string {
  return String(n).padStart(2, '0');
}
