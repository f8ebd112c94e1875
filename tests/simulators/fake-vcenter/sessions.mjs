/** Who is logged in, and what they may see. */
import { randomBytes, randomUUID } from 'node:crypto';

/** The sessions of one server. */
export class Sessions {
  /** By the secret that a client proves itself with. */
  #sessions = new Map();
  /** The sessions that clone tickets are for. */
  #tickets = new Map();

  /** @param {{user: string, password: string, timeoutMs?: number, now: () => bigint, clock: import('./clock.mjs').Clock}} options */
  constructor({ user, password, timeoutMs = 0, now, clock }) {
    this.user = user;
    this.password = password;
    this.timeoutMs = timeoutMs;
    this.now = now;
    this.clock = clock;
    /** How often somebody came with wrong credentials: an account is locked after a few. */
    this.refusedLogIns = 0;
    /** Ids of the objects nobody may read. */
    this.denied = new Set();
    /** Ids of the objects that may be seen, and not read: without System.Read. */
    this.unreadable = new Set();
  }

  /** @returns the new session, or undefined when the credentials are wrong */
  logIn(user, password, locale, userAgent) {
    if (user === this.user && password === this.password) return this.open(user, locale, userAgent);
    this.refusedLogIns += 1;
    return undefined;
  }

  /** A session for a user whose identity is known already. */
  open(user, locale = 'en', userAgent = '') {
    const session = {
      /** Names the session to everybody; only `token` gives access to it. */
      key: randomUUID(),
      token: randomBytes(20).toString('hex'),
      userName: user,
      locale,
      userAgent,
      callCount: 0,
      loginTime: this.now(),
      lastActiveTime: this.now(),
      lastActiveMs: this.clock.now(),
      /** How many calls are being answered: while one waits, the session is not idle. */
      calls: 0,
      /** Views, collectors, filters, and what is left of property reads. */
      objects: new Map(),
      visible: (objects) => objects.filter((object) => !this.denied.has(object.ref.value)),
    };
    this.#sessions.set(session.token, session);
    return session;
  }

  /** The live session of a token; looking it up counts as activity. */
  find(token) {
    this.#dropIdle();
    const session = this.#sessions.get(token);
    if (session) this.touch(session);
    return session;
  }

  touch(session) {
    session.lastActiveMs = this.clock.now();
    session.lastActiveTime = this.now();
  }

  byKey(key) {
    return this.list().find((session) => session.key === key);
  }

  /** Ends a session, and with it all that is its own. */
  end(session) {
    this.#sessions.delete(session.token);
    for (const [ticket, owner] of this.#tickets) if (owner === session) this.#tickets.delete(ticket);
    const objects = [...session.objects.values()];
    session.objects.clear();
    for (const object of objects) object.close?.();
  }

  endAll() {
    const all = [...this.#sessions.values()];
    for (const session of all) this.end(session);
    return all.length;
  }

  list() {
    this.#dropIdle();
    return [...this.#sessions.values()];
  }

  /** A ticket that opens one more session like this, once. */
  ticketFor(session) {
    const ticket = `cst-VCT-${randomUUID()}--tp-${randomBytes(20).toString('hex').toUpperCase()}`;
    this.#tickets.set(ticket, session);
    return ticket;
  }

  /** @returns the new session, or undefined when the ticket is no good */
  redeem(ticket, userAgent) {
    this.#dropIdle();
    const owner = this.#tickets.get(ticket);
    this.#tickets.delete(ticket);
    return owner && this.open(owner.userName, owner.locale, userAgent);
  }

  #dropIdle() {
    if (this.timeoutMs <= 0) return;
    for (const session of this.#sessions.values()) {
      if (session.calls === 0 && this.clock.now() - session.lastActiveMs > this.timeoutMs) this.end(session);
    }
  }
}
