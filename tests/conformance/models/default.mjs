/**
 * The default rules (D1 to D19) as far as a replay shows them, written the naive way: after every input everything is
 * computed again from all that was ever told. Shares no code and no idea with the core, only the specification.
 */
import {
  compareEvents,
  eventsOf,
  inOrder,
  nameOf,
  timeOf,
  timeText,
  vmsOf,
  withoutCopies,
} from './recorded-events.mjs';

const NEVER = Number.POSITIVE_INFINITY;
const LAST_READ_MS = 5_000;
const SAME_POWER_ON_MS = 10_000;
const UNREAD_AT_LEAST_MS = 60_000;
const PROPERTY_READ_MS = 5_000;
const RETRY_MS = [1_000, 2_000, 4_000, 8_000, 16_000, 30_000];
const RESULTS = ['CustomizationSucceeded', 'CustomizationFailed'];
const POWER_STATES = ['poweredOn', 'poweredOff', 'suspended'];
const LADDER = ['VmNotStarted', 'CustomizationNotStarted', 'CustomizationStarted'];

/** What a replay of a recording under the default rules must report. */
export function byDefaultRules(recording) {
  const run = new Run(recording);
  for (const step of recording.steps) {
    run.clockUntil(step.atMs);
    if (run.ended) {
      run.restOfTheAnswer(step);
      continue;
    }
    run.nowMs = step.atMs;
    run.input(step);
  }
  run.afterTheLastStep();
  return run.report();
}

const newLine = (sinceMs) => ({ status: 'VmNotStarted', attempt: 0, sinceMs, succeeded: null });

const isBefore = (a, b) => compareEvents(a, b) < 0;

class Run {
  constructor({ startedAt, vms, options = {}, steps }) {
    // Those that came on the way have a start and a window of their own.
    const windowMs = (startMs) =>
      options.since ? timeOf(options.since) : startMs - Math.round((options.lookbackSeconds ?? 300) * 1000);
    this.watch = ({ vm, name }, startMs, isAdded) => ({ vm, name, startMs, windowMs: windowMs(startMs), isAdded });
    this.watched = vmsOf({ vms }).map((asked) => this.watch(asked, timeOf(startedAt), false));
    const { timeoutSeconds = 600 } = options;
    this.deadlineMs = timeoutSeconds === null ? NEVER : Math.round(timeoutSeconds * 1000);
    this.pollMs = (options.pollIntervalSeconds ?? 15) * 1000;
    this.stuckMs = (options.stuckAfterSeconds ?? 600) * 1000;
    this.attempts = options.attempts ?? 'follow';
    this.waitForPowerOn = options.waitForPowerOn ?? false;
    this.ready = options.ready ?? null;
    this.settleMs = Math.round((options.settleSeconds ?? 30) * 1000);
    this.startMs = timeOf(startedAt);
    // Only after the last step are reads of properties answered.
    this.propertyReadMs = NEVER;
    this.lastStepMs = steps.at(-1)?.atMs ?? 0;

    // All that was ever told, each with the number of the input that fed it.
    this.fed = 0;
    this.told = [];
    this.guestInfos = [];
    this.refusals = [];

    // The reads.
    this.reading = this.vms().length > 0 ? 'open' : 'none';
    this.dueMs = NEVER;
    this.failures = 0;
    this.needsLogIn = false;
    this.hasLoggedIn = false;
    this.isLastRead = false;

    // What became of them.
    this.lastReadMs = null;
    this.readFailures = [];

    // What was reported.
    this.nowMs = 0;
    this.ended = false;
    this.endedByPart = false;
    this.ending = null;
    this.transitions = [];
    this.lines = new Map(this.vms().map((vm) => [vm, newLine(0)]));
  }

  // ---- inputs

  input(step) {
    this.fed += 1;
    const { fed } = this;
    if (step.cancel) return this.end('cancelled');
    if (step.events) {
      const events = eventsOf(step, this.vms(), Number.NEGATIVE_INFINITY);
      const inWindow = events.filter((event) => event.ms >= this.watchOf(event.vm).windowMs);
      this.told.push(...inWindow.map((event) => ({ ...event, fed })));
      if (step.complete !== false) return this.completeObservation();
    } else if (step.guestInfo) {
      const { guestInfo } = step;
      if (this.vms().includes(guestInfo.vm)) this.guestInfos.push({ ...guestInfo, fed });
      // "After the input that brought the result": that one does not count.
      const counts = this.isAwaited(guestInfo.vm);
      this.tell();
      if (counts) this.showReadiness(guestInfo.vm, guestInfo);
    } else if (step.readFailed) {
      return this.readFailed(step.readFailed);
    } else if (step.loggedIn && this.needsLogIn) {
      // A log-in nobody asked for says nothing about the reads.
      this.needsLogIn = false;
      this.hasLoggedIn = true;
      this.read();
    } else if (step.vms) {
      return this.setVms(step);
    }
    this.tell();
    if (!this.ended && this.reading === 'none' && this.isAnyNew()) this.read();
    this.endedByPart = this.ended;
  }

