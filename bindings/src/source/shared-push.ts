/** One push of events for many watches. */
import type { EventDocument } from '../core/event-document.js';
import { documentOf, type EventItem, separableItems, vmOf } from '../core/event-items.js';
import { ReadError } from '../errors.js';
import type { EventQuery } from '../types.js';
import { orAborted } from '../util/abort.js';
import type { Clock } from '../util/clock.js';
import { type Deferred, deferred } from '../util/deferred.js';
import { takesVms } from './event-push.js';
import type { EventPage, EventPush, EventSource } from './event-source.js';

// A collector of a vCenter tells its newest ten events again and again, and from time to time the last 500.
const MOST_KNOWN = 1_024;

// Of one watch that does not take what is there for it: beyond that it is to read.
const MOST_WAITING = 2_048;

/** The push that is under way. */
interface Running {
  readonly push: EventPush;
  readonly types: ReadonlySet<string>;
  readonly controller: AbortController;
  /** Its first page has come: from then on nothing is missed. */
  begun: boolean;
  /** VMs came to those watched since it was last asked whether it brings their events. */
  grown: boolean;
  asking: boolean;
}

/**
 * Hands what one push brings to the watches for whose VMs it is new. It begins with the first of them, and ends with the
 * last.
 */
export class SharedPush {
  readonly #push: Required<EventSource>['pushEvents'];
  readonly #clock: Clock;
  readonly #hurry: () => void;
  readonly #subscribers = new Set<Subscriber>();
  readonly #byVm = new Map<string, Set<Subscriber>>();
  readonly #known = new Set<string>();
  #running: Running | undefined;
  #since = '';

  /** @param hurry - called when a watch may have missed something: what it waits to read is to be read at once */
  constructor(push: Required<EventSource>['pushEvents'], clock: Clock, hurry: () => void) {
    this.#push = push;
    this.#clock = clock;
    this.#hurry = hurry;
  }

  /** Whether events come by themselves. */
  get hasBegun(): boolean {
    return this.#running?.begun === true;
  }

  /** Events were read from this server time on: a push that begins from here on need not go back further. */
  readFrom(since: string): void {
    this.#since = since;
  }

  /** The push of one watch. */
  open(query: EventQuery, signal: AbortSignal): EventPush {
    const subscriber = new Subscriber(query, this.#hurry);
    return {
      [Symbol.asyncIterator]: () => this.#pages(subscriber, signal),
      setVms: async (vms) => {
        this.#setVms(subscriber, vms);
        return this.#subscribers.has(subscriber);
      },
    };
  }

  async *#pages(subscriber: Subscriber, signal: AbortSignal): AsyncGenerator<EventPage, void, undefined> {
    signal.throwIfAborted();
    const leave = (): void => this.#remove(subscriber);
    // A watch that is over asks for nothing more, and would be found out only then.
    signal.addEventListener('abort', leave);
    this.#add(subscriber);
    try {
      for (;;) {
        yield await subscriber.next(signal);
      }
    } finally {
      signal.removeEventListener('abort', leave);
      leave();
    }
  }

