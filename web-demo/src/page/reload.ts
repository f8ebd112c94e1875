/** What survives a reload of this tab. It holds no credential. */
import type { MonitorOptions } from 'vm-customization';
import type { SavedRun } from '../run/live-run.js';
import type { SourceAddress } from '../sources/source.js';
import { pack, unpack } from '../ui/pack.js';

/** A live wait, or a recording at its position. */
export type Session = { readonly hash: string } & (
  | {
      readonly kind: 'live';
      readonly address: SourceAddress;
      readonly options: MonitorOptions;
      /** Absent where it had not begun, or does not fit beside the rest. */
      readonly run?: SavedRun;
      /** It is what was packed last, if that fitted. */
      readonly isTooLarge?: boolean;
      /** The position, where it was rewound. */
      readonly atMs?: number;
    }
  | {
      readonly kind: 'recording';
      readonly name: string;
      /** As JSON text. */
      readonly recording: string;
      readonly atMs: number;
    }
);

export type LiveSession = Extract<Session, { kind: 'live' }>;

const KEY = 'vm-customization/1';
const RUN_KEY = `${KEY}/run`;
/** Of 5,000 VMs it is 6 MiB. */
const LARGEST_RUN_MIB = 64;

/**
 * Keeps the run of many VMs packed, which takes longer than a page has that is left. A reload reads on from there.
 * @param isWanted - whether it is still the run to be kept, once it is packed
 * @returns whether it is kept
 */
export async function packRun(run: SavedRun, isWanted: () => boolean): Promise<boolean> {
  try {
    const packed = await pack(JSON.stringify(run));
    return isWanted() && keep(RUN_KEY, packed);
  } catch {
    // A browser that cannot pack keeps what fits as it is.
    return false;
  }
}

/** Whether there is one. */
export function isRunPacked(): boolean {
  try {
    return sessionStorage.getItem(RUN_KEY) !== null;
  } catch {
    return false;
  }
}

/** What was packed is of another run. */
export function forgetPackedRun(): void {
  remove(RUN_KEY);
}

/** Keeps as much as fits. */
export function saveSession(session: Session): void {
  const fits = (value: Session): boolean => keep(KEY, JSON.stringify(value));
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
export async function readSession(hash: string, reloaded: boolean): Promise<Session | undefined> {
  try {
    const session = JSON.parse(sessionStorage.getItem(KEY) ?? 'null') as Session | null;
    // The browser reloads the address of before the last changes of the view.
    if (session === null || !(reloaded || session.hash === hash)) {
      return undefined;
    }
    const packed = sessionStorage.getItem(RUN_KEY);
    return session.kind === 'live' && session.isTooLarge === true && packed !== null
      ? { ...session, run: JSON.parse(await unpack(packed, LARGEST_RUN_MIB)) as SavedRun }
      : session;
  } catch {
    return undefined;
  }
}

export function forgetSession(): void {
  remove(KEY);
  remove(RUN_KEY);
}

function keep(key: string, text: string): boolean {
  try {
    sessionStorage.setItem(key, text);
    return true;
  } catch {
    // The quota, or a browser that keeps nothing.
    return false;
  }
}

function remove(key: string): void {
  try {
    sessionStorage.removeItem(key);
  } catch {
    // There is none.
  }
}
