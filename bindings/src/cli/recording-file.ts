/** The file of `--record`: the whole recording of a wait, or none; a line for each of its runs. */
import { Recorder } from '../recording/recorder.js';
import type { RunInput } from '../watch/progress.js';
import { UsageError } from './input/usage.js';
import { checkReplaceable, fileProblem, replaceFile } from './output/private-file.js';

/** Records runs, and writes the recordings when all have ended. */
export class RecordingFile {
  readonly #path: string;
  readonly #warn: (message: string) => void;
  readonly #runs: { readonly server: string | undefined; readonly recorder: Recorder }[] = [];
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

  /**
   * Records one more run.
   * @param server - what it is called where there are several
   * @returns what is to be passed as `onInput`
   */
  run(server?: string): (input: RunInput) => void {
    const recorder = new Recorder();
    this.#runs.push({ server, recorder });
    return (input) => {
      recorder.take(input);
      if (recorder.incomplete !== undefined) {
        this.#lose(recorder.incomplete);
      }
    };
  }

  /** Writes what was recorded: a part of a run would pass for the whole of another one. */
  write(): void {
    const lines = this.#runs.flatMap(({ server, recorder }) => {
      const recording = recorder.recording();
      return recording === undefined
        ? []
        : [JSON.stringify(server === undefined ? recording : { server, ...recording })];
    });
    if (lines.length === 0 || this.#isLost) {
      return;
    }
    try {
      replaceFile(this.#path, `${lines.join('\n')}\n`);
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
