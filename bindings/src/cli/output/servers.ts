/** What happens on several servers, told by a reporter that tells of one run. */
import type { Report, VmRow } from '../../types.js';
import type { Progress } from '../../watch/progress.js';
import { keyOn, missingKey } from '../vm-keys.js';
import type { Reporter, ServerReport, ShownVm } from './reporter.js';

/** Gathers the VMs of all servers in one table. */
export class ServersReporter {
  readonly #reporter: Reporter;
  readonly #vms: Map<string, readonly ShownVm[]>;

  constructor(reporter: Reporter, servers: readonly { readonly name: string; readonly vms: readonly string[] }[]) {
    this.#reporter = reporter;
    this.#vms = new Map(
      servers.map(({ name, vms }) => [name, vms.map((vm) => shown(name, { vm: missingKey(vm), name: vm }))]),
    );
  }

  /** All that was asked for, before any server has answered. */
  begin(): void {
    this.#reporter.begin(this.#all());
  }

  /** What tells of one of the servers. */
  of(server: string): Reporter {
    const reporter = this.#reporter;
    const keyed = (row: VmRow): VmRow => ({ ...row, vm: keyOn(server, row.vm) });
    return {
      start: (text) => reporter.start(`${server}: ${text}`),
      begin: (vms, rows = [], limit) => {
        this.#vms.set(
          server,
          vms.map((vm) => shown(server, vm)),
        );
        reporter.begin(this.#all(), rows.map(keyed), limit);
      },
      progress: (progress, rowOf) => {
        const vms = new Map(this.#vms.get(server)?.map(({ vm, id }) => [vm, id]));
        const rowOfKey = (key: string): VmRow | undefined => {
          const row = rowOf(vms.get(key) ?? key);
          return row === undefined ? undefined : keyed(row);
        };
        reporter.progress(onServer(server, progress), rowOfKey, server);
      },
      warn: (message) => reporter.warn(message.startsWith(`${server}: `) ? message : `${server}: ${message}`),
      end: () => undefined,
      close: () => undefined,
    };
  }

  /** @param anyRead - whether any events were read */
  end(reports: readonly ServerReport[], anyRead: boolean): void {
    this.#reporter.end(reportOfAll(reports), anyRead, reports);
  }

  #all(): readonly ShownVm[] {
    return [...this.#vms.values()].flat();
  }
}

/** The rows of all as one report, for a table and the exit status. */
export function reportOfAll(reports: readonly ServerReport[]): Report {
  return {
    format: 'vm-customization-report/1',
    endedAtMs: Math.max(0, ...reports.map(({ report }) => report.endedAtMs ?? 0)),
    vms: reports.flatMap(({ server, report }) => report.vms.map((row) => ({ ...row, vm: keyOn(server, row.vm) }))),
    transitions: [],
    reading: { lastReadAtMs: null, failure: null },
  };
}

function shown(server: string, { vm, name }: ShownVm): ShownVm {
  return { vm: keyOn(server, vm), id: vm, name: name ?? null, server };
}

function onServer(server: string, progress: Progress): Progress {
  switch (progress.type) {
    case 'transition':
      return { ...progress, transition: { ...progress.transition, vm: keyOn(server, progress.transition.vm) } };
    case 'concluded':
      return { ...progress, row: { ...progress.row, vm: keyOn(server, progress.row.vm) } };
    case 'stuck':
      return { ...progress, vm: keyOn(server, progress.vm) };
    default:
      return progress;
  }
}
