/** What the server of a shared page tells those who look, one JSON object a message. */
import type { ReadMark } from '../element/model.js';
import type { EventSummary, MonitorOptions, Transition, VmRef, VmRow } from '../types.js';

/** How the server reads vCenter. */
export interface Reading {
  /** `live`: events come as they happen; `reading`: they are read from time to time; `retrying`: that has failed. */
  readonly state: 'opening' | 'live' | 'reading' | 'retrying';
  /** Why it fails; empty where it does not. */
  readonly trouble: string;
  /** How long ago vCenter last answered, in milliseconds, when this was sent. */
  readonly heardAgoMs: number;
}

/** What has changed; in a first message all there is. */
export interface ViewUpdate {
  /** Milliseconds since the start of the run. */
  readonly atMs: number;
  readonly reading: Reading;
  readonly rows: readonly VmRow[];
  readonly transitions: readonly Transition[];
  /** Of the VMs in `rows`, for their timelines. */
  readonly events: readonly EventSummary[];
  readonly reads: readonly ReadMark[];
}

/** One message. */
export type ViewMessage =
  | ({ readonly type: 'update' } & ViewUpdate)
  | ({
      /** Everything, in place of what was told before. */
      readonly type: 'state';
      readonly title: string;
      /** vCenter's clock at the start of the run. */
      readonly startedAt: string;
      readonly vms: readonly VmRef[];
      /** Of the run: how far back it looks, and whether it waits for guests to be ready. */
      readonly options: MonitorOptions;
    } & ViewUpdate);
