/** Playing recordings. */
import process from 'node:process';
import { replay as replayRecordings } from '../replay.js';
import { SUCCEEDED, USAGE } from './exit.js';
import { readInput } from './stdin.js';

/** Prints a report, or an error, for each recording. */
export async function replay(file: string): Promise<number> {
  const reports = replayRecordings(await readInput(file));
  process.stdout.write(reports);
  // A report begins with its format: only a line for a recording that could not be read begins so.
  const unreadable = reports.split('\n').filter((line) => line.startsWith('{"error":')).length;
  if (unreadable > 0) {
    process.stderr.write(`${unreadable} of the recordings could not be read\n`);
    return USAGE;
  }
  return SUCCEEDED;
}
