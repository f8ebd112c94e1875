/** What a person wants to know of one VM, worked out from what is known of it. No DOM. */
import { HINTS } from '../headlines.js';
import type { VmRow } from '../types.js';
import { whatToDo } from '../what-to-do.js';
import { type Mark, shownMarks } from './marks.js';
import { type ModelEntry, marksOf, type RunModel } from './model.js';
import { elapsedMs, type RunTime } from './row-order.js';
import { dateAndTime, durationText, sameDay, timeOfDay, zoneAt } from './time-axis.js';
import { causeOf, markLabel } from './words.js';

/** What is under way: it gives a line its colour. */
export type Phase = 'waiting' | 'running' | 'failed' | 'succeeded';

/** One thing that happened. */
export interface Happened {
  readonly mark: Mark;
  /** Since what happened before, in ms; null for the first. */
  readonly after: number | null;
  /** What came to an end with it. */
  readonly phase: Phase;
}

export interface Answer {
  /** In one sentence; empty where the status says it all. */
  readonly cause: string;
  readonly explanation: string;
  /** What the vCenter, or the guest, says of it. */
  readonly quote: { readonly who: string; readonly text: string } | undefined;
  /** What to do, in order. */
  readonly steps: readonly Todo[];
  /** Of the current try, by time. */
  readonly happened: readonly Happened[];
  /** What there is still to come. */
  readonly open: { readonly text: string; readonly phase: Phase } | undefined;
}

const HEADLINES = {
  VmNotStarted: 'No power-on seen',
  CustomizationNotStarted: 'Powered on, not started',
  CustomizationStarted: 'Customizing',
  CustomizationSucceeded: 'Customization succeeded',
  CustomizationFailed: 'Customization failed',
} as const;

/** What became of it, in a few words. */
export function headlineOf(entry: ModelEntry): string {
  const { row } = entry;
  const headline = HEADLINES[row.customizationStatus];
  switch (row.conclusion ?? 'open') {
    case 'open':
      if (!entry.isStuck) {
        return entry.awaitsReady ? HINTS.notReady : headline;
      }
      if (row.hint === 'notReady') {
        return 'The guest is not ready';
      }
      return row.hint === 'startedNoResult' ? 'Customization has no result' : 'Customization does not start';
    case 'completed':
    case 'notStarted':
      return headline;
    case 'timedOut':
      return 'Timed out';
    case 'vmRemoved':
      return 'The VM was removed';
    case 'cancelled':
      return 'Not waited for any more';
    case 'unobservable':
      return 'Cannot be observed';
  }
}

/** When that was; empty where nothing says it. */
export function whenOf(entry: ModelEntry, run: RunTime): string {
  const { finishedMs, poweredOnMs, row } = entry;
  const elapsed = elapsedMs(entry, run);
  if (finishedMs !== null) {
    const took = elapsed === null || poweredOnMs === null ? '' : `, ${durationText(elapsed)} after power-on`;
    return `${momentText(finishedMs, run.serverNowMs)}${took}`;
  }
  if (poweredOnMs === null) {
    return '';
  }
  const took =
    elapsed === null
      ? ''
      : row.conclusion === undefined
        ? `, ${durationText(elapsed)} ago`
        : `, given up after ${durationText(elapsed)}`;
  return `powered on ${momentText(poweredOnMs, run.serverNowMs)}${took}`;
}

/** `02:54:30 today`, or with its date. */
function momentText(timeMs: number, nowMs: number | null): string {
  return nowMs !== null && sameDay(timeMs, nowMs) ? `${timeOfDay(timeMs)} today` : dateAndTime(timeMs);
}

/** One thing to do, and paths to copy for it. */
export interface Todo {
  /** Commands in backticks. */
  readonly text: string;
  /** Such as `{ of: 'Linux', path: '/var/log/…' }`; `of` is empty where it is known which guest it is. */
  readonly paths: readonly { readonly of: string; readonly path: string }[];
}