  /** "Where a part ends the run, the part that completes the answer still counts as the read." */
  restOfTheAnswer({ atMs, events, complete }) {
    if (this.endedByPart && events && complete !== false && atMs === this.nowMs) {
      this.lastReadMs = atMs;
      this.readFailures = [];
    }
  }

  /** Those that go are forgotten with all that was said of them; those that come begin anew. */
  setVms({ vms, serverTime }) {
    const before = this.watched;
    this.watched = vmsOf({ vms }).map((asked) => {
      const known = before.find(({ vm }) => vm === asked.vm);
      return known ? { ...known, name: asked.name } : this.watch(asked, timeOf(serverTime), true);
    });
    const isWatched = ({ vm }) => this.vms().includes(vm);
    this.told = this.told.filter(isWatched);
    this.guestInfos = this.guestInfos.filter(isWatched);
    this.refusals = this.refusals.filter(isWatched);
    const lineOf = (vm) => (before.some((known) => known.vm === vm) ? this.lines.get(vm) : newLine(this.nowMs));
    this.lines = new Map(this.vms().map((vm) => [vm, lineOf(vm)]));
    this.tell();
    const isAnyNew = this.watched.some(({ vm }) => !before.some((known) => known.vm === vm));
    if (isAnyNew && !this.ended && !this.needsLogIn) this.read();
  }

  /** Asks for a read of all VMs that can be read, if there is any. */
  read(names = true) {
    this.reading = this.vmsToRead().length > 0 ? 'open' : 'none';
    for (const vm of this.vmsToRead()) this.watchOf(vm).isAsked ||= names;
  }

  /** "A VM that comes on the way, and one that was removed and is there again." */
  isAnyNew() {
    return this.vmsToRead().some((vm) => this.watchOf(vm).isAdded && !this.watchOf(vm).isAsked);
  }

  completeObservation() {
    // A read that began before a VM came says nothing of it.
    for (const watch of this.watched) watch.isObserved ||= !watch.isAdded || watch.isAsked === true;
    this.lastReadMs = this.nowMs;
    this.readFailures = [];
    this.failures = 0;
    this.needsLogIn = false;
    this.hasLoggedIn = false;
    this.reading = 'idle';
    this.dueMs = this.nowMs + this.pollMs;
    this.tell();
    if (this.ended) return;
    // One that came during a log-in is read now that the session is there.
    if (this.isAnyNew()) this.read();
    else if (this.isLastRead || this.nowMs > this.deadlineMs) this.end('timedOut');
  }

  readFailed(failure) {
    // "Fatal ends the run", and `vm` is there "when it concerns one VM": with both, that VM alone is concluded.
    const isRefusal = ['noPermission', 'notFound', 'fatal'].includes(failure.kind);
    const concludesOne = isRefusal && this.vms().includes(failure.vm) && !this.wasSaid(failure);
    // "A refusal that concludes one VM does not" count.
    if (!concludesOne) this.readFailures.push({ kind: failure.kind, atMs: this.nowMs });
    if (isRefusal && failure.vm === undefined) return this.end('unobservable', failure);
    if (concludesOne) {
      this.refusals.push(failure);
      // Whoever is told that much has a session.
      this.needsLogIn = false;
      // The rest of the answer that told it may follow: it names nobody new.
      this.read(false);
    } else if (failure.kind === 'notAuthenticated' && !this.needsLogIn && !this.hasLoggedIn) {
      this.reading = 'logIn';
      this.needsLogIn = true;
    } else {
      // "Right after a log-in" is taken as: with no complete read since. After the wait the log-in is asked for again.
      // A refusal of a VM of no concern, or once more, is no news: reading on at once would go in circles.
      if (failure.kind === 'notAuthenticated') this.needsLogIn = true;
      this.reading = 'waiting';
      this.dueMs = this.nowMs + RETRY_MS[Math.min(this.failures, RETRY_MS.length - 1)];
      this.failures += 1;
    }
    this.tell();
    this.endedByPart = this.ended && concludesOne;
  }

