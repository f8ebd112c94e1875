/** One vCenter while this worker serves it: takes requests and cancels, goes on with what others have left. */
import type { JetStreamClient, JetStreamManager, JsMsg } from '@nats-io/jetstream';
import type { VCenterConfig } from '../config/config.js';
import type { FleetNames, WaitName } from '../messages/names.js';
import { readState } from '../messages/wait-state.js';
import type { RequestQueue } from '../store/request-queue.js';
import { ensureConsumer } from '../store/topology.js';
import type { WaitEvents } from '../store/wait-events.js';
import type { StoredState, WaitStore } from '../store/wait-store.js';
import { Acceptance } from './acceptance.js';
import { type Log, logged, messageOf } from './log.js';
import type { Metrics } from './metrics.js';
import { pauseFor, retry } from './retry.js';
import { Slots } from './slots.js';
import { VCenterSource } from './vcenter-source.js';
import { WaitRunner } from './wait-runner.js';

/** What all vCenters of a worker have in common. */
export interface ServiceSetup {
  readonly names: FleetNames;
  readonly js: JetStreamClient;
  readonly jsm: JetStreamManager;
  readonly queue: RequestQueue;
  readonly store: WaitStore;
  readonly events: WaitEvents;
  readonly metrics: Metrics;
  readonly log: Log;
  /** This process, as states name it. */
  readonly owner: string;
  readonly maxWaits: number;
}

type Kind = 'request' | 'cancel';

// A fetch that is shorter costs requests; one that is longer notices later that its consumer has another leader.
const FETCH = { expires: 2_000, idle_heartbeat: 500 };
const FETCH_AT_MOST = 100;
// States are looked through again: one may have been written by a worker that had lost the vCenter.
const SWEEP_MS = 15_000;
const ADOPT_AT_A_TIME = 16;
// A cancel that came before its request is looked at again every second, for two minutes.
const CANCEL_AGAIN_MS = 1_000;
const CANCEL_LOOKS = 120;
// A request that only a later release can answer is looked at again.
const KEPT_AGAIN_MS = 5_000;

export class VCenterService {
  readonly #vcenter: string;
  readonly #setup: ServiceSetup;
  readonly #acceptance: Acceptance;
  readonly #source: VCenterSource;
  readonly #runners = new Map<string, WaitRunner>();
  /** Waits that are being taken, by what: the same is not taken twice. */
  readonly #taking = new Map<string, Promise<void>>();
  readonly #slots: Slots;
  readonly #stop = new AbortController();
  /** Aborted when nothing may be written any more. */
  readonly #lost = new AbortController();
  readonly #loops: Promise<void>[];

