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

/** One way to tell of a run. */
export interface Reporter {
  /** At once, before anything is known. @param text - what is waited for, where and how long */
  start(text: string): void;
  /**
   * The VMs are known, and the wait begins.
   * @param rows - what is known of them where the wait goes on with an earlier one
   * @param limit - when it ends at the latest, as far as that is known
   */
  begin(vms: readonly VmRef[], rows?: readonly VmRow[], limit?: TimeLimit): void;
  /** @param rowOf - the row of a VM as it stands */
  progress(progress: Progress, rowOf: (vm: string) => VmRow | undefined): void;
  /** For standard error, in one line whatever the text holds. */
  warn(message: string): void;
  /** @param anyRead - whether any events were read, so that rows do not claim what nobody has looked for */
  end(report: Report, anyRead: boolean): void;
  /** Leaves the terminal in order; also after an error. */
  close(): void;
}