  // ---- the clock

  clockUntil(limitMs) {
    while (!this.ended && this.nextMs() < limitMs) this.clock();
  }

  nextMs() {
    const endMs = this.isLastRead ? this.deadlineMs + LAST_READ_MS : this.deadlineMs;
    const propertiesMs = this.unready().length > 0 ? this.propertyReadMs : NEVER;
    return Math.min(endMs, propertiesMs, this.reading === 'waiting' || this.reading === 'idle' ? this.dueMs : NEVER);
  }

  clock() {
    this.nowMs = this.nextMs();
    if (this.reading === 'waiting' || this.reading === 'idle') {
      if (this.nowMs >= this.dueMs && this.needsLogIn) this.reading = 'logIn';
      else if (this.nowMs >= this.dueMs) this.read();
    }
    if (this.isLastRead) {
      if (this.nowMs >= this.deadlineMs + LAST_READ_MS) this.end('timedOut');
    } else if (this.nowMs >= this.deadlineMs) {
      if (this.vmsToRead().length === 0) return this.end('timedOut');
      this.isLastRead = true;
      if (this.propertyReadMs !== NEVER) this.propertyReadMs = this.nowMs;
      this.failures = 0;
      // A log-in that is under way comes first.
      if (this.needsLogIn) this.reading = 'logIn';
      else this.read();
    }
  }

  /** The source is healthy and has nothing new. */
  afterTheLastStep() {
    if (this.ended) return;
    this.nowMs = this.lastStepMs;
    if (this.deadlineMs === NEVER) return this.end(null);
    this.propertyReadMs = this.nowMs;
    while (!this.ended) {
      if (this.unready().length > 0 && this.propertyReadMs <= this.nowMs) this.answerPropertyRead();
      else if (this.reading === 'logIn') this.input({ loggedIn: true });
      else if (this.reading === 'open') this.completeObservation();
      else this.clock();
    }
  }

  /** "With the last readiness fields that each VM had", the next 5 s after it. */
  answerPropertyRead() {
    const last = (vm, field) =>
      this.guestInfos.findLast((info) => info.vm === vm && info[field] !== undefined)?.[field];
    for (const vm of this.unready()) {
      const [toolsRunningStatus, guestOperationsReady] = ['toolsRunningStatus', 'guestOperationsReady'].map((field) =>
        last(vm, field),
      );
      this.showReadiness(vm, { toolsRunningStatus, guestOperationsReady });
    }
    this.propertyReadMs = this.nowMs + PROPERTY_READ_MS;
    this.tell();
  }

  // ---- readiness (D19)

  /** Whether the VM succeeded and its guest is not known to be ready. */
  isAwaited(vm) {
    const line = this.lines.get(vm);
    return this.ready !== null && line !== undefined && line.succeeded !== null && line.readyMs === null;
  }

  /** Those whose properties are asked for. */
  unready() {
    return this.vmsToRead().filter((vm) => this.isAwaited(vm));
  }

  showReadiness(vm, { toolsRunningStatus, guestOperationsReady }) {
    if (!this.isAwaited(vm)) return;
    const line = this.lines.get(vm);
    const shown = [toolsRunningStatus === undefined ? undefined : toolsRunningStatus === 'guestToolsRunning'];
    if (this.ready === 'guestOperations') shown.push(guestOperationsReady);
    if (shown.includes(false)) line.settlingMs = null;
    else if (!shown.includes(undefined)) {
      line.settlingMs ??= this.nowMs;
      if (this.nowMs - line.settlingMs >= this.settleMs) line.readyMs = this.nowMs;
    }
  }

  /** What becomes of it with another result, and with another power-on while it settles. */
  followReadiness(vm, line, { status, attempt }) {
    const succeeded = status === 'CustomizationSucceeded' ? attempt : null;
    const powerOn = this.powerOnsOf(this.eventsOf(vm)).at(-1)?.key;
    if (succeeded !== line.succeeded) Object.assign(line, { succeeded, settlingMs: null, readyMs: null });
    if (powerOn !== line.powerOn) line.settlingMs = null;
    line.powerOn = powerOn;
  }

  vms() {
    return this.watched.map(({ vm }) => vm);
  }

  watchOf(vm) {
    return this.watched.find((watch) => watch.vm === vm);
  }

