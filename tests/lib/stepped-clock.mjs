/** Host time that moves only when the test says so, while real requests take what they take. */
export class SteppedClock {
  #now = 0;
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

  /** Moves on, and ends the sleeps that are over then. */
  advance(ms) {
    this.#now += ms;
    for (const timer of [...this.#timers]) if (timer.at <= this.#now) timer.done();
  }
}
