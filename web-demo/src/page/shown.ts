/** What the page shows: one thing at a time, from which everything around the table follows. */
import type { Recording, Report } from 'vm-customization';
import type { RunModel } from 'vm-customization/element';
import { type Freshness, type LiveState, statusOf } from '../run/freshness.js';
import { type LiveRun, reportOfState } from '../run/live-run.js';
import type { Player } from '../run/player.js';
import type { ViewedRun } from '../run/viewed-run.js';
import { recordingText } from '../sources/recording-text.js';
import type { ReportFormat } from '../ui/export.js';
import type { LiveSession } from './reload.js';

export type Shown =
  /** Nothing is chosen: there is a choice. */
  | { readonly kind: 'nothing'; readonly model: RunModel }
  /** A link asks for a vCenter, and nobody has logged in yet. */
  | { readonly kind: 'asked'; readonly model: RunModel }
  /** A wait of before a reload, as it was then: it goes on once somebody has logged in. */
  | { readonly kind: 'saved'; readonly model: RunModel; readonly session: LiveSession }
  /** A run at its newest; one that has failed for good shows its last rows. `rewindToMs`: where it was before a reload, until it can be rewound to there. */
  | { readonly kind: 'live'; readonly run: LiveRun; readonly rewindToMs?: number | undefined }
  /** A run that the page's own server watches: it is only looked at. */
  | { readonly kind: 'viewed'; readonly view: ViewedRun }
  /** A run that goes on behind what is played of it. */
  | { readonly kind: 'rewound'; readonly run: LiveRun; readonly player: Player }
  /** The simulated vCenter at a moment of its script. */
  | { readonly kind: 'simulated'; readonly player: Player }
  /** A file. */
  | { readonly kind: 'recording'; readonly player: Player; readonly name: string };

type LinkSource = 'simulated' | 'recording' | 'vcenter' | 'shared' | undefined;

export function runOf(shown: Shown): LiveRun | undefined {
  return 'run' in shown ? shown.run : undefined;
}

export function playerOf(shown: Shown): Player | undefined {
  return 'player' in shown ? shown.player : undefined;
}

export function modelOf(shown: Shown): RunModel {
  if ('model' in shown) {
    return shown.model;
  }
  return ('player' in shown ? shown.player : 'view' in shown ? shown.view : shown.run).model;
}

/** Where it comes from, for links and for the choice of sources. */
export function sourceOf(shown: Shown): LinkSource {
  switch (shown.kind) {
    case 'asked':
    case 'saved':
      return 'vcenter';
    case 'live':
    case 'rewound':
      return shown.run.source.address.kind;
    case 'viewed':
      return 'shared';
    case 'recording':
      return 'recording';
    case 'simulated':
      return 'simulated';
    case 'nothing':
      return undefined;
  }
}

/** Whether {@link recordingOf} has something. */
export function hasRecording(shown: Shown): boolean {
  return playerOf(shown) !== undefined || ownRecording(shown) !== undefined;
}

/** All that can be saved of it as a recording, as JSON text. */
export async function recordingOf(shown: Shown): Promise<Blob | undefined> {
  const player = playerOf(shown);
  if (player !== undefined) {
    return player.recording();
  }
  const own = ownRecording(shown);
  return own && recordingText(own);
}

/** What the page itself has recorded and nothing plays. */
function ownRecording(shown: Shown): Recording | undefined {
  switch (shown.kind) {
    case 'saved':
      return shown.session.run?.recording;
    case 'live':
      return shown.run.recording();
    case 'nothing':
    case 'asked':
    case 'viewed':
    case 'rewound':
    case 'simulated':
    case 'recording':
      return undefined;
  }
}

/** Whether {@link reportOf} has something. */
export function hasReport(shown: Shown): boolean {
  return playerOf(shown) !== undefined || ownReport(shown) !== undefined;
}

/** The rows as they stand: of what is played as a file, which its worker writes. */
export async function reportOf(shown: Shown, format: ReportFormat): Promise<Blob | Report | undefined> {
  return playerOf(shown)?.report(format) ?? ownReport(shown);
}

/** That of what is not played. */
function ownReport(shown: Shown): Report | undefined {
  switch (shown.kind) {
    case 'saved':
      return shown.session.run && reportOfState(shown.session.run);
    case 'live':
      return shown.run.report();
    case 'nothing':
    case 'asked':
    case 'viewed':
    case 'rewound':
    case 'simulated':
    case 'recording':
      return undefined;
  }
}

