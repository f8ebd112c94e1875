import { readFileSync } from 'node:fs';

/** Reads core.wasm from the folder of the bundle: the command needs no second copy inside its own file. */
export function readBeside(): BufferSource {
  return readFileSync(new URL('./core.wasm', import.meta.url));
}
