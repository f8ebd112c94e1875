/** Makes a recording of a run from what was fed into it. */

import { guarded } from '../core/core-handle.js';
import { toBytes } from '../core/event-document.js';
import { limits } from '../core/limits.js';
import { core } from '../core/wasm/loader.js';
import { VmCustomizationError } from '../errors.js';
import type { Recording, RecordingStep } from '../types.js';
import { describe } from '../util/describe.js';
import { checkKnown, type Field } from '../util/fields.js';
import type { RunInput } from '../watch/progress.js';

/** How a {@link Recorder} records. */
export interface RecorderOptions {
  /**
   * The most bytes of JSON text that the recording may have. Default 67,108,864 (64 MiB), the most that {@link replay}
   * reads of one recording.
   */
  readonly maxBytes?: number | undefined;
}

const INPUTS: ReadonlySet<unknown> = new Set<RunInput['type']>([
  'begin',
  'events',
  'readFailed',
  'loggedIn',
  'guestInfo',
  'vms',
  'cancel',
]);
const MAX_BYTES: Field = {
  fits: (value) => typeof value === 'number' && value > 0,
  give: 'give a number of bytes above 0',
};

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
 * A recording holds names, times and texts of events, and no credential. When it is full, or an input cannot be recorded,
 * the run goes on and nothing more is taken: what is there plays up to a whole input, and `incomplete` says why.
 */
export class Recorder {
  readonly #maxBytes: number | undefined;
  #head: Recording | undefined;
  readonly #steps: RecordingStep[] = [];
  #bytes = 0;
  #incomplete: string | undefined;

  /** @throws {@link OptionsError} when `maxBytes` is no positive number */
  constructor(options: RecorderOptions = {}) {
    checkKnown('a recorder', options, { maxBytes: MAX_BYTES });
    this.#maxBytes = options.maxBytes;
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
    try {
      this.#record(input);
    } catch (error) {
      // A run is worth more than its recording.
      this.#incomplete = `an input could not be recorded (${error instanceof Error ? error.message : describe(error)})`;
    }
  };

  /** Why an input and all after it are not in the recording; undefined while it is whole. */
  get incomplete(): string | undefined {
    return this.#incomplete;
  }

  /** Of the recording so far, as JSON text. */
  get bytes(): number {
    return this.#bytes;
  }

  /** The recording so far; undefined before the run has begun, and of a run that goes on from a snapshot. */
  recording(): Recording | undefined {
    return this.#head === undefined ? undefined : { ...this.#head, steps: [...this.#steps] };
  }

  #record(input: RunInput): void {
    if (input.type === 'begin') {
      const { vms, options, startedAt } = input.recording;
      const head = guarded(() => core().recordingHead(JSON.stringify({ vms, options, serverNow: startedAt })));
      this.#head = JSON.parse(head) as Recording;
      this.#steps.length = 0;
      this.#bytes = 0;
      this.#incomplete = undefined;
      this.#add(bytesOf(JSON.stringify(this.#head)));
    } else if (this.#head !== undefined && this.#incomplete === undefined) {
      const step = stepOf(input);
      if (this.#add(bytesOf(step) + ','.length)) {
        this.#steps.push(JSON.parse(step) as RecordingStep);
      }
    }
  }

  /** Whether there is room for so much more. */
  #add(bytes: number): boolean {
    const fits = this.#bytes + bytes <= this.#limit;
    if (fits) {
      this.#bytes += bytes;
    } else {
      this.#incomplete = `it has reached the ${this.#limit} bytes that it may have`;
    }
    return fits;
  }

  // Not known before the core is loaded.
  get #limit(): number {
    return this.#maxBytes ?? limits().maxDocumentBytes;
  }
}

/** The step as JSON text: the core knows the format. */
function stepOf(input: Exclude<RunInput, { type: 'begin' }>): string {
  return guarded(() =>
    input.type === 'events'
      ? core().recordingEvents(toBytes(input.document), input.complete, input.atMs)
      : core().recordingStep(JSON.stringify(stepWithoutEvents(input))),
  );
}

function stepWithoutEvents(input: Exclude<RunInput, { type: 'begin' | 'events' }>): RecordingStep {
  const { atMs } = input;
  switch (input.type) {
    case 'guestInfo':
      return { atMs, guestInfo: input.infos };
    case 'readFailed':
      return { atMs, readFailed: input.failure };
    case 'loggedIn':
      return { atMs, loggedIn: true };
    case 'vms':
      return { atMs, vms: input.vms, serverTime: input.serverTime };
    case 'cancel':
      return { atMs, cancel: true };
  }
}

function bytesOf(text: string): number {
  return encoder.encode(text).length;
}
