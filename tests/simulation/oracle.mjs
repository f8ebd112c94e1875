/**
 * Knows the truth of a world, and judges what is told of it. It knows of each event which power-on truly came before it, so it
 * needs no order of events and no key, and shares nothing with the core and the models.
 */
import { PUNCTUAL_MS, serverMs } from './world.mjs';

const LAST_READ_MS = 5_000;
const RESULTS = ['CustomizationSucceeded', 'CustomizationFailed'];
const POWER_ONS = ['starting', 'unsupported', 'poweredOn'];
const COMPLETED = { succeeded: 'CustomizationSucceeded', failed: 'CustomizationFailed' };
const GUEST_STATES = {
  TOOLSDEPLOYPKG_RUNNING: 'started',
  TOOLSDEPLOYPKG_SUCCEEDED: 'succeeded',
  TOOLSDEPLOYPKG_FAILED: 'failed',
};
const RANKS = ['VmNotStarted', 'CustomizationNotStarted', 'CustomizationStarted'];

/** Something was told that is not so. */
export class Wrong extends Error {}

/** What is wrong, where something has thrown: a fault of its own is one, too. */
export function complaintOf(error) {
  return error instanceof Wrong ? error.message : `it throws ${error.stack}`;
}

function demand(isRight, what) {
  if (!isRight) throw new Wrong(typeof what === 'function' ? what() : what);
}

export class Oracle {
  #world;
  #cover;
  #options;
  /** The events of the world, by what identifies them on the wire. */
  #events = new Map();
  #byId;
  #begunAt = 0;
  /** The power-on that a customization run of a guest truly came after. */
  #boots = new Map();
  /** What goes with a snapshot. */
  #is;
  /** What is true for as long as the world lasts. */
  #requests = { reads: 0, reasons: 0, propertyReads: 0, atMs: -1, atOnce: 0 };