  /** A VM the host was refused is not asked for again, whatever outranks that in its conclusion. */
  vmsToRead() {
    return this.vms().filter((vm) => this.refusalsOf(vm).length === 0 && this.conclusionOf(vm) !== 'vmRemoved');
  }

  // ---- telling

  tell() {
    for (const vm of this.vms()) this.tellVm(vm);
    this.noteReturns();
    if (this.isLastRead && this.vmsToRead().length === 0) return this.end('timedOut');
    const isDone = this.vms().every((vm) => this.conclusionOf(vm) !== null);
    if (isDone && this.attempts !== 'reopen') this.end(null);
  }

  /** Who was removed and is there again is as one that comes. */
  noteReturns() {
    for (const watch of this.watched) {
      const isRead = this.vmsToRead().includes(watch.vm);
      if (watch.wasRead === false && isRead) Object.assign(watch, { isAdded: true, isAsked: false, isObserved: false });
      watch.wasRead = isRead;
    }
  }

  tellVm(vm) {
    const line = this.lines.get(vm);
    const is = this.stateOf(vm);
    const move = (to, event, inferred = false) => {
      const eventKey = inferred ? null : (event?.key ?? null);
      const name = nameOf(this.watchOf(vm), this.told);
      const n = this.transitions.length;
      const transition = { n, vm, name, from: line.status, to, atMs: this.nowMs, eventKey, attempt: is.attempt };
      if (inferred) transition.inferred = true;
      this.transitions.push(transition);
      Object.assign(line, { status: to, attempt: is.attempt, sinceMs: this.nowMs });
    };
    const causeOf = {
      CustomizationNotStarted: () => [is.opener, is.opener?.kind === 'started'],
      CustomizationStarted: () => [is.started, !is.started && !is.guestRunning],
      CustomizationSucceeded: () => [is.result],
      CustomizationFailed: () => [is.result],
    };
    const rank = (status) => (LADDER.includes(status) ? LADDER.indexOf(status) : LADDER.length);
    const path = [...LADDER.slice(0, rank(is.status)), is.status];

    this.noteResult(line, is);
    this.followReadiness(vm, line, is);
    if (is.attempt > line.attempt) {
      for (const to of path.slice(1)) move(to, ...causeOf[to]());
    } else if (is.attempt < line.attempt) {
      move(is.status, ...causeOf[is.status]());
    } else if (rank(is.status) > rank(line.status)) {
      for (const to of path.slice(rank(line.status) + 1)) move(to, ...causeOf[to]());
    } else if (is.status !== line.status) {
      move(is.status, ...causeOf[is.status]());
    }
  }

  /**
   * D5: a result that was told and then changed. The text does not say what becomes of the flag in a later attempt; a
   * result is not changed by an attempt that begins after it, so there the telling starts anew.
   */
  noteResult(line, is) {
    const { told } = line;
    const isOver = told && is.attempt > told.attempt && (!told.event || compareEvents(is.opener, told.event) > 0);
    if (isOver) line.revised = false;
    else if (told && told.status !== is.status) line.revised = true;
    if (isOver) line.told = null;
    if (RESULTS.includes(is.status)) line.told = { status: is.status, attempt: is.attempt, event: is.result };
  }

  end(why, error = null) {
    this.ended = true;
    this.ending = { why, error };
  }

  // ---- the rules

  /** Attempt, status and what they rest on: a function of what was told, and of nothing else. */
  stateOf(vm) {
    const events = this.eventsOf(vm);
    const attempts = this.attemptsOf(events, this.watchOf(vm).startMs);
    const opener = attempts.at(-1);
    if (!opener) return { attempt: 0, status: 'VmNotStarted', opener: null };

    const mine = events.filter((event) => compareEvents(event, opener) >= 0);
    const first = (kind) => mine.find((event) => event.kind === kind) ?? null;
    const started = first('started');
    const result = first('failed') ?? first('succeeded');

    // With several of one status the earliest counts, so that the order in which they were told cannot matter.
    const guest = this.guestInfos
      .filter((info) => info.vm === vm && info.startTime && timeOf(info.startTime) >= opener.ms)
      .sort((a, b) => timeOf(a.startTime) - timeOf(b.startTime));
    const firstGuest = (status) =>
      guest.find((info) => info.customizationStatus === `TOOLSDEPLOYPKG_${status}`) ?? null;
    const guestRunning = firstGuest('RUNNING');
    const guestResult = firstGuest('FAILED') ?? firstGuest('SUCCEEDED');
    const guestStarted = guest.find((info) => /RUNNING|SUCCEEDED|FAILED/.test(info.customizationStatus)) ?? null;

    const guestStatus = guestResult && (firstGuest('FAILED') ? 'CustomizationFailed' : 'CustomizationSucceeded');
    const eventStatus = result && (result.kind === 'failed' ? 'CustomizationFailed' : 'CustomizationSucceeded');
    const status =
      eventStatus ?? guestStatus ?? (started || guestStarted ? 'CustomizationStarted' : 'CustomizationNotStarted');
    return {
      attempt: attempts.length,
      status,
      opener,
      started,
      guestRunning,
      guestStarted,
      result,
      guestResult,
      guestEndMs: guestResult && timeOf(toldOfSameRun(guestResult, guest, 'endTime')),
      guestError: guestResult && toldOfSameRun(guestResult, guest, 'errorMsg'),
      disagrees: eventStatus !== null && guestStatus !== null && eventStatus !== guestStatus,
    };
  }