  #add(subscriber: Subscriber): void {
    this.#subscribers.add(subscriber);
    const grown = this.#index(subscriber, subscriber.query.vms);
    const running = this.#running;
    if (running === undefined) {
      this.#since = subscriber.query.since;
      this.#begin();
    } else if (subscriber.query.types.some((type) => !running.types.has(type))) {
      this.#beginAnew(running);
    } else {
      if (running.begun) {
        subscriber.begin();
      }
      if (grown) {
        void this.#widen(running);
      }
    }
  }

  #setVms(subscriber: Subscriber, vms: readonly string[]): void {
    if (!this.#subscribers.has(subscriber)) {
      return;
    }
    const now = new Set(vms);
    for (const vm of subscriber.vms) {
      if (!now.has(vm)) {
        this.#forget(subscriber, vm);
      }
    }
    if (this.#index(subscriber, vms) && this.#running !== undefined) {
      void this.#widen(this.#running);
    }
  }

  #remove(subscriber: Subscriber): void {
    if (!this.#subscribers.delete(subscriber)) {
      return;
    }
    for (const vm of subscriber.vms) {
      this.#forget(subscriber, vm);
    }
    if (this.#subscribers.size === 0) {
      this.#running?.controller.abort(new Error('no watch is left'));
      this.#running = undefined;
      this.#known.clear();
    }
  }

  /** Answers whether there is a VM among them that nobody has watched. */
  #index(subscriber: Subscriber, vms: readonly string[]): boolean {
    let grown = false;
    for (const vm of vms) {
      const watching = this.#byVm.get(vm);
      grown ||= watching === undefined;
      this.#byVm.set(vm, (watching ?? new Set()).add(subscriber));
      subscriber.vms.add(vm);
    }
    return grown;
  }

  #forget(subscriber: Subscriber, vm: string): void {
    const watching = this.#byVm.get(vm);
    subscriber.vms.delete(vm);
    watching?.delete(subscriber);
    if (watching?.size === 0) {
      this.#byVm.delete(vm);
    }
  }

  #begin(): void {
    const queries = [...this.#subscribers].map(({ query }) => query);
    const types = new Set(queries.flatMap((query) => query.types));
    const controller = new AbortController();
    const query = { ...(queries[0] as EventQuery), vms: [...this.#byVm.keys()], types: [...types], since: this.#since };
    const push = this.#push(query, { signal: controller.signal });
    const running = { push, types, controller, begun: false, grown: false, asking: false };
    this.#running = running;
    void this.#run(running);
  }

  #beginAnew(running: Running): void {
    running.controller.abort(new Error('another push takes its place'));
    this.#begin();
  }

  /** VMs came to those watched: it goes on where it brings their events too. It is asked for those of many at once. */
  async #widen(running: Running): Promise<void> {
    running.grown = true;
    if (running.asking) {
      return;
    }
    running.asking = true;
    while (running.grown && this.#running === running) {
      running.grown = false;
      const taken = await takesVms(running.push, [...this.#byVm.keys()], this.#clock, running.controller.signal);
      if (!taken && this.#running === running) {
        this.#beginAnew(running);
      }
    }
    running.asking = false;
  }

  async #run(running: Running): Promise<void> {
    const { signal } = running.controller;
    const pages = running.push[Symbol.asyncIterator]();
    let failure: unknown = new ReadError('transient', 'the push of events has ended');
    try {
      for (;;) {
        const next = await orAborted(pages.next(), signal);
        if (next.done === true) {
          break;
        }
        this.#take(running, next.value);
      }
    } catch (error) {
      failure = error;
    }
    Promise.resolve(pages.return?.()).catch(() => undefined);
    if (this.#running === running) {
      this.#running = undefined;
      this.#known.clear();
      for (const subscriber of [...this.#subscribers]) {
        this.#remove(subscriber);
        subscriber.fail(failure);
      }
    }
  }

  #take(running: Running, page: EventPage): void {
    if (!running.begun) {
      running.begun = true;
      for (const subscriber of this.#subscribers) {
        subscriber.begin();
      }
    }
    for (const document of [page.events, ...(page.more ?? [])]) {
      this.#route(document);
    }
    if (page.complete === false) {
      for (const subscriber of this.#subscribers) {
        subscriber.miss();
      }
    }
  }

  #route(document: EventDocument): void {
    const items = separableItems(document);
    if (items === undefined) {
      for (const subscriber of this.#subscribers) {
        subscriber.put(document, 1);
      }
      return;
    }
    const parts = new Map<Subscriber, EventItem[]>();
    for (const item of items) {
      const vm = vmOf(item);
      // What names no VM is counted by every watch.
      const watching = vm === undefined ? this.#subscribers : this.#byVm.get(vm);
      if (watching !== undefined && this.#isNew(item)) {
        for (const subscriber of watching) {
          const part = parts.get(subscriber);
          if (part === undefined) {
            parts.set(subscriber, [item]);
          } else {
            part.push(item);
          }
        }
      }
    }
    for (const [subscriber, part] of parts) {
      subscriber.put(documentOf(part), part.length);
    }
  }

  #isNew({ event: { vm, key, _typeName, createdTime } }: EventItem): boolean {
    const identity = JSON.stringify([vm?.vm.value, key, _typeName, createdTime]);
    if (this.#known.has(identity)) {
      return false;
    }
    this.#known.add(identity);
    for (const oldest of this.#known) {
      if (this.#known.size <= MOST_KNOWN) {
        break;
      }
      this.#known.delete(oldest);
    }
    return true;
  }
}

/** One watch, and what is there for it. */
class Subscriber {
  readonly query: EventQuery;
  readonly vms = new Set<string>();
  #documents: EventDocument[] = [];
  #count = 0;
  #begun = false;
  #hasPage = false;
  #missed = false;
  #failure: { readonly error: unknown } | undefined;
  #arrived: Deferred = deferred();
  readonly #hurry: () => void;

  constructor(query: EventQuery, hurry: () => void) {
    this.query = query;
    this.#hurry = hurry;
  }

  /** From here on nothing is missed. What came before may be, where another push has taken the place of one. */
  begin(): void {
    if (this.#begun) {
      this.miss();
    }
    this.#begun = true;
    this.#arrive();
  }

  put(document: EventDocument, count: number): void {
    this.#documents.push(document);
    this.#count += count;
    if (this.#count > MOST_WAITING) {
      this.#documents = [];
      this.#count = 0;
      this.miss();
    }
    this.#arrive();
  }

  /** Not everything was pushed. */
  miss(): void {
    this.#missed = true;
    this.#hurry();
    this.#arrive();
  }

  fail(error: unknown): void {
    this.#failure = { error };
    this.#hurry();
    this.#arrive();
  }

  /** What is there, as soon as something is. */
  async next(signal: AbortSignal): Promise<EventPage> {
    while (!this.#hasPage) {
      await orAborted(this.#arrived.promise, signal);
    }
    if (this.#failure !== undefined) {
      throw this.#failure.error;
    }
    const [events = [], ...more] = this.#documents;
    const page = { events, more, complete: !this.#missed };
    this.#documents = [];
    this.#count = 0;
    this.#missed = false;
    this.#hasPage = false;
    this.#arrived = deferred();
    return page;
  }

  #arrive(): void {
    this.#hasPage = true;
    this.#arrived.resolve();
  }
}
