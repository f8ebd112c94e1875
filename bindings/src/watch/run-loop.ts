/**
 * Drives a {@link Monitor} with an {@link EventSource}: feeds what the source brings, does what the machine asks for,
 * sleeps until the deadline it names. No rule of customization is decided here.
 */

import { Monitor } from '../core/monitor.js';
import { init } from '../core/wasm/loader.js';
import { DetachedError, OptionsError } from '../errors.js';
import type { CallOptions, EventPage, EventSource } from '../source/event-source.js';
import { withTimeout } from '../source/with-timeout.js';
import type { Deadline, EventQuery, MonitorOptions, Output, Report, Snapshot, Update, VmRef, VmRow } from '../types.js';
import { orAborted } from '../util/abort.js';
import { deferred } from '../util/deferred.js';
import { checkedPage } from './checked-page.js';
import { askServerTime, readServerTime } from './first-server-time.js';
import { GapReads, SAFETY_READ_S } from './gap-reads.js';
import { GuestInfoFeed } from './guest-info-feed.js';
import { InputQueue } from './input-queue.js';
import { MonitorFeed } from './monitor-feed.js';
import { PushFeed, type PushInput } from './push-feed.js';
import { ReadinessFeed, type ReadinessInput } from './readiness-feed.js';
import type { RunSetup } from './run-setup.js';

const READ_TIMEOUT_MS = 30_000;
const LOG_IN_TIMEOUT_MS = 30_000;
const SERVER_TIME_TIMEOUT_MS = 30_000;

// A timer that fires this late is an ordinary one, and the machine is told the time it asked for, so that a recording
// plays back the same. Beyond it the process was asleep, and the machine must know the real time.
const ORDINARY_LATENESS_MS = 1_000;

type Input = { asOfMs?: number; call?: AbortSignal } & (
  | { type: 'page'; page: EventPage; own: boolean }
  | { type: 'readError'; error: unknown }
  | { type: 'loggedIn' }
  | { type: 'logInError'; error: unknown }
  | { type: 'vms'; vms: readonly VmRef[]; serverTime: string; done: () => void; failed: (error: unknown) => void }
  | { type: 'refused'; error: OptionsError }
  | PushInput
  | ReadinessInput
);

/** One run, from the question for the time to the report. */
export class RunLoop {
  readonly #setup: RunSetup;
  readonly #startedAt: number;
  readonly #inputs = new InputQueue<Input>();
  readonly #pushEvents: EventSource['pushEvents'];
  readonly #options: MonitorOptions;
  /** Whether the machine's own reads are only for what a push has missed. */
  readonly #raised: boolean;
  readonly #gapReads: GapReads;
  readonly #guests: GuestInfoFeed;
  readonly #readiness: ReadinessFeed;
  #monitor: Monitor | undefined;
  #feed: MonitorFeed | undefined;
  #deadline: Deadline | null = null;
  #vmCount: number;
  #ended = false;
  /** Whether the report says that reads fail. */
  #isFailing = false;
  #openRead: AbortController | undefined;
  #openLogIn: AbortController | undefined;
  #pushFeed: PushFeed | undefined;
  /** Changes of the VMs take turns. */
  #vmsTurn: Promise<void> = Promise.resolve();
  readonly #begun = deferred();
  readonly #over = new AbortController();

