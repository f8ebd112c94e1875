/**
 * Guest info beside the events: what the VMs' own properties say. It is read before the events of a read, so
 * that whatever both tell of is known from the event too, which says more; and it never fails or holds up anything.
 */

import { OptionsError } from '../errors.js';
import type { CallOptions, EventSource } from '../source/event-source.js';
import type { SourceFailures } from '../source/read-failure.js';
import { withTimeout } from '../source/with-timeout.js';
import type { GuestInfo, Output, ReadReason, VmRow } from '../types.js';
import { linkedTo } from '../util/abort.js';
import type { Clock } from '../util/clock.js';

// One request for all VMs; events are not kept waiting for it longer than the second.
const TIMEOUT_MS = 30_000;
const PATIENCE_MS = 1_000;

// What was read this long ago need not be read again for a hint.
const FRESH_MS = 5_000;

// Reads that follow another at once, or belong to the published rules, which know no second signal.
const WITHOUT: ReadonlySet<ReadReason> = new Set(['retry', 'vmDropped', 'pass', 'push']);

/** What a feed needs. */
export interface GuestSetup {
  /** Undefined where there is no second signal, or none is wanted. */
  readonly read: EventSource['readGuestInfo'];
  readonly failures: SourceFailures;
  readonly clock: Clock;
  /** Whether guests are to be ready: a source that cannot tell it is noticed before the first of them could be. */
  readonly readiness: boolean;
  /** The source cannot be used with the options. */
  readonly refused: (error: OptionsError) => void;
}

/** What is known of the guests, and what of it the machine does not know yet. */
export class GuestInfoFeed {
  readonly #setup: GuestSetup;
  readonly #stop = new AbortController();
  #vms: ReadonlySet<string> = new Set();
  readonly #open = new Set<string>();
  /** Read, but perhaps later than the events of the read that is open. */
  readonly #arrived = new Map<string, GuestInfo>();
  /** Read before the events of the read that is open. */
  readonly #ready = new Map<string, GuestInfo>();
  /** As told to the machine: it need not hear the same again at each read. */
  readonly #told = new Map<string, string>();
  readonly #toldState = new Map<string, string>();
  /** Those whose power was told since their last power-on. */
  readonly #toldPower = new Set<string>();
  #reading: Promise<void> | undefined;
  #readAt = Number.NEGATIVE_INFINITY;
  #failure: string | undefined;
  #failureTold = false;

  constructor(setup: GuestSetup) {
    this.#setup = setup;
  }

  /** Takes the rows that the run begins with. */
  begin(rows: readonly VmRow[]): void {
    for (const { vm, conclusion } of rows) {
      this.#track(vm, conclusion === undefined);
    }
    this.#vms = new Set(rows.map(({ vm }) => vm));
  }

