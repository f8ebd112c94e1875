/** Playing recordings, and events as if they had been recorded. */
import { replay as replayRecordings } from '../../core/replay.js';
import { WireError } from '../../errors.js';
import { recordingFromEvents } from '../../recording/from-events.js';
import { holdsRecordings } from '../../recording/holds-recordings.js';
import { decodeText } from '../../util/decode-text.js';
import { visible } from '../../util/visible.js';
import type { CommandProcess } from '../command-process.js';
import { inputName, readInput } from '../input/stdin.js';
import { UsageError } from '../input/usage.js';
import { SUCCEEDED, USAGE } from '../output/exit.js';

/** Prints a report, or an error, for each recording; of events one report. */
export async function replay(file: string, { out, err }: CommandProcess): Promise<number> {
  const text = decodeText(await readInput(file));
  const name = inputName(file);
  let recordings = text;
  if (text.trim() !== '' && !holdsRecordings(text)) {
    recordings = recordingOf(text, name);
    err.write(`${name} holds events and no recording: they are played one by one, from the first on\n`);
  }
  const reports = replayRecordings(recordings).split('\n');
  out.write(reports.map(visible).join('\n'));
  // A report begins with its format: only a line for a recording that could not be read begins so.
  const unreadable = reports.filter((line) => line.startsWith('{"error":')).length;
  if (unreadable > 0) {
    err.write(`${unreadable} of the recordings could not be read\n`);
    return USAGE;
  }
  return SUCCEEDED;
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
