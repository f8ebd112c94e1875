/** From a live wait to a model. */
// From the entry, which the build leaves in a file of its own: the core is in a bundle once.
import { summarizeEvents } from '../core/summarize-events.js';
import type { EventSummary, Report, Transition } from '../types.js';
import type { Progress, RunInput } from '../watch/progress.js';
import type { CustomizationWatch } from '../watch/watch.js';
import type { RunModel } from './model.js';

/** Carries what a watch tells into a {@link RunModel}. */
export interface WatchFollower {
  /** For {@link WatchOptions}. */
  readonly onProgress: (progress: Progress) => void;
  /** For {@link WatchOptions}. */
  readonly onInput: (input: RunInput) => void;
  /** The rows that changed since the last time, and the time. Call it once per frame or second while it goes on. */
  flush(watch: CustomizationWatch): void;
  /** The end: every row as reported. */
  finish(report: Report): void;
}

/**
 * Follows a watch. What it tells is gathered until it is flushed; `onChange` says that there is something to flush.
 *
 * ```ts
 * const follower = followWatch(model, () => requestAnimationFrame(() => follower.flush(watch)));
 * const watch = watchCustomization(source, vms, { ...follower, alsoRead: TIMELINE_EVENT_TYPES });
 * watch.report.then(follower.finish);
 * ```
 */
export function followWatch(model: RunModel, onChange: () => void = () => undefined): WatchFollower {
  const changed = new Set<string>();
  let transitions: Transition[] = [];
  let news = false;
  let began = false;
  /** What `performance.now()` was at host time 0, by the last input; drawing only. */
  let zero = 0;
  const now = (): number => Math.max(0, performance.now() - zero);
  const note = (): void => {
    if (!news) {
      news = true;
      onChange();
    }
  };
  return {
    onProgress: (progress) => {
      switch (progress.type) {
        case 'transition':
          transitions.push(progress.transition);
          changed.add(progress.transition.vm);
          break;
        case 'concluded':
          changed.add(progress.row.vm);
          break;
        case 'stuck':
          changed.add(progress.vm);
          break;
        case 'read':
        case 'readFailed':
          if (began) {
            model.read({ atMs: now(), ok: progress.type === 'read' });
          }
          return;
        default:
          return;
      }
      note();
    },
    onInput: (input) => {
      if (input.type === 'begin') {
        began = true;
        zero = performance.now();
        model.begin(input.recording.startedAt, input.recording.vms);
        return;
      }
      zero = performance.now() - input.atMs;
      if (input.type === 'vms') {
        model.setVms(input.vms);
        for (const { vm } of input.vms) {
          changed.add(vm);
        }
      }
      if (input.type === 'events') {
        const events = summaries(input.document);
        model.events(events);
        for (const { vm } of events) {
          if (vm !== null && model.entry(vm) !== undefined) {
            changed.add(vm);
          }
        }
      } else if (input.type === 'guestInfo') {
        changed.add(input.info.vm);
      } else if (input.type === 'readFailed' && input.failure.vm !== undefined) {
        changed.add(input.failure.vm);
      }
      note();
    },
    flush: (watch) => {
      news = false;
      if (began) {
        const rows = changed.size === 0 ? [] : watch.rows([...changed]);
        model.update({ atMs: now(), ended: model.ended, reset: false, rows, transitions });
        changed.clear();
        transitions = [];
      }
    },
    finish: (report) => {
      changed.clear();
      transitions = [];
      model.report(report);
    },
  };
}

/** Of a document that holds no events the machine says what is wrong; a timeline has nothing from it. */
function summaries(document: Uint8Array): readonly EventSummary[] {
  try {
    return summarizeEvents(document);
  } catch {
    return [];
  }
}
