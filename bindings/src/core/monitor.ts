/// <reference lib="esnext.disposable" preserve="true" />
/** The state machine as a TypeScript class: one crossing into the core per call. */

import { OptionsError, SnapshotError, VmCustomizationError } from '../errors.js';
import type { GuestInfo, MonitorOptions, ReadFailure, Report, Snapshot, Update, VmRef, VmRow } from '../types.js';
import { disposeSymbol } from '../util/dispose.js';
import { checkKnown, FLAG, unusable } from '../util/fields.js';
import { SERVER_TIME } from '../util/server-time.js';
import { CoreHandle, guarded } from './core-handle.js';
import { type EventDocument, isMade, toBytes } from './event-document.js';
import {
  checkGuestInfo,
  checkSnapshot,
  checkValues,
  checkVms,
  hostTime,
  jsonText,
  MONITOR_OPTIONS,
  plainOptions,
} from './validate.js';
import type { RawMonitor } from './wasm/core-module.js';
import { core } from './wasm/loader.js';

/** How {@link Monitor.restore} counts the time since the snapshot. */
export interface RestoreOptions {
  /** The time the process was down counts towards the deadline, measured in server time. Default true. */
  readonly timeDownCounts?: boolean | undefined;
}

/**
 * Waits for the customization of VMs of one vCenter, without doing any I/O: events go in, transitions and requests to
 * read come out. `watchCustomization` drives one with an {@link EventSource}; use this class to drive it yourself.
 *
 * **Feed an input, act on the outputs of the update, then sleep until the deadline it names.** Times are milliseconds of
 * any monotonic clock; a time that goes backwards is clamped. After construction call {@link Monitor.drain} once.
 */
export class Monitor implements Disposable {
  readonly #handle: CoreHandle<RawMonitor>;