  constructor(vcenter: string, config: VCenterConfig, setup: ServiceSetup) {
    this.#vcenter = vcenter;
    this.#setup = setup;
    this.#acceptance = new Acceptance(setup);
    this.#slots = new Slots(setup.maxWaits);
    this.#source = new VCenterSource(vcenter, config, setup.log, {
      logInRefused: (isRefused) => setup.metrics.logInRefused.set({ vcenter }, isRefused ? 1 : 0),
    });
    this.#loops = [this.#sweeps(), this.#consume('request'), this.#consume('cancel')];
  }

  /** How many waits it watches. */
  get waits(): number {
    return this.#runners.size;
  }

  /** Hands over: takes nothing more, writes down where each wait stands, and closes the session. */
  async release(): Promise<void> {
    this.#stop.abort(new Error('the vCenter is handed over'));
    await Promise.allSettled(this.#loops);
    await Promise.allSettled(this.#taking.values());
    await Promise.allSettled([...this.#runners.values()].map((runner) => runner.release()));
    await this.#close();
  }

  /** Stops at once, and writes nothing more: it is another's. */
  async drop(): Promise<void> {
    const reason = new Error('the vCenter is served by another worker');
    this.#lost.abort(reason);
    this.#stop.abort(reason);
    await Promise.allSettled([...this.#runners.values()].map((runner) => runner.drop()));
    await Promise.allSettled(this.#loops);
    await this.#close();
  }

  async #close(): Promise<void> {
    const { metrics } = this.#setup;
    await this.#source.close();
    for (const gauge of [metrics.waits, metrics.unreadable, metrics.logInRefused]) {
      gauge.remove({ vcenter: this.#vcenter });
    }
  }

  async #sweeps(): Promise<void> {
    try {
      await this.#retry('sweep', () => this.#sweep());
      this.#setup.log.info('serving', { vcenter: this.#vcenter, waits: this.#runners.size });
      for (;;) {
        await pauseFor(SWEEP_MS, this.#stop.signal);
        await this.#retry('sweep', () => this.#sweep());
      }
    } catch (error) {
      this.#over(error);
    }
  }

  /** Goes on with every wait of the bucket that is not watched here. */
  async #sweep(): Promise<void> {
    const { store, metrics } = this.#setup;
    const ids = (await store.list(this.#vcenter)).filter((id) => !this.#runners.has(id));
    let unreadable = 0;
    const next = ids.values();
    const adopt = async (): Promise<void> => {
      for (const id of next) {
        this.#stop.signal.throwIfAborted();
        if (!(await this.#adopt({ vcenter: this.#vcenter, id }))) {
          unreadable += 1;
        }
      }
    };
    await Promise.all(Array.from({ length: ADOPT_AT_A_TIME }, adopt));
    metrics.unreadable.set({ vcenter: this.#vcenter }, unreadable);
  }

  /** Answers false where the state cannot be read by this release: it is left as it is. */
  async #adopt(wait: WaitName): Promise<boolean> {
    const { store, events, owner, log } = this.#setup;
    const stored = await store.read(wait);
    if (stored === undefined || this.#runners.has(wait.id)) {
      return true;
    }
    const read = readState(stored.text);
    if ('unreadable' in read) {
      log.warn('waitLeftAlone', { ...logged(wait), message: read.unreadable });
      return false;
    }
    if (read.state.owner === owner) {
      // Being taken right now.
      await this.#taking.get(wait.id);
      if (this.#runners.has(wait.id)) {
        return true;
      }
    }
    // From here on a worker that had it before can write nothing more.
    const taken = await store.update({ ...read.state, owner, write: read.state.write + 1 }, stored.revision);
    if (taken === undefined) {
      return true;
    }
    if ((await events.readResult(wait)) !== undefined) {
      // Whoever had it died before it removed the state, or after it found that another request's had come to its end.
      await store.remove(taken.revision);
    } else {
      await this.#run(taken);
      log.info('waitResumed', { ...logged(wait), from: read.state.owner });
    }
    return true;
  }

  async #run(stored: StoredState): Promise<void> {
    const { state } = stored;
    const wait = { vcenter: state.vcenter, id: state.id };
    const ageSeconds = state.snapshot === undefined ? await this.#age(stored) : 0;
    if (this.#lost.signal.aborted || this.#runners.has(wait.id)) {
      return;
    }
    const { metrics, log } = this.#setup;
    const setup = { ...this.#setup, source: this.#source };
    const runner = new WaitRunner(setup, stored, ageSeconds);
    this.#runners.set(wait.id, runner);
    this.#slots.take();
    metrics.waits.set({ vcenter: this.#vcenter }, this.#runners.size);
    void runner.end.then((end) => {
      this.#runners.delete(wait.id);
      this.#slots.giveBack();
      if (end === 'lost') {
        metrics.lost.inc({ vcenter: this.#vcenter });
      }
      if (!this.#stop.signal.aborted) {
        metrics.waits.set({ vcenter: this.#vcenter }, this.#runners.size);
      }
      log.info('waitEnded', { ...logged(wait), end });
    });
  }

  /** How long ago a wait was asked for, by the broker's clock alone. */
  async #age({ state, revision }: StoredState): Promise<number> {
    const stored = await this.#setup.store.read(state);
    if (stored === undefined || stored.revision !== revision) {
      return 0;
    }
    return Math.max(0, (stored.storedAt.getTime() - Date.parse(state.requestedAt)) / 1000);
  }

  async #consume(kind: Kind): Promise<void> {
    const { js, jsm, names } = this.#setup;
    const { signal } = this.#stop;
    try {
      const info = await this.#retry('consumer', () => ensureConsumer(jsm, names, kind, this.#vcenter));
      const consumer = js.consumers.getConsumerFromInfo(info);
      for (;;) {
        // A cancel needs no room: it makes some.
        if (kind === 'request') {
          await this.#slots.room(signal);
        }
        signal.throwIfAborted();
        const max = kind === 'request' ? Math.min(FETCH_AT_MOST, this.#slots.free) : FETCH_AT_MOST;
        await this.#retry('fetch', async () => {
          const messages = await consumer.fetch({ ...FETCH, max_messages: max });
          const stop = (): void => void messages.close();
          const handled: Promise<void>[] = [];
          signal.addEventListener('abort', stop, { once: true });
          try {
            for await (const message of messages) {
              handled.push(kind === 'request' ? this.#take(message) : this.#cancel(message));
            }
          } finally {
            signal.removeEventListener('abort', stop);
            // Those at hand count when it is looked how much room there is.
            await Promise.all(handled);
          }
        });
      }
    } catch (error) {
      this.#over(error);
    }
  }

  /** Takes the requests of one id one after the other. Never rejects: what is not acknowledged comes again. */
  async #take(message: JsMsg): Promise<void> {
    const wait = this.#setup.names.waitOf(message.subject);
    const earlier = this.#taking.get(wait.id) ?? Promise.resolve();
    const taking = earlier
      .then(() => this.#retry('request', () => this.#accept(wait, message)))
      .catch((error: unknown) => this.#over(error));
    this.#taking.set(wait.id, taking);
    await taking;
    if (this.#taking.get(wait.id) === taking) {
      this.#taking.delete(wait.id);
    }
  }

  async #accept(wait: WaitName, message: JsMsg): Promise<void> {
    if (this.#lost.signal.aborted) {
      return;
    }
    const { streamSequence, timestampNanos } = message.info;
    const storedAt = new Date(timestampNanos / 1_000_000);
    const request = { sequence: streamSequence, message: message.data, storedAt };
    const all = await this.#acceptance.take(wait, request);
    if (all.at(-1)?.answer === 'kept') {
      message.nak(KEPT_AGAIN_MS);
    } else {
      message.ack();
    }
    for (const { answer, begun } of all) {
      this.#setup.metrics.requests.inc({ vcenter: this.#vcenter, answer });
      this.#setup.log.info('request', { ...logged(wait), answer });
      if (begun !== undefined) {
        await this.#retry('begin', () => this.#run(begun));
      }
    }
  }

  async #cancel(message: JsMsg): Promise<void> {
    const wait = this.#setup.names.waitOf(message.subject);
    try {
      const answer = await this.#cancelled(wait, message);
      if (answer !== 'kept') {
        message.ack();
        this.#setup.metrics.cancels.inc({ vcenter: this.#vcenter, answer });
        this.#setup.log.info('cancel', { ...logged(wait), answer });
      }
    } catch (error) {
      this.#setup.log.warn('cancelFailed', { ...logged(wait), message: messageOf(error) });
    }
  }

  async #cancelled(wait: WaitName, message: JsMsg): Promise<'cancelled' | 'tooLate' | 'noRequest' | 'kept'> {
    await this.#taking.get(wait.id);
    const runner = this.#runners.get(wait.id);
    if (runner !== undefined) {
      if ((await runner.cancel()) !== 'finished') {
        throw new Error('the wait went to another worker, and the cancel goes after it');
      }
      return 'cancelled';
    }
    if ((await this.#setup.events.readResult(wait)) !== undefined) {
      return 'tooLate';
    }
    if (message.info.deliveryCount > CANCEL_LOOKS) {
      return 'noRequest';
    }
    message.nak(CANCEL_AGAIN_MS);
    return 'kept';
  }

  #retry<T>(what: string, call: () => Promise<T>): Promise<T> {
    return retry(call, this.#stop.signal, (error) => {
      this.#setup.log.warn('retried', { vcenter: this.#vcenter, what, message: messageOf(error) });
    });
  }

  /** The end of a loop. */
  #over(error: unknown): void {
    if (!this.#stop.signal.aborted) {
      this.#setup.log.error('loopEnded', { vcenter: this.#vcenter, message: messageOf(error) });
    }
  }
}
