/** Reads what is too large to be read while somebody waits, beside the page. */
import { init, type Recording } from 'vm-customization';
import type { DecoderAnswer, DecoderTask } from './decoder-messages.js';
import { readFiles } from './files.js';
import { withoutUnread } from './recording-parts.js';

addEventListener('message', async ({ data }: MessageEvent<DecoderTask>) => {
  try {
    await init(fetch(data.core));
    const offered = await readFiles(data.given, (progress) => answer({ progress }));
    const packed = offered.map(({ name, recording }) => {
      const { startedAt, vms, options } = recording as Recording;
      const bytes = new TextEncoder().encode(JSON.stringify(withoutUnread(recording as Recording)));
      return { name, size: bytes.length, recording: { startedAt, vms, options, bytes } };
    });
    answer(
      { offered: packed },
      packed.map(({ recording }) => recording.bytes.buffer),
    );
  } catch (error) {
    answer({ problem: error instanceof Error ? error.message : String(error) });
  }
});

function answer(message: DecoderAnswer, transfer: Transferable[] = []): void {
  postMessage(message, { transfer });
}