  /**
   * @param vms - the VMs to watch; the same VM twice has one row
   * @param options - see {@link MonitorOptions}
   * @param serverNow - vCenter's clock now, as a Date or RFC 3339 text with an offset
   * @param nowMs - host time now
   * @throws {@link OptionsError} when an option or a VM cannot be used
   */
  constructor(vms: readonly VmRef[], options: MonitorOptions, serverNow: Date | string, nowMs: number);
  /** @internal */
  constructor(restored: Restored);
  constructor(from: readonly VmRef[] | Restored, options: MonitorOptions = {}, serverNow?: Date | string, nowMs = 0) {
    if (from instanceof Restored) {
      this.#handle = new CoreHandle('monitor', from.raw);
      return;
    }
    checkVms(from);
    checkKnown('a monitor', options, MONITOR_OPTIONS);
    const config = jsonText(
      { vms: from, options: plainOptions(options), serverNow: timeText(serverNow) },
      (why) => new OptionsError('invalidOptions', `the VMs and the options have to be plain data: ${why}`),
    );
    const now = hostTime(nowMs);
    this.#handle = new CoreHandle(
      'monitor',
      guarded(() => new (core().RawMonitor)(config, now)),
    );
  }

  /**
   * Goes on from a snapshot as if nothing had happened.
   * @throws {@link SnapshotError} when it is damaged or of an unknown version
   */
  static restore(snapshot: Snapshot, serverNow: Date | string, nowMs: number, options: RestoreOptions = {}): Monitor {
    checkSnapshot(snapshot);
    checkKnown('restoring', options, { timeDownCounts: FLAG });
    const text = jsonText(
      snapshot,
      (why) => new SnapshotError('invalidSnapshot', `the snapshot is no plain data: ${why}`),
    );
    const time = timeText(serverNow);
    const now = hostTime(nowMs);
    const timeDownCounts = options.timeDownCounts ?? true;
    return restored(guarded(() => core().RawMonitor.restore(text, time, now, timeDownCounts)));
  }

  /** Answers what is queued since construction. */
  drain(): Update {
    return this.#update((raw) => raw.drain());
  }

  /**
   * Takes events, whatever they are and whenever they come.
   * @param document - the body as fetched (bytes are the fast path), JSON text, or an array of VI JSON objects; an empty
   *   array says that there was nothing new
   * @param complete - it is all there is for the VMs still waited for, so that the read that was asked for is answered
   * @throws {@link WireError} when it cannot be decoded; the monitor is as before
   */
  handleEvents(document: EventDocument, complete: boolean, nowMs: number): Update {
    const bytes = toBytes(document);
    return this.#update((raw) => raw.handleEvents(bytes, complete, hostTime(nowMs)), isMade(document));
  }

  /**
   * Takes what is known of the guests of some VMs. What it says of their readiness counts in an answer alone.
   * @throws {@link OptionsError} with the code `invalidInput`; the monitor is as before
   */
  handleGuestInfo(info: GuestInfo | readonly GuestInfo[], nowMs: number): Update {
    checkGuestInfo(info);
    return this.#update((raw) => raw.handleGuestInfo(inputText('the guest info', info), hostTime(nowMs)));
  }

  /**
   * Takes the answer to the output `readGuestInfo`. VMs of which nothing is known may be left out. Where another read is open
   * by now, it is taken as by {@link Monitor.handleGuestInfo}. A read that fails is not answered.
   * @param number - that of the query
   * @throws {@link OptionsError} with the code `invalidInput`; the monitor is as before
   */
  handleGuestAnswer(number: number, infos: readonly GuestInfo[], nowMs: number): Update {
    checkGuestInfo(infos);
    return this.#update((raw) => raw.handleGuestInfo(inputText('the guest info', infos), hostTime(nowMs), number));
  }

  /** Takes the news that the read asked for has failed, as a whole or for one VM. */
  handleReadFailed(failure: ReadFailure, nowMs: number): Update {
    return this.#update((raw) => raw.handleReadFailed(inputText('the read failure', failure), hostTime(nowMs)));
  }

  /** Takes the news that the log-in asked for has succeeded. */
  handleLoggedIn(nowMs: number): Update {
    return this.#update((raw) => raw.handleLoggedIn(hostTime(nowMs)));
  }

  /**
   * From now on watches these VMs, in this order. VMs that were watched before keep their state; others go without a
   * word, though what was told of them stays among the transitions; new ones begin as in a new run, with a window of
   * their own, and are read at once. The deadline of the run stays. Without a VM left that is waited for the run ends,
   * but with `attempts: 'reopen'` it goes on. After the end of the run this changes nothing.
   * @param serverNow - vCenter's clock now, as a Date or RFC 3339 text with an offset
   * @throws {@link OptionsError} when a VM cannot be used, and under `published` rules; the monitor is as before
   */
  setVms(vms: readonly VmRef[], serverNow: Date | string, nowMs: number): Update {
    checkVms(vms);
    const list = jsonText(vms, (why) => new OptionsError('invalidOptions', `the VMs have to be plain data: ${why}`));
    const time = timeText(serverNow);
    return this.#update((raw) => raw.setVms(list, time, hostTime(nowMs)));
  }

  /** To be called at the deadline of the last update; harmless when early. */
  handleTimeout(nowMs: number): Update {
    return this.#update((raw) => raw.handleTimeout(hostTime(nowMs)));
  }

  /** Ends the run at once, with the rows it has. */
  cancel(nowMs: number): Update {
    return this.#update((raw) => raw.cancel(hostTime(nowMs)));
  }

  /** The rows and transitions as of the last input. */
  report(): Report {
    return JSON.parse(this.#handle.call((raw) => raw.report())) as Report;
  }

  /**
   * Rows as of the last input, without the transitions of a whole report: only what is asked for crosses the border.
   * @param vms - the values of their managed object references; those not watched are left out. Default: all VMs, in the
   *   order asked for
   */
  rows(vms?: readonly string[]): readonly VmRow[] {
    checkValues(vms);
    const asked =
      vms === undefined
        ? ''
        : inputText(
            'the list of VMs',
            vms.map((vm) => ({ vm })),
          );
    return JSON.parse(this.#handle.call((raw) => raw.rows(asked))) as VmRow[];
  }

  /** The state as of the last input, as plain data. It holds no credential, and no message text beyond what a row shows. */
  snapshot(): Snapshot {
    return JSON.parse(this.#handle.call((raw) => raw.snapshot())) as Snapshot;
  }

  /** Gives the memory back. A second call does nothing; any other use afterwards throws {@link DisposedError}. */
  dispose(): void {
    this.#handle.dispose();
  }

  /** The same as {@link Monitor.dispose}, for `using`. */
  [disposeSymbol](): void {
    this.dispose();
  }

  #update(call: (raw: RawMonitor) => string, made = false): Update {
    return JSON.parse(this.#handle.call(call, made)) as Update;
  }
}

/** Tells the constructor that the core's part is there already. */
class Restored {
  constructor(readonly raw: RawMonitor) {}
}

// Outside of the class: bundlers rename one that names itself, and the other name would be in its messages.
function restored(raw: RawMonitor): Monitor {
  return new Monitor(new Restored(raw));
}

function inputText(what: string, value: unknown): string {
  return jsonText(value, (why) => new VmCustomizationError('invalidInput', `${what} has to be plain data: ${why}`));
}

function timeText(serverNow: Date | string | undefined): string {
  if (serverNow === undefined || !SERVER_TIME.fits(serverNow)) {
    throw unusable('serverNow', serverNow, SERVER_TIME);
  }
  return typeof serverNow === 'string' ? serverNow : serverNow.toISOString();
}
