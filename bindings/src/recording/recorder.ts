/** Makes a recording of a run from what was fed into it. */

import { guarded } from '../core/core-handle.js';
import { toBytes } from '../core/event-document.js';
import { core } from '../core/wasm/loader.js';
import { OptionsError, VmCustomizationError } from '../errors.js';
import type { Recording, RecordingStep } from '../types.js';
import { describe } from '../util/describe.js';
import type { RunInput } from '../watch/progress.js';

/** How a {@link Recorder} records. */
export interface RecorderOptions {
  /**
   * The most bytes of JSON text that the recording may have. Default 67,108,864 (64 MiB), the most that {@link replay}
   * reads of one recording.
   */
  readonly maxBytes?: number;
}

const MAX_BYTES = 64 * 1024 * 1024;
const INPUTS: ReadonlySet<unknown> = new Set<RunInput['type']>([
  'begin',
  'events',
  'readFailed',
  'loggedIn',
  'guestInfo',
  'vms',
  'cancel',
]);
const encoder = new TextEncoder();

/**
 * Collects the inputs of a run:
 *
 * ```ts
 * const recorder = new Recorder();
 * await waitForCustomization(source, vms, { onInput: recorder.take });
 * await writeFile('run.json', JSON.stringify(recorder.recording()));
 * ```
 *
 * A recording holds names, times and texts of events, and no credential. When it is full, nothing more is taken: what is
 * there plays up to a whole input.
 */
export class Recorder {
  readonly #maxBytes: number;
  #head: Omit<Recording, 'steps'> | undefined;
  readonly #steps: RecordingStep[] = [];
  #bytes = 0;
  #full = false;

  /** @throws {@link OptionsError} when `maxBytes` is no positive number */
  constructor(options: RecorderOptions = {}) {
    if (typeof options !== 'object' || options === null) {
      throw new OptionsError('invalidOptions', `the options are ${describe(options)}: pass an object, or nothing`);
    }
    const { maxBytes = MAX_BYTES } = options;
    if (typeof maxBytes !== 'number' || !(maxBytes > 0)) {
      throw new OptionsError('invalidOptions', `maxBytes is ${describe(maxBytes)}: give a number of bytes above 0`);
    }
    this.#maxBytes = maxBytes;
  }

  /**
   * To be passed as `onInput`.
   * @throws {@link VmCustomizationError} (`invalidInput`) for what no run feeds
   */
  readonly take = (input: RunInput): void => {
    if (typeof input !== 'object' || input === null || !INPUTS.has(input.type)) {
      const what =
        typeof input === 'object' && input !== null ? `of the type ${describe(input.type)}` : describe(input);
      throw new VmCustomizationError('invalidInput', `the input is ${what}: pass \`take\` as \`onInput\` of a watch`);
    }
    if (input.type === 'begin') {
      this.#head = input.recording;
      this.#bytes = bytesOf(JSON.stringify({ ...input.recording, steps: [] }));
      this.#full = this.#bytes > this.#maxBytes;
    } else if (this.#head !== undefined && !this.#full) {
      const { step, bytes } = stepOf(input);
      this.#full = this.#bytes + bytes > this.#maxBytes;
      if (!this.#full) {
        this.#bytes += bytes;
        this.#steps.push(step);
      }
    }
  };

  /** Whether there was no room for an input: it and all after it are not in the recording. */
  get full(): boolean {
    return this.#full;
  }

  /** Of the recording so far, as JSON text. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The recording so far; undefined before the run has begun, and of a run that goes on from a snapshot. */
  recording(): Recording | undefined {
    return this.#head === undefined ? undefined : { ...this.#head, steps: [...this.#steps] };
  }
}

interface SizedStep {
  readonly step: RecordingStep;
  /** As JSON, with a comma. */
  readonly bytes: number;
}

function stepOf(input: Exclude<RunInput, { type: 'begin' }>): SizedStep {
  const { atMs } = input;
  switch (input.type) {
    case 'events': {
      const text = guarded(() => core().eventsToJson(toBytes(input.document)));
      const rest = { atMs, ...(input.complete ? {} : ({ complete: false } as const)) };
      const step = { ...rest, events: JSON.parse(text) as unknown[] };
      return { step, bytes: sized({ ...rest, events: [] }).bytes + bytesOf(text) - '[]'.length };
    }
    case 'readFailed':
      return sized({ atMs, readFailed: input.failure });
    case 'loggedIn':
      return sized({ atMs, loggedIn: true });
    case 'guestInfo':
      return sized({ atMs, guestInfo: input.info });
    case 'vms':
      return sized({ atMs, vms: input.vms, serverTime: input.serverTime });
    case 'cancel':
      return sized({ atMs, cancel: true });
  }
}

function sized(step: RecordingStep): SizedStep {
  return { step, bytes: bytesOf(JSON.stringify(step)) + ','.length };
}

function bytesOf(text: string): number {
  return encoder.encode(text).length;
}
