/** Playing recordings, and events as if they had been recorded. */
import { replay as replayRecordings } from '../../core/replay.js';
import { WireError } from '../../errors.js';
import { Labels } from '../../messages.js';
import { recordingFromEvents } from '../../recording/from-events.js';
import { holdsRecordings } from '../../recording/holds-recordings.js';
import type { Report } from '../../types.js';
import { decodeText } from '../../util/decode-text.js';
import { sanitizeForTerminal, visible } from '../../util/visible.js';
import type { CommandProcess } from '../command-process.js';
import type { Command } from '../input/args.js';
import { inputName, readInput } from '../input/stdin.js';
import { UsageError } from '../input/usage.js';
import { adviceLines } from '../output/advice.js';
import { SUCCEEDED, USAGE } from '../output/exit.js';
import { resultTable } from '../output/result-table.js';

/**
 * Prints a report, or an error, for each recording; of events one report. On a terminal it is a table, where nobody asks for
 * JSON.
 */
export async function replay(
  { file, json }: Extract<Command, { kind: 'replay' }>,
  { out, err }: CommandProcess,
): Promise<number> {
  const text = decodeText(await readInput(file));
  const name = inputName(file);
  if (text.trim() === '') {
    throw new UsageError(
      `${name} is empty: give a recording, or events as \`govc events -json -l PATH PATH\` prints them`,
    );
  }
  let recordings = text;
  if (!holdsRecordings(text)) {
    recordings = recordingOf(text, name);
    err.write(`${name} holds events and no recording: they are played one by one, from the first on\n`);
  }
  const lines = replayRecordings(recordings).split('\n');
  // A report begins with its format: only a line for a recording that could not be read begins so.
  const isError = (line: string): boolean => line.startsWith('{"error":');
  if (out.isTTY === true && !json) {
    out.write(
      lines
        .filter(Boolean)
        .map((line) => asTable(line, isError(line), out.columns))
        .join('\n'),
    );
  } else {
    out.write(lines.map(visible).join('\n'));
  }
  const unreadable = lines.filter(isError).length;
  if (unreadable > 0) {
    err.write(`${unreadable} of the recordings could not be read\n`);
    return USAGE;
  }
  return SUCCEEDED;
}

function asTable(line: string, isError: boolean, width: number | undefined): string {
  if (isError) {
    const { error } = JSON.parse(line) as { readonly error: { readonly message: string } };
    return `${sanitizeForTerminal(error.message)}\n`;
  }
  const report = JSON.parse(line) as Report;
  const labels = new Labels(report.vms);
  return `${[...resultTable(report, labels, true, width), ...adviceLines(report, labels, width)].join('\n')}\n`;
}

function recordingOf(events: string, name: string): string {
  try {
    return JSON.stringify(recordingFromEvents([events]));
  } catch (error) {
    throw error instanceof WireError
      ? new UsageError(`${name} holds neither a recording nor events that can be read: ${error.message}`)
      : error;
  }
}
