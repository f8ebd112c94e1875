/** One watch without end, for all who look at it: its VMs come and go as its patterns find them. */
import { TIMELINE_EVENT_TYPES } from '../element/marks.js';
import type { MonitorOptions, VmRef } from '../types.js';
import { systemClock } from '../util/clock.js';
import type { Progress } from '../watch/progress.js';
import { type CustomizationWatch, watchCustomization } from '../watch/watch.js';
import type { PatientVCenter } from './patient-vcenter.js';
import { ReadingLog } from './reading-log.js';
import { RunRelay } from './run-relay.js';

const LOOK_UP_MS = 60_000;
// Between two reads a vCenter without news looks like one that hangs.
const ASK_EVERY_MS = 10_000;
// What was customized today is to be seen, however late it was begun.
const LOOKBACK_SECONDS = 86_400;

/** What it is to watch. */
export interface SharedWatchOptions {
  readonly title: string;
  readonly patterns: readonly string[];
  /** Those that the patterns find. */
  readonly vms: readonly VmRef[];
  /** What a guest has to be before its VM is done. */
  readonly readiness: Pick<MonitorOptions, 'ready' | 'settleSeconds'>;
  readonly onProgress: (progress: Progress) => void;
  readonly warn: (message: string) => void;
}

export class SharedWatch {
  readonly relay: RunRelay;
  readonly log = new ReadingLog();
  readonly #vcenter: PatientVCenter;
  readonly #watch: CustomizationWatch;
  readonly #stop = new AbortController();

  constructor(vcenter: PatientVCenter, { title, patterns, vms, readiness, onProgress, warn }: SharedWatchOptions) {
    this.#vcenter = vcenter;
    const options: MonitorOptions = {
      attempts: 'reopen',
      timeoutSeconds: null,
      waitForPowerOn: true,
      lookbackSeconds: LOOKBACK_SECONDS,
      ...readiness,
    };
    this.relay = new RunRelay(title, options, this.log);
    this.#watch = watchCustomization(vcenter, vms, {
      ...options,
      alsoRead: TIMELINE_EVENT_TYPES,
      onInput: this.relay.onInput,
      onProgress: (progress) => {
        this.log.take(progress);
        this.relay.onProgress(progress);
        onProgress(progress);
      },
    });
    this.relay.follow(this.#watch);
    void this.#followVms(patterns, vms, warn);
    void this.#keepAsking();
  }

  /** Resolves, or rejects, when the watch has come to an end by itself, which it has no reason to. */
  get ended(): Promise<unknown> {
    return this.#watch.report;
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    this.relay.close();
    this.#watch.cancel();
    await this.#watch.report.catch(() => undefined);
  }

  async #followVms(
    patterns: readonly string[],
    first: readonly VmRef[],
    warn: (message: string) => void,
  ): Promise<void> {
    let known = idsOf(first);
    let trouble = '';
    for await (const signal of this.#every(LOOK_UP_MS)) {
      try {
        const vms = await this.#vcenter.find(patterns, true, signal);
        if (idsOf(vms) !== known) {
          await this.#watch.setVms(vms);
          known = idsOf(vms);
        }
        trouble = '';
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error);
        if (!signal.aborted && message !== trouble) {
          trouble = message;
          warn(`looking for VMs: ${message}`);
        }
      }
    }
  }

  async #keepAsking(): Promise<void> {
    for await (const signal of this.#every(ASK_EVERY_MS)) {
      try {
        await this.#vcenter.serverTime({ signal: AbortSignal.any([signal, AbortSignal.timeout(ASK_EVERY_MS)]) });
        // One that tells its time and lets nobody read is not readable.
        if (this.log.reading.trouble === '') {
          this.log.heard();
        }
      } catch {
        // The watch meets the same, and says what it is.
      }
    }
  }

  async *#every(ms: number): AsyncGenerator<AbortSignal> {
    const { signal } = this.#stop;
    await systemClock.sleep(ms, signal);
    while (!signal.aborted) {
      yield signal;
      await systemClock.sleep(ms, signal);
    }
  }
}

/** Tells lists of VMs apart, by id and name. */
function idsOf(vms: readonly VmRef[]): string {
  return JSON.stringify(vms.map(({ vm, name }) => [vm, name]));
}
