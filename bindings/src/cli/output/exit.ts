/** The exit status: a contract with scripts. */
import type { Report, VmRow } from '../../types.js';

/** All succeeded. */
export const SUCCEEDED = 0;
/** Customization failed on some VM. */
export const FAILED = 1;
/** Customization has not finished on some VM, or its guest is not ready. */
export const UNFINISHED = 2;
/** The command line makes no sense. */
export const USAGE = 3;
/** The vCenter could not be reached, logged in to or read at all, or a VM was not found. */
export const UNREACHABLE = 4;
/** A bug of the command, whatever else is to be said: `EX_SOFTWARE` of sysexits.h. */
export const UNEXPECTED = 70;
/** Standard output could not be written, whatever was to be said there: `EX_IOERR` of sysexits.h. */
export const OUTPUT_FAILED = 74;

/**
 * The status for a report.
 *
 * @param everRead - whether the events of the VMs were read to the end at least once
 */
export function exitStatus(report: Report, everRead: boolean): number {
  const cancelled = report.vms.some((row) => row.conclusion === 'cancelled');
  const nothingReadable = report.vms.every(
    (row) => row.conclusion === 'unobservable' && row.customizationStatus === 'VmNotStarted',
  );
  // Who cancels before the first answer has not found out whether there would have been one.
  if ((!everRead && !cancelled) || nothingReadable) {
    return UNREACHABLE;
  }
  if (report.vms.some((row) => row.customizationStatus === 'CustomizationFailed')) {
    return FAILED;
  }
  // One that succeeded and is not ready in time is not completed.
  const isDone = ({ customizationStatus, conclusion }: VmRow): boolean =>
    customizationStatus === 'CustomizationSucceeded' && conclusion === 'completed';
  return report.vms.every(isDone) ? SUCCEEDED : UNFINISHED;
}
