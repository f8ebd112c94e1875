/** From a live wait to a model. */
import type { EventSource } from '../source/event-source.js';
import type { EventSummary, Report, Transition, VmRef } from '../types.js';
import type { WatchOptions } from '../watch/options.js';
import type { Progress, RunInput } from '../watch/progress.js';
import type { CustomizationWatch } from '../watch/watch.js';
import { TIMELINE_EVENT_TYPES } from './marks.js';
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
 * const follower = followWatch(model, summarizeEvents, () => requestAnimationFrame(() => follower.flush(watch)));
 * const watch = watchCustomization(source, vms, { ...follower, alsoRead: TIMELINE_EVENT_TYPES });
 * watch.report.then(follower.finish);
 * ```
 *
 * @param summarize - `summarizeEvents` of the package's main entry: that of the element has no core
 */
export function followWatch(
  model: RunModel,
  summarize: (document: Uint8Array) => readonly EventSummary[],
  onChange: () => void = () => undefined,
): WatchFollower {
  const changed = new Set<string>();
  let transitions: Transition[] = [];
  let news = false;
  let began = false;
  /** What `performance.now()` was at host time 0, by the last input; drawing only. */
  let zero = 0;
  const now = (): number => Math.max(0, performance.now() - zero);
  // Of a document that holds no events the machine says what is wrong; a timeline has nothing from it.
  const summaries = (document: Uint8Array): readonly EventSummary[] => {
    try {
      return summarize(document);
    } catch {
      return [];
    }
  };
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
          // One VM that may not be read is told in its row.
          if (began && !(progress.type === 'readFailed' && progress.failure.vm !== undefined)) {
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
        const { startedAt, vms, options } = input.recording;
        model.begin(startedAt, vms, options);
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
        for (const { vm } of input.infos) {
          changed.add(vm);
        }
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

const FLUSH_MS = 1_000;

/**
 * Loads the core and watches VMs; the model follows, by frames.
 * @param over - cancels the watch, also when it is aborted while the core is loaded
 */
export async function watchInto(
  model: RunModel,
  source: EventSource,
  vms: readonly VmRef[],
  options: WatchOptions,
  over: AbortSignal,
): Promise<CustomizationWatch> {
  // From the browser's entry, in which the build leaves them: whoever imports both has the core once. By name, so that
  // bundlers leave out the rest.
  await (await import('../core/wasm/loader.js')).init();
  const summarizeEvents = (await import('../core/summarize-events.js')).summarizeEvents;
  const watchCustomization = (await import('../watch/watch.js')).watchCustomization;
  let flushing: number | undefined;
  const follower = followWatch(model, summarizeEvents, () => {
    flushing ??= requestAnimationFrame(flush);
  });
  // Null is the watch's to refuse.
  const following: WatchOptions = options && {
    alsoRead: TIMELINE_EVENT_TYPES,
    ...options,
    onProgress: (progress) => {
      follower.onProgress(progress);
      options.onProgress?.(progress);
    },
    onInput: (input) => {
      follower.onInput(input);
      options.onInput?.(input);
    },
  };
  const watch = watchCustomization(source, vms, following);
  const flush = (): void => {
    flushing = undefined;
    follower.flush(watch);
  };
  // It also takes along what changed while the page was hidden, where there are no frames.
  const ticking = setInterval(flush, FLUSH_MS);
  over.addEventListener('abort', () => watch.cancel());
  if (over.aborted) {
    watch.cancel();
  }
  // Also of a watch that was cut off by a removal: what is shown then says so.
  watch.report
    .then(follower.finish, () => undefined)
    .finally(() => {
      clearInterval(ticking);
      cancelAnimationFrame(flushing ?? 0);
    });
  return watch;
}
