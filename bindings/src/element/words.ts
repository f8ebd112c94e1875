/** The words of the view, beyond those that the command uses too. */

import { reasonOf } from '../messages.js';
import type { CustomizationStatus, Hint, VmRow } from '../types.js';
import type { Mark, MarkKind } from './marks.js';

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
  started: 'Started',
  succeeded: 'Succeeded',
  failed: 'Failed',
  removed: 'Removed',
  reboot: 'Rebooted',
  reset: 'Reset',
  powerOff: 'Powered off',
  suspend: 'Suspended',
  shutdown: 'Shut down',
};

export function markLabel(mark: Mark): string {
  return MARKS[mark.kind];
}

const ADVICE: Readonly<Record<Hint, string>> = {
  notRead: 'Look whether the vCenter can be reached, and whether the account may read its events.',
  poweredOff: 'Look among the tasks of the VM why it is off, then power it on.',
  poweredOnEarlier: 'Look back further, or power it on again if nothing was customized.',
  neverPoweredOn: 'Power it on: customization begins with its first boot.',
  nothingPending: 'Clone or reconfigure the VM with a customization specification, then power it on.',
  pendingNotStarted:
    'Look whether VMware Tools or open-vm-tools is installed in the template, recent and running. A specification applied to a running VM waits for the next power-on.',
  notStarted: 'Look whether a specification was applied, and whether VMware Tools runs in the guest.',
  startedNoResult: 'Look into the log in the guest; it may still be rebooting, or cut off from its host.',
  notReady: 'Look at the console of the VM: it may still boot, or VMware Tools do not run.',
  notFound: 'Look whether it was made, and under which name.',
};

export function adviceFor(hint: Hint): string {
  return ADVICE[hint] ?? '';
}

/** Whether the reason may stand in the log of the guest. */
export function isInGuest(hint: Hint): boolean {
  return hint === 'pendingNotStarted' || hint === 'notStarted' || hint === 'startedNoResult';
}

/** Where guests keep their log when no event says it. */
export const GUEST_LOGS =
  'Linux: /var/log/vmware-imc/toolsDeployPkg.log; Windows: C:\\Windows\\Temp\\vmware-imc\\guestcust.log';

/** The reason for a cell: a failure with its log, or why the VM is no longer waited for. */
export function failureText(row: VmRow): string {
  const { failure, error } = row;
  if (failure !== undefined && failure !== null) {
    const type = failure.type.replace(/^Customization(?=.)/, '');
    const detail = failure.reason || failure.message || '';
    const log = failure.logLocation ? ` — log: ${failure.logLocation}` : '';
    // Most reasons are the type over again.
    return `${type}${detail.toLowerCase() === type.toLowerCase() || detail === '' ? '' : `: ${detail}`}${log}`;
  }
  return error?.message ?? '';
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
    reasonOf(row),
    row.failure?.logLocation ?? '',
  ]
    .join('\n')
    .toLowerCase();
}

/** Many transitions in one sentence. */
export function countsText(total: number, counts: ReadonlyMap<CustomizationStatus, number>): string {
  const parts = STATUSES.filter((status) => counts.has(status)).map(
    (status) => `${counts.get(status)} ${STATUS_LABELS[status].toLowerCase()}`,
  );
  return `${total} changes: ${parts.join(', ')}`;
}
