/** What the live table shows of each VM. */

import { conclusionLine, hintText, type Labels, reasonOf } from '../../messages.js';
import type { CustomizationStatus, VmRef, VmRow } from '../../types.js';
import type { Progress } from '../../watch/progress.js';

/** One row of the table. */
export interface LiveTableRow {
  readonly label: string;
  status: CustomizationStatus;
  /** Milliseconds from the start until something happened last. */
  changedAfterMs: number;
  /** Milliseconds from the start until it was concluded; undefined while it is waited for. */
  concludedAfterMs: number | undefined;
  last: string;
}

const HAPPENED: Readonly<Record<CustomizationStatus, string>> = {
  VmNotStarted: 'no power-on seen yet',
  CustomizationNotStarted: 'powered on',
  CustomizationStarted: 'customization started',
  CustomizationSucceeded: 'customization succeeded',
  CustomizationFailed: 'customization failed',
};

/** Keeps one row per VM up to date. */
export class LiveTableRows {
  readonly #rows: ReadonlyMap<string, LiveTableRow>;

  constructor(vms: readonly VmRef[], labels: Labels) {
    this.#rows = new Map(
      vms.map(({ vm }) => [
        vm,
        {
          label: labels.of(vm),
          status: 'VmNotStarted',
          changedAfterMs: 0,
          concludedAfterMs: undefined,
          last: 'reading events',
        },
      ]),
    );
  }

  /** In the order asked for. */
  get rows(): readonly LiveTableRow[] {
    return [...this.#rows.values()];
  }

  /** Takes what was known when the wait was left. */
  restore(rows: readonly VmRow[]): void {
    for (const known of rows) {
      const row = this.#rows.get(known.vm);
      if (row !== undefined && (known.attempt !== 0 || known.conclusion !== undefined)) {
        row.status = known.customizationStatus;
        row.concludedAfterMs = known.conclusion === undefined ? undefined : 0;
        row.last = reasonOf(known) || HAPPENED[known.customizationStatus];
      }
    }
  }

  /** Takes what happened, and when. */
  take(progress: Progress, elapsedMs: number): void {
    if (progress.type === 'transition') {
      const { vm, to, attempt } = progress.transition;
      const row = this.#rows.get(vm);
      if (row !== undefined) {
        row.status = to;
        row.changedAfterMs = elapsedMs;
        row.concludedAfterMs = undefined;
        row.last = `${HAPPENED[to]}${attempt > 1 ? ` (attempt ${attempt})` : ''}`;
      }
    } else if (progress.type === 'concluded') {
      const row = this.#rows.get(progress.row.vm);
      if (row !== undefined) {
        row.concludedAfterMs ??= elapsedMs;
        row.changedAfterMs = elapsedMs;
        const reason = reasonOf(progress.row);
        row.last = reason === '' && conclusionLine(progress.row, '') === undefined ? row.last : reason;
      }
    } else if (progress.type === 'stuck') {
      const row = this.#rows.get(progress.vm);
      if (row !== undefined) {
        row.last = hintText(progress.hint);
      }
    } else if (progress.type === 'read') {
      for (const row of this.#rows.values()) {
        if (row.last === 'reading events') {
          row.last = HAPPENED.VmNotStarted;
        }
      }
    }
  }
}
