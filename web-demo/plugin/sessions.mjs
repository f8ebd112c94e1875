/**
 * The users' sessions on vCenter, each opened once for all pages that show the same token, and the pages that use them.
 * All of it is in memory, and has an end: with the page, when it is idle, after a working day, with the process.
 */
import { createHash, randomBytes } from 'node:crypto';
import { LookupError, ReadError } from 'vm-customization';
import { eventsOf } from '../../bindings/examples/plugin-backend/back-end.js';
import { Refusal } from './refusal.mjs';
import { Turns } from './turns.mjs';

/** Tabs of one user at a time; the one that was used least lately goes first. */
const MAX_PAGES_OF_A_USER = 32;
/**
 * Tokens that are shown to vCenter, and sessions that are opened with them, at a time: the transport has as many
 * connections, half of which one client may have.
 */
const OPENING = { atATime: 8, ofAClient: 4, waiting: 100 };
/** Look-ups at a time: each reads the names of all VMs that the user may see. */
const LOOKING = { atATime: 8, ofAClient: 2, waiting: MAX_PAGES_OF_A_USER };
/** A token that vCenter has refused is not shown to it again for so long. */
const REFUSED_MS = 30_000;
/** Refused tokens that are known at a time; the one refused first goes first. */
const MAX_REFUSED = 1_000;

/**
 * @typedef {object} Page one page of a user, showing some VMs
 * @property {string} id what it proves itself by
 * @property {User} user
 * @property {import('../../bindings/examples/plugin-backend/back-end.js').Events} events
 * @property {number} requests under way; while there is one it is not idle
 * @property {number} usedMs
 * @property {AbortController} end of all its requests
 *
 * @typedef {object} User
 * @property {string} key
 * @property {Promise<import('vm-customization').VCenter>} vcenter
 * @property {Map<string, Page>} pages the one used least lately first
 * @property {number} beginning pages that are not there yet
 * @property {number} openedMs
 *
 * @typedef {{sessionToken: string, vcGuid: string}} Who
 */

/** All sessions of one back end. */
export class Sessions {
  /** @type {Map<string, User>} */
  #users = new Map();
  /** @type {Map<string, Page>} */
  #pages = new Map();
  /** @type {Set<Promise<boolean>>} */
  #closing = new Set();
  /** What vCenter's answer was, by the key of the user. @type {Map<string, {refusal: Refusal, untilMs: number}>} */
  #refused = new Map();
  #opening = new Turns(OPENING);
  #looking = new Turns(LOOKING);
  #closed = false;
  #options;
  #sweep;

  /**
   * @param {object} options
   * @param {(who: Who) => Promise<string>} options.acquireTicket
   * @param {(ticket: string, who: Who) => Promise<import('vm-customization').VCenter>} options.open
   * @param {(message: string) => void} options.log
   * @param {number} options.maxSessions
   * @param {number} options.idleMs
   * @param {number} options.maxAgeMs
   */
  constructor(options) {
    this.#options = options;
    const { idleMs, maxAgeMs } = options;
    this.#sweep = setInterval(() => this.#dropOld(), Math.min(30_000, idleMs / 2, maxAgeMs / 2));
    this.#sweep.unref();
  }

  /**
   * Opens a session for a page, or goes on in the one that the user has already.
   * @param {Who} who
   * @param {readonly string[]} vms that the page shows
   * @param {string} client whose request it is; others do not wait for it
   * @param {AbortSignal} signal of the request
   * @returns {Promise<{page: Page, vms: readonly import('vm-customization').FoundVm[], missing: readonly {vm: string, message: string}[]}>}
   */
  async begin(who, vms, client, signal) {
    for (let again = false; ; again = true) {
      const user = await this.#opening.run(client, signal, () => this.#join(who));
      try {
        const vcenter = await user.vcenter;
        const { found, missing } = await this.#looking.run(user.key, signal, () => look(vcenter, vms));
        const page = this.#pageOf(user, vcenter, found);
        return { page, vms: found.vms, missing };
      } catch (error) {
        // A session of before may have ended since.
        const lost = error instanceof ReadError && error.kind === 'notAuthenticated';
        if (lost) this.#drop(user, 'has ended on vCenter');
        if (!lost || again) throw error;
      } finally {
        user.beginning -= 1;
        this.#dropUnused(user);
      }
    }
  }

  /** @param {string | undefined} id @returns {Page | undefined} */
  find(id) {
    const page = id === undefined ? undefined : this.#pages.get(id);
    if (page === undefined) return undefined;
    // Moved to the end: the order is that of use.
    page.user.pages.delete(page.id);
    page.user.pages.set(page.id, page);
    return page;
  }

  /** A page has gone. @param {Page} page */
  end(page) {
    this.#forget(page);
    this.#dropUnused(page.user);
  }

