/** Work that clients ask for, so much of it at a time: a client with much to do does not keep the others waiting. */
import { Refusal } from './refusal.mjs';

/**
 * @typedef {object} Client
 * @property {number} running
 * @property {Set<() => void>} waiting
 */

/** The next is of the client that has least under way, and of these of the one whose turn was longest ago. */
export class Turns {
  /** Those with something to do, in the order of their last turns. @type {Map<string, Client>} */
  #clients = new Map();
  #running = 0;
  #most;

  /** @param {{atATime: number, ofAClient: number, waiting: number}} most `ofAClient` under way, `waiting` of a client too */
  constructor(most) {
    this.#most = most;
  }

  /**
   * @template T
   * @param {string} name of the client
   * @param {AbortSignal} signal ends the wait
   * @param {() => Promise<T>} work
   * @returns {Promise<T>}
   */
  async run(name, signal, work) {
    const client = this.#clients.get(name) ?? { running: 0, waiting: new Set() };
    this.#clients.set(name, client);
    await this.#turn(client, signal).finally(() => this.#forgetIdle(name, client));
    try {
      return await work();
    } finally {
      client.running -= 1;
      this.#running -= 1;
      this.#forgetIdle(name, client);
      this.#begin();
    }
  }

  /** @param {Client} client @param {AbortSignal} signal @returns {Promise<void>} */
  #turn(client, signal) {
    if (client.waiting.size >= this.#most.waiting) {
      return Promise.reject(new Refusal(503, 'transient', 'too many pages are being opened: try again in a while'));
    }
    return new Promise((resolve, reject) => {
      const begin = () => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      const leave = () => {
        client.waiting.delete(begin);
        reject(signal.reason);
      };
      signal.addEventListener('abort', leave);
      client.waiting.add(begin);
      if (signal.aborted) leave();
      this.#begin();
    });
  }

  #begin() {
    while (this.#running < this.#most.atATime) {
      const [next] = [...this.#clients]
        .filter(([, { running, waiting }]) => waiting.size > 0 && running < this.#most.ofAClient)
        .sort(([, left], [, right]) => left.running - right.running);
      if (next === undefined) return;
      const [name, client] = next;
      const [begin] = client.waiting;
      client.waiting.delete(begin);
      client.running += 1;
      this.#running += 1;
      this.#clients.delete(name);
      this.#clients.set(name, client);
      begin();
    }
  }

  /** @param {string} name @param {Client} client */
  #forgetIdle(name, client) {
    if (client.running === 0 && client.waiting.size === 0) this.#clients.delete(name);
  }
}
