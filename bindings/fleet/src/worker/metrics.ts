/** What a worker counts, for Prometheus. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** The figures of one process. */
export class Metrics {
  readonly registry = new Registry();
  readonly waits = this.#gauge('vmc_waits', 'Waits that this worker watches', 'vcenter');
  readonly leases = this.#gauge('vmc_vcenter_owned', 'Whether this worker serves the vCenter', 'vcenter');
  readonly logInRefused = this.#gauge(
    'vmc_vcenter_log_in_refused',
    'Whether the vCenter has refused the password that is in its file',
    'vcenter',
  );
  readonly unreadable = this.#gauge('vmc_waits_unreadable', 'Waits of a later release, left alone', 'vcenter');
  readonly requests = this.#counter('vmc_requests_total', 'Requests, by what became of them', 'vcenter', 'answer');
  readonly cancels = this.#counter('vmc_cancels_total', 'Cancels, by what became of them', 'vcenter', 'answer');
  readonly results = this.#counter('vmc_results_total', 'Results that this worker has stored', 'vcenter', 'kind');
  readonly transitions = this.#counter('vmc_transitions_total', 'Transitions that this worker has stored', 'vcenter');
  readonly takeOvers = this.#counter('vmc_leases_taken_total', 'Leases begun, by how', 'vcenter', 'how');
  readonly lost = this.#counter('vmc_waits_lost_total', 'Waits that another worker has taken over', 'vcenter');
  readonly commit = new Histogram({
    name: 'vmc_state_write_seconds',
    help: 'How long a write of a state takes',
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 15],
    registers: [this.registry],
  });

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }

  #gauge<Label extends string>(name: string, help: string, ...labelNames: Label[]): Gauge<Label> {
    return new Gauge({ name, help, labelNames, registers: [this.registry] });
  }

  #counter<Label extends string>(name: string, help: string, ...labelNames: Label[]): Counter<Label> {
    return new Counter({ name, help, labelNames, registers: [this.registry] });
  }
}
