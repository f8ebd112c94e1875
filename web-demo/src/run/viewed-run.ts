/** A run that a server watches: this page looks at it, and does no more. */
import { RunModel } from 'vm-customization/element';
import type { Reading, ViewMessage } from '../../../bindings/src/page-server/view-message.js';
import { type Freshness, isSilent } from './freshness.js';

const TICK_MS = 1_000;

/** Tells `state` when `title`, `state` or `trouble` may have changed. */
export class ViewedRun extends EventTarget {
  readonly model = new RunModel();
  /** Which vCenter. */
  readonly host: string;
  readonly #messages = new EventSource('./view');
  readonly #ticking: number;
  #title: string;
  #reading: Pick<Reading, 'state' | 'trouble'> = { state: 'opening', trouble: '' };
  /** Host time at which vCenter answered last, as far as the server has told. */
  #heardAtMs = performance.now();
  /** Host time at which the run began. */
  #beganAtMs: number | undefined;
  #isConnected = true;

  constructor(host: string) {
    super();
    this.host = host;
    this.#title = host;
    this.#messages.addEventListener('message', ({ data }) => this.#take(JSON.parse(data) as ViewMessage));
    this.#messages.addEventListener('open', () => this.#setConnected(true));
    // The browser connects again by itself, and is told everything anew.
    this.#messages.addEventListener('error', () => this.#setConnected(false));
    this.#ticking = window.setInterval(() => this.#tick(), TICK_MS);
  }

  get title(): string {
    return this.#title;
  }

  get state(): Reading['state'] {
    return this.#isConnected ? this.#reading.state : 'retrying';
  }

  /** What keeps vCenter from being read; empty where nothing does. */
  get trouble(): string {
    return this.#isConnected ? this.#reading.trouble : 'the server of this page does not answer';
  }

  get freshness(): Freshness {
    const now = performance.now();
    if (!this.#isSilent(now)) {
      return { kind: 'fresh', ageMs: now - this.#heardAtMs };
    }
    const { originMs } = this.model;
    return {
      kind: 'stale',
      asOfMs: originMs === null ? null : originMs + this.#asOfMs,
      forMs: now - this.#heardAtMs,
      reason: this.trouble,
      needsLogIn: false,
    };
  }

  stop(): void {
    this.#messages.close();
    clearInterval(this.#ticking);
  }

  #take(message: ViewMessage): void {
    const { atMs, reading, rows, transitions, events, reads } = message;
    const now = performance.now();
    const isState = message.type === 'state';
    if (isState) {
      this.#title = message.title;
      this.model.begin(message.startedAt, message.vms, message.options);
    }
    this.#beganAtMs = now - atMs;
    this.#heardAtMs = now - reading.heardAgoMs;
    this.#reading = reading;
    this.model.update({ atMs, ended: false, reset: isState, rows, transitions });
    this.model.events(events);
    for (const read of reads) {
      this.model.read(read);
    }
    this.dispatchEvent(new Event('state'));
  }

  #tick(): void {
    const now = performance.now();
    if (this.#beganAtMs !== undefined) {
      this.model.tick(this.#isSilent(now) ? this.#asOfMs : now - this.#beganAtMs);
    }
  }

  /** Host time since the start of the run at which vCenter answered last. */
  get #asOfMs(): number {
    return Math.max(0, this.#heardAtMs - (this.#beganAtMs ?? this.#heardAtMs));
  }

  #isSilent(nowMs: number): boolean {
    return isSilent({ heardAtMs: this.#heardAtMs, askedAtMs: this.#heardAtMs, isLost: false }, nowMs);
  }

  #setConnected(isConnected: boolean): void {
    if (isConnected !== this.#isConnected) {
      this.#isConnected = isConnected;
      this.dispatchEvent(new Event('state'));
    }
  }
}
