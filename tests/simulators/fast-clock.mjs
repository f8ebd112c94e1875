/** Host time that runs faster than the real one, for waits with real servers and long time-outs. */
export class FastClock {
  #factor;
  #aheadMs = 0;

  /** @param {number} factor how many times as fast */
  constructor(factor) {
    this.#factor = factor;
  }

  now() {
    return performance.now() * this.#factor + this.#aheadMs;
  }

  sleep(ms, signal) {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, Math.min(ms / this.#factor, 2 ** 31 - 1));
      signal.addEventListener('abort', done);
      if (signal.aborted) done();
    });
  }

  /** Lets time pass at once, as while a laptop sleeps: what was set to wake somebody is late. */
  jump(ms) {
    this.#aheadMs += ms;
  }
}