  /** Closes all, on vCenter too. */
  async close() {
    this.#closed = true;
    clearInterval(this.#sweep);
    for (const user of this.#users.values()) this.#drop(user, 'closed');
    await Promise.all(this.#closing);
  }

  /**
   * The user whose token it is, with a page that is about to begin. The token is shown to vCenter each time: of one that
   * the Client has logged out, the session here may still be open.
   * @param {Who} who @returns {Promise<User>}
   */
  async #join(who) {
    const key = createHash('sha256').update(`${who.vcGuid}\n${who.sessionToken}`).digest('hex');
    const known = this.#refused.get(key);
    if (known !== undefined && known.untilMs > performance.now()) throw known.refusal;
    const ticket = await this.#options.acquireTicket(who).catch((error) => {
      if (error instanceof Refusal && error.kind === 'fatal') this.#refuse(key, error);
      throw error;
    });
    if (this.#closed) throw new Refusal(503, 'transient', 'the plug-in is being shut down');
    const user = this.#users.get(key) ?? this.#open(key, ticket, who);
    user.beginning += 1;
    try {
      await user.vcenter;
    } catch (error) {
      user.beginning -= 1;
      throw error;
    }
    return user;
  }

  /** @param {string} key @param {Refusal} refusal */
  #refuse(key, refusal) {
    this.#refused.delete(key);
    this.#refused.set(key, { refusal, untilMs: performance.now() + REFUSED_MS });
    const [first] = this.#refused.keys();
    if (first !== undefined && this.#refused.size > MAX_REFUSED) this.#refused.delete(first);
    const user = this.#users.get(key);
    if (user !== undefined && refusal.status === 401) this.#drop(user, 'was logged out of the Client');
  }

  /** Opens a session with a ticket of vCenter, for which it makes room. @param {string} key @param {string} ticket @param {Who} who */
  #open(key, ticket, who) {
    this.#makeRoom();
    const vcenter = this.#options.open(ticket, who);
    /** @type {User} */
    const user = { key, vcenter, pages: new Map(), beginning: 0, openedMs: performance.now() };
    this.#users.set(key, user);
    vcenter.then(
      () => this.#options.log(`a session was opened; ${this.#users.size} of ${this.#options.maxSessions}`),
      () => {
        if (this.#users.get(key) === user) this.#users.delete(key);
      },
    );
    return user;
  }

  #makeRoom() {
    if (this.#users.size < this.#options.maxSessions) return;
    const idle = [...this.#users.values()].filter(
      ({ beginning, pages }) => beginning === 0 && [...pages.values()].every(({ requests }) => requests === 0),
    );
    const lastUse = (/** @type {User} */ { pages }) => Math.max(0, ...[...pages.values()].map(({ usedMs }) => usedMs));
    const [oldest] = idle.sort((left, right) => lastUse(left) - lastUse(right));
    if (oldest === undefined) {
      throw new Refusal(503, 'transient', `all ${this.#options.maxSessions} sessions of the plug-in are in use`);
    }
    this.#drop(oldest, 'made room for another');
  }

  /** @param {User} user @param {import('vm-customization').VCenter} vcenter @param {import('vm-customization').Lookup} found */
  #pageOf(user, vcenter, found) {
    if (this.#users.get(user.key) !== user) throw new Refusal(503, 'transient', 'the session was closed meanwhile');
    const [oldest] = user.pages.values();
    if (oldest !== undefined && user.pages.size >= MAX_PAGES_OF_A_USER) this.#forget(oldest);
    const sessionLost = () => this.#drop(user, 'has ended on vCenter');
    const end = new AbortController();
    /** @type {Page} */
    const page = {
      id: randomBytes(32).toString('base64url'),
      user,
      events: eventsOf(vcenter, found, { sessionLost, ended: end.signal }),
      requests: 0,
      usedMs: performance.now(),
      end,
    };
    user.pages.set(page.id, page);
    this.#pages.set(page.id, page);
    return page;
  }

  #dropOld() {
    const now = performance.now();
    for (const user of this.#users.values()) {
      if (now - user.openedMs > this.#options.maxAgeMs) {
        this.#drop(user, 'is too old');
        continue;
      }
      for (const page of user.pages.values()) {
        if (page.requests === 0 && now - page.usedMs > this.#options.idleMs) this.#forget(page);
      }
      this.#dropUnused(user);
    }
  }

  /** @param {Page} page */
  #forget(page) {
    this.#pages.delete(page.id);
    page.user.pages.delete(page.id);
    page.end.abort(new ReadError('notAuthenticated', 'the session of this page has ended'));
  }

  /** @param {User} user */
  #dropUnused(user) {
    if (user.beginning === 0 && user.pages.size === 0) this.#drop(user, 'is no longer used');
  }

  /** @param {User} user @param {string} why */
  #drop(user, why) {
    if (this.#users.get(user.key) !== user) return;
    this.#users.delete(user.key);
    for (const page of user.pages.values()) this.#forget(page);
    const closing = user.vcenter.then(
      (vcenter) => vcenter.close(),
      () => true,
    );
    this.#closing.add(closing);
    closing.then((isClosed) => {
      this.#closing.delete(closing);
      const left = isClosed ? '' : ' and could not be closed';
      this.#options.log(`a session ${why}${left}; ${this.#users.size} of ${this.#options.maxSessions}`);
    });
  }
}

/**
 * The VMs that the user may see; for each other one why it is not shown.
 * @param {import('vm-customization').VCenter} vcenter @param {readonly string[]} vms
 */
async function look(vcenter, vms) {
  const named = (/** @type {string} */ vm) => `VirtualMachine:${vm}`;
  /** @type {{vm: string, message: string}[]} */
  const missing = [];
  for (;;) {
    const gone = new Set(missing.map(({ vm }) => vm));
    const wanted = vms.filter((vm) => !gone.has(vm));
    if (wanted.length === 0) return { found: { vms: [] }, missing };
    try {
      return { found: await vcenter.findVms(wanted.map(named)), missing };
    } catch (error) {
      if (!(error instanceof LookupError)) throw error;
      const problems = new Map(error.problems.map(({ input, message }) => [input, message]));
      const added = wanted.filter((vm) => problems.has(named(vm)));
      // Without progress this would ask for ever.
      if (added.length === 0) throw error;
      missing.push(...added.map((vm) => ({ vm, message: problems.get(named(vm)) ?? '' })));
    }
  }
}
