/** What needs attention, and in which order. */
import type { ModelEntry } from 'vm-customization/element';
import { spanText } from '../run/freshness.js';
import { kindOf } from './kinds.js';
import { timeText } from './times.js';

const KINDS = ['failed', 'stuck', 'timedOut', 'unreadable'] as const;

/** A VM that needs attention. */
export interface Need {
  /** The VM, its attempt and what it needs: another failure of the same VM is another need. */
  readonly key: string;
  readonly name: string;
  readonly kind: (typeof KINDS)[number];
  readonly reason: string;
  /** Server time since when it is so, milliseconds since 1970. */
  readonly sinceMs: number | null;
  /** How long ago it failed, or how long it is under way. */
  readonly age: string;
  /** When, and after how long. */
  readonly detail: string;
  readonly isAcknowledged: boolean;
}

/**
 * Those that nobody has acknowledged first; among them failed ones, newest first, then stuck ones, timed-out and unreadable
 * ones, each longest first.
 *
 * @param nowMs - server time, milliseconds since 1970
 * @param reasonOf - in words
 */
export function needsOf(
  entries: readonly ModelEntry[],
  nowMs: number,
  acknowledged: ReadonlySet<string>,
  reasonOf: (entry: ModelEntry) => string,
): readonly Need[] {
  const needs: { readonly need: Need; readonly rank: number; readonly order: number }[] = [];
  for (const entry of entries) {
    const { row } = entry;
    const kind = KINDS.find((each) => each === kindOf(entry));
    if (kind === undefined) {
      continue;
    }
    const key = `${row.vm}/${row.attempt ?? 0}/${kind}`;
    const isAcknowledged = acknowledged.has(key);
    const sinceMs = sinceOf(entry, kind);
    const need = { key, name: row.name ?? row.vm, kind, reason: reasonOf(entry), sinceMs, isAcknowledged };
    needs.push({
      need: { ...need, ...timesOf(entry, kind, nowMs) },
      rank: KINDS.indexOf(kind) + (isAcknowledged ? KINDS.length : 0),
      order: kind === 'failed' ? -(sinceMs ?? Number.NEGATIVE_INFINITY) : (sinceMs ?? Number.POSITIVE_INFINITY),
    });
  }
  return needs.sort((a, b) => a.rank - b.rank || compare(a.order, b.order)).map(({ need }) => need);
}

/** Infinities too, which have no difference. */
function compare(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function sinceOf({ poweredOnMs, startedMs, finishedMs }: ModelEntry, kind: Need['kind']): number | null {
  return kind === 'failed' ? finishedMs : (poweredOnMs ?? startedMs);
}

function timesOf(entry: ModelEntry, kind: Need['kind'], nowMs: number): Pick<Need, 'age' | 'detail'> {
  const sinceMs = sinceOf(entry, kind);
  if (sinceMs === null) {
    return { age: '', detail: '' };
  }
  const age = spanText(nowMs - sinceMs);
  if (kind !== 'failed') {
    return { age, detail: `${entry.poweredOnMs === null ? 'started' : 'powered on'} ${timeText(sinceMs)}` };
  }
  const beganMs = entry.poweredOnMs ?? entry.startedMs;
  const took = beganMs === null ? '' : ` · after ${spanText(sinceMs - beganMs)}`;
  return { age: `${age} ago`, detail: `failed ${timeText(sinceMs)}${took}` };
}

/** What the window's title says: what nobody has acknowledged, else how far the others are. */
export function titleOf(needs: readonly Need[], others: string): string {
  const open = needs.filter(({ isAcknowledged }) => !isAcknowledged);
  const failed = open.filter(({ kind }) => kind === 'failed').length;
  const parts = [failed > 0 ? `${failed} failed` : '', open.length > failed ? `${open.length - failed} stuck` : ''];
  return parts.filter(Boolean).join(', ') || others;
}
