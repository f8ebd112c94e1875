/** How long customization usually takes, by the successes of a run. */

/** Fewer say nothing. */
const LEAST = 5;

/** Milliseconds. */
export interface Range {
  readonly fromMs: number;
  readonly toMs: number;
}

/** The value that this part of the values does not exceed; between two of them in proportion. Sorted, at least one. */
export function percentile(sorted: readonly number[], part: number): number {
  const place = part * (sorted.length - 1);
  const below = sorted[Math.floor(place)] ?? 0;
  const above = sorted[Math.ceil(place)] ?? below;
  return below + (above - below) * (place - Math.floor(place));
}

/** From the 10th to the 90th percentile; undefined where there are fewer than five. */
export function usualRange(durationsMs: readonly number[]): Range | undefined {
  if (durationsMs.length < LEAST) {
    return undefined;
  }
  const sorted = [...durationsMs].sort((a, b) => a - b);
  return { fromMs: percentile(sorted, 0.1), toMs: percentile(sorted, 0.9) };
}