  /**
   * @param {object} world
   * @param {(what: string) => void} cover called with what was judged
   */
  constructor(world, cover) {
    this.#world = world;
    this.#cover = cover;
    this.#options = {
      timeoutSeconds: 600,
      lookbackSeconds: 300,
      pollIntervalSeconds: 15,
      stuckAfterSeconds: 600,
      settleSeconds: 30,
      attempts: 'follow',
      ...world.options,
    };
    this.#byId = new Map(world.events.map((event) => [event.id, event]));
    for (const event of world.events) this.#events.set(`${event.vm} ${event.type} ${event.key} ${event.time}`, event);
    for (const { vm, startTime, boot } of world.states) {
      const run = `${vm} ${serverMs(world.clock, startTime ?? 0)}`;
      if (startTime !== undefined && !this.#boots.has(run)) this.#boots.set(run, boot);
    }
    this.#is = {
      rows: new Map(),
      order: [],
      n: 0,
      lastCallAt: null,
      ended: null,
      cancelled: false,
      fatal: false,
      lastReadAt: null,
      asked: [],
      propertyReads: new Map(),
    };
  }

  get ended() {
    return this.#is.ended !== null;
  }

  /** The state as of a snapshot, for {@link load}. */
  save() {
    return structuredClone(this.#is);
  }

  load(saved) {
    this.#is = structuredClone(saved);
    this.#requests.reasons += 1;
  }

  // ---- what is fed

  /** @param {string} serverTime vCenter's clock at that time */
  begin(vms, serverTime, at) {
    this.#begunAt = at;
    this.#is.order = [...vms];
    for (const vm of vms) this.#is.rows.set(vm, this.#newRow(serverTime, at, false));
  }

  setVms(vms, serverTime, at) {
    if (!this.#fed(at)) return;
    const known = this.#is.rows;
    this.#requests.reasons += 1;
    this.#is.order = vms;
    this.#is.rows = new Map(vms.map((vm) => [vm, known.get(vm) ?? this.#newRow(serverTime, at, true)]));
    this.#cover('VMs that come and go');
  }

  /** @param {string} document as it was fed @param {boolean} isWhole whether its last line is */
  events(document, complete, isWhole, at) {
    if (!this.#fed(at)) return;
    for (const told of itemsOf(document, isWhole)) {
      const event = this.#eventOf(told);
      const row = this.#is.rows.get(event?.vm);
      if (row === undefined || event.time < row.windowMs) {
        if (row !== undefined) this.#cover('D1 an event before the window');
        continue;
      }
      if (row.seen.has(event.id)) {
        this.#cover('D14 an event again');
        continue;
      }
      row.seen.add(event.id);
      row.news.push(event.kind);
      row.truth = undefined;
    }
    if (complete && isWhole) {
      this.#is.lastReadAt = at;
      for (const row of this.#is.rows.values()) row.isObserved ||= !row.isAdded || row.isAsked;
      for (const { vm, at: askedAt } of this.#is.asked) {
        const row = this.#is.rows.get(vm);
        // One that was refused was not read.
        if (row?.refused.size === 0) row.readAt = Math.max(row.readAt, askedAt);
      }
    } else if (complete) {
      this.#requests.reasons += 1;
    }
  }

  guestInfo(info, at) {
    if (!this.#fed(at)) return;
    const row = this.#is.rows.get(info.vm);
    if (row === undefined) return;
    if (info.powerState) row.powers.add(info.powerState);
    if (info.pendingCustomization !== undefined) row.pendings.add(info.pendingCustomization);
    const state = GUEST_STATES[info.customizationStatus];
    const boot = this.#boots.get(`${info.vm} ${Date.parse(info.startTime)}`);
    if (state === undefined || boot === undefined) return;
    row.guests.set(`${boot} ${state}`, { boot, state });
    row.news.push(`guest ${state}`);
    row.truth = undefined;
  }

  /** An answer to the read of properties with that number. */
  guestAnswer(number, infos, at) {
    const askedAt = this.#is.propertyReads.get(number) ?? Number.NEGATIVE_INFINITY;
    for (const info of infos) {
      const row = this.#is.rows.get(info.vm);
      row?.shown.push({ askedAt, at, isReady: this.#isReady(info) });
    }
    for (const info of infos) this.guestInfo(info, at);
  }

  readFailed({ kind, vm }, at) {
    if (!this.#fed(at)) return;
    this.#requests.reasons += 1;
    const row = this.#is.rows.get(vm);
    if (row && ['noPermission', 'notFound', 'fatal'].includes(kind)) row.refused.add(kind);
    if (vm === undefined && ['noPermission', 'notFound', 'fatal'].includes(kind)) this.#is.fatal = true;
  }

  loggedIn(at) {
    if (this.#fed(at)) this.#requests.reasons += 1;
  }

  cancel(at) {
    if (this.#fed(at)) this.#is.cancelled = true;
  }

  timeout(at) {
    // From then on the last read has its time; a host that sleeps calls late.
    if (at >= this.#deadlineMs) this.#is.lastCallAt ??= at;
  }

  /** Whether it counts: after the end nothing does. */
  #fed(at) {
    const { lastCallAt } = this.#is;
    return !this.ended && (lastCallAt === null || at <= lastCallAt + LAST_READ_MS);
  }

  // ---- what is told

  /** @param {object} update what one input brought @param {number} at when */
  update({ outputs, ended }, at) {
    demand(!this.ended || outputs.length === 0, () => `after the end ${JSON.stringify(outputs[0])} is told`);
    for (const output of outputs) this.#output(output, at);
    if (ended && !this.ended) this.#is.ended = at;
  }

  #output(output, at) {
    switch (output.type) {
      case 'transition':
        return this.#transition(output.transition, at);
      case 'concluded':
        this.#cover(`conclusion ${output.row.conclusion}`);
        return undefined;
      case 'stuck': {
        const row = this.#is.rows.get(output.vm);
        demand(row, () => `${output.vm} is not watched, and has the hint ${output.hint}`);
        demand(
          at >= row.stepAt + this.#options.stuckAfterSeconds * 1000,
          () => `${output.vm} has a hint after ${at - row.stepAt} ms`,
        );
        return this.#hint(output.vm, row, output.hint);
      }
      case 'read':
        return this.#read(output.query, at);
      case 'readGuestInfo':
        this.#requests.propertyReads += 1;
        this.#is.propertyReads.set(output.query.number, at);
        for (const vm of output.query.vms) {
          const { status } = this.#is.rows.get(vm) ?? {};
          demand(status === 'CustomizationSucceeded', () => `whether ${vm} is ready is asked for, and it is ${status}`);
        }
        return undefined;
      default:
        return undefined;
    }
  }

  #read({ vms, reason, timeoutMs }, at) {
    this.#cover(`read ${reason}`);
    const requests = this.#requests;
    requests.reads += 1;
    requests.atOnce = requests.atMs === at ? requests.atOnce + 1 : 1;
    requests.atMs = at;
    demand(requests.atOnce <= 10 + 2 * this.#world.vms.length, `${requests.atOnce} reads are asked for at once`);
    demand(
      vms.every((vm) => this.#is.rows.has(vm)),
      () => `of ${vms} not all are watched`,
    );
    demand(timeoutMs === null || timeoutMs <= LAST_READ_MS, () => `the last read may take ${timeoutMs} ms`);
    for (const vm of vms) this.#is.rows.get(vm).isAsked = true;
    // Where a VM drops out, the rest of the answer that told it may be what completes the read.
    const before = new Map(this.#is.asked.map(({ vm, at: askedAt }) => [vm, askedAt]));
    this.#is.asked = vms.map((vm) => ({ vm, at: reason === 'vmDropped' ? (before.get(vm) ?? at) : at }));
  }

  #transition({ n, vm, name, from, to, attempt, inferred }, at) {
    const row = this.#is.rows.get(vm);
    demand(row, () => `${vm} is not watched, and has a transition`);
    demand(n === this.#is.n, () => `the transition ${n} comes after ${this.#is.n - 1}`);
    demand(from === row.status, () => `${vm} goes from ${from} and was ${row.status}`);
    demand(row.news.length > 0, () => `${vm} goes to ${to}, and nothing new was told of it`);
    demand(name === null || this.#namesOf(vm).has(name), () => `${vm} was never named ${name}`);
    this.#is.n += 1;
    if (inferred) this.#cover('D4 an inferred transition');
    if (attempt > 1 && attempt > row.attempt) this.#cover('D6 another attempt');
    if (RESULTS.includes(from)) this.#wayBack(vm, row, { from, to, attempt });
    Object.assign(row, { status: to, attempt, stepAt: at });
    if (to === 'CustomizationSucceeded') row.succeededAt = at;
  }

  /** Only a failure, a boundary that is learnt late and an event against guest info lead back from a result. */
  #wayBack(vm, row, { from, to, attempt }) {
    const { news } = row;
    const isRevised = from === 'CustomizationSucceeded' && to === 'CustomizationFailed' && attempt === row.attempt;
    const isFailure = isRevised && (news.includes('failed') || news.includes('guest failed'));
    const isBoundary = news.some((kind) => POWER_ONS.includes(kind) || kind === 'started');
    const isResult = news.some((kind) => kind in COMPLETED);
    // One that comes late can show that a power-on opened nothing.
    const isLate = isResult && attempt < row.attempt;
    const isOverruled = isResult && row.guests.size > 0;
    demand(isFailure || isBoundary || isLate || isOverruled, () => `${vm} goes back from ${from} to ${to} by ${news}`);
    if (isFailure) this.#cover('D5 a success that becomes a failure');
    else if (isBoundary) this.#cover('D2 a boundary that is learnt late');
    else this.#cover(isLate ? 'D6 a result that comes late' : 'D17 an event against guest info');
  }

  // ---- what is so

  /** To be called when an input was fed whole: what was told is what is so, of all that was fed until then. */
  check(at) {
    for (const [vm, row] of this.#is.rows) {
      if (row.news.length === 0) continue;
      row.news = [];
      const truth = this.#truthOf(row);
      demand(
        truth.status === row.status && (truth.attempt === row.attempt || truth.attempt === 0),
        () =>
          `${vm} is told to be ${row.status} in attempt ${row.attempt}, and is ${truth.status} in attempt ${truth.attempt}, at ${at}`,
      );
    }
    const { reads, reasons, propertyReads } = this.#requests;
    const { pollIntervalSeconds } = this.#options;
    const allowed = 4 + reasons + (at - this.#begunAt) / (pollIntervalSeconds * 1000);
    demand(reads <= allowed, () => `${reads} reads by ${at}, and ${allowed} have a reason`);
    const allowedReads = 10 + 2 * reasons + this.#is.n + (at - this.#begunAt) / 5_000;
    demand(
      propertyReads <= allowedReads,
      () => `${propertyReads} reads of properties by ${at}, and ${allowedReads} have a reason`,
    );
  }

  /** The rows as they are told. */
  rows(rows, at) {
    demand(
      rows.map(({ vm }) => vm).join() === this.#is.order.join(),
      () => `rows of ${rows.map(({ vm }) => vm)} for ${this.#is.order}`,
    );
    for (const told of rows) this.#row(told, this.#is.rows.get(told.vm), at);
    const isDone = rows.every(({ conclusion }) => conclusion !== undefined);
    demand(!isDone || this.ended || this.#options.attempts === 'reopen', 'all VMs are concluded, and the run goes on');
    demand(!this.ended || isDone, 'the run is over, and not all VMs are concluded');
  }

  #row(told, row, at) {
    const { vm, customizationStatus: status, conclusion, attempt } = told;
    const truth = this.#truthOf(row);
    const wrong = (field, is) => () =>
      `${vm} has the ${field} ${JSON.stringify(told[field])}, and it is ${JSON.stringify(is)}, at ${at}`;
    demand(status === row.status, wrong('customizationStatus', row.status));
    demand(attempt === truth.attempt, wrong('attempt', truth.attempt));
    const time = (ms) => (ms === undefined ? null : new Date(ms).toISOString());
    demand(told.poweredOnAt === time(truth.poweredOnMs), wrong('poweredOnAt', time(truth.poweredOnMs)));
    if (truth.result) {
      demand(told.finishedAt === time(truth.result.time), wrong('finishedAt', time(truth.result.time)));
      demand(truth.result.time >= row.windowMs, () => `${vm} has a result from before the window`);
    }
    if (truth.result?.kind === 'failed') {
      const { type, reason = null, key } = truth.result;
      const is = { type, reason, eventKey: key };
      const { failure } = told;
      demand(failure?.type === type && failure.reason === reason && failure.eventKey === key, wrong('failure', is));
      this.#cover(`failure ${type}`);
      this.#cover(`reason ${reason}`);
    }
    demand(told.name === null || this.#namesOf(vm).has(told.name), wrong('name', [...this.#namesOf(vm)]));
    if (told.revised) this.#cover('D5 revised');
    if (told.guestInfoDisagrees) this.#cover('D17 guest info disagrees');
    if (told.readyAt !== undefined) this.#settled(vm, row);
    const ready =
      told.readyAt !== undefined || this.#options.ready === undefined || status !== 'CustomizationSucceeded';
    this.#conclusion(told, row, { truth, at, isReady: ready, has: conclusion });
    if (told.hint) this.#hint(vm, row, told.hint);
  }

  /** The first that holds, and none without its reason. */
  #conclusion({ vm }, row, { truth, at, isReady, has }) {
    const { ended, cancelled, fatal } = this.#is;
    const ends = [
      [ended !== null && ended >= this.#deadlineMs, 'timedOut'],
      [cancelled, 'cancelled'],
      [fatal, 'unobservable'],
    ];
    const firstOf = [
      [RESULTS.includes(truth.status) && isReady, 'completed'],
      [row.refused.has('notFound') || this.#isRemoved(row), 'vmRemoved'],
      [row.refused.size > 0, 'unobservable'],
      [truth.attempt === 0 && row.isObserved && this.#options.waitForPowerOn !== true, 'notStarted'],
    ];
    const own = firstOf.find(([holds]) => holds)?.[1];
    const possible = own ? [own] : ended === null ? [undefined] : ends.filter(([holds]) => holds).map(([, why]) => why);
    demand(
      possible.includes(has),
      () => `${vm} is concluded ${has}, and it is ${possible.join(' or ') || 'open'}, at ${at}`,
    );
  }

  /** D19: a guest is ready when answers have shown it for long enough, and none in between has not. */
  #settled(vm, row) {
    const after = row.shown.filter(({ askedAt }) => askedAt >= row.succeededAt);
    const isSettled = after.some(
      (last, place) =>
        last.isReady === true &&
        after
          .slice(0, place + 1)
          .some(
            (first, from) =>
              first.isReady === true &&
              last.at - first.at >= this.#options.settleSeconds * 1000 &&
              after.slice(from, place).every(({ isReady }) => isReady !== false),
          ),
    );
    demand(isSettled, () => `${vm} is told to be ready, and ${JSON.stringify(row.shown)} was shown`);
    this.#cover('D19 ready');
  }

  /** D18: what a hint says was once told. */
  #hint(vm, row, hint) {
    const { status } = row;
    const isPowered = status !== 'VmNotStarted';
    const grounds = {
      notRead: true,
      poweredOff: isPowered && (row.powers.has('poweredOff') || row.powers.has('suspended')),
      poweredOnEarlier: !isPowered && row.powers.has('poweredOn'),
      neverPoweredOn: !isPowered,
      nothingPending: row.pendings.has(false) && RANKS.indexOf(status) < 2,
      pendingNotStarted: row.pendings.has(true) && RANKS.indexOf(status) < 2,
      notStarted: RANKS.indexOf(status) < 2,
      startedNoResult: status === 'CustomizationStarted',
      notReady: status === 'CustomizationSucceeded' && this.#options.ready !== undefined,
    };
    demand(grounds[hint], () => `${vm} is ${status} and has the hint ${hint}, for which there is no ground`);
    this.#cover(`hint ${hint}`);
  }

  /**
   * The report at the end: it came in time, and nothing is missing that could have been read.
   *
   * @returns {number} of how many VMs the whole truth was told
   */
  report(report, endedAt) {
    this.rows(report.vms, endedAt);
    const lastReadMs = this.#is.lastReadAt === null ? null : this.#is.lastReadAt - this.#begunAt;
    const latest = (this.#is.lastCallAt ?? Number.POSITIVE_INFINITY) + LAST_READ_MS;
    demand(
      report.endedAtMs !== null && this.#begunAt + report.endedAtMs <= latest,
      () => `the run ends ${report.endedAtMs} ms after ${this.#begunAt}, and has to by ${latest}`,
    );
    demand([lastReadMs, report.endedAtMs].includes(report.reading.lastReadAtMs), 'the last complete read is another');
    for (const [at, { n }] of report.transitions.entries()) {
      demand(
        n === at + (report.transitionsDropped ?? 0),
        () => `the ${at}th transition of the report has the number ${n}`,
      );
    }
    let whole = 0;
    for (const [vm, row] of this.#is.rows) {
      const missing = this.#world.events.find((event) => this.#isOwed(event, vm, row) && !row.seen.has(event.id));
      demand(!missing, () => `${JSON.stringify(missing)} could be read of ${vm}, and was not`);
      if (
        row.readAt >= 0 &&
        this.#world.events.every(
          (event) =>
            event.vm !== vm ||
            event.time < row.windowMs ||
            row.seen.has(event.id) ||
            event.kind === 'other' ||
            event.seenAt > row.readAt,
        )
      )
        whole += 1;
    }
    return whole;
  }

  /** Whether it was there to be read when the newest complete read of its VM was asked for, and not too late to be read. */
  #isOwed({ vm, kind, time, at, seenAt, goneAt }, of, row) {
    if (vm !== of || kind === 'other' || goneAt !== undefined || time < row.windowMs || seenAt > row.readAt)
      return false;
    // By a clock that was stepped before the run began it is that much later; what is stepped later is known by the host's.
    const steps = this.#world.clock.steps.filter((step) => step.at > at && step.at <= Math.min(seenAt, this.#begunAt));
    return steps.reduce((lateMs, { byMs }) => lateMs + byMs, seenAt - at) <= PUNCTUAL_MS;
  }

  #truthOf(row) {
    row.truth ??= this.#truthAnew(row);
    return row.truth;
  }

  #truthAnew(row) {
    const seen = this.#seenOf(row);
    const openers = openersOf(seen);
    const withStart = openers.length === 0 ? seen.filter(({ kind }) => kind === 'started') : openers;
    const anchor = withStart.findLast(({ time }) => time <= row.startMs) ?? withStart[0];
    if (anchor === undefined) return { status: 'VmNotStarted', attempt: 0 };
    let [current, attempt] = [anchor, 1];
    for (const next of openers.filter(({ boot }) => boot > anchor.boot)) {
      const hasResult = seen.some(({ kind, boot }) => kind in COMPLETED && boot >= current.boot && boot < next.boot);
      const opens = this.#options.attempts === 'reopen' || (this.#options.attempts === 'follow' && !hasResult);
      this.#cover(opens ? 'D6 a power-on that opens an attempt' : 'D6 a power-on that is ignored');
      if (opens) [current, attempt] = [next, attempt + 1];
    }
    const mine = seen.filter(({ boot }) => boot >= current.boot);
    const result = mine.find(({ kind }) => kind === 'failed') ?? mine.find(({ kind }) => kind === 'succeeded');
    const guests = [...row.guests.values()].filter(({ boot }) => boot >= current.boot).map(({ state }) => state);
    const guestResult = ['failed', 'succeeded'].find((state) => guests.includes(state));
    const isStarted = guests.length > 0 || mine.some(({ kind }) => kind === 'started');
    const status =
      COMPLETED[result?.kind ?? guestResult] ?? (isStarted ? 'CustomizationStarted' : 'CustomizationNotStarted');
    this.#coverTruth({ row, seen, openers, anchor, result, guestResult });
    return { status, attempt, result, poweredOnMs: openers.length === 0 ? undefined : current.time };
  }

  #coverTruth({ row, seen, openers, anchor, result, guestResult }) {
    this.#cover(anchor.time <= row.startMs ? 'D2 a power-on before the start' : 'D2 a power-on after the start');
    if (openers.length === 0) this.#cover('D3 a start that stands in');
    else this.#cover(`D3 opened by ${anchor.kind}`);
    if (result && guestResult) this.#cover('D17 events and guest info');
    if (!result && guestResult) this.#cover('D17 guest info alone');
    if (seen.some(({ kind, boot }) => kind in COMPLETED && boot < anchor.boot)) this.#cover('D2 an older result');
    if (result?.kind === 'failed' && seen.some(({ kind, boot }) => kind === 'succeeded' && boot === result.boot))
      this.#cover('D5 failure and success');
  }

  #seenOf(row) {
    return [...row.seen].map((id) => this.#byId.get(id)).sort((a, b) => a.boot - b.boot || a.id - b.id);
  }

  #isRemoved(row) {
    const seen = this.#seenOf(row);
    return seen.some(
      (removed) =>
        removed.kind === 'removed' && !seen.some(({ kind, boot }) => POWER_ONS.includes(kind) && boot > removed.boot),
    );
  }

  #isReady({ toolsRunningStatus, guestOperationsReady }) {
    const { ready } = this.#options;
    if (ready === undefined) return undefined;
    if (toolsRunningStatus !== undefined && toolsRunningStatus !== 'guestToolsRunning') return false;
    if (ready === 'tools') return toolsRunningStatus === undefined ? undefined : true;
    if (guestOperationsReady === false) return false;
    return toolsRunningStatus === undefined || guestOperationsReady === undefined ? undefined : true;
  }

  #eventOf({ _typeName = '', key, createdTime, vm }) {
    const type = _typeName.split('.').at(-1);
    const time = Date.parse(createdTime.replace(/(\.\d{3})\d+/, '$1'));
    return this.#events.get(`${vm?.vm.value} ${type} ${key} ${time}`);
  }

  #namesOf(vm) {
    const events = this.#world.events.filter((event) => event.vm === vm).map(({ name }) => name);
    return new Set([...events, this.#world.vms.find((one) => one.vm === vm)?.name]);
  }

  #newRow(serverTime, at, isAdded) {
    return newRow(at, Date.parse(serverTime), this.#options.lookbackSeconds, isAdded);
  }

  get #deadlineMs() {
    return this.#begunAt + Math.round(this.#options.timeoutSeconds * 1000);
  }
}

/** A VM of which nothing is known yet. */
function newRow(at, startMs, lookbackSeconds, isAdded) {
  return {
    startMs,
    windowMs: startMs - lookbackSeconds * 1000,
    isAdded,
    isAsked: false,
    isObserved: false,
    /** What was told of it since it was judged last. */
    news: [],
    /** When the newest of its reads was asked for that was complete. */
    readAt: Number.NEGATIVE_INFINITY,
    seen: new Set(),
    /** What is so by what was seen; undefined where that is to be found out anew. */
    truth: undefined,
    guests: new Map(),
    powers: new Set(),
    pendings: new Set(),
    refused: new Set(),
    shown: [],
    status: 'VmNotStarted',
    attempt: 0,
    stepAt: at,
    succeededAt: Number.NEGATIVE_INFINITY,
  };
}

/** The power-ons that are known: by their own event or, where none of these was ever seen before, by that of what followed. */
function openersOf(seen) {
  const isOwn = ({ kind }) => kind === 'starting' || kind === 'unsupported';
  const boots = [...new Set(seen.filter(({ kind }) => POWER_ONS.includes(kind)).map(({ boot }) => boot))];
  return boots.flatMap((boot) => {
    const of = (kind) => seen.find((event) => event.boot === boot && event.kind === kind);
    const own = of('starting') ?? of('unsupported');
    const isStoodIn = !seen.some((event) => isOwn(event) && event.boot <= boot);
    return own ?? (isStoodIn ? of('poweredOn') : undefined) ?? [];
  });
}

/** The events of a document: VI JSON, alone or in what a PropertyCollector answers, lines of it, or SOAP. */
function itemsOf(document, isWhole) {
  if (document.startsWith('<')) return soapItems(document);
  if (document.startsWith('[') || document.startsWith('{')) {
    try {
      return jsonItems(JSON.parse(document));
    } catch {
      // Lines.
    }
  }
  const lines = document.split('\n');
  return (isWhole ? lines : lines.slice(0, -1)).filter((line) => line !== '').map((line) => JSON.parse(line));
}

function jsonItems(value) {
  if (value === null || typeof value !== 'object') return [];
  if (value.createdTime !== undefined && value._typeName !== undefined) return [value];
  return Object.values(value).flatMap(jsonItems);
}

function soapItems(text) {
  const event =
    /xsi:type="(?:\w+:)?(\w+)"[^>]*><key>(-?\d+)<\/key>.*?<createdTime>([^<]+)<(.*?)(?=xsi:type="[^"]*"[^>]*><key>|$)/gs;
  return [...text.matchAll(event)].map(([, _typeName, key, createdTime, rest]) => {
    const value = /<vm[^>]*><name>[^<]*<\/name><vm[^>]*>([^<]+)</.exec(rest)?.[1];
    return { _typeName, key: Number(key), createdTime, vm: value && { vm: { value } } };
  });
}
