/** A recording inside a link. */
import type { Recording } from 'vm-customization';
import { messageOf } from '../ui/dom.js';
import { pack, unpack } from '../ui/pack.js';
import { ofOneVm, withoutSilentReads } from './recording-parts.js';

/** A link that is longer is cut by mail and chat programs. */
const LONGEST_RECORDING = 8_000;
const LARGEST_UNPACKED_MIB = 8;

/** The recording, given as JSON text, as text for a link; undefined when it is too large for one. */
export async function packRecording(text: string): Promise<string | undefined> {
  const packed = await pack(text);
  return packed.length > LONGEST_RECORDING
    ? undefined
    : packed.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

/** What it holds of one VM, likewise: with every read where that fits. */
export async function packEvidence(recording: Blob, vm: string): Promise<string | undefined> {
  const evidence = ofOneVm(JSON.parse(await recording.text()) as Recording, vm);
  return (
    (await packRecording(JSON.stringify(evidence))) ??
    (await packRecording(JSON.stringify(withoutSilentReads(evidence))))
  );
}

/** The text of a recording in a link. @throws Error that says what is wrong with the link */
export async function unpackRecording(text: string): Promise<string> {
  try {
    return await unpack(text.replaceAll('-', '+').replaceAll('_', '/'), LARGEST_UNPACKED_MIB);
  } catch (error) {
    throw new Error(
      `the recording in the link cannot be read: ${messageOf(error)}; ask for the link or the file again`,
    );
  }
}
