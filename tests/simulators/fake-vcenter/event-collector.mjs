/** EventHistoryCollectors: a page of the newest events, and a position to read on from. */
import { randomUUID } from 'node:crypto';
import { after } from './clock.mjs';
import { checkFilter, eventData, pageSizeOf } from './events.mjs';
import { Fault, invalidArgument } from './fault.mjs';

const MAX_READ = 1000;

/** The collectors of one server: a fixed number of slots for all sessions. */
export class EventCollectors {
  #slots = new Set();

  /**
   * @param {object} options
   * @param {import('./events.mjs').EventHistory} options.events
   * @param {number} options.max slots
   * @param {boolean} options.leak whether the slot of a collector stays taken when its session ends without destroying it
   * @param {number} options.initDelayMs how long a collector made with `delayedInit` takes
   * @param {import('./clock.mjs').Clock} options.clock
   * @param {() => void} options.changed called when the page of a collector changes without an event
   */
  constructor({ events, max, leak, initDelayMs, clock, changed }) {
    this.events = events;
    this.max = max;
    this.leak = leak;
    this.initDelayMs = initDelayMs;
    this.clock = clock;
    this.changed = changed;
  }

  /** How many slots are taken, and by how many collectors that nobody can reach any more. */
  count() {
    return { count: this.#slots.size, leaked: [...this.#slots].filter((collector) => collector.closed).length };
  }

  checkSlot() {
    if (this.#slots.size >= this.max) {
      throw new Fault('InvalidState', 'The operation is not allowed in the current state: too many event collectors.');
    }
  }

  /** Makes a collector in a session. */
  create(session, filter, visible) {
    checkFilter(filter);
    this.checkSlot();
    const collector = new EventCollector(this, session, filter, visible);
    this.#slots.add(collector);
    session.objects.set(collector.ref.value, collector);
    return collector;
  }

  release(collector) {
    this.#slots.delete(collector);
  }
}

class EventCollector {
  #owner;
  #filter;
  #visible;
  #pageSize;
  /** Between two events of the history: the next to read on, and the previous to read back. */
  #position = 0;

  constructor(owner, session, filter, visible) {
    this.ref = { type: 'EventHistoryCollector', value: `session[${session.key}]${randomUUID()}` };
    this.#owner = owner;
    this.#filter = filter;
    this.#visible = visible;
    this.#pageSize = pageSizeOf(filter.maxCount);
    this.closed = false;
    this.initialized = !filter.delayedInit;
    if (this.initialized) return;
    after(owner.clock, owner.initDelayMs, () => {
      this.initialized = true;
      owner.changed();
    });
  }

  latestPage() {
    if (!this.initialized) return [];
    const { page } = this.#latest();
    return this.#owner.events.arrange(page, 'newestFirst').map((event) => eventData(event, this.#filter));
  }

  setPageSize(maxCount) {
    if (maxCount < 1) throw invalidArgument('maxCount');
    this.#pageSize = pageSizeOf(maxCount);
    this.#owner.changed();
  }

  readNext(maxCount) {
    return this.#read(maxCount, 1, 'oldestFirst');
  }

  readPrevious(maxCount) {
    return this.#read(maxCount, -1, 'newestFirst');
  }

  /** To before the latest page, so that reading on gives that page and reading back what came before it. */
  reset() {
    this.#position = this.#latest().position;
  }

  rewind() {
    this.#position = 0;
  }

  destroy(session) {
    session.objects.delete(this.ref.value);
    this.closed = true;
    this.#owner.release(this);
    this.#owner.changed();
  }

  /** The session is gone. */
  close() {
    this.closed = true;
    if (!this.#owner.leak) this.#owner.release(this);
  }

  #latest() {
    const { events } = this.#owner;
    return events.read(this.#filter, { from: events.length, step: -1, count: this.#pageSize, visible: this.#visible });
  }

  #read(count, step, order) {
    if (count < 1 || count > MAX_READ) throw invalidArgument('maxCount');
    const { events } = this.#owner;
    const read = events.read(this.#filter, { from: this.#position, step, count, visible: this.#visible });
    this.#position = read.position;
    return events.arrange(read.page, order).map((event) => eventData(event, this.#filter));
  }
}