  eventsOf(vm) {
    return inOrder(withoutCopies(this.told).filter((event) => event.vm === vm));
  }

  /** What counts as a power-on (D3). */
  powerOnsOf(events) {
    const ofKinds = (...kinds) => events.filter(({ kind }) => kinds.includes(kind));
    const starting = ofKinds('starting');
    const unsupported = ofKinds('unsupported').filter(
      (event) => !starting.some(({ ms }) => Math.abs(ms - event.ms) <= SAME_POWER_ON_MS),
    );
    const startings = ofKinds('starting', 'unsupported');
    const standIns = ofKinds('poweredOn').filter((event) => !startings.some((other) => !isBefore(event, other)));
    return events.filter((event) => [...starting, ...unsupported, ...standIns].includes(event));
  }

  /** The events that open the attempts (D2, D3, D6). */
  attemptsOf(events, startMs) {
    const powerOns = this.powerOnsOf(events);
    const anchorOf = (list) => list.filter(({ ms }) => ms <= startMs).at(-1) ?? list[0];
    if (powerOns.length === 0) return [anchorOf(events.filter(({ kind }) => kind === 'started'))].filter(Boolean);

    const openers = [anchorOf(powerOns)];
    for (const powerOn of powerOns.slice(powerOns.indexOf(openers[0]) + 1)) {
      const hasResult = events.some(
        (event) =>
          (event.kind === 'failed' || event.kind === 'succeeded') &&
          !isBefore(event, openers.at(-1)) &&
          isBefore(event, powerOn),
      );
      if (this.attempts === 'reopen' || (this.attempts === 'follow' && !hasResult)) openers.push(powerOn);
    }
    return openers;
  }

  /** Why the VM is not waited for, as far as it does not come from the end of the run. */
  conclusionOf(vm) {
    const { status, attempt } = this.stateOf(vm);
    const refusals = this.refusalsOf(vm);
    const isUnready = status === 'CustomizationSucceeded' && this.ready !== null && this.readyMsOf(vm) === null;
    if (RESULTS.includes(status) && !isUnready) return 'completed';
    if (refusals.some(({ kind }) => kind === 'notFound') || this.isRemoved(vm)) return 'vmRemoved';
    if (refusals.length > 0) return 'unobservable';
    if (attempt === 0 && this.watchOf(vm).isObserved && !this.waitForPowerOn) return 'notStarted';
    return null;
  }

  readyMsOf(vm) {
    const { succeeded, readyMs } = this.lines.get(vm);
    return succeeded === null ? null : readyMs;
  }

  refusalsOf(vm) {
    return this.refusals.filter((refusal) => refusal.vm === vm);
  }

  /** Whether the host said before that this VM is gone, or that it cannot be read. */
  wasSaid({ vm, kind }) {
    return this.refusalsOf(vm).some((said) => (said.kind === 'notFound') === (kind === 'notFound'));
  }

  isRemoved(vm) {
    const events = this.eventsOf(vm);
    const isPowerOn = ({ kind }) => ['starting', 'unsupported', 'poweredOn'].includes(kind);
    return events.some(
      (removed) => removed.kind === 'removed' && !events.some((e) => isPowerOn(e) && compareEvents(e, removed) > 0),
    );
  }

  // ---- the report

  report() {
    return {
      endedAtMs: this.nowMs,
      vms: this.watched.map((watch) => this.row(watch)),
      transitions: this.transitions,
      reading: { lastReadAtMs: this.lastReadMs, failure: this.readFailure() },
    };
  }

