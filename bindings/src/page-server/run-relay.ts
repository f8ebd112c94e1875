/** Tells what one watch shows to any number of those who look. */
import { summarizeEvents } from '../core/summarize-events.js';
import { followWatch } from '../element/follow-watch.js';
import { eventsOf, type ModelEntry, type ReadMark, RunModel, type RunModelChange } from '../element/model.js';
import type { MonitorOptions, Transition } from '../types.js';
import type { Progress, RunInput } from '../watch/progress.js';
import type { CustomizationWatch } from '../watch/watch.js';
import type { ReadingLog } from './reading-log.js';
import type { ViewMessage, ViewUpdate } from './view-message.js';

// At once for people, and one message for what comes together.
const GATHER_MS = 200;
// Between two messages where nothing happens: how long ago vCenter answered goes on.
const TICK_MS = 5_000;

/** Follows a watch: pass `onProgress` and `onInput` to it, then {@link RunRelay.follow} it. */
export class RunRelay {
  readonly #title: string;
  readonly #options: MonitorOptions;
  readonly #log: ReadingLog;
  readonly #model = new RunModel();
  readonly #follower = followWatch(this.#model, summarizeEvents, () => this.#soon());
  readonly #viewers = new Set<(message: string) => void>();
  readonly #ticking: NodeJS.Timeout;
  #watch: CustomizationWatch | undefined;
  #gathering: NodeJS.Timeout | undefined;
  /** The VMs that have changed since the last message; null for everything. */
  #changed: Set<string> | null = new Set();
  #transitions: Transition[] = [];
  #reads: ReadMark[] = [];

  /** @param options - of the watch */
  constructor(title: string, options: MonitorOptions, log: ReadingLog) {
    this.#title = title;
    this.#options = options;
    this.#log = log;
    this.#model.addEventListener('change', (event) => {
      const { vms, transitions } = event as RunModelChange;
      if (vms === null) {
        this.#changed = null;
      }
      for (const vm of vms ?? []) {
        this.#changed?.add(vm);
      }
      this.#transitions.push(...transitions);
    });
    this.#ticking = setInterval(() => this.#tell(), TICK_MS);
  }

  readonly onProgress = (progress: Progress): void => {
    this.#follower.onProgress(progress);
    const [read] = this.#model.reads.slice(-1);
    if ((progress.type === 'read' || progress.type === 'readFailed') && read !== undefined) {
      this.#reads.push(read);
      this.#soon();
    }
  };

  readonly onInput = (input: RunInput): void => this.#follower.onInput(input);

  follow(watch: CustomizationWatch): void {
    this.#watch = watch;
  }

  /** What is shown. */
  get model(): RunModel {
    return this.#model;
  }

  /** How many look. */
  get size(): number {
    return this.#viewers.size;
  }

  /** Tells everything, then what changes; what it returns ends that. */
  readonly join = (tell: (message: string) => void): (() => void) => {
    // What has been gathered for the others is in it.
    this.#tell();
    if (this.#model.startedAt !== null) {
      tell(JSON.stringify(this.#state()));
    }
    this.#viewers.add(tell);
    return () => this.#viewers.delete(tell);
  };

  close(): void {
    clearInterval(this.#ticking);
    clearTimeout(this.#gathering);
    this.#viewers.clear();
    this.#watch = undefined;
  }

  #soon(): void {
    this.#gathering ??= setTimeout(() => this.#tell(), GATHER_MS);
  }

  #tell(): void {
    clearTimeout(this.#gathering);
    this.#gathering = undefined;
    if (this.#watch === undefined || this.#model.startedAt === null) {
      return;
    }
    this.#follower.flush(this.#watch);
    if (this.#viewers.size > 0) {
      const text = JSON.stringify(this.#changed === null ? this.#state() : this.#update([...this.#changed]));
      for (const tell of this.#viewers) {
        tell(text);
      }
    }
    this.#changed = new Set();
    this.#transitions = [];
    this.#reads = [];
  }

  #update(vms: readonly string[]): ViewMessage {
    const entries = vms.flatMap((vm) => this.#model.entry(vm) ?? []);
    return { type: 'update', ...this.#shown(entries, this.#transitions, this.#reads) };
  }

  #state(): ViewMessage {
    const { startedAt, rows, entries, transitions, reads } = this.#model;
    return {
      type: 'state',
      title: this.#title,
      startedAt: startedAt ?? '',
      vms: rows.map(({ vm, name }) => ({ vm, name })),
      options: this.#options,
      ...this.#shown(entries, transitions, reads),
    };
  }

  #shown(entries: readonly ModelEntry[], transitions: readonly Transition[], reads: readonly ReadMark[]): ViewUpdate {
    return {
      atMs: this.#model.nowMs,
      reading: this.#log.reading,
      rows: entries.map(({ row }) => row),
      transitions,
      events: entries.flatMap(eventsOf),
      reads,
    };
  }
}
