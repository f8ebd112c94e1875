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
/** Of a run that goes on, the last hours are what matters: a wall screen runs for weeks. */
const LIVE_SPAN_MS = 4 * HOUR;
const LEAST_SPAN_MS = 30 * SECOND;
const TICK_PX = 76;

/** A scale of `width` pixels from one server time to another, whose ends are ticks: it moves only now and then. */
export class TimeAxis {
  readonly fromMs: number;
  readonly toMs: number;
  readonly width: number;
  readonly stepMs: number;

  constructor(fromMs: number, toMs: number, width: number) {
    const span = Math.max(toMs - fromMs, LEAST_SPAN_MS);
    const most = Math.max(2, Math.floor(width / TICK_PX));
    this.stepMs = STEPS.find((step) => span / step <= most) ?? Math.ceil(span / most / DAY) * DAY;
    // Ticks stand at round local times.
    const offset = -new Date(fromMs).getTimezoneOffset() * MINUTE;
    this.fromMs = Math.floor((fromMs + offset) / this.stepMs) * this.stepMs - offset;
    this.toMs = Math.ceil((Math.max(toMs, fromMs + LEAST_SPAN_MS) + offset) / this.stepMs) * this.stepMs - offset;
    this.width = width;
  }

  /** The axis for a run as it stands. */
  static of(run: AxisInput, width: number): TimeAxis {
    const origin = run.originMs ?? 0;
    const now = run.serverNowMs ?? origin;
    const end = Math.max(now, run.axisEndMs === null ? now : origin + run.axisEndMs);
    const begin = Math.min(origin, run.earliestMs ?? origin);
    const goesOn = !run.ended && run.axisEndMs === null;
    return new TimeAxis(goesOn ? Math.max(begin, end - LIVE_SPAN_MS) : begin, end, width);
  }

  /** Pixels, to a tenth. */
  x(timeMs: number): number {
    return Math.round(((timeMs - this.fromMs) / (this.toMs - this.fromMs)) * this.width * 10) / 10;
  }

  timeAt(x: number): number {
    return this.fromMs + (x / Math.max(1, this.width)) * (this.toMs - this.fromMs);
  }

  has(timeMs: number): boolean {
    return timeMs >= this.fromMs && timeMs <= this.toMs;
  }

  ticks(): number[] {
    const ticks = [];
    for (let at = this.fromMs; at <= this.toMs; at += this.stepMs) {
      ticks.push(at);
    }
    return ticks;
  }

  /** What stands at a tick. */
  label(timeMs: number): string {
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
      this.stepMs === other.stepMs
    );
  }
}

/** What the axis depends on; a {@link RunModel} has it. */
export interface AxisInput {
  readonly originMs: number | null;
  readonly serverNowMs: number | null;
  readonly earliestMs: number | null;
  readonly axisEndMs: number | null;
  readonly ended: boolean;
}

/** A time of the day, local. */
export function timeOfDay(timeMs: number): string {
  return clock(new Date(timeMs));
}

/** A date and time, local. */
export function dateAndTime(timeMs: number): string {
  const date = new Date(timeMs);
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${clock(date)}`;
}

/** The zone of local times at that moment, such as `UTC+01:00`. */
export function zoneAt(timeMs: number): string {
  const minutes = -new Date(timeMs).getTimezoneOffset();
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
