/** What survives a reload of this tab. It holds no credential. */
import type { MonitorOptions, Recording } from 'vm-customization';
import type { SavedRun } from './live-run.js';
import type { SourceAddress } from './sources/source.js';

/** A live wait, or a recording at its position. */
export type Session = { readonly hash: string } & (
  | {
      readonly kind: 'live';
      readonly address: SourceAddress;
      readonly options: MonitorOptions;
      /** Absent where it had not begun, or did not fit. */
      readonly run?: SavedRun;
      readonly isTooLarge?: boolean;
      /** The position, where it was rewound. */
      readonly atMs?: number;
    }
  | { readonly kind: 'recording'; readonly name: string; readonly recording: Recording; readonly atMs: number }
);

const KEY = 'vm-customization/1';

/** Keeps as much as fits. */
export function saveSession(session: Session): void {
  const fits = (value: Session): boolean => {
    try {
      sessionStorage.setItem(KEY, JSON.stringify(value));
      return true;
    } catch {
      // The quota, or a browser that keeps nothing.
      return false;
    }
  };
  if (fits(session)) {
    return;
  }
  if (session.kind === 'live' && session.run !== undefined) {
    const { recording: _, recordingBytes: __, ...withoutRecording } = session.run;
    const { run: ___, ...withoutRun } = session;
    if (fits({ ...session, run: { ...withoutRecording, marks: [] } }) || fits({ ...withoutRun, isTooLarge: true })) {
      return;
    }
  }
  forgetSession();
}

/**
 * What was kept for this address, or for this tab where it was reloaded. Undefined where there is none, or what is there
 * makes no sense.
 */
export function readSession(hash: string, reloaded: boolean): Session | undefined {
  try {
    const session = JSON.parse(sessionStorage.getItem(KEY) ?? 'null') as Session | null;
    // The browser reloads the address of before the last changes of the view.
    return session !== null && (reloaded || session.hash === hash) ? session : undefined;
  } catch {
    return undefined;
  }
}

export function forgetSession(): void {
  try {
    sessionStorage.removeItem(KEY);
  } catch {
    // There is none.
  }
}
