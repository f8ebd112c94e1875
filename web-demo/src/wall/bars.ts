/** The bars of what is under way, over minutes since power-on. */
import type { ModelEntry } from 'vm-customization/element';
import { kindOf } from './kinds.js';
import type { Range } from './usual.js';

const MINUTE_MS = 60_000;
/** Minutes between two ticks. */
const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 240, 480, 1_440];
const MOST_TICKS = 5;

/** Parts are of the axis, 0 to 1. */
export interface Bar {
  readonly vm: string;
  readonly name: string;
  readonly minutes: number;
  /** Up to now. */
  readonly to: number;
  /** Up to the start of customization. */
  readonly startedAt: number;
  /** It takes longer than is usual. */
  readonly isLong: boolean;
}

export interface BarChart {
  /** Longest first. */
  readonly bars: readonly Bar[];
  readonly ticks: readonly { readonly minutes: number; readonly at: number }[];
  readonly usual: { readonly from: number; readonly to: number; readonly text: string } | undefined;
}

/** @param nowMs - server time, milliseconds since 1970 */
export function barChart(entries: readonly ModelEntry[], nowMs: number, usual: Range | undefined): BarChart {
  const running = entries
    .filter((entry) => kindOf(entry) === 'customizing')
    .map(({ row, poweredOnMs, startedMs }) => {
      const beganMs = poweredOnMs ?? startedMs ?? nowMs;
      const lastMs = Math.max(0, nowMs - beganMs);
      return { row, lastMs, waitedMs: startedMs === null ? lastMs : Math.max(0, startedMs - beganMs) };
    })
    .sort((a, b) => b.lastMs - a.lastMs);
  const longestMs = Math.max(MINUTE_MS, running[0]?.lastMs ?? 0, usual?.toMs ?? 0);
  const step =
    STEPS.find((each) => longestMs / MINUTE_MS / each <= MOST_TICKS) ?? Math.ceil(longestMs / MINUTE_MS / MOST_TICKS);
  const steps = Math.max(1, Math.ceil(longestMs / MINUTE_MS / step));
  const axisMs = steps * step * MINUTE_MS;
  return {
    bars: running.map(({ row, lastMs, waitedMs }) => ({
      vm: row.vm,
      name: row.name ?? row.vm,
      minutes: Math.floor(lastMs / MINUTE_MS),
      to: lastMs / axisMs,
      startedAt: Math.min(waitedMs, lastMs) / axisMs,
      isLong: usual !== undefined && lastMs > usual.toMs,
    })),
    ticks: Array.from({ length: steps + 1 }, (_, i) => ({ minutes: i * step, at: i / steps })),
    usual: usual && { from: usual.fromMs / axisMs, to: usual.toMs / axisMs, text: rangeText(usual) },
  };
}

function rangeText({ fromMs, toMs }: Range): string {
  const [from, to] = [Math.floor(fromMs / MINUTE_MS), Math.ceil(toMs / MINUTE_MS)];
  return `usually ${from}–${Math.max(to, from + 1)} min`;
}
