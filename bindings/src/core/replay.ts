/** Plays recordings. */

import { WireError } from '../errors.js';
import type { Recording, Report } from '../types.js';
import { isObject, tagOf } from '../util/fields.js';
import { guarded, withoutPlace } from './core-handle.js';
import { toBytes } from './event-document.js';
import { jsonText } from './validate.js';
import { core } from './wasm/loader.js';

/**
 * Plays one recording, or several as newline-delimited JSON, and answers their reports as newline-delimited JSON, in
 * order. A line that cannot be read gives `{"error":{"code":…,"message":…}}` in its place.
 */
export function replay(recordings: Uint8Array | string): string;
/**
 * Plays a recording, such as that of a {@link Recorder}, and answers its report.
 * @throws {@link WireError} (`invalidRecording`) when it cannot be played
 */
export function replay(recording: Recording): Report;
/**
 * Plays recordings, and answers their reports in order.
 * @throws {@link WireError} (`invalidRecording`) when one cannot be played; the message names it by its index
 */
export function replay(recordings: readonly Recording[]): Report[];
export function replay(given: Uint8Array | string | Recording | readonly Recording[]): string | Report | Report[] {
  if (Array.isArray(given)) {
    return given.map((recording, index) => played(recording, `recordings[${index}]: `));
  }
  // By what it is rather than by its class: bytes of another realm are as good.
  const isRecording = tagOf(given) === 'Object';
  return isRecording ? played(given, '') : text(given as Uint8Array | string);
}

function text(recordings: Uint8Array | string): string {
  const bytes = toBytes(recordings, 'what is to be played');
  return guarded(() => core().replay(bytes));
}

function played(recording: unknown, place: string): Report {
  const refused = (why: string): WireError => new WireError('invalidRecording', `${place}${why}`);
  if (!isObject(recording)) {
    throw refused('a recording is an object: read text by JSON.parse, or pass it as one text');
  }
  const line = jsonText(recording, (why) => refused(`the recording has to be plain data: ${why}`));
  const answer = JSON.parse(text(line)) as Report | { readonly error: { readonly message: string } };
  if ('error' in answer) {
    throw refused(withoutPlace(answer.error.message));
  }
  return answer;
}
