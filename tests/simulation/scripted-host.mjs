/** A host that drives the core as WebAssembly through a world, on simulated time, and has everything judged. */
import { Monitor, WireError } from '../../bindings/dist/node.js';
import { complaintOf, Oracle, Wrong } from './oracle.mjs';
import { WorldVCenter } from './vcenter.mjs';

const CALL_TIMEOUT_MS = 30_000;
const MOST_INPUTS = 20_000;
const WITHOUT_GUESTS = ['retry', 'vmDropped'];
/** Host time of whoever restores a run begins anywhere. */
const OTHER_CLOCKS = [777_000, 0, 123_456_789];

/**
 * Lives through a world.
 *
 * @param {object} world
 * @param {object} [how]
 * @param {(what: string) => void} [how.cover] called with what has happened
 * @param {(update: object) => object} [how.told] changes what the machine tells: to see that the oracle notices
 * @param {(answer: object) => object} [how.handedOn] changes what a read answers before it is fed: a host that is wrong
 * @param {object} [how.keeper] what is left of the run after a crash: see `LastSnapshots`
 * @returns {{ complaint: string | undefined, recording: object, inputs: number, whole: number, vms: number }}
 */
export function live(
  world,
  { cover = () => undefined, told = same, handedOn = same, keeper = new LastSnapshots(world) } = {},
) {
  const run = new Run(world, { cover, told, handedOn, keeper });
  let complaint;
  try {
    run.toTheEnd();
  } catch (error) {
    complaint = complaintOf(error);
  } finally {
    run.dispose();
  }
  const { recording, inputs, whole } = run;
  return { complaint, recording, inputs, whole, vms: world.watched.length };
}

/** The last snapshots, of which a crash leaves one that may be older than the last input. */
class LastSnapshots {
  #crashes;
  #kept = [];
  #take;

  constructor({ actions }) {
    this.#crashes = actions.filter(({ do: what }) => what === 'crash').length;
  }

  /** @param {() => {snapshot: object, truth: object}} take what to go on from */
  begin(take) {
    this.#take = take;
    this.#kept = [];
  }

