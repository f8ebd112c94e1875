/** Makes a recording of a run from what was fed into it. */
import { guarded } from './handle.js';
import type { RunInput } from './progress.js';
import type { Recording, RecordingStep } from './types.js';
import { core } from './wasm/loader.js';

/**
 * Collects the inputs of a run:
 *
 * ```ts
 * const recorder = new Recorder();
 * await waitForCustomization(source, vms, { onInput: recorder.take });
 * await writeFile('run.json', JSON.stringify(recorder.recording()));
 * ```
 *
 * A recording holds names, times and texts of events, and no credential.
 */
export class Recorder {
  #head: Omit<Recording, 'steps'> | undefined;
  readonly #steps: RecordingStep[] = [];

  /** To be passed as `onInput`. */
  readonly take = (input: RunInput): void => {
    switch (input.type) {
      case 'begin':
        this.#head = input.recording;
        break;
      case 'events': {
        const events = JSON.parse(guarded(() => core().eventsToJson(input.document))) as unknown[];
        this.#steps.push({ atMs: input.atMs, events, ...(input.complete ? {} : { complete: false }) });
        break;
      }
      case 'readFailed':
        this.#steps.push({ atMs: input.atMs, readFailed: input.failure });
        break;
      case 'loggedIn':
        this.#steps.push({ atMs: input.atMs, loggedIn: true });
        break;
      case 'guestInfo':
        this.#steps.push({ atMs: input.atMs, guestInfo: input.info });
        break;
      case 'cancel':
        this.#steps.push({ atMs: input.atMs, cancel: true });
        break;
    }
  };

  /** The recording so far; undefined before the run has begun. */
  recording(): Recording | undefined {
    return this.#head === undefined ? undefined : { ...this.#head, steps: [...this.#steps] };
  }
}
