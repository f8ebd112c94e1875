/// <reference lib="esnext.disposable" preserve="true" />
/** One recording, played by hand. */

import { VmCustomizationError, WireError } from '../errors.js';
import type { PlaybackInput, Recording, Report, RunUpdate, VmRef } from '../types.js';
import { describe } from '../util/describe.js';
import { disposeSymbol } from '../util/dispose.js';
import { isObject } from '../util/fields.js';
import { CoreHandle, guarded } from './core-handle.js';
import { isMade, toBytes } from './event-document.js';
import { jsonText } from './validate.js';
import type { RawPlayback } from './wasm/core-module.js';
import { core } from './wasm/loader.js';

interface Head {
  readonly startedAt: string;
  readonly vms: readonly VmRef[];
  readonly endMs: number;
  readonly inputs: readonly PlaybackInput[];
  readonly eventCount: number;
}

/**
 * Plays one recording by hand, forth and back. It is exact: same recording, same time, same state, whichever way it was
 * come to, and at the end the report of {@link replay}.
 *
 * ```ts
 * using playback = new Playback(await file.text());
 * show(playback.seek(0)); // the first update is a reset: all rows
 * show(playback.seek(15_000)); // only what changed
 * show(playback.seekEvent(3)); // as of the fourth event
 * ```
 *
 * An update after a way back is a reset, and so is one after a state between two events of one input.
 */
export class Playback implements Disposable {
  /** Server time at host time 0. */
  readonly startedAt: string;
  /** The VMs that the run began with; an input of the kind `vms` changes them. */
  readonly vms: readonly VmRef[];
  /** When the run ends, milliseconds of host time since its start: the report's `endedAtMs`. */
  readonly endMs: number;
  /** Everything that is fed, in order. */
  readonly inputs: readonly PlaybackInput[];
  /** How many events all inputs have together. */
  readonly eventCount: number;
  readonly #handle: CoreHandle<RawPlayback>;

  /**
   * Reads the recording and plays it once, to know its end.
   * @throws {@link WireError} (`invalidRecording`) when it cannot be played; the message names the place
   */
  constructor(recording: Recording | Uint8Array | string) {
    const bytes = bytesOf(recording);
    this.#handle = new CoreHandle(
      'playback',
      guarded(() => new (core().RawPlayback)(bytes), isMade(recording)),
    );
    const head = JSON.parse(this.#handle.call((raw) => raw.head())) as Head;
    this.startedAt = head.startedAt;
    this.vms = head.vms;
    this.endMs = head.endMs;
    this.inputs = head.inputs;
    this.eventCount = head.eventCount;
  }

  /**
   * Goes to a time: every input at or before it is fed, and the clock run to it.
   * @param atMs - milliseconds of host time since the start of the run; clamped to 0 … `endMs`
   * @throws {@link VmCustomizationError} (`invalidInput`) when it is no number
   */
  seek(atMs: number): RunUpdate {
    const at = Math.min(number('atMs', atMs), this.endMs);
    return JSON.parse(this.#handle.call((raw) => raw.seek(Math.max(at, 0)))) as RunUpdate;
  }

  /**
   * Goes to an event: the events 0 … `index`, counted through all inputs, were told, and nothing after them; the time is
   * that of the input.
   * @param index - below 0 is the start, before any input; beyond the last event is the last one
   * @throws {@link VmCustomizationError} (`invalidInput`) when it is no number
   */
  seekEvent(index: number): RunUpdate {
    const at = Math.min(Math.floor(number('index', index)), this.eventCount - 1);
    return JSON.parse(this.#handle.call((raw) => raw.seekEvent(Math.max(at, -1)))) as RunUpdate;
  }

  /** The report at the present position: before the first call that of the start. */
  report(): Report {
    return JSON.parse(this.#handle.call((raw) => raw.report())) as Report;
  }

  /** Gives the memory back. A second call does nothing; `seek`, `seekEvent` and `report` then throw {@link DisposedError}. */
  dispose(): void {
    this.#handle.dispose();
  }

  /** The same as {@link Playback.dispose}, for `using`. */
  [disposeSymbol](): void {
    this.dispose();
  }
}

function bytesOf(recording: Recording | Uint8Array | string): Uint8Array {
  const text =
    isMade(recording) && isObject(recording) && !Array.isArray(recording)
      ? jsonText(recording, (why) => new WireError('invalidRecording', `the recording has to be plain data: ${why}`))
      : (recording as Uint8Array | string);
  return toBytes(text, 'the recording');
}

function number(name: string, value: number): number {
  if (typeof value !== 'number' || Number.isNaN(value)) {
    throw new VmCustomizationError('invalidInput', `${name} is ${describe(value)}: give a number`);
  }
  return value;
}
