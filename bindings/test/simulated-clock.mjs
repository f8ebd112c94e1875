/**
 * Host time that stands still until somebody moves it on: by itself to the next timer when nothing else can happen
 * (`drive`), or when the test says so, while real requests take what they take (`advance`).
 */
export class SimulatedClock {
  #now = 1000;
  #timers = new Set();

  now() {
    return this.#now;
  }

  sleep(ms, signal) {
    return new Promise((resolve) => {
      if (signal.aborted || ms <= 0) {
        resolve();
        return;
      }
      const timer = { at: this.#now + ms, done: undefined };
      timer.done = () => {
        this.#timers.delete(timer);
        signal.removeEventListener('abort', timer.done);
        resolve();
      };
      this.#timers.add(timer);
      signal.addEventListener('abort', timer.done);
    });
  }

  /** How many timers are set. */
  get pending() {
    return this.#timers.size;
  }

  /** Lets time pass without waking anyone, as while a laptop sleeps. */
  jump(ms) {
    this.#now += ms;
  }

  /** Moves on, and ends the sleeps that are over then. */
  advance(ms) {
    this.#now += ms;
    for (const timer of [...this.#timers]) {
      if (timer.at <= this.#now) {
        timer.done();
      }
    }
  }

  /** Runs until the promise is settled; answers what it settles to. */
  async drive(promise) {
    let settled = false;
    const watched = promise.finally(() => {
      settled = true;
    });
    watched.catch(() => undefined);
    for (let turns = 0; !settled; turns += 1) {
      if (turns > 100_000) {
        throw new Error('the run does not come to an end');
      }
      await new Promise((resolve) => setImmediate(resolve));
      if (!settled) {
        this.#wakeNext();
      }
    }
    return watched;
  }

  #wakeNext() {
    const [next] = [...this.#timers].sort((left, right) => left.at - right.at);
    if (next !== undefined) {
      this.#now = Math.max(this.#now, next.at);
      next.done();
    }
  }
}
