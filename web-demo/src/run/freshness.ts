/** How fresh what is shown of a vCenter is: a pure function of host times. */
import type { BandText } from '../ui/band.js';

/** A vCenter that says nothing for this long is not readable. */
export const SILENT_AFTER_MS = 30_000;
/** A quiet vCenter is asked for its time this often, so that it can be told from one that hangs. */
export const ASK_EVERY_MS = 10_000;
/** A question has to be open for this long. A page in the background asks seldom, and its silence means nothing. */
const OPEN_FOR_MS = SILENT_AFTER_MS - ASK_EVERY_MS;

/** Host times in milliseconds, of one clock. */
export interface Contact {
  /** When vCenter answered last, or the first question was asked. */
  readonly heardAtMs: number;
  /** When the first question after that was asked; undefined where all are answered. */
  readonly askedAtMs: number | undefined;
  /** The source has failed for good. */
  readonly isLost: boolean;
}

export type Freshness =
  /** There is nothing that could grow old: it is played, or is over. */
  | { readonly kind: 'timeless' }
  /** `ageMs`: since vCenter answered. */
  | { readonly kind: 'fresh'; readonly ageMs: number }
  /** What is shown is as of an earlier time. */
  | {
      readonly kind: 'stale';
      /** Server time of what is shown, milliseconds since 1970; null where nothing was read. */
      readonly asOfMs: number | null;
      /** How long vCenter could not be read; null where the page cannot know it, as after a reload. */
      readonly forMs: number | null;
      readonly reason: string;
      /** Whether it takes a log-in to go on. */
      readonly needsLogIn: boolean;
    };

/** Whether vCenter counts as not readable. */
export function isSilent({ heardAtMs, askedAtMs, isLost }: Contact, nowMs: number): boolean {
  return (
    isLost || (askedAtMs !== undefined && nowMs - heardAtMs >= SILENT_AFTER_MS && nowMs - askedAtMs >= OPEN_FOR_MS)
  );
}

/** A span of time in one unit: `2 s`, `95 min`, `5 h`, `3 d`. */
export function spanText(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  if (seconds < 60) {
    return `${seconds} s`;
  }
  const minutes = Math.floor(seconds / 60);
  if (minutes < 120) {
    return `${minutes} min`;
  }
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.floor(hours / 24)} d`;
}

/** How a source is doing. `lost`: it has failed for good. */
export type LiveState = 'opening' | 'live' | 'reading' | 'retrying' | 'ended' | 'lost';

export const STATES: Readonly<Record<LiveState, string>> = {
  opening: 'Opening',
  live: 'Live',
  reading: 'Reading',
  retrying: 'Trying again',
  ended: 'Ended',
  lost: 'Not readable',
};

/** What is said of a run that is followed: `Live`, and ` · 2 s ago`. */
export function statusOf({ state, freshness }: { readonly state: LiveState; readonly freshness: Freshness }): {
  readonly state: LiveState;
  readonly label: string;
  readonly age: string;
} {
  // A server that hangs says nothing of it.
  const known = freshness.kind === 'stale' && state !== 'retrying' ? 'lost' : state;
  return {
    state: known,
    label: STATES[known],
    age: freshness.kind === 'fresh' ? ` · ${spanText(freshness.ageMs)} ago` : '',
  };
}

const DAY_MS = 86_400_000;
const CLOCK = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const DATE = new Intl.DateTimeFormat('sv', { dateStyle: 'short' });

/** @param nowMs - now on the clock of `asOfMs`, to tell whether that was today */
export function bandText(freshness: Freshness, nowMs: number): BandText {
  if (freshness.kind !== 'stale') {
    return { begin: '', duration: '', end: '' };
  }
  const { asOfMs, forMs, reason } = freshness;
  const why = reason === '' ? '' : `: ${reason}`;
  const date = asOfMs !== null && Math.abs(nowMs - asOfMs) >= DAY_MS ? `${DATE.format(asOfMs)} ` : '';
  const then = asOfMs === null ? undefined : `${date}${CLOCK.format(asOfMs)}`;
  const duration = forMs === null ? '' : ` (${spanText(forMs)})`;
  if (then === undefined) {
    return { begin: 'vCenter not readable', duration, end: why };
  }
  return forMs === null
    ? { begin: `Shown as of ${then}`, duration, end: why }
    : { begin: `vCenter not readable since ${then}`, duration, end: `. Shown as of then${why}` };
}
