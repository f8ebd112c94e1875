/** The file of `--record`: the whole recording of a run, or none. */
import { Recorder } from '../recording/recorder.js';
import type { RunInput } from '../watch/progress.js';
import { UsageError } from './input/usage.js';
import { checkReplaceable, fileProblem, replaceFile } from './output/private-file.js';

/** Records a run, and writes the recording when it has ended. */
export class RecordingFile {
  readonly #path: string;
  readonly #warn: (message: string) => void;
  readonly #recorder = new Recorder();
  #isLost = false;

  /** @throws {@link UsageError} when the file cannot be written, before anything is waited for */
  constructor(path: string, warn: (message: string) => void) {
    this.#path = path;
    this.#warn = warn;
    try {
      checkReplaceable(path);
    } catch (error) {
      throw new UsageError(
        `--record ${path} cannot be written (${fileProblem(error)}): check the path and its permissions`,
      );
    }
  }

  /** To be passed as `onInput`. */
  readonly take = (input: RunInput): void => {
    this.#recorder.take(input);
    if (this.#recorder.incomplete !== undefined) {
      this.#lose(this.#recorder.incomplete);
    }
  };

  /** Writes what was recorded: a part of a run would pass for the whole of another one. */
  write(): void {
    const recording = this.#recorder.recording();
    if (recording === undefined || this.#isLost) {
      return;
    }
    try {
      replaceFile(this.#path, `${JSON.stringify(recording)}\n`);
    } catch (error) {
      this.#lose(fileProblem(error));
    }
  }

  #lose(why: string): void {
    if (!this.#isLost) {
      this.#isLost = true;
      this.#warn(`--record ${this.#path} is not written: ${why}`);
    }
  }
}
