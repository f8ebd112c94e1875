/** Calls that several want at about the same time, made as one. */
import { orAborted } from '../util/abort.js';
import type { Clock } from '../util/clock.js';
import { deferred } from '../util/deferred.js';
import { SharedCall } from '../util/shared-call.js';

// A slow server is asked by fewer calls for more; one that hangs does not hold up the others.
const TURN_MS = 2_000;

type Make<Q, A> = (questions: readonly Q[], signal: AbortSignal) => Promise<A>;

/**
 * Puts questions together: a call begins when the first of its questions is due, and takes all that are there. It is made
 * after the questions were asked, never before; and aborted when the last who asked has gone.
 */
export class GatheredCalls<Q, A> {
  readonly #make: Make<Q, A>;
  readonly #clock: Clock;
  /** It has not begun, and takes more questions. */
  #next: Gathering<Q, A> | undefined;
  /** Settles with the one that has begun last. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(make: Make<Q, A>, clock: Clock) {
    this.#make = make;
    this.#clock = clock;
  }

  /** What the call answers to all its questions; `dueMs` is host time. */
  async ask(question: Q, dueMs: number, signal: AbortSignal): Promise<A> {
    signal.throwIfAborted();
    this.#next ??= new Gathering((gathering, all) => this.#begin(gathering, all), this.#clock);
    const gathering = this.#next;
    const entry = { question };
    gathering.questions.add(entry);
    gathering.beginBy(dueMs);
    try {
      return await gathering.call.join(signal);
    } finally {
      gathering.questions.delete(entry);
      if (gathering.questions.size === 0) {
        this.#close(gathering);
      }
    }
  }

  /** What waits for a time to come waits no longer. */
  hurry(): void {
    this.#next?.beginBy(Number.NEGATIVE_INFINITY);
  }

  async #begin(gathering: Gathering<Q, A>, signal: AbortSignal): Promise<A> {
    await this.#turn(signal);
    this.#close(gathering);
    const questions = [...gathering.questions].map(({ question }) => question);
    const answer = this.#make(questions, signal);
    // A source may ignore its signal.
    this.#last = orAborted(answer, signal).catch(() => undefined);
    return answer;
  }

  #close(gathering: Gathering<Q, A>): void {
    gathering.timer.abort();
    if (this.#next === gathering) {
      this.#next = undefined;
    }
  }

  async #turn(signal: AbortSignal): Promise<void> {
    const waiting = new AbortController();
    try {
      await orAborted(Promise.race([this.#last, this.#clock.sleep(TURN_MS, waiting.signal)]), signal);
    } finally {
      waiting.abort();
    }
  }
}

/** One call, and the questions that it takes. */
class Gathering<Q, A> {
  readonly questions = new Set<{ readonly question: Q }>();
  readonly call: SharedCall<A>;
  /** Of the earliest time asked for. */
  timer = new AbortController();
  readonly #clock: Clock;
  readonly #due = deferred();
  #dueMs = Number.POSITIVE_INFINITY;

  constructor(begin: (gathering: Gathering<Q, A>, signal: AbortSignal) => Promise<A>, clock: Clock) {
    this.#clock = clock;
    this.call = new SharedCall(async (signal) => {
      await orAborted(this.#due.promise, signal);
      return begin(this, signal);
    });
  }

  beginBy(dueMs: number): void {
    if (dueMs >= this.#dueMs) {
      return;
    }
    this.#dueMs = dueMs;
    this.timer.abort();
    this.timer = new AbortController();
    const { signal } = this.timer;
    void this.#clock.sleep(dueMs - this.#clock.now(), signal).then(() => {
      if (!signal.aborted) {
        this.#due.resolve();
      }
    });
  }
}
