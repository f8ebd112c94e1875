/** What the page can watch live. A recording is no source: it is played, see `player.ts`. */
import type { Clock, EventSource, MonitorOptions, VmRef } from 'vm-customization';

/** For weeks on end, while VMs come and go: a new attempt with each power-on, and no deadline. */
export const ENDLESS = { attempts: 'reopen', timeoutSeconds: null, waitForPowerOn: true } as const;

/** What came to an end before the page was opened is still of interest on the same day. */
export const LOOKBACK_SECONDS = 86_400;
/** As far back as anything is offered. */
export const LONGEST_LOOKBACK_SECONDS = 7 * 86_400;

/** What a link or a reload needs to open a source again; no credential. */
export type SourceAddress =
  | {
      readonly kind: 'simulated';
      readonly vms: number;
      /** Milliseconds since 1970 at the script's time 0. */
      readonly startedAtMs: number;
      readonly speed: number;
      /** The script begins again and again, and VMs come and go. */
      readonly loop: boolean;
    }
  | {
      readonly kind: 'vcenter';
      readonly user: string;
      /** Which vCenter: ids mean nothing in another. */
      readonly instanceUuid: string | undefined;
      /** Names or patterns; empty where `vms` were chosen one by one. */
      readonly patterns: readonly string[];
      readonly vms: readonly VmRef[];
    };

/** A vCenter, real or not, and the VMs to watch there. */
export interface LiveSource {
  readonly address: SourceAddress;
  readonly title: string;
  /** Which vCenter, by the name of its host where it has one. */
  readonly host: string;
  readonly events: EventSource;
  readonly vms: readonly VmRef[];
  /** What suits this source where the user has not said otherwise. */
  readonly options: MonitorOptions;
  /** Where its time passes at another speed. */
  readonly clock?: Clock;
  /** Where VMs come and go: finds those that are there now. */
  readonly lookUp?: { readonly everyMs: number; find(signal: AbortSignal): Promise<readonly VmRef[]> };
  /** Whether the server has refused the log-in that opens another session. */
  isLogInRefused?(): boolean;
  /** Gives back what it holds at the server. */
  close(): Promise<void>;
}
