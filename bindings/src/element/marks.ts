/** What an event is on a timeline. What it means to the machine is the core's word (`kind`), and never asked here. */
import type { EventKind, EventSummary } from '../types.js';

/** A mark on a timeline: what the machine goes by, and what only people want to see. */
export type MarkKind = EventKind | 'ready' | 'reboot' | 'reset' | 'powerOff' | 'suspend' | 'shutdown';

/** One event of a VM, drawn at its server time. */
export interface Mark {
  /** Server time, milliseconds since 1970. */
  readonly timeMs: number;
  readonly kind: MarkKind;
  /** The event type without prefix; null where only the row tells of it. */
  readonly type: string | null;
  readonly key: number | null;
}

const BY_TYPE: Readonly<Record<string, MarkKind>> = {
  VmGuestRebootEvent: 'reboot',
  VmResettingEvent: 'reset',
  VmDasBeingResetEvent: 'reset',
  VmDasBeingResetWithScreenshotEvent: 'reset',
  VmStoppingEvent: 'powerOff',
  VmPoweredOffEvent: 'powerOff',
  VmPowerOffOnIsolationEvent: 'powerOff',
  VmSuspendingEvent: 'suspend',
  VmSuspendedEvent: 'suspend',
  VmGuestStandbyEvent: 'suspend',
  VmGuestShutdownEvent: 'shutdown',
};

/**
 * Event types that a timeline shows beside those the machine is interested in: pass them to a watch as `alsoRead`.
 */
export const TIMELINE_EVENT_TYPES: readonly string[] = Object.keys(BY_TYPE);

/** The mark of an event; undefined where a timeline has none for it. */
export function markOf(event: EventSummary): Mark | undefined {
  const kind = event.kind ?? (Object.hasOwn(BY_TYPE, event.type) ? BY_TYPE[event.type] : undefined);
  const timeMs = Date.parse(event.createdTime);
  return kind === undefined || Number.isNaN(timeMs) ? undefined : { timeMs, kind, type: event.type, key: event.key };
}

/** The marks to be shown: of a power-on its first event alone. */
export function shownMarks(marks: readonly Mark[]): readonly Mark[] {
  return marks.filter(({ kind }, i) => kind !== 'powerOn' || marks[i - 1]?.kind !== kind);
}

/**
 * Puts a mark in its place by time. The same event comes again with every overlapping read and is known by type and
 * key. Answers whether it was new.
 */
export function addMark(marks: Mark[], mark: Mark, limit: number): boolean {
  let place = marks.length;
  for (let i = marks.length - 1; i >= 0; i -= 1) {
    const other = marks[i] as Mark;
    if (other.type === mark.type && other.key === mark.key && (mark.key !== null || other.timeMs === mark.timeMs)) {
      return false;
    }
    if (other.timeMs > mark.timeMs) {
      place = i;
    }
  }
  if (marks.length >= limit) {
    // The oldest say least of where a VM stands.
    if (place === 0) {
      return false;
    }
    marks.shift();
    place -= 1;
  }
  marks.splice(place, 0, mark);
  return true;
}
