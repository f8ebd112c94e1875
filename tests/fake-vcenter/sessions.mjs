/** Who is logged in, and what they may see. */
import { randomUUID } from 'node:crypto';

/** The sessions of one server. */
export class Sessions {
  #sessions = new Map();

  /** @param {{user: string, password: string, timeoutMs?: number, now: () => bigint}} options */
  constructor({ user, password, timeoutMs = 0, now }) {
    this.user = user;
    this.password = password;
    this.timeoutMs = timeoutMs;
    this.now = now;
    /** Ids of the objects nobody may read. */
    this.denied = new Set();
  }

  /** @returns the new session, or undefined when the credentials are wrong */
  logIn(user, password, locale = 'en', userAgent = '') {
    if (user !== this.user || password !== this.password) return undefined;
    const session = {
      key: randomUUID(),
      userName: user,
      locale,
      userAgent,
      loginTime: this.now(),
      lastActiveMs: performance.now(),
      /** Views, and what is left of property reads. */
      objects: new Map(),
      visible: (objects) => objects.filter((object) => !this.denied.has(object.ref.value)),
    };
    this.#sessions.set(session.key, session);
    return session;
  }

  /** The live session of a request's cookie; looking it up counts as activity. */
  find(cookieHeader = '') {
    const key = /(?:^|;\s*)vmware_soap_session="?([\w-]+)"?/.exec(cookieHeader)?.[1];
    this.#dropIdle();
    const session = this.#sessions.get(key);
    if (session) session.lastActiveMs = performance.now();
    return session;
  }

  end(session) {
    this.#sessions.delete(session.key);
  }

  endAll() {
    const count = this.#sessions.size;
    this.#sessions.clear();
    return count;
  }

  list() {
    this.#dropIdle();
    return [...this.#sessions.values()];
  }

  #dropIdle() {
    if (this.timeoutMs <= 0) return;
    for (const session of this.#sessions.values()) {
      if (performance.now() - session.lastActiveMs > this.timeoutMs) this.end(session);
    }
  }
}
