/** The strip of the last eight hours. */
import type { Gap, Result } from './history.js';
import { timeText } from './times.js';

const HOUR_MS = 3_600_000;
export const STRIP_MS = 8 * HOUR_MS;
/** Results this close to each other are one bar. */
const BAR_MS = 5 * 60_000;

/** Parts are of the strip, 0 to 1. */
export interface StripBar {
  readonly at: number;
  readonly width: number;
  readonly succeeded: number;
  readonly failed: number;
  /** Of the successes, by those of the highest bar. */
  readonly height: number;
}

export interface Strip {
  readonly bars: readonly StripBar[];
  readonly gaps: readonly { readonly at: number; readonly width: number }[];
  readonly hours: readonly { readonly at: number; readonly text: string }[];
  readonly succeeded: number;
  readonly failed: number;
  /** The gaps in words, such as `14:28–14:40`. */
  readonly gapsText: string;
}

const GAPS_TOLD = 3;

/** @param nowMs - server time, milliseconds since 1970 */
export function stripOf(results: readonly Result[], gaps: readonly Gap[], nowMs: number): Strip {
  const fromMs = nowMs - STRIP_MS;
  const part = (timeMs: number): number => (timeMs - fromMs) / STRIP_MS;
  const recent = results.filter(({ atMs }) => atMs > fromMs && atMs <= nowMs);
  const bins = new Map<number, { succeeded: number; failed: number }>();
  for (const { atMs, isSuccess } of recent) {
    // Each bar ends with its last moment, so that the newest result has one.
    const bin = Math.ceil(atMs / BAR_MS) - 1;
    const counts = bins.get(bin) ?? { succeeded: 0, failed: 0 };
    counts[isSuccess ? 'succeeded' : 'failed'] += 1;
    bins.set(bin, counts);
  }
  const most = Math.max(1, ...[...bins.values()].map(({ succeeded }) => succeeded));
  const seen = gaps.filter((gap) => gap.toMs > fromMs && gap.fromMs < nowMs);
  const failed = recent.filter(({ isSuccess }) => !isSuccess).length;
  const told = seen.slice(-GAPS_TOLD).map((gap) => `${timeText(Math.max(gap.fromMs, fromMs))}–${timeText(gap.toMs)}`);
  return {
    bars: [...bins].map(([bin, counts]) => {
      const at = Math.max(0, part(bin * BAR_MS));
      const width = Math.min(1, part((bin + 1) * BAR_MS)) - at;
      return { at, width, ...counts, height: counts.succeeded / most };
    }),
    gaps: seen.map((gap) => {
      const at = Math.max(0, part(gap.fromMs));
      return { at, width: Math.min(1, part(gap.toMs)) - at };
    }),
    hours: hoursOf(fromMs, nowMs).map((timeMs) => ({ at: part(timeMs), text: timeText(timeMs) })),
    succeeded: recent.length - failed,
    failed,
    gapsText: `${seen.length > told.length ? '… ' : ''}${told.join(', ')}`,
  };
}

/** The full hours of local clocks, also where these are half an hour off. */
function hoursOf(fromMs: number, toMs: number): number[] {
  const offsetMs = new Date(toMs).getTimezoneOffset() * 60_000;
  const first = Math.ceil((fromMs - offsetMs) / HOUR_MS) * HOUR_MS + offsetMs;
  return Array.from({ length: Math.floor((toMs - first) / HOUR_MS) + 1 }, (_, i) => first + i * HOUR_MS);
}
