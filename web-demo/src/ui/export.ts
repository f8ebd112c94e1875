/** What the page hands out as files. */
import type { Report, VmRow } from 'vm-customization';

const COLUMNS: readonly (readonly [name: string, value: (row: VmRow) => string | number | null | undefined])[] = [
  ['vm', (row) => row.vm],
  ['name', (row) => row.name],
  ['customizationStatus', (row) => row.customizationStatus],
  ['conclusion', (row) => row.conclusion],
  ['attempt', (row) => row.attempt],
  ['poweredOnAt', (row) => row.poweredOnAt],
  ['startedAt', (row) => row.startedAt],
  ['finishedAt', (row) => row.finishedAt],
  ['readyAt', (row) => row.readyAt],
  ['hint', (row) => row.hint],
  ['failureType', (row) => row.failure?.type],
  ['failureReason', (row) => row.failure?.reason],
  ['failureLogLocation', (row) => row.failure?.logLocation],
  ['failureMessage', (row) => row.failure?.message],
  ['sysprepVersion', (row) => row.failure?.sysprepVersion],
  ['systemVersion', (row) => row.failure?.systemVersion],
  ['revised', (row) => (row.revised ? 'true' : '')],
  ['guestInfoDisagrees', (row) => (row.guestInfoDisagrees ? 'true' : '')],
  ['error', (row) => row.error?.message],
];

export type ReportFormat = 'json' | 'csv';

const TYPES: Readonly<Record<ReportFormat, string>> = { json: 'application/json', csv: 'text/csv' };

/** A report as a file. */
export function reportFile(report: Report, format: ReportFormat): Blob {
  const text = format === 'csv' ? csvOf(report) : `${JSON.stringify(report, null, 2)}\n`;
  return new Blob([text], { type: TYPES[format] });
}

/** A table by RFC 4180, a line per VM. */
export function csvOf(report: Report): string {
  const lines = [
    COLUMNS.map(([name]) => name),
    ...report.vms.map((row) => COLUMNS.map(([, value]) => cell(value(row)))),
  ];
  // Without the mark in front Excel takes names for another encoding.
  return `\uFEFF${lines.map((cells) => `${cells.join(',')}\r\n`).join('')}`;
}

function cell(value: string | number | null | undefined): string {
  const text = String(value ?? '');
  // A spreadsheet would run it as a formula, some also after white space: names and messages come from guests.
  const safe = /^(\s*[=+\-@＝＋－＠]|[\t\r\n])/.test(text) ? `'${text}` : text;
  return /[",;\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Hands out a file. */
export function download(name: string, content: Blob): void {
  const url = URL.createObjectURL(content);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // Not at once: the browser has yet to read it.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