  constructor(setup: RunSetup) {
    this.#setup = setup;
    this.#startedAt = setup.clock.now() - setup.requestedSecondsAgo * 1000;
    this.#vmCount = setup.vms.length;
    const { source, options, snapshot } = setup;
    // The published rules see what is there at their fixed times, and nothing else.
    const pushes = setup.push && options.rules !== 'published';
    this.#pushEvents = pushes ? source.pushEvents?.bind(source) : undefined;
    // A snapshot has an interval in any case: of a run that was raised this one.
    const unasked = snapshot === undefined ? undefined : SAFETY_READ_S;
    this.#raised = this.#pushEvents !== undefined && options.pollIntervalSeconds === unasked;
    this.#options = this.#raised ? { ...options, pollIntervalSeconds: SAFETY_READ_S } : options;
    this.#gapReads = new GapReads(this.#raised);
    const readGuestInfo = options.rules === 'published' ? undefined : source.readGuestInfo?.bind(source);
    this.#guests = new GuestInfoFeed({
      read: readGuestInfo,
      failures: setup.failures,
      clock: setup.clock,
      readiness: (options.ready ?? null) !== null,
      refused: (error) => this.#inputs.put({ type: 'refused', error }),
    });
    this.#readiness = new ReadinessFeed({
      read: readGuestInfo,
      clock: setup.clock,
      post: (input) => this.#inputs.put(input),
    });
  }

  /** How many VMs are watched, as far as is known before the run has begun. */
  get vmCount(): number {
    return this.#vmCount;
  }

  /**
   * Runs to the end. Rejects only for bad options, for bugs and when it is let go ({@link DetachedError}): a source that
   * fails still gives a report.
   */
  async run(): Promise<Report> {
    try {
      await init();
      await this.#begin();
      this.#begun.resolve();
      while (!this.#ended) {
        await this.#turn();
      }
      return this.#running.report();
    } finally {
      this.#over.abort(new Error('the wait is over'));
      this.#begun.resolve();
      this.#pushFeed?.stop();
      this.#guests.stop();
      this.#readiness.stop();
      this.#openRead?.abort();
      this.#openLogIn?.abort();
    }
  }

  /** The machine's state; undefined before the server's time is known. */
  snapshot(): Snapshot | undefined {
    return this.#monitor?.snapshot();
  }

  /** The rows as they stand; undefined before the server's time is known. */
  rows(vms: readonly string[] | undefined): readonly VmRow[] | undefined {
    return this.#monitor?.rows(vms);
  }

  /**
   * Watches other VMs from now on. It rejects where the server's time cannot be read or the VMs cannot be used, and then
   * changes nothing; after the end of the run it changes nothing either.
   */
  setVms(vms: readonly VmRef[]): Promise<void> {
    const turn = this.#vmsTurn.then(() => this.#setVms(vms));
    this.#vmsTurn = turn.catch(() => undefined);
    return turn;
  }

  async #setVms(vms: readonly VmRef[]): Promise<void> {
    await this.#begun.promise;
    const { source, clock } = this.#setup;
    const askedAt = clock.now();
    try {
      const time = await askServerTime(source, () => SERVER_TIME_TIMEOUT_MS, clock, this.#over.signal);
      // As at the start of the run: what the question took must not eat into the window.
      const serverTime = new Date(time.getTime() - Math.max(0, Math.floor(clock.now() - askedAt))).toISOString();
      const taken = new Promise<void>((done, failed) => {
        this.#inputs.put({ type: 'vms', vms, serverTime, done, failed });
      });
      await orAborted(taken, this.#over.signal);
    } catch (error) {
      // After the end of the run there is nothing to change.
      if (!this.#over.signal.aborted) {
        throw error;
      }
    }
  }

  /** Gives the machine's memory back. */
  dispose(): void {
    this.#monitor?.dispose();
  }

  async #begin(): Promise<void> {
    const setup = this.#setup;
    const answer = await readServerTime(setup, this.#startedAt);
    // The run starts when it was asked for: what the question took must not eat into the window, nor stretch the wait.
    const startedAt =
      answer.time === undefined
        ? new Date().toISOString()
        : new Date(answer.time.getTime() - this.#nowMs()).toISOString();
    this.#throwIfDetached();
    this.#monitor =
      setup.snapshot === undefined
        ? new Monitor(setup.vms, this.#options, startedAt, 0)
        : Monitor.restore(setup.snapshot, startedAt, 0);
    this.#feed = new MonitorFeed({
      monitor: this.#monitor,
      fresh: setup.snapshot === undefined,
      tell: setup.tell,
      record: setup.record,
    });
    const rows = this.#monitor.rows();
    this.#guests.begin(rows);
    this.#vmCount = rows.length;
    if (setup.snapshot === undefined) {
      setup.record({
        type: 'begin',
        recording: { format: 'vm-customization-recording/1', startedAt, vms: setup.vms, options: this.#options },
      });
    }
    if (answer.time !== undefined) {
      setup.tell({ type: 'started', serverTime: startedAt });
      this.#act([this.#running.drain()]);
      return;
    }
    // Without the server's time nothing can be read; the rows still come from the machine.
    this.#take(this.#running.drain());
    if (answer.failure !== undefined) {
      this.#act([this.#fed.failure(answer.failure, this.#nowMs())]);
    }
    this.#cancel();
  }

  async #turn(): Promise<void> {
    const { clock, stop } = this.#setup;
    if (stop.aborted) {
      this.#cancel();
      return;
    }
    const input = this.#inputs.take();
    const now = this.#nowMs();
    const due = this.#deadline?.atMs ?? Number.POSITIVE_INFINITY;
    const gapReadDue = this.#gapReads.dueMs;
    if (input !== undefined) {
      // As a recording's player does: timers that were due before the input come first, at the same instant the input.
      if (due < now) {
        this.#inputs.putBack(input);
        await this.#timeout(due);
      } else if (input.call?.aborted !== true) {
        this.#feedInput(input, input.asOfMs ?? now);
      }
    } else if (due <= now) {
      await this.#timeout(due);
    } else if (gapReadDue <= now) {
      this.#read(this.#gapReads.query(now), true);
    } else {
      const waiting = new AbortController();
      const next = Math.min(due, gapReadDue);
      const sleep = next === Number.POSITIVE_INFINITY ? [] : [clock.sleep(next - now, waiting.signal)];
      await orAborted(Promise.race([this.#inputs.arrival(), ...sleep]), stop).catch(() => undefined);
      waiting.abort();
    }
  }

  #feedInput(input: Input, now: number): void {
    switch (input.type) {
      case 'page':
        this.#feedPage(input.page, input.own, now);
        break;
      case 'readError':
        this.#act([this.#fed.failure(this.#setup.failures.of(input.error), now)]);
        break;
      case 'loggedIn':
        this.#openLogIn = undefined;
        this.#pushFeed?.loggedIn();
        this.#act([this.#fed.loggedIn(now)]);
        break;
      case 'logInError':
        this.#openLogIn = undefined;
        this.#act([this.#fed.failure(this.#setup.failures.of(input.error), now)]);
        break;
      case 'vms':
        this.#feedVms(input, now);
        break;
      case 'pushBegun':
        this.#gapReads.pushBegun();
        this.#setup.tell({ type: 'pushing' });
        break;
      case 'pushed': {
        if (input.page.complete === false) {
          this.#gapReads.missed();
        }
        const { updates, failure } = this.#fed.pushed(input.page, now);
        this.#act(updates);
        input.taken(failure);
        break;
      }
      case 'pushFailed':
        this.#feedPushFailed(input, now);
        break;
      case 'readiness':
        this.#feedReadiness(input, now);
        break;
      case 'readinessError':
        this.#feedReadinessError(input.error, now);
        break;
      case 'refused':
        throw input.error;
      case 'pushUnavailable':
        this.#gapReads.pushEnded();
        this.#setup.tell({ type: 'pushUnavailable', message: input.message });
        break;
    }
  }

  #feedVms({ vms, serverTime, done, failed }: Input & { type: 'vms' }, now: number): void {
    let update: Update;
    const before = new Set(this.#running.rows().map(({ vm }) => vm));
    try {
      update = this.#fed.vms(vms, serverTime, now);
    } catch (error) {
      if (!(error instanceof OptionsError)) {
        throw error;
      }
      failed(error);
      return;
    }
    const watched = this.#running.rows().map(({ vm }) => vm);
    this.#vmCount = watched.length;
    this.#guests.changed(watched);
    this.#readiness.changed(new Set(watched));
    this.#gapReads.changed(new Set(watched));
    this.#act([update]);
    void this.#pushFeed?.vmsChanged(watched, { added: watched.some((vm) => !before.has(vm)) });
    done();
  }

  #feedPushFailed({ failure, inARow }: Extract<PushInput, { type: 'pushFailed' }>, now: number): void {
    this.#gapReads.pushEnded();
    this.#setup.tell({ type: 'pushFailed', failure, inARow });
    const openLogIn = this.#openLogIn !== undefined;
    // The machine logs in as after a read that met the same; a log-in under way is an answer already.
    if (failure.kind === 'notAuthenticated' && this.#setup.source.logIn !== undefined && !openLogIn) {
      this.#act([this.#fed.failure(failure, now)]);
    }
  }

  #feedReadiness({ number, readings }: Extract<ReadinessInput, { type: 'readiness' }>, now: number): void {
    const counted = this.#readiness.counted(readings);
    const infos = counted.filter(({ noPermission }) => noPermission === undefined);
    const { update, failure } = this.#fed.answer(number, infos, now);
    this.#guests.failed(failure);
    const updates = update === undefined ? [] : [update];
    for (const { vm, noPermission: message } of counted) {
      if (message !== undefined) {
        updates.push(this.#fed.failure({ kind: 'noPermission', vm, message }, now));
      }
    }
    this.#act(updates);
  }

  #feedReadinessError(error: unknown, now: number): void {
    if (error instanceof OptionsError) {
      throw error;
    }
    const failure = this.#setup.failures.of(error);
    if (failure.kind !== 'notAuthenticated') {
      this.#guests.failed(failure.message ?? failure.kind);
    } else if (this.#openLogIn === undefined) {
      this.#act([this.#fed.failure(failure, now)]);
    }
  }

  #feedPage(page: EventPage, own: boolean, now: number): void {
    const { updates, failure, guestFailure } = this.#fed.page(page, this.#guests.take(), own, now);
    this.#guests.failed(guestFailure);
    // A read beside the machine's clears nothing of what keeps those.
    const isAnswered = failure === undefined && !(own && this.#isFailing);
    if (isAnswered) {
      this.#gapReads.answered(now);
    }
    this.#act(updates);
    if (isAnswered && own) {
      this.#setup.tell({ type: 'read' });
    }
    if (isAnswered) {
      const message = this.#guests.takeFailure();
      if (message !== undefined) {
        this.#setup.tell({ type: 'guestInfoFailed', message });
      }
    }
    // Not before: a wait that ends with its first read should leave the server nothing to clean up.
    if (this.#pushEvents !== undefined && !this.#ended) {
      this.#pushFeed ??= this.#push(this.#pushEvents);
    }
  }

  async #timeout(due: number): Promise<void> {
    if (this.#deadline?.reason === 'stuck') {
      await this.#guests.beforeHint(this.#setup.stop);
      this.#act(this.#fed.guests(this.#guests.takeState(), this.#nowMs()).updates);
    } else if (this.#deadline?.reason === 'lastRead') {
      this.#act(this.#fed.guests(this.#guests.takeAll(), this.#nowMs()).updates);
    }
    if (this.#setup.stop.aborted) {
      return;
    }
    const now = this.#nowMs();
    this.#act([this.#fed.timeout(now - due <= ORDINARY_LATENESS_MS ? due : now)]);
  }

  #cancel(): void {
    if (!this.#ended) {
      this.#throwIfDetached();
      this.#act([this.#fed.cancel(this.#nowMs())]);
      this.#ended = true;
    }
  }

  #throwIfDetached(): void {
    const reason: unknown = this.#setup.stop.reason;
    if (reason instanceof DetachedError) {
      throw reason;
    }
  }

  /** Acts on updates that belong to one input: what they tell counts of each, what they ask for only of the last. */
  #act(updates: readonly Update[]): void {
    for (const [index, update] of updates.entries()) {
      this.#take(update);
      if (this.#ended) {
        continue;
      }
      // That is asked for once, and before the last events.
      for (const output of update.outputs) {
        if (output.type === 'readGuestInfo') {
          this.#readiness.ask(output.query);
        }
      }
      if (index === updates.length - 1) {
        this.#obey(update.outputs);
      }
    }
  }

  #take(update: Update): void {
    this.#deadline = update.deadline;
    this.#ended ||= update.ended;
    const failure = update.reading?.failure;
    if (failure != null) {
      this.#isFailing = true;
      this.#gapReads.failed();
      this.#setup.tell({ type: 'readFailed', failure: { kind: failure.kind, message: failure.message } });
    }
    for (const output of update.outputs) {
      this.#guests.told(output);
      this.#readiness.told(output);
      if (output.type === 'transition' || output.type === 'concluded' || output.type === 'stuck') {
        this.#setup.tell(output);
      }
    }
    if (failure === null) {
      this.#isFailing = false;
      this.#setup.tell({ type: 'read' });
    }
  }

  #obey(outputs: readonly Output[]): void {
    for (const output of outputs) {
      if (output.type === 'read') {
        const { query } = output;
        const reason = this.#raised && query.reason === 'poll' ? 'safety' : query.reason;
        this.#read({ ...query, reason, types: this.#typesOf(query) }, false);
      } else if (output.type === 'logIn') {
        this.#logIn();
      }
    }
  }

  #typesOf({ types }: EventQuery): readonly string[] {
    return [...new Set([...types, ...this.#setup.alsoRead])];
  }

  #read(query: EventQuery, own: boolean): void {
    const { source, tell } = this.#setup;
    this.#gapReads.asked(query);
    this.#openRead?.abort(new Error('a newer read was asked for'));
    const controller = new AbortController();
    this.#openRead = controller;
    tell({ type: 'reading', query });
    // Passes of the published rules have fixed times: what is read for one is what was there at its time.
    const asOf = query.reason === 'pass' ? { asOfMs: this.#fed.lastMs } : {};
    this.#call(
      'reading the events',
      async (options) => {
        await this.#guests.beforeRead(query.reason, options.signal);
        if (query.reason === 'deadline') {
          await this.#readiness.beforeLastRead(options.signal);
        }
        options.signal.throwIfAborted();
        return checkedPage(await source.readEvents(query, options), 'readEvents');
      },
      query.timeoutMs ?? source.readTimeoutMs ?? READ_TIMEOUT_MS,
      controller,
      (page) => ({ type: 'page', page, own, ...asOf }),
      (error) => ({ type: 'readError', error, ...asOf }),
    );
  }

  #push(push: NonNullable<EventSource['pushEvents']>): PushFeed {
    return new PushFeed({
      push,
      failures: this.#setup.failures,
      canLogIn: this.#setup.source.logIn !== undefined,
      query: () => this.#gapReads.latest,
      clock: this.#setup.clock,
      post: (input) => this.#inputs.put(input),
    });
  }

  #logIn(): void {
    const { source } = this.#setup;
    this.#openLogIn?.abort(new Error('a newer log-in was asked for'));
    const logIn = source.logIn?.bind(source);
    if (logIn === undefined) {
      const failure = {
        kind: 'fatal',
        message: 'the session has ended and the source has no way to log in again',
      } as const;
      this.#act([this.#fed.failure(failure, this.#nowMs())]);
      return;
    }
    const controller = new AbortController();
    this.#openLogIn = controller;
    this.#call(
      'logging in',
      logIn,
      LOG_IN_TIMEOUT_MS,
      controller,
      () => ({ type: 'loggedIn' }),
      (error) => ({ type: 'logInError', error }),
    );
  }

  #call<T>(
    what: string,
    call: (options: CallOptions) => Promise<T>,
    timeoutMs: number,
    controller: AbortController,
    onAnswer: (answer: T) => Input,
    onError: (error: unknown) => Input,
  ): void {
    const deliver = (input: Input): void => {
      // What is given up before it is taken must not be taken for the answer to what replaced it.
      this.#inputs.put({ ...input, call: controller.signal });
    };
    withTimeout(what, call, timeoutMs, this.#setup.clock, controller.signal).then(
      (answer) => deliver(onAnswer(answer)),
      (error: unknown) => deliver(onError(error)),
    );
  }

  get #running(): Monitor {
    return begun(this.#monitor);
  }

  get #fed(): MonitorFeed {
    return begun(this.#feed);
  }

  /** Whole milliseconds since the start, as a recording has them. */
  #nowMs(): number {
    return Math.max(0, Math.floor(this.#setup.clock.now() - this.#startedAt));
  }
}

function begun<T>(part: T | undefined): T {
  if (part === undefined) {
    throw new Error('the run has not begun');
  }
  return part;
}
