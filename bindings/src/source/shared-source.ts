/** One source for many watches: what several of them want at the same time is asked for once. */
import type { EventDocument } from '../core/event-document.js';
import { documentOf, type EventItem, separableItems, vmOf } from '../core/event-items.js';
import type { EventQuery, ReadFailure, ReadReason } from '../types.js';
import type { Clock } from '../util/clock.js';
import type { CallOptions, EventPage, EventPush, EventSource, GuestCallOptions, GuestReading } from './event-source.js';
import { GatheredCalls } from './gathered-calls.js';
import { SharedPush } from './shared-push.js';

// Watches that were told something together ask again together, a few milliseconds apart.
const GATHER_MS = 20;

// Common times of reads that are in no hurry. Beside a push each watch reads a minute after its last answer: with some
// seconds for the answer all of them find the same time again, however far apart they have begun.
const SAFETY_GRID_MS = 65_000;
const POLL_GRID_MS = 1_000;

/**
 * Makes of one source one for many watches: one push, and one read, one question to the guests and one for the time
 * where several want the same. Each watch gets what answers its own query, as from a source of its own.
 */
export class SharedSource implements EventSource {
  readonly readTimeoutMs: number;
  readonly #source: Required<EventSource>;
  readonly #clock: Clock;
  readonly #time: GatheredCalls<undefined, Date>;
  readonly #reads: GatheredCalls<EventQuery, JointPage>;
  readonly #guests: GatheredCalls<GuestQuestion, readonly GuestReading[]>;
  readonly #push: SharedPush;

  constructor(source: Required<EventSource>, clock: Clock) {
    this.#source = source;
    this.#clock = clock;
    this.readTimeoutMs = source.readTimeoutMs + SAFETY_GRID_MS;
    this.#time = new GatheredCalls((_, signal) => source.serverTime({ signal }), clock);
    this.#reads = new GatheredCalls((queries, signal) => this.#read(queries, { signal }), clock);
    this.#guests = new GatheredCalls((questions, signal) => {
      const readiness = questions.some((question) => question.readiness);
      return source.readGuestInfo(union(questions.map(({ vms }) => vms)), { signal, readiness });
    }, clock);
    const hurry = (): void => this.#reads.hurry();
    this.#push = new SharedPush((query, options) => source.pushEvents(query, options), clock, hurry);
  }

  serverTime({ signal }: CallOptions): Promise<Date> {
    return this.#time.ask(undefined, this.#soonMs(), signal);
  }

  logIn(options: CallOptions): Promise<void> {
    return this.#source.logIn(options);
  }

  async readEvents(query: EventQuery, { signal }: CallOptions): Promise<EventPage> {
    const page = await this.#reads.ask(query, this.#dueMs(query.reason), signal);
    return page.answerTo(query);
  }

  async readGuestInfo(
    vms: readonly string[],
    { signal, readiness = false }: GuestCallOptions,
  ): Promise<readonly GuestReading[]> {
    const infos = await this.#guests.ask({ vms, readiness }, this.#soonMs(), signal);
    const wanted = new Set(vms);
    return infos.filter(({ vm }) => wanted.has(vm));
  }

  pushEvents(query: EventQuery, { signal }: CallOptions): EventPush {
    return this.#push.open(query, signal);
  }

  #soonMs(): number {
    return this.#clock.now() + GATHER_MS;
  }

  #dueMs(reason: ReadReason): number {
    if (reason !== 'safety' && reason !== 'poll') {
      return this.#soonMs();
    }
    const grid = reason === 'safety' && this.#push.hasBegun ? SAFETY_GRID_MS : POLL_GRID_MS;
    return Math.ceil(this.#clock.now() / grid) * grid;
  }

  async #read(queries: readonly EventQuery[], options: CallOptions): Promise<JointPage> {
    const query = joined(queries);
    this.#push.readFrom(query.since);
    return new JointPage(await this.#source.readEvents(query, options));
  }
}

/** What one watch wants to know of guests. */
interface GuestQuestion {
  readonly vms: readonly string[];
  readonly readiness: boolean;
}

/** One query for what all of these ask: the VMs and types of each, from the earliest time on. */
function joined(queries: readonly EventQuery[]): EventQuery {
  const earliest = queries.reduce((first, query) => (query.since < first.since ? query : first));
  return {
    ...earliest,
    vms: union(queries.map(({ vms }) => vms)),
    types: union(queries.map(({ types }) => types)),
    maxCount: queries.reduce((least, { maxCount }) => Math.min(least, maxCount), earliest.maxCount),
    timeoutMs: null,
  };
}

function union(lists: readonly (readonly string[])[]): readonly string[] {
  return [...new Set(lists.flat())];
}

/** The answer to several queries, taken apart by VM. */
class JointPage {
  readonly #byVm = new Map<string | undefined, EventItem[]>();
  /** Documents that cannot be taken apart. */
  readonly #whole: EventDocument[] = [];
  readonly #complete: boolean;
  readonly #failures: readonly ReadFailure[];

  constructor({ events, more = [], complete = true, failures = [] }: EventPage) {
    this.#complete = complete;
    this.#failures = failures;
    for (const document of [events, ...more]) {
      const items = separableItems(document);
      if (items === undefined) {
        this.#whole.push(document);
      }
      for (const item of items ?? []) {
        const vm = vmOf(item);
        const known = this.#byVm.get(vm);
        if (known === undefined) {
          this.#byVm.set(vm, [item]);
        } else {
          known.push(item);
        }
      }
    }
  }

  /** What names no VM, and what cannot be taken apart, is for each machine to judge. */
  answerTo({ vms, since }: EventQuery): EventPage {
    const items = [...vms, undefined]
      .flatMap((vm) => this.#byVm.get(vm) ?? [])
      // Others may have asked from an earlier time on.
      .filter(({ summary }) => summary === undefined || summary.createdTime >= since);
    const asked = new Set(vms);
    return {
      events: documentOf(items),
      more: this.#whole,
      complete: this.#complete,
      failures: this.#failures.filter(({ vm }) => vm === undefined || asked.has(vm)),
    };
  }
}
