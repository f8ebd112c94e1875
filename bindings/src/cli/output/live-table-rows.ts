/** What the live table knows of each VM. */

import { conclusionLine, failureText, hintText, type Labels, reasonOf } from '../../messages.js';
import type { CustomizationStatus, VmRef, VmRow } from '../../types.js';
import type { Progress } from '../../watch/progress.js';
import { serverOf, vmOf } from '../vm-keys.js';
import { serverColumn } from './server-column.js';

/** One row of the table. Times are milliseconds since 1970 by vCenter's clock. */
export interface LiveTableRow {
  readonly label: string;
  /** Whose times they are, of several servers. */
  readonly server: string;
  status: CustomizationStatus;
  /** What the status does not say: why it is so, which attempt it is of. */
  note: string;
  poweredOnAt: number | undefined;
  /** When it had its result, or was given up; undefined while it is waited for. */
  endedAt: number | undefined;
  isConcluded: boolean;
  /** Counts up with each change. */
  changed: number;
}

/** Keeps one row per VM up to date. */
export class LiveTableRows {
  /** What stands over the labels. */
  readonly heading: string;
  readonly #awaitsReady: boolean;
  readonly #rows: ReadonlyMap<string, LiveTableRow>;
  #changes = 0;
  #anyRead = false;

  /**
   * @param awaitsReady - whether a VM is waited for after its success, until its guest is ready
   * @param before - what was shown until now: VMs that are among these stay as they are
   */
  constructor(vms: readonly VmRef[], labels: Labels, awaitsReady: boolean, before?: LiveTableRows) {
    const [heading, labelOf] = serverColumn(
      vms.map(({ vm }) => vm),
      labels,
    );
    this.heading = heading;
    this.#awaitsReady = awaitsReady;
    this.#changes = before?.changes ?? 0;
    this.#anyRead = before?.anyRead ?? false;
    const known = new Map(before === undefined ? [] : before.#rows);
    this.#rows = new Map(
      vms.map(({ vm }) => {
        const row = known.get(vm) ?? {
          status: 'VmNotStarted',
          note: vmOf(vm) === null ? 'no VM fits yet' : '',
          poweredOnAt: undefined,
          endedAt: undefined,
          isConcluded: false,
          changed: 0,
        };
        return [vm, { ...row, label: labelOf(vm), server: serverOf(vm) ?? '' }];
      }),
    );
  }

  /** In the order asked for. */
  get rows(): readonly LiveTableRow[] {
    return [...this.#rows.values()];
  }

  /** How many there were. */
  get changes(): number {
    return this.#changes;
  }

  /** Whether anything is known of the VMs. */
  get anyRead(): boolean {
    return this.#anyRead;
  }

  /** Takes what was known when the wait was left. */
  restore(rows: readonly VmRow[]): void {
    for (const known of rows) {
      const row = this.#rows.get(known.vm);
      if (row !== undefined && (known.attempt !== 0 || known.conclusion !== undefined)) {
        this.#anyRead = true;
        take(row, known);
        row.status = known.customizationStatus;
        row.isConcluded = known.conclusion !== undefined;
        row.note = reasonOf(known) || this.#settlingText(row);
      }
    }
  }

  /**
   * Takes what happened.
   * @param serverNow - vCenter's time as far as it is known, in milliseconds since 1970
   */
  take(progress: Progress, serverNow: number | undefined, rowOf: (vm: string) => VmRow | undefined): void {
    if (progress.type === 'transition') {
      const { vm, to, attempt } = progress.transition;
      this.#change(vm, (row) => {
        this.#anyRead = true;
        const known = rowOf(vm);
        row.status = to;
        row.isConcluded = false;
        row.note = [attempt > 1 ? `attempt ${attempt}` : '', this.#settlingText(row)].filter(Boolean).join(', ');
        row.endedAt = undefined;
        if (known !== undefined) {
          take(row, known);
          // A failure is told with its reason at once, also where it takes a success back.
          row.note = to === 'CustomizationFailed' ? reasonOf(known) || failureText(known) : row.note;
        }
      });
    } else if (progress.type === 'concluded') {
      const known = progress.row;
      this.#change(known.vm, (row) => {
        take(row, known);
        row.endedAt ??= serverNow;
        row.isConcluded = true;
        const reason = reasonOf(known) || (known.readyAt === undefined ? '' : 'ready');
        row.note = reason === '' && conclusionLine(known, '') === undefined ? row.note : reason;
      });
    } else if (progress.type === 'stuck') {
      this.#change(progress.vm, (row) => {
        row.note = hintText(progress.hint);
      });
    } else if (progress.type === 'read') {
      this.#anyRead = true;
    }
  }

  #settlingText({ status, isConcluded }: LiveTableRow): string {
    return this.#awaitsReady && status === 'CustomizationSucceeded' && !isConcluded ? 'not ready yet' : '';
  }

  #change(vm: string, change: (row: LiveTableRow) => void): void {
    const row = this.#rows.get(vm);
    if (row !== undefined) {
      this.#changes += 1;
      row.changed = this.#changes;
      change(row);
    }
  }
}

/** The times of a row, which one of the published rules does not have. */
function take(row: LiveTableRow, { poweredOnAt, finishedAt }: VmRow): void {
  row.poweredOnAt = timeOf(poweredOnAt);
  row.endedAt = timeOf(finishedAt);
}

function timeOf(text: string | null | undefined): number | undefined {
  return typeof text === 'string' ? Date.parse(text) : undefined;
}
