/** The table at the end. */

import { type Labels, reasonOf } from '../../messages.js';
import type { Report } from '../../types.js';
import { tableLines } from './table.js';

/**
 * VM and status, with the reason and the log's place where there are any.
 * @param anyRead - whether any events were read
 */
export function resultTable(report: Report, labels: Labels, anyRead = true): string[] {
  const columns = [
    { heading: 'VM' },
    { heading: 'CustomizationStatus' },
    { heading: 'Reason', optional: true },
    { heading: 'Log location', optional: true },
  ];
  const rows = report.vms.map((row) => [
    labels.of(row.vm),
    row.customizationStatus,
    reasonOf(row, anyRead),
    row.failure?.logLocation ?? '',
  ]);
  return tableLines(columns, rows);
}
