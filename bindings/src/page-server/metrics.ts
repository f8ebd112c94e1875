/** What a shared page counts, for Prometheus: numbers, and no name of anything. */
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { STATUSES } from '../element/words.js';
import type { VmRow } from '../types.js';
import type { Progress } from '../watch/progress.js';
import type { RunRelay } from './run-relay.js';

export class Metrics {
  readonly #registry = new Registry();
  readonly #reads = new Counter({
    name: 'vmc_reads_total',
    help: 'Reads of events that were complete',
    registers: [this.#registry],
  });
  readonly #failures = new Counter({
    name: 'vmc_read_failures_total',
    help: 'Reads of events, and pushes, that failed',
    labelNames: ['kind'],
    registers: [this.#registry],
  });
  readonly #durations = new Histogram({
    name: 'vmc_customization_seconds',
    help: 'From the power-on to the result, of results that came while the page was served',
    labelNames: ['status'],
    buckets: [30, 60, 120, 180, 300, 600, 1_200, 1_800, 3_600],
    registers: [this.#registry],
  });
  #readAt: number | undefined;
  #relay: RunRelay | undefined;

  constructor() {
    // Asked for when it is read.
    const gauge = (name: string, help: string, value: () => number | undefined): Gauge =>
      new Gauge({
        name,
        help,
        registers: [this.#registry],
        collect() {
          this.reset();
          const now = value();
          if (now !== undefined) {
            this.set(now);
          }
        },
      });
    const relay = (): RunRelay | undefined => this.#relay;
    new Gauge({
      name: 'vmc_vms',
      help: 'VMs that are watched, by status',
      labelNames: ['status'],
      registers: [this.#registry],
      collect() {
        for (const status of STATUSES) {
          this.set({ status }, relay()?.model.counts[status] ?? 0);
        }
      },
    });
    gauge(
      'vmc_vms_stuck',
      'VMs that are waited for and have got no further for long',
      () => relay()?.model.rows.filter(({ hint, conclusion }) => hint != null && conclusion === undefined).length,
    );
    gauge('vmc_viewers', 'Browsers that look', () => relay()?.size);
    gauge('vmc_last_read_age_seconds', 'How long ago a read was complete', () =>
      this.#readAt === undefined ? undefined : (performance.now() - this.#readAt) / 1000,
    );
  }

  follow(relay: RunRelay): void {
    this.#relay = relay;
  }

  readonly take = (progress: Progress): void => {
    switch (progress.type) {
      case 'read':
        this.#readAt = performance.now();
        this.#reads.inc();
        break;
      case 'readFailed':
      case 'pushFailed':
        this.#failures.inc({ kind: progress.failure.kind });
        break;
      case 'concluded':
        this.#observe(progress.row);
        break;
      default:
    }
  };

  /** In the text form of Prometheus, and its type. */
  async text(): Promise<{ readonly text: string; readonly type: string }> {
    return { text: await this.#registry.metrics(), type: this.#registry.contentType };
  }

  #observe({ customizationStatus: status, conclusion, poweredOnAt, startedAt, finishedAt }: VmRow): void {
    const milliseconds = Date.parse(finishedAt ?? '') - Date.parse(poweredOnAt ?? startedAt ?? '');
    if (conclusion === 'completed' && milliseconds >= 0) {
      this.#durations.observe({ status }, milliseconds / 1000);
    }
  }
}
