/** What the page and its decoder tell each other. */
import type { Offered, Reading } from './files.js';
import type { Given } from './given.js';

export interface DecoderTask {
  readonly core: string;
  readonly given: readonly Given[];
}

export type DecoderAnswer =
  | { readonly progress: Reading }
  | { readonly offered: readonly Offered[] }
  | { readonly problem: string };