/** What a log-in, or another try, can go on with: a wait of before a reload, or one whose source has failed for good. */
export function resumable(shown: Shown): LiveSession | undefined {
  if (shown.kind === 'saved') {
    return shown.session;
  }
  const run = runOf(shown);
  if (run?.state !== 'lost') {
    return undefined;
  }
  const saved = run.save();
  return {
    kind: 'live',
    hash: '',
    address: run.source.address,
    options: run.options,
    ...(saved === undefined ? {} : { run: saved }),
  };
}

/** How fresh the rows are that are shown. */
export function freshnessOf(shown: Shown): Freshness {
  switch (shown.kind) {
    case 'live':
      return shown.run.freshness;
    case 'viewed':
      return shown.view.freshness;
    case 'asked':
      return { kind: 'stale', asOfMs: null, forMs: null, reason: 'not logged in', needsLogIn: true };
    case 'saved': {
      const { originMs, nowMs } = shown.model;
      const asOfMs = originMs === null ? null : originMs + nowMs;
      return { kind: 'stale', asOfMs, forMs: null, reason: 'log in to go on', needsLogIn: true };
    }
    case 'nothing':
    case 'rewound':
    case 'simulated':
    case 'recording':
      return { kind: 'timeless' };
  }
}

/** Why the recording is not all of a live run; empty where it is. */
export function recordingNote(shown: Shown): string {
  const run = runOf(shown);
  if (run?.isRecordingLost === true) {
    return 'What was recorded before the reload was too large to be kept: there is nothing to rewind. Start again to record anew.';
  }
  if (run?.fullAtMs === undefined) {
    return '';
  }
  const fullAt = new Date((run.model.originMs ?? 0) + run.fullAtMs);
  const time = fullAt.toLocaleTimeString('en-GB', { timeStyle: 'short' });
  return `The recording stopped at ${time}: rewinding shows up to then. Start again to record anew.`;
}

/** What the status line says of it, and which buttons have something to do. */
export interface StatusLine {
  readonly state: LiveState | 'asked' | 'saved' | 'played';
  readonly label: string;
  /** How old what is shown is, such as ` · 2 s ago`. */
  readonly age: string;
  readonly title: string;
  readonly trouble: string;
  /** It can be begun anew, and rewound. */
  readonly isLive: boolean;
  /** There is a session to end, or a wait to give up. */
  readonly canLogOut: boolean;
  /** There is a run that has options. */
  readonly hasOptions: boolean;
}

export function statusLine(shown: Shown, isOnline: boolean): StatusLine {
  const isVCenter = sourceOf(shown) === 'vcenter';
  const run = runOf(shown);
  const still = {
    age: '',
    trouble: '',
    isLive: false,
    canLogOut: isVCenter && shown.kind !== 'asked',
    hasOptions: run !== undefined,
  };
  const offline = isVCenter && !isOnline ? ({ state: 'retrying', label: 'Offline' } as const) : undefined;
  switch (shown.kind) {
    case 'nothing':
    case 'asked':
      return { ...still, title: 'vCenter', ...(offline ?? { state: 'asked', label: 'Not logged in' }) };
    case 'saved':
      return { ...still, title: 'vCenter', ...(offline ?? { state: 'saved', label: 'Last known state' }) };
    case 'live': {
      const { trouble, source } = shown.run;
      return { ...still, title: source.title, trouble, isLive: true, ...statusOf(shown.run), ...offline };
    }
    case 'viewed': {
      const { trouble, title } = shown.view;
      return { ...still, title, trouble, ...statusOf(shown.view) };
    }
    case 'rewound':
      return { ...still, title: shown.run.source.title, state: 'played', label: 'Rewound' };
    case 'simulated':
      return { ...still, title: 'Simulated vCenter', state: 'played', label: 'Rewound' };
    case 'recording':
      return { ...still, title: shown.name, state: 'played', label: 'Recording' };
  }
}

/** What the head of a wall screen says of it. */
export function headOf(
  shown: Shown,
  isOnline: boolean,
): { host: string; scope: string; state: string; stateText: string } {
  const { state, label, age } = statusLine(shown, isOnline);
  const address = runOf(shown)?.source.address;
  const scope = address?.kind === 'vcenter' ? address.patterns.join(' ') : '';
  return { host: hostOf(shown), scope, state, stateText: label + age };
}

/** Which vCenter, or which file. */
function hostOf(shown: Shown): string {
  const run = runOf(shown);
  if (run !== undefined) {
    return run.source.host;
  }
  if (shown.kind === 'viewed') {
    return shown.view.host;
  }
  return shown.kind === 'recording' ? shown.name : shown.kind === 'simulated' ? 'Simulated vCenter' : 'vCenter';
}
