/** From files, or a pasted text, to recordings. */
import { decodeText, holdsRecordings, type Recording, recordingFromEvents, replay } from 'vm-customization';
import { messageOf } from '../ui/dom.js';
import type { Given } from './given.js';
import type { Reading } from './playback-messages.js';

/** All files together. */
export const MAX_BYTES = 64 * 2 ** 20;
const CHUNK_BYTES = 4 * 2 ** 20;

/** A recording that was read. */
export interface Found {
  /** Its file, and the line there where that has several. */
  readonly name: string;
  readonly recording: Recording;
}

const FORMAT = 'vm-customization-recording/1';

/**
 * Reads recordings, one or many in each file, or files of events that together make one recording.
 * @throws Error that names the file, the place in it, and what to do
 */
export async function readFiles(
  given: readonly Given[],
  onProgress: (progress: Reading) => void,
): Promise<readonly Found[]> {
  const bytes = given.reduce((sum, { blob }) => sum + blob.size, 0);
  if (bytes > MAX_BYTES) {
    const [what, verb] = given.length === 1 ? [given[0]?.name, 'has'] : ['the files', 'have'];
    throw new Error(
      `${what} ${verb} ${Math.ceil(bytes / 2 ** 20)} MiB, and 64 MiB can be opened: split it, or take the events of a shorter time`,
    );
  }
  const texts: { readonly name: string; readonly text: string }[] = [];
  let read = 0;
  for (const { name, blob } of given) {
    const content = await bytesOf(blob, (more) => {
      read += more;
      onProgress({ bytes: read, of: bytes });
    });
    texts.push({ name, text: decodeText(content).trim() });
  }
  const empty = texts.find(({ text }) => text === '');
  if (empty !== undefined) {
    throw new Error(`${empty.name} is empty: choose a recording, or events such as \`govc events -json\` prints`);
  }
  const recordings = texts.map((file) => recordingsOf(file.name, file.text));
  if (recordings.every((found) => found === undefined)) {
    return [{ name: texts.map(({ name }) => name).join(', '), recording: fromEvents(texts) }];
  }
  const other = texts.find((_, index) => recordings[index] === undefined);
  if (other !== undefined) {
    throw new Error(`${other.name} is no recording, and others are: open recordings and events one after the other`);
  }
  return recordings.flatMap((found) => found ?? []);
}

async function bytesOf(blob: Blob, onMore: (bytes: number) => void): Promise<Uint8Array> {
  const content = new Uint8Array(blob.size);
  let at = 0;
  for (let from = 0; from < blob.size; from += CHUNK_BYTES) {
    const chunk = new Uint8Array(await blob.slice(from, from + CHUNK_BYTES).arrayBuffer());
    content.set(chunk, at);
    at += chunk.length;
    onMore(chunk.length);
  }
  return content;
}

/** Undefined where the text is something else than recordings. */
function recordingsOf(name: string, text: string): readonly Found[] | undefined {
  if (!holdsRecordings(text)) {
    return undefined;
  }
  const whole = parsed(text);
  if (whole !== undefined) {
    return isOurs(whole, name) ? [{ name, recording: checked(whole, name) }] : undefined;
  }
  const lines = text.split('\n');
  const found: Found[] = [];
  let events = '';
  for (const [index, line] of lines.entries()) {
    if (line.trim() !== '') {
      const place = `${name}, line ${index + 1}`;
      // Of files that were put together each begins with its mark.
      const value = parsed(line.trim());
      if (value === undefined) {
        // Says where in the line, and why.
        throw new Error(`${place}: ${reasonOf(line) ?? 'it is no JSON'}`);
      }
      if (!isOurs(value, place)) {
        events = place;
      } else {
        found.push({ name: place, recording: checked(value, place) });
      }
      if (events !== '' && found.length > 0) {
        throw new Error(
          `${events} is no recording, and other lines are: open recordings and events one after the other`,
        );
      }
    }
  }
  return found.length === 0 ? undefined : found;
}

function isOurs(value: unknown, place: string): value is Recording {
  const format = typeof value === 'object' && value !== null && 'format' in value ? String(value.format) : '';
  if (format.startsWith('vm-customization-report/')) {
    throw new Error(`${place} is a report, which only says how a run ended: open the recording of the run`);
  }
  return format.startsWith('vm-customization-');
}

function checked(recording: Recording, place: string): Recording {
  if (recording.format !== FORMAT) {
    throw new Error(`${place} has format \`${recording.format}\`, and this page opens \`${FORMAT}\`: use its version`);
  }
  return recording;
}

/** The recording as the page writes it: into a link, into a file. @throws Error that names it, where that is too deep */
export function textOf(recording: Recording, place: string): string {
  try {
    return JSON.stringify(recording);
  } catch {
    throw new Error(
      `${place} has lists in lists that are too many for this browser: leave out what is no part of a recording`,
    );
  }
}

/** Why the package refuses a line; undefined where it does not. */
function reasonOf(line: string): string | undefined {
  const answer = JSON.parse(replay(line)) as { error?: { message: string } };
  return answer.error?.message;
}

function fromEvents(files: readonly { readonly name: string; readonly text: string }[]): Recording {
  try {
    return recordingFromEvents(files.map(({ text }) => text));
  } catch (error) {
    const names = files.map(({ name }) => name).join(', ');
    throw new Error(`${names} holds neither a recording nor events that can be read: ${messageOf(error)}`);
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
