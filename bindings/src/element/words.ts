/** The words of the view, beyond those that the command uses too. */

import { troubleOf } from '../headlines.js';
import { reasonOf } from '../messages.js';
import type { CustomizationStatus, VmRow } from '../types.js';

import type { Mark, MarkKind } from './marks.js';
import { durationText } from './time-axis.js';

/** The five, in the order in which they follow each other. */
export const STATUSES = [
  'VmNotStarted',
  'CustomizationNotStarted',
  'CustomizationStarted',
  'CustomizationSucceeded',
  'CustomizationFailed',
] as const satisfies readonly CustomizationStatus[];

/** What people read for a status. */
export const STATUS_LABELS: Readonly<Record<CustomizationStatus, string>> = {
  VmNotStarted: 'No power-on seen',
  CustomizationNotStarted: 'Not started',
  CustomizationStarted: 'Customizing',
  CustomizationSucceeded: 'Succeeded',
  CustomizationFailed: 'Failed',
};

/** The name of a status in parts, as in the custom properties of colours: `row-failed`, `--vmc-failed`. */
export const STATUS_PARTS: Readonly<Record<CustomizationStatus, string>> = {
  VmNotStarted: 'not-powered-on',
  CustomizationNotStarted: 'not-started',
  CustomizationStarted: 'started',
  CustomizationSucceeded: 'succeeded',
  CustomizationFailed: 'failed',
};

const CONCLUSIONS: Readonly<Record<NonNullable<VmRow['conclusion']>, string>> = {
  completed: 'completed',
  notStarted: 'not waited for',
  timedOut: 'timed out',
  vmRemoved: 'removed',
  cancelled: 'cancelled',
  unobservable: 'not readable',
};

/** Why a VM is no longer waited for, where its status does not say it. */
export function conclusionLabel({ conclusion }: VmRow): string {
  return conclusion === undefined || conclusion === 'completed' ? '' : (CONCLUSIONS[conclusion] ?? conclusion);
}

const MARKS: Readonly<Record<MarkKind, string>> = {
  powerOn: 'Powered on',
  started: 'Customization started',
  succeeded: 'Succeeded',
  failed: 'Failed',
  removed: 'Removed',
  ready: 'Ready',
  reboot: 'Guest rebooted',
  reset: 'Reset',
  powerOff: 'Powered off',
  suspend: 'Suspended',
  shutdown: 'Shut down',
};

export function markLabel(mark: Mark): string {
  return MARKS[mark.kind];
}

/**
 * Why a VM is where it is, in one sentence; empty where its status says it all.
 * @param lookbackSeconds - how far back the run looks; null where that is not known
 */
export function causeOf(row: VmRow, lookbackSeconds: number | null = null): string {
  if (isUnseen(row) && lookbackSeconds !== null) {
    return `No power-on in the last ${lookbackText(lookbackSeconds)}`;
  }
  if (row.error !== undefined) {
    return `It cannot be observed: ${row.error.message}`;
  }
  const { sysprepVersion, systemVersion } = row.failure ?? {};
  return sysprepVersion && systemVersion
    ? `Sysprep ${sysprepVersion} does not fit the guest’s Windows ${systemVersion}`
    : (troubleOf(row)?.headline ?? '');
}

/** How far back a run looks: `5 min`, `24 h`, `7 days`. */
export function lookbackText(seconds: number): string {
  const [hours, days] = [seconds / 3_600, seconds / 86_400];
  return Number.isInteger(days) && days > 1
    ? `${days} days`
    : Number.isInteger(hours)
      ? `${hours} h`
      : durationText(seconds * 1_000);
}

/** What offers to look back further. */
export function furtherText(seconds: number): string {
  return `Look back ${lookbackText(seconds)}`;
}

/** Whether nothing was seen of a VM, as far as one has looked back. */
export function isUnseen({ customizationStatus, hint }: VmRow): boolean {
  return customizationStatus === 'VmNotStarted' && (hint === undefined || hint === null || hint === 'neverPoweredOn');
}

/** Everything that the text filter looks at. */
export function searchText(row: VmRow): string {
  const status = row.customizationStatus;
  return [
    row.name ?? '',
    row.vm,
    status,
    STATUS_LABELS[status],
    conclusionLabel(row),
    causeOf(row),
    reasonOf(row),
    row.failure?.logLocation ?? '',
  ]
    .join('\n')
    .toLowerCase();
}

/** Many transitions in one sentence. */
export function countsText(counts: ReadonlyMap<CustomizationStatus, number>): string {
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const parts = STATUSES.filter((status) => counts.has(status)).map(
    (status) => `${counts.get(status)} ${STATUS_LABELS[status].toLowerCase()}`,
  );
  return `${total} changes: ${parts.join(', ')}`;
}
