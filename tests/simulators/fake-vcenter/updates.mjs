/**
 * PropertyCollectors that tell changes: filters, the versions a client knows,
 * and the calls that wait.
 *
 * Every change is kept, by number; a version stands for a number, so that it
 * may be asked from again after an answer got lost, as documented.
 */
import { randomUUID } from 'node:crypto';
import { after } from './clock.mjs';
import { collect } from './collector.mjs';
import { Fault, invalidArgument, requestCanceled } from './fault.mjs';
import { changeBetween, coalesce, entered, updateSet } from './object-updates.mjs';

/** One PropertyFilter: what it selects, as last seen, and what changed. */
class Filter {
  constructor(collector, spec, partialUpdates, context) {
    this.ref = { type: 'PropertyFilter', value: `session[${context.session.key}]${randomUUID()}` };
    this.collector = collector;
    this.spec = { ...spec, reportMissingObjectsInResults: true };
    this.partialUpdates = partialUpdates;
    this.context = context;
    // Here an object that is missing is refused; later it leaves.
    this.seen = collect([spec], context);
    this.watchesEvents = spec.propSet.some(({ type }) =>
      /^(EventHistoryCollector|HistoryCollector|EventManager)$/.test(type),
    );
  }

  /** What changed since the last look. */
  look() {
    const before = this.seen;
    this.seen = collect([this.spec], this.context);
    return changeBetween(before, this.seen, this.partialUpdates);
  }
}

export class UpdateCollector {
  #changes = [];
  #versions = new Map();
  #lastVersion = '';
  #nextVersion = 1;
  #waiting = new Set();
  #server;

  /**
   * @param {{type: string, value: string}} ref
   * @param {object} server with `watchers`, the collectors that are told of changes, and the options `updates`,
   *   `maxUpdates` and `updateDelayMs`
   */
  constructor(ref, server) {
    this.ref = ref;
    this.filters = new Map();
    this.#server = server;
    server.watchers.add(this);
  }

  addFilter(spec, partialUpdates, context) {
    const filter = new Filter(this, spec, partialUpdates, context);
    this.filters.set(filter.ref.value, filter);
    context.session.objects.set(filter.ref.value, filter);
    this.#keep(filter, [...filter.seen.values()].map(entered));
    return filter;
  }

  removeFilter(filter) {
    this.filters.delete(filter.ref.value);
    filter.context.session.objects.delete(filter.ref.value);
  }

  /** @param {boolean} onlyEvents whether nothing but an event was posted */
  look(onlyEvents) {
    for (const filter of this.filters.values()) {
      if (!onlyEvents || filter.watchesEvents) this.#keep(filter, filter.look());
    }
  }

  /** How many calls wait, those whose client went away included. */
  get waiting() {
    return this.#waiting.size;
  }

  /** Answers an UpdateSet, or undefined when the time is over. */
  async wait(version, { maxWaitSeconds, maxObjectUpdates } = {}) {
    if (maxWaitSeconds < 0) throw invalidArgument('maxWaitSeconds');
    if (maxObjectUpdates !== undefined && maxObjectUpdates < 1) throw invalidArgument('maxObjectUpdates');
    const known = this.#readVersion(version);
    const limit = Math.min(maxObjectUpdates ?? Number.POSITIVE_INFINITY, this.#server.maxUpdates);
    if (known.rest) return this.#answer(known.rest, known.number, limit);
    if (version === '') return this.#answer(this.#all(), this.#changes.length, limit);
    if (!this.#hasNews(known.number) && maxWaitSeconds !== 0) await this.#news(known.number, maxWaitSeconds);
    if (!this.#hasNews(known.number)) return undefined;
    const number = this.#changes.length;
    const news = this.#changes.slice(known.number).filter(({ filter }) => this.filters.has(filter.ref.value));
    return this.#answer(this.#server.updates === 'each' ? news : coalesce(news), number, limit);
  }

  cancel() {
    for (const call of [...this.#waiting]) call.reject(requestCanceled());
  }

  /** The collector or its session is gone. */
  close() {
    this.#server.watchers.delete(this);
    this.cancel();
  }

  #all() {
    return [...this.filters.values()].flatMap((filter) =>
      [...filter.seen.values()].map((content) => ({ filter, update: entered(content) })),
    );
  }

  #hasNews(number) {
    return this.#changes.slice(number).some(({ filter }) => this.filters.has(filter.ref.value));
  }

  #keep(filter, updates) {
    if (updates.length === 0) return;
    for (const update of updates) this.#changes.push({ filter, update });
    for (const call of this.#waiting) call.ring();
  }

  #news(number, maxWaitSeconds) {
    return new Promise((resolve, reject) => {
      const call = {
        ring: () => {
          if (this.#hasNews(number))
            call.unring ??= after(this.#server.clock, this.#server.updateDelayMs, call.resolve);
        },
        resolve: () => end(resolve),
        reject: (error) => end(reject, error),
      };
      const end = (settle, error) => {
        call.unring?.();
        cancel();
        this.#waiting.delete(call);
        settle(error);
      };
      const ms = maxWaitSeconds === undefined ? Number.POSITIVE_INFINITY : maxWaitSeconds * 1000;
      const cancel = after(this.#server.clock, ms, call.resolve);
      this.#waiting.add(call);
    });
  }

  /** A set as large as may be; what is left waits for the version it is answered with. */
  #answer(updates, number, limit) {
    const version = String(this.#nextVersion++);
    // A limit that is reached suspends the calculation, also when nothing is left of it.
    const truncated = updates.length >= limit;
    this.#versions.set(version, { number, rest: truncated ? updates.slice(limit) : undefined });
    this.#lastVersion = version;
    return updateSet(version, updates.slice(0, limit), truncated);
  }

  #readVersion(version) {
    if (version === '') return { number: 0 };
    const known = this.#versions.get(version);
    // One that was cut short is good for one call, and only for the next.
    if (!known || (known.rest && version !== this.#lastVersion)) {
      throw new Fault('InvalidCollectorVersion', 'The collector version is not valid.');
    }
    if (known.rest) this.#versions.delete(version);
    return known;
  }
}
