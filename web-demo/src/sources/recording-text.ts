/** A recording that the page itself has made, as text: for a file, and for the worker. */
import type { Recording } from 'vm-customization';

const SLICE_MS = 8;

/** JSON text. It is written in slices, with turns of the page in between: of a long run it is many MiB. */
export async function recordingText({ steps, ...head }: Recording): Promise<Blob> {
  const parts = [`${JSON.stringify(head).slice(0, -1)},"steps":[`];
  let sliceEnd = performance.now() + SLICE_MS;
  for (const [index, step] of steps.entries()) {
    parts.push(`${index === 0 ? '' : ','}${JSON.stringify(step)}`);
    if (performance.now() > sliceEnd) {
      await new Promise((resolve) => setTimeout(resolve));
      sliceEnd = performance.now() + SLICE_MS;
    }
  }
  parts.push(']}');
  return new Blob(parts);
}
