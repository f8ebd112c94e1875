/** Where a run is told of. */

import type { Report, VmRef, VmRow } from '../../types.js';
import type { Progress } from '../../watch/progress.js';

/** A stream to write to, as far as it matters here. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  on?(event: 'resize', listener: () => void): unknown;
  off?(event: 'resize', listener: () => void): unknown;
}

/** How long a run may take. */
export interface TimeLimit {
  /** Null for ever. */
  readonly seconds: number | null;
  /** The server time from which they count; the start of the wait where it is absent. */
  readonly since?: string;
}

/** A VM as it is told of. */
export interface ShownVm extends VmRef {
  /** The value of its reference, where `vm` is a key. */
  readonly id?: string;
  /** Which of several servers it is on. */
  readonly server?: string;
}

/** What a run on one of the servers has come to. */
export interface ServerReport {
  /** As it is called in the file of servers. */
  readonly server: string;
  readonly report: Report;
}

/** One way to tell of a run. */
export interface Reporter {
  /** At once, before anything is known. @param text - what is waited for, where and how long */
  start(text: string): void;
  /**
   * The VMs are known, and the wait begins; or goes on with others, where some have appeared.
   * @param vms - by their keys, which stand in place of a reference where a name has no VM yet
   * @param rows - what is known of them where the wait goes on with an earlier one
   * @param limit - when it ends at the latest, as far as that is known
   */
  begin(vms: readonly ShownVm[], rows?: readonly VmRow[], limit?: TimeLimit): void;
  /**
   * @param rowOf - the row of a VM as it stands
   * @param server - where it happens, of several
   */
  progress(progress: Progress, rowOf: (vm: string) => VmRow | undefined, server?: string): void;
  /** For standard error, in one line whatever the text holds. */
  warn(message: string): void;
  /**
   * @param anyRead - whether any events were read, so that rows do not claim what nobody has looked for
   * @param servers - the reports of several servers, whose rows are those of `report`
   */
  end(report: Report, anyRead: boolean, servers?: readonly ServerReport[]): void;
  /** Leaves the terminal in order; also after an error. */
  close(): void;
}