  /** Takes other VMs: those known stay as they are, and nothing is kept of the ones that went. */
  changed(vms: readonly string[]): void {
    const before = this.#vms;
    this.#vms = new Set(vms);
    for (const vm of before) {
      if (!this.#vms.has(vm)) {
        this.#open.delete(vm);
        this.#toldPower.delete(vm);
        for (const map of [this.#arrived, this.#ready, this.#told, this.#toldState]) {
          map.delete(vm);
        }
      }
    }
    for (const vm of this.#vms) {
      if (!before.has(vm)) {
        this.#open.add(vm);
      }
    }
  }

  /**
   * Takes what the machine tells: VMs that are done are not asked about, and of one that was powered on all that was fed of
   * its power is old, so it is fed again.
   */
  told(output: Output): void {
    if (output.type === 'concluded') {
      this.#track(output.row.vm, false);
    } else if (output.type === 'transition') {
      const { vm, to } = output.transition;
      if (to === 'CustomizationNotStarted' && this.#toldPower.delete(vm)) {
        this.#told.delete(vm);
        this.#toldState.delete(vm);
      }
      this.#track(vm, to !== 'CustomizationSucceeded' && to !== 'CustomizationFailed');
    }
  }

  /** To be awaited before the events are read: reads the guests, for as long as the patience lasts. Never rejects. */
  async beforeRead(reason: ReadReason, signal: AbortSignal): Promise<void> {
    if (!WITHOUT.has(reason)) {
      await this.#refresh(signal);
    }
    this.#seal();
  }

  /** To be awaited before the machine gives hints. Never rejects. */
  async beforeHint(signal: AbortSignal): Promise<void> {
    if (this.#setup.clock.now() - this.#readAt >= FRESH_MS) {
      await this.#refresh(signal);
    }
  }

  /**
   * Whether a customization is pending and the VM runs, where that is news: hints depend on it. Results wait for the events
   * of the next read.
   */
  takeState(): readonly GuestInfo[] {
    const news: GuestInfo[] = [];
    for (const info of [...this.#ready.values(), ...this.#arrived.values()]) {
      const state = stateOf(info);
      if (Object.keys(state).length > 1 && this.#toldState.get(info.vm) !== JSON.stringify(state)) {
        this.#noteState(state);
        news.push(state);
      }
    }
    return news;
  }

  /** All that is news, of the guests as they were when the events were asked for. */
  take(): readonly GuestInfo[] {
    const news: GuestInfo[] = [];
    for (const info of this.#ready.values()) {
      const text = JSON.stringify(info);
      if (this.#told.get(info.vm) !== text) {
        this.#told.set(info.vm, text);
        this.#noteState(stateOf(info));
        news.push(info);
      }
    }
    this.#ready.clear();
    return news;
  }

  /** All that is news, however late: no read of events follows. */
  takeAll(): readonly GuestInfo[] {
    this.#seal();
    return this.take();
  }

  /** Something else went wrong with what was read; undefined for nothing. */
  failed(message: string | undefined): void {
    this.#failure ??= message;
  }

  /** Why the guests cannot be read, the first time it is asked for and there is a reason. */
  takeFailure(): string | undefined {
    if (this.#failureTold || this.#failure === undefined) {
      return undefined;
    }
    this.#failureTold = true;
    return this.#failure;
  }

  /** Ends what is under way. */
  stop(): void {
    this.#stop.abort(new Error('the wait is over'));
  }

  #noteState(state: GuestInfo): void {
    this.#toldState.set(state.vm, JSON.stringify(state));
    if (state.powerState !== undefined || state.bootTime !== undefined) {
      this.#toldPower.add(state.vm);
    }
  }

  #track(vm: string, open: boolean): void {
    if (open) {
      this.#open.add(vm);
    } else {
      this.#open.delete(vm);
    }
  }

  async #refresh(signal: AbortSignal): Promise<void> {
    const { read, clock } = this.#setup;
    if (read === undefined || this.#open.size === 0 || signal.aborted) {
      return;
    }
    this.#reading ??= this.#read(read).finally(() => {
      this.#reading = undefined;
    });
    const waiting = linkedTo(signal);
    await Promise.race([this.#reading, clock.sleep(PATIENCE_MS, waiting.signal)]);
    waiting.release();
    waiting.abort();
  }

  async #read(read: NonNullable<EventSource['readGuestInfo']>): Promise<void> {
    const { clock, readiness } = this.#setup;
    const { signal } = this.#stop;
    try {
      const vms = [...this.#open];
      const ask = (call: CallOptions): ReturnType<typeof read> => read(vms, { ...call, readiness });
      const readings = await withTimeout('asking the guests', ask, TIMEOUT_MS, clock, signal);
      for (const reading of readings) {
        // The list may have changed meanwhile.
        if (this.#vms.has(reading.vm) && reading.noPermission === undefined) {
          this.#arrived.set(reading.vm, withoutReadiness(reading));
        }
      }
      this.#readAt = clock.now();
    } catch (error) {
      if (readiness && error instanceof OptionsError) {
        this.#setup.refused(error);
        return;
      }
      const failure = this.#setup.failures.of(error);
      // A session that is gone is noticed, and told, by the read of the events.
      if (!signal.aborted && failure.kind !== 'notAuthenticated') {
        this.failed(failure.message ?? failure.kind);
      }
    }
  }

  #seal(): void {
    for (const [vm, info] of this.#arrived) {
      this.#ready.set(vm, info);
    }
    this.#arrived.clear();
  }
}

/** Without what counts only in the answer to a read that the machine has asked for (D19). */
export function withoutReadiness<T extends GuestInfo>(info: T): Omit<T, 'toolsRunningStatus' | 'guestOperationsReady'> {
  const { toolsRunningStatus: _tools, guestOperationsReady: _operations, ...rest } = info;
  return rest;
}

/** What is known of a VM beside its customizations. */
function stateOf({ vm, pendingCustomization, powerState, bootTime }: GuestInfo): GuestInfo {
  return {
    vm,
    ...(pendingCustomization === undefined ? {} : { pendingCustomization }),
    ...(powerState === undefined ? {} : { powerState }),
    ...(bootTime === undefined ? {} : { bootTime }),
  };
}