/** What to do about a VM, in order; empty where there is nothing to do. The paths are of logs, each after the step that names it. */
function stepsOf(row: VmRow): readonly Todo[] {
  const advice = whatToDo(row);
  if (advice === undefined) {
    return [];
  }
  const paths = (advice.logPath ?? '').split('; ').flatMap((text) => {
    const [, of = '', path = text] = /^(Linux|Windows): (.+)$/.exec(text) ?? [];
    return path === '' ? [] : [{ of, path }];
  });
  const texts = advice.steps.map((text) => text.replace(OPTION, '')).filter((text) => !text.includes(' --'));
  if (row.hint === 'poweredOnEarlier' && texts.length === 0) {
    texts.push('Look further back, or power it on again if nothing was customized.');
  }
  // The paths stand where the log is spoken of first, else by themselves.
  const reading = texts.findIndex((text) => /\blog\b/.test(text));
  const steps = texts.map((text, i) => ({ text, paths: i === reading ? paths : [] }));
  return reading >= 0 || paths.length === 0 ? steps : [...steps, { text: 'The log of the guest:', paths }];
}
/** What a step says of the command's options is not for who looks at a page. */
const OPTION = / \(--[\w-]+\)/;

/** More of the cause, where there is more to say. */
function explanationOf(row: VmRow): string {
  return row.windowOpensAt === undefined
    ? (whatToDo(row)?.cause ?? '')
    : `It runs, and was powered on before ${dateAndTime(Date.parse(row.windowOpensAt))}, where the time looked at begins.`;
}

export function answerOf(entry: ModelEntry, lookbackSeconds: number | null): Answer {
  const { row } = entry;
  const happened = happenedOf(entry);
  const isUncounted =
    row.customizationStatus === 'VmNotStarted' &&
    happened.some(({ phase }) => phase === 'failed' || phase === 'succeeded');
  const isOpen = row.conclusion === undefined && row.attempt !== 0 && (entry.finishedMs === null || entry.awaitsReady);
  return {
    cause: causeOf(row, lookbackSeconds),
    explanation: isUncounted ? 'A result without a power-on in the time looked at does not count.' : explanationOf(row),
    quote: quoteOf(row),
    steps: stepsOf(row),
    happened,
    open:
      !isOpen || happened.length === 0
        ? undefined
        : entry.awaitsReady
          ? { text: 'Not ready yet', phase: 'running' }
          : entry.startedMs === null
            ? { text: 'Not started yet', phase: 'waiting' }
            : { text: 'No result yet', phase: 'running' },
  };
}

function quoteOf({ failure }: VmRow): Answer['quote'] {
  const text = failure?.message?.trim() ?? '';
  return text === '' ? undefined : { who: failure?.eventKey === null ? 'The guest says' : 'vCenter says', text };
}

/** What happened in the current try. */
function happenedOf(entry: ModelEntry): readonly Happened[] {
  const from = entry.poweredOnMs ?? Number.NEGATIVE_INFINITY;
  const marks = shownMarks(marksOf(entry)).filter(({ timeMs }) => timeMs >= from);
  let phase: Phase = 'waiting';
  return marks.map((mark, i) => {
    const before = marks[i - 1];
    const ended =
      mark.kind === 'failed' || mark.kind === 'succeeded' ? mark.kind : mark.kind === 'ready' ? 'succeeded' : phase;
    phase = mark.kind === 'started' ? 'running' : phase;
    return { mark, after: before === undefined ? null : mark.timeMs - before.timeMs, phase: ended };
  });
}

/** All that whoever takes a ticket has to know, as plain text. */
export function ticketOf(entry: ModelEntry, run: RunTime & Pick<RunModel, 'lookbackSeconds'>): string {
  const { row } = entry;
  const { cause, explanation, quote, steps, happened } = answerOf(entry, run.lookbackSeconds);
  const { failure } = row;
  const name = row.name === null ? row.vm : `${row.name} (${row.vm})`;
  const codes = [
    failure?.type,
    failure?.reason && `reason ${failure.reason}`,
    failure?.eventKey && `event key ${failure.eventKey}`,
  ];
  const lines = [
    `${headlineOf(entry)}: ${name}`,
    whenOf(entry, run),
    [cause, explanation].filter(Boolean).join('. '),
    quote === undefined ? '' : `${quote.who}: “${quote.text}”`,
    codes.filter(Boolean).join(', '),
    ...(happened.length === 0 ? [] : ['', `What happened (server time, ${zoneAt(happened[0]?.mark.timeMs ?? 0)}):`]),
    ...happened.map(({ mark, after }) => {
      const took = after === null ? '' : `, after ${durationText(after)}`;
      return `- ${dateAndTime(mark.timeMs)} ${markLabel(mark)}${took}`;
    }),
    ...(steps.length === 0 ? [] : ['', 'What to do:']),
    ...steps.map(({ text, paths }, i) => [`${i + 1}. ${text}`, ...paths.map(({ path }) => path)].join(' ')),
  ];
  return `${lines
    .filter((line, i) => line !== '' || lines[i + 1] !== '')
    .join('\n')
    .trim()}\n`;
}
