/** Reads of properties that the machine asks for until guests are ready (D19): one at a time, each with its number. */
import { OptionsError } from '../errors.js';
import type { EventSource, GuestReading } from '../source/event-source.js';
import { withTimeout } from '../source/with-timeout.js';
import type { GuestInfoQuery, Output } from '../types.js';
import { linkedTo } from '../util/abort.js';
import type { Clock } from '../util/clock.js';
import { withoutReadiness } from './guest-info-feed.js';

// The machine asks again after as long.
const TIMEOUT_MS = 30_000;

// For so long the last read of events waits for the last one of properties.
const PATIENCE_MS = 1_000;

/** What a feed brings. */
export type ReadinessInput =
  | { readonly type: 'readiness'; readonly number: number; readonly readings: readonly GuestReading[] }
  | { readonly type: 'readinessError'; readonly error: unknown };

/** What a feed needs. */
export interface ReadinessSetup {
  readonly read: EventSource['readGuestInfo'];
  readonly clock: Clock;
  readonly post: (input: ReadinessInput) => void;
}

/** The read that is open, if any. */
export class ReadinessFeed {
  readonly #setup: ReadinessSetup;
  #open: AbortController | undefined;
  #reading: Promise<void> | undefined;
  /** Those of which the open read says whether they are ready. */
  #asked: Set<string> = new Set();

  constructor(setup: ReadinessSetup) {
    this.#setup = setup;
  }

  /**
   * Reads in place of what was asked for before.
   * @throws {@link OptionsError} where the source cannot: a snapshot has options of its own
   */
  ask({ number, vms }: GuestInfoQuery): void {
    const { read } = this.#setup;
    if (read === undefined) {
      throw sourceCannotTell();
    }
    this.stop();
    const controller = new AbortController();
    this.#open = controller;
    this.#asked = new Set(vms);
    this.#reading = this.#read(read, number, vms, controller.signal);
  }

  /** Takes what the machine tells: what was asked of a VM before it took a step counts for nothing. */
  told(output: Output): void {
    if (output.type === 'transition') {
      this.#asked.delete(output.transition.vm);
    }
  }

  /** Takes other VMs: those that went are not asked about. */
  changed(vms: ReadonlySet<string>): void {
    this.#asked = new Set([...this.#asked].filter((vm) => vms.has(vm)));
  }

  /** An answer as the machine counts it, so that a recording of it counts alike: of others it says nothing of readiness. */
  counted(readings: readonly GuestReading[]): readonly GuestReading[] {
    return readings.map((reading) => (this.#asked.has(reading.vm) ? reading : withoutReadiness(reading)));
  }

  /** To be awaited before the last events are read. Never rejects. */
  async beforeLastRead(signal: AbortSignal): Promise<void> {
    const waiting = linkedTo(signal);
    await Promise.race([this.#reading, this.#setup.clock.sleep(PATIENCE_MS, waiting.signal)]);
    waiting.release();
    waiting.abort();
  }

  /** Ends what is under way. */
  stop(): void {
    this.#open?.abort(new Error('a newer read was asked for, or the wait is over'));
  }

  async #read(
    read: NonNullable<EventSource['readGuestInfo']>,
    number: number,
    vms: readonly string[],
    signal: AbortSignal,
  ): Promise<void> {
    const { clock, post } = this.#setup;
    let input: ReadinessInput;
    try {
      const call = (options: { readonly signal: AbortSignal }): Promise<readonly GuestReading[]> =>
        read(vms, { ...options, readiness: true });
      const readings = await withTimeout('asking whether guests are ready', call, TIMEOUT_MS, clock, signal);
      input = { type: 'readiness', number, readings };
    } catch (error) {
      input = { type: 'readinessError', error };
    }
    // What was given up must not be taken for the answer to what replaced it.
    if (!signal.aborted) {
      post(input);
    }
  }
}

/** The error for a source that does not tell what `ready` waits for. */
export function sourceCannotTell(): OptionsError {
  return new OptionsError(
    'invalidOptions',
    'ready cannot be used with this source, which has no method readGuestInfo: give it one, or leave `ready` out',
  );
}