  readFailure() {
    const failed = this.readFailures;
    if (failed.length === 0) return null;
    return { kind: failed.at(-1).kind, sinceMs: failed[0].atMs, count: failed.length };
  }

  row(asked) {
    const { vm } = asked;
    const is = this.stateOf(vm);
    const own = this.conclusionOf(vm);
    const conclusion = own ?? this.ending.why;
    const line = this.lines.get(vm);
    const row = {
      vm,
      name: nameOf(asked, this.told),
      customizationStatus: is.status,
      conclusion,
      attempt: is.attempt,
      poweredOnAt: is.opener?.kind === 'started' ? null : timeText(is.opener?.ms),
      startedAt: timeText(is.started?.ms ?? timeOf(is.guestStarted?.startTime)),
      finishedAt: timeText(is.result ? is.result.ms : is.guestEndMs),
      failure: is.status === 'CustomizationFailed' ? failureOf(is) : null,
      hint: null,
    };
    const isStuck = conclusion === null && this.nowMs - line.sinceMs >= this.stuckMs;
    if (isStuck || conclusion === 'timedOut' || conclusion === 'notStarted') row.hint = this.hintOf(vm, is, conclusion);
    if (this.ready !== null && this.readyMsOf(vm) !== null) row.readyAt = timeText(this.startMs + this.readyMsOf(vm));
    if (row.hint === 'poweredOnEarlier') row.windowOpensAt = timeText(this.watchOf(vm).windowMs);
    if (line.revised) row.revised = true;
    if (is.disagrees) row.guestInfoDisagrees = true;
    if (conclusion === 'unobservable') {
      row.error = { kind: (own ? this.refusalsOf(vm)[0] : this.ending.error).kind };
    }
    return row;
  }

  /** D18, from the top of its list down. */
  hintOf(vm, { status, opener }, conclusion) {
    const silentMs = Math.max(2 * this.pollMs, UNREAD_AT_LEAST_MS);
    const isUnread = !this.watchOf(vm).isObserved || this.nowMs - this.lastReadMs > silentMs;
    if (isUnread && conclusion !== 'notStarted') return 'notRead';

    const infos = this.guestInfos.filter((info) => info.vm === vm);
    // "Count only from guest info fed after the newest power-on was; an absent field leaves what was known."
    const newest = this.powerOnsOf(this.eventsOf(vm)).at(-1);
    const sinceThen = infos.filter(({ fed }) => !newest || fed > newest.fed);
    const power = sinceThen.findLast(({ powerState }) => POWER_STATES.includes(powerState))?.powerState;
    const bootMs = timeOf(sinceThen.findLast(({ bootTime }) => timeOf(bootTime) !== null)?.bootTime);
    const { pendingCustomization: pending } = infos.findLast((info) => info.pendingCustomization !== undefined) ?? {};
    const ofSpec = { true: 'pendingNotStarted', false: 'nothingPending', undefined: 'notStarted' }[pending];

    if (status === 'VmNotStarted') {
      // "Suspended is running where there was no power-on."
      if (power !== 'poweredOn' && power !== 'suspended') return 'neverPoweredOn';
      return bootMs !== null && bootMs >= this.watchOf(vm).windowMs ? ofSpec : 'poweredOnEarlier';
    }
    const wasPoweredOn = opener.kind !== 'started';
    if (power === 'poweredOff' || (power === 'suspended' && wasPoweredOn)) return 'poweredOff';
    if (status === 'CustomizationSucceeded') return 'notReady';
    return status === 'CustomizationStarted' ? 'startedNoResult' : ofSpec;
  }
}

/** One run in the guest may be told more than once, later with more: of each field what was told first stays. */
function toldOfSameRun({ customizationStatus, startTime }, guest, field) {
  const isSame = (info) =>
    info.customizationStatus === customizationStatus && timeOf(info.startTime) === timeOf(startTime);
  return guest.find((info) => isSame(info) && info[field] !== undefined)?.[field] ?? null;
}

function failureOf({ result, guestError }) {
  if (!result) {
    return {
      type: 'TOOLSDEPLOYPKG_FAILED',
      reason: null,
      logLocation: null,
      sysprepVersion: null,
      systemVersion: null,
      message: guestError,
      eventKey: null,
    };
  }
  const { type, reason, logLocation, sysprepVersion, systemVersion, message, key } = result;
  return { type, reason, logLocation, sysprepVersion, systemVersion, message, eventKey: key };
}
