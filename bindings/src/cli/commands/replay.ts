/** Playing recordings. */
import { replay as replayRecordings } from '../../core/replay.js';
import { visible } from '../../util/visible.js';
import type { CommandProcess } from '../command-process.js';
import { readInput } from '../input/stdin.js';
import { UsageError } from '../input/usage.js';
import { SUCCEEDED, USAGE } from '../output/exit.js';

/** Prints a report, or an error, for each recording. */
export async function replay(file: string, { out, err }: CommandProcess): Promise<number> {
  const recordings = await readInput(file);
  const form = oddForm(recordings);
  if (form !== undefined) {
    throw new UsageError(`${file === '-' ? 'standard input' : file} is ${form}`);
  }
  const reports = replayRecordings(recordings);
  out.write(reports.split('\n').map(visible).join('\n'));
  // A report begins with its format: only a line for a recording that could not be read begins so.
  const unreadable = reports.split('\n').filter((line) => line.startsWith('{"error":')).length;
  if (unreadable > 0) {
    err.write(`${unreadable} of the recordings could not be read\n`);
    return USAGE;
  }
  return SUCCEEDED;
}

/** What the bytes are where they are no text that can be read, and what to do then. */
function oddForm([first, second]: Uint8Array): string | undefined {
  if (first === 0x1f && second === 0x8b) {
    return 'compressed with gzip: unpack it first';
  }
  const hasMark = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
  // A recording begins with a character of ASCII: without a mark its other byte is 0.
  return hasMark || first === 0 || second === 0
    ? 'UTF-16, as Windows PowerShell writes with `>`: save it as UTF-8'
    : undefined;
}
