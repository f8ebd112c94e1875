/** The exit statuses: those of `wait-vm-customization`, for the same things. */
import type { Report, VmRow } from 'vm-customization';

export const SUCCEEDED = 0;
export const FAILED = 1;
export const UNFINISHED = 2;
export const USAGE = 3;
export const UNREACHABLE = 4;
export const UNEXPECTED = 70;

/** The status for a report. */
export function exitStatus({ vms, reading }: Report): number {
  const isOpen = (conclusion: string | undefined): boolean =>
    conclusion === 'unobservable' || conclusion === 'timedOut';
  const nothingSeen = vms.every((row) => row.customizationStatus === 'VmNotStarted' && isOpen(row.conclusion));
  if (nothingSeen && reading.failure !== null && reading.lastReadAtMs === null) {
    return UNREACHABLE;
  }
  if (vms.some((row) => row.customizationStatus === 'CustomizationFailed')) {
    return FAILED;
  }
  // One that succeeded and is not ready in time is not completed.
  const isDone = ({ customizationStatus, conclusion }: VmRow): boolean =>
    customizationStatus === 'CustomizationSucceeded' && conclusion === 'completed';
  return vms.every(isDone) ? SUCCEEDED : UNFINISHED;
}
