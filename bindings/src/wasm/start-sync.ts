import { initSync } from '../../generated/core.js';

/** Starts the core at once, which a page must not: it would stand still meanwhile. */
export function startSync(bytes: BufferSource): void {
  initSync({ module: bytes });
}