  /** Called after each input, with what it brought. */
  after({ ended }) {
    if (this.#crashes === 0 || ended) return;
    this.#kept.push(this.#take());
    if (this.#kept.length > 4) this.#kept.shift();
  }

  /** Answers what is left; undefined where nothing is, and it does not crash. */
  crash({ sinceSnapshotInputs }) {
    this.#crashes -= 1;
    return this.#kept.at(-1 - sinceSnapshotInputs) ?? this.#kept[0];
  }

  /** The run has come to its end. Answers what another goes on from all the same. */
  end() {}
}

class Run {
  inputs = 0;
  whole = 0;
  #world;
  #vcenter;
  #oracle;
  #cover;
  #told;
  #handedOn;
  #monitor;
  #now = 0;
  /** Host time less true time. */
  #offset = 0;
  #due = null;
  #ended = false;
  /** Nobody goes on with it: its result was there already. */
  #isOver = false;
  #read;
  #logIn;
  #guestRead;
  #pushes;
  #actions;
  #keeper;
  #clocks = [...OTHER_CLOCKS];
  #pages = 0;

  constructor(world, { cover, told, handedOn, keeper }) {
    this.#world = world;
    this.#cover = cover;
    this.#told = told;
    this.#handedOn = handedOn;
    this.#keeper = keeper;
    this.#vcenter = new WorldVCenter(world, cover);
    this.#oracle = new Oracle(world, cover);
    this.#pushes = this.#vcenter.pushes();
    this.#actions = [...world.actions];
    const startedAt = this.#vcenter.serverTime(0);
    this.recording = {
      format: 'vm-customization-recording/1',
      startedAt,
      vms: this.#refsOf(world.watched),
      options: world.options,
      steps: [],
    };
    this.#monitor = new Monitor(this.recording.vms, world.options, startedAt, 0);
    this.#oracle.begin(world.watched, startedAt, 0);
    this.#beginKeeping();
  }

  #beginKeeping() {
    this.#keeper.begin(() => ({ snapshot: this.#monitor.snapshot(), truth: this.#oracle.save() }));
  }

  dispose() {
    this.#monitor.dispose();
  }

  toTheEnd() {
    this.#obey([this.#take(this.#monitor.drain())]);
    while (!this.#ended) {
      if (this.inputs > MOST_INPUTS) throw new Wrong(`the run goes on after ${MOST_INPUTS} inputs`);
      this.#turn();
      if (this.#ended) this.#resume(this.#keeper.end(), 0);
    }
    if (this.#isOver) return;
    const report = this.#monitor.report();
    this.whole = this.#oracle.report(report, this.#now);
    this.#afterTheEnd(report);
  }

  /** What happens next. */
  #turn() {
    const inputs = [this.#read, this.#logIn, this.#guestRead, this.#pushes[0], this.#actions[0]].filter(Boolean);
    const next = inputs.reduce((first, input) => (input.at < first.at ? input : first), {
      at: Number.POSITIVE_INFINITY,
    });
    const due = this.#due === null ? Number.POSITIVE_INFINITY : this.#due.atMs - this.#offset;
    const at = Math.min(next.at, due);
    if (at === Number.POSITIVE_INFINITY) throw new Wrong('the run waits for nothing');
    this.#now = Math.max(this.#now, at);
    // An input comes before the clock at the same instant.
    if (due < next.at) this.#timeout();
    else this.#input(next);
  }

  #timeout() {
    // Before a hint falls due the host feeds the power of the VMs.
    if (this.#due.reason === 'stuck') {
      const infos = this.#vcenter.guests(this.#openVms(), this.#now).map(withoutReadiness);
      if (infos.length > 0) this.#feedGuests(infos);
      if (this.#ended) return;
    }
    this.#oracle.timeout(this.#now);
    this.#obey([this.#feed((monitor, at) => monitor.handleTimeout(at))]);
  }

  #input(input) {
    if (input === this.#read) {
      this.#read = undefined;
      this.#answerRead(input);
    } else if (input === this.#logIn) {
      this.#logIn = undefined;
      this.#answerLogIn(input);
    } else if (input === this.#guestRead) {
      this.#guestRead = undefined;
      this.#answerGuestRead(input);
    } else if (input === this.#pushes[0]) {
      this.#pushes.shift();
      this.#cover('a push');
      this.#obey([this.#feedDocument(input.document, false)]);
    } else {
      this.#actions.shift();
      this.#act(input);
    }
  }

  // ---- what happens to the host

  #act(action) {
    this.#cover(`the host: ${action.do}`);
    switch (action.do) {
      case 'sleep':
        this.#now += action.forMs;
        break;
      case 'crash':
        this.#crash(action);
        break;
      case 'setVms':
        this.#setVms(action.vms);
        break;
      case 'cancel':
        this.#record({ cancel: true });
        this.#oracle.cancel(this.#now);
        this.#obey([this.#feed((monitor, at) => monitor.cancel(at))]);
        break;
      default:
        throw new Error(`a host does not ${action.do}`);
    }
  }

  #setVms(vms) {
    const serverTime = this.#vcenter.serverTime(this.#now);
    this.#record({ vms: this.#refsOf(vms), serverTime });
    this.#oracle.setVms(vms, serverTime, this.#now);
    this.#obey([this.#feed((monitor, at) => monitor.setVms(this.#refsOf(vms), serverTime, at))]);
  }

