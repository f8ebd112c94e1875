/** Reads what is too large to be read while somebody waits, beside the page. */
import { init, type Recording } from 'vm-customization';
import type { DecoderAnswer, DecoderTask } from './decoder-messages.js';
import { readFiles } from './files.js';

/** What neither the machine nor a timeline reads of an event: half of its text. */
const UNREAD = new Set(
  ['userName', 'datacenter', 'computeResource', 'host', 'ds', 'net', 'dvs', 'changeTag', 'chainId', 'template'].flatMap(
    (name) => [name, name.charAt(0).toUpperCase() + name.slice(1)],
  ),
);

addEventListener('message', async ({ data }: MessageEvent<DecoderTask>) => {
  try {
    await init(fetch(data.core));
    const offered = await readFiles(data.given, (progress) => answer({ progress }));
    const packed = offered.map(({ name, recording }) => {
      const { startedAt, vms, options } = recording as Recording;
      const bytes = new TextEncoder().encode(JSON.stringify(shortened(recording as Recording)));
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

function shortened(recording: Recording): Recording {
  const steps = recording.steps.map((step) =>
    'events' in step ? { ...step, events: step.events.map(readPart) } : step,
  );
  return { ...recording, steps };
}

function readPart(event: unknown): unknown {
  return typeof event === 'object' && event !== null && !Array.isArray(event)
    ? Object.fromEntries(Object.entries(event).filter(([name]) => !UNREAD.has(name)))
    : event;
}
