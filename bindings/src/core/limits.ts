/** The core's limits and defaults, which nothing here repeats. */

import type { MonitorOptions } from '../types.js';
import { core } from './wasm/loader.js';

/** Limits and defaults of the core. */
export interface Limits {
  /** The most VMs of one monitor. */
  readonly maxVms: number;
  /** The most events that a query asks for in one page. */
  readonly maxPage: number;
  /** The largest document of events, and the largest recording. */
  readonly maxDocumentBytes: number;
  /** What is kept of any one text. */
  readonly maxStringBytes: number;
  /** The latest moment of a recording. */
  readonly maxAtMs: number;
  /** The longest duration that an option takes. */
  readonly maxSeconds: number;
  /** The concrete event types that a query names. */
  readonly eventTypes: readonly string[];
  /** Every option as it is where none is given. */
  readonly options: { readonly [K in Exclude<keyof MonitorOptions, 'since'>]-?: Exclude<MonitorOptions[K], undefined> };
  /** The names of the formats. */
  readonly formats: { readonly recording: string; readonly report: string; readonly snapshot: string };
}

let known: Limits | undefined;

/** The limits of the core, which has to be loaded. */
export function limits(): Limits {
  known ??= JSON.parse(core().limits()) as Limits;
  return known;
}