  /** All is lost but a snapshot, which may be older than the last input. */
  #crash(action) {
    this.#resume(this.#keeper.crash(action), action.downMs);
  }

  /** @param {object} [kept] what is left of the run; where nothing is, it goes on as it was */
  #resume(kept, downMs) {
    if (kept === undefined) return;
    this.#isOver = kept.over === true;
    this.#ended = this.#isOver;
    if (this.#isOver) return;
    this.#monitor.dispose();
    this.#read = undefined;
    this.#logIn = undefined;
    this.#guestRead = undefined;
    this.#now += downMs;
    const hostNow = this.#clocks.shift() ?? 5;
    this.#offset = hostNow - this.#now;
    this.#monitor = Monitor.restore(kept.snapshot, this.#vcenter.serverTime(this.#now), hostNow);
    this.#oracle.load(kept.truth);
    this.#beginKeeping();
    this.#obey([this.#take(this.#monitor.drain())]);
  }

  // ---- what the machine asks for

  /** Acts on updates that belong to one input: what they ask for counts of the last, but for reads of properties. */
  #obey(updates) {
    for (const [at, update] of updates.entries()) {
      for (const output of update.outputs) {
        if (this.#ended) break;
        if (output.type === 'readGuestInfo') this.#askGuests(output.query);
        if (at < updates.length - 1) continue;
        if (output.type === 'read') this.#ask(output.query);
        if (output.type === 'logIn') this.#logIn = { at: this.#now + this.#vcenter.latencyMs('logIn') };
      }
    }
  }

  #ask(query) {
    const guests = WITHOUT_GUESTS.includes(query.reason) ? [] : this.#vcenter.guests(this.#openVms(), this.#now);
    const timeoutMs = query.timeoutMs ?? CALL_TIMEOUT_MS;
    const latencyMs = this.#vcenter.latencyMs('read');
    const answer = this.#handedOn(this.#vcenter.read(query, this.#now + Math.floor(latencyMs / 2)));
    const isLate = answer.hangs || latencyMs > timeoutMs;
    this.#read = isLate
      ? { at: this.#now + timeoutMs, answer: { failure: { kind: 'transient', message: 'time-out' } }, guests: [] }
      : { at: this.#now + latencyMs, answer, guests: guests.map(withoutReadiness) };
  }

  #askGuests(query) {
    const answer = this.#vcenter.readGuestInfo(query.vms, this.#now);
    const latencyMs = this.#vcenter.latencyMs('guestRead');
    this.#guestRead = answer.kind === 'hangs' ? undefined : { at: this.#now + latencyMs, query, answer };
  }

  // ---- what the vCenter answers

  #answerRead({ answer, guests }) {
    if (answer.failure) {
      this.#obey([this.#feedFailure(answer.failure)]);
      return;
    }
    const { documents, complete, failures } = answer;
    const updates = [];
    // At the start there is no attempt yet that the guest's word could be taken for; later an event says more.
    const guestsFirst = this.#pages++ === 0;
    const feedGuests = () => updates.push(...(guests.length > 0 ? [this.#feedGuestsOnly(guests)] : []));
    if (guestsFirst) feedGuests();
    const isSplit = failures.length > 0 || (!guestsFirst && guests.length > 0);
    let isWhole = complete;
    let isCounted = false;
    for (const [at, document] of documents.entries()) {
      const isLast = at === documents.length - 1;
      try {
        const update = this.#feedDocument(document, isLast && isWhole && !isSplit);
        updates.push(update);
        if (update.ingested?.failure) {
          isCounted = isLast && isWhole && !isSplit;
          isWhole = false;
        }
      } catch (error) {
        if (!(error instanceof WireError)) throw error;
        isWhole = false;
        isCounted = false;
      }
    }
    for (const failure of failures) updates.push(this.#feedFailure(failure));
    if (!guestsFirst) feedGuests();
    if (!isWhole && !isCounted) updates.push(this.#feedFailure({ kind: 'transient' }));
    else if (isWhole && isSplit) updates.push(this.#feedDocument('[]', true));
    this.#obey(updates);
  }

  #answerLogIn() {
    const failure = this.#vcenter.logIn();
    if (failure) {
      this.#obey([this.#feedFailure(failure.kind === 'hangs' ? { kind: 'transient' } : failure)]);
      return;
    }
    this.#record({ loggedIn: true });
    this.#oracle.loggedIn(this.#now);
    this.#obey([this.#feed((monitor, at) => monitor.handleLoggedIn(at))]);
  }

  #answerGuestRead({ query, answer }) {
    if (answer.kind === 'notAuthenticated' && this.#logIn === undefined) {
      this.#obey([this.#feedFailure({ kind: 'notAuthenticated' })]);
    }
    if (answer.kind !== undefined) return;
    this.#record({ guestInfo: answer.infos });
    this.#oracle.guestAnswer(query.number, answer.infos, this.#now);
    this.#obey([this.#feed((monitor, at) => monitor.handleGuestAnswer(query.number, answer.infos, at))]);
  }

  // ---- feeding

  #feedDocument(document, complete) {
    const update = this.#feed(
      (monitor, at) => monitor.handleEvents(document, complete, at),
      ({ ingested }) => {
        const events = document.startsWith('[') ? JSON.parse(document) : document;
        this.#record({ events, ...(complete ? {} : { complete: false }) });
        this.#oracle.events(document, complete, ingested.failure === undefined, this.#now);
      },
    );
    return update;
  }

  #feedGuestsOnly(infos) {
    this.#record({ guestInfo: infos });
    for (const info of infos) this.#oracle.guestInfo(info, this.#now);
    return this.#feed((monitor, at) => monitor.handleGuestInfo(infos, at));
  }

  #feedGuests(infos) {
    this.#obey([this.#feedGuestsOnly(infos)]);
  }

  #feedFailure(failure) {
    this.#record({ readFailed: failure });
    this.#oracle.readFailed(failure, this.#now);
    return this.#feed((monitor, at) => monitor.handleReadFailed(failure, at));
  }

  /** @param {(update: object) => void} [taken] called when the machine has taken it, before what it tells is judged */
  #feed(call, taken = () => undefined) {
    this.inputs += 1;
    const update = call(this.#monitor, this.#now + this.#offset);
    taken(update);
    return this.#take(update);
  }

  /** Has judged what the machine tells. */
  #take(raw) {
    const update = this.#told(raw);
    this.#due = update.deadline;
    this.#ended ||= update.ended;
    this.#oracle.update(update, this.#now);
    this.#oracle.check(this.#now);
    if (update.outputs.some(({ type }) => type === 'transition' || type === 'concluded')) {
      this.#oracle.rows(this.#monitor.rows(), this.#now);
    }
    this.#keeper.after(update, this.#ended ? this.#monitor.report() : undefined);
    return update;
  }

  /** What comes after the end changes nothing. */
  #afterTheEnd(before) {
    const query = { vms: this.#world.watched, since: '2000-01-01T00:00:00Z', types: [] };
    const { documents = ['[]'] } = this.#vcenter.read(query, this.#now + 1_000_000);
    this.#now += 1;
    try {
      this.#take(this.#monitor.handleEvents(documents[0], true, this.#now + this.#offset));
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
    }
    this.#take(this.#monitor.handleReadFailed({ kind: 'fatal' }, this.#now + this.#offset));
    this.#take(this.#monitor.handleTimeout(this.#now + this.#offset + 1_000_000));
    const after = this.#monitor.report();
    for (const field of ['vms', 'transitions', 'endedAtMs']) {
      if (JSON.stringify(before[field]) !== JSON.stringify(after[field]))
        throw new Wrong(`after the end the ${field} change`);
    }
  }

  #record(step) {
    if (!this.#ended) this.recording.steps.push({ atMs: this.#now, ...step });
  }

  #refsOf(vms) {
    return vms.map((vm) => {
      const { name, isNamed } = this.#world.vms.find((one) => one.vm === vm);
      return isNamed ? { vm, name } : { vm };
    });
  }

  #openVms() {
    return this.#monitor
      .rows()
      .filter(({ conclusion }) => conclusion === undefined)
      .map(({ vm }) => vm);
  }
}

function same(one) {
  return one;
}

function withoutReadiness({ toolsRunningStatus: _, guestOperationsReady: __, ...rest }) {
  return rest;
}
