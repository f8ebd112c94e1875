/**
 * A wait for three VMs of one vCenter on simulated time, in which one call is answered badly: the real client, run loop and
 * core against the fake vCenter, without a socket, so that only what is asked and answered counts.
 */
import { CancelledError, VCenter, watchCustomization } from '../../../bindings/dist/node.js';
import { SteppedClock } from '../../../bindings/dist/testing.js';
import { fakeVCenter } from '../../simulators/fake-vcenter/server.mjs';
import { exchange } from '../../simulators/in-memory.mjs';
import { KINDS } from './kinds.mjs';

/** Seconds of the wait, at each of which something happens. */
export const AT = {
  faultBegins: 5,
  sessionsEnd: 10,
  burst: 15,
  lookUp: 20,
  results: 25,
  abort: 35,
  faultEnds: 40,
  deadline: 90,
};

/** What becomes of each VM, by its place. */
export const TRUTH = ['CustomizationSucceeded', 'CustomizationFailed', 'CustomizationStarted'];

/** Where a life is given up: what is too many is told by the judge. */
const MOST_REQUESTS = 1_000;

const never = new AbortController().signal;

/** The connection to a server, over which a call may be answered badly. */
class Link {
  host = 'vc';
  path = '/sdk';
  requests = [];
  /** How often the fault was met, and how often what the server did for it was lost whole. */
  hits = 0;
  losses = 0;
  #server;
  #clock;
  #fault;
  #closed = false;

  constructor(server, clock) {
    this.#server = server;
    this.#clock = clock;
  }

  /** Answers a call badly, so many times. */
  break({ call, kind, wire }, times) {
    this.#fault = { call, wire, kind: KINDS[kind], left: times, memory: {} };
  }

  mend() {
    this.#fault = undefined;
  }

  close() {
    this.#closed = true;
  }

  send(request) {
    const { operation: method, signal } = request;
    signal.throwIfAborted();
    if (this.#closed) throw new Error(`${method} after the connections were closed`);
    this.requests.push({ method, at: this.#clock.now() });
    // Nothing that loops is to go on for ever here.
    if (this.requests.length > MOST_REQUESTS) return new Promise(() => undefined);
    const fault = this.#fault;
    if (fault?.call !== method || fault.left <= 0) return exchange(this.#server, request, this.#clock);
    fault.left -= 1;
    this.hits += 1;
    this.losses += fault.kind.loses === true ? 1 : 0;
    const { memory, wire } = fault;
    return exchange(this.#server, request, this.#clock, (call) => fault.kind.answer({ wire, memory, ...call }));
  }
}

/** A bearer token as a token service issues it, but for its signature. */
function token(now) {
  const at = (ms) => new Date(now + ms).toISOString();
  return (
    `<saml2:Assertion xmlns:saml2="urn:oasis:names:tc:SAML:2.0:assertion" ID="_1" IssueInstant="${at(0)}" Version="2.0">` +
    '<saml2:Issuer>https://sso.example.com</saml2:Issuer><ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"/>' +
    '<saml2:Subject><saml2:NameID>me@vsphere.local</saml2:NameID>' +
    '<saml2:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"/></saml2:Subject>' +
    `<saml2:Conditions NotBefore="${at(-60_000)}" NotOnOrAfter="${at(3_600_000)}"/></saml2:Assertion>`
  );
}

/**
 * Lives through one cell.
 *
 * @param {import('./cells.mjs').Cell} cell
 */
export async function live(cell) {
  const { wire, push, span, apiVersion, signIn } = cell;
  const clock = new SteppedClock();
  const server = fakeVCenter({
    vms: TRUTH.length,
    clock,
    apiVersion,
    propertyPageSize: cell.call === 'ContinueRetrievePropertiesEx' ? 2 : 100,
    updates: 'coalesced',
    // As documented: a collector goes with its session.
    leakCollectors: false,
  });
  const { sessions, eventCollectors } = server.state;
  const post = (event, vms = server.vms) => vms.map(({ vm }) => server.do({ do: 'post', vm, event }));
  post('VmStartingEvent');
  const link = new Link(server, clock);
  const others = sessions.open('somebody');
  const how = {
    password: { user: server.user, password: server.password },
    token: { token: token(performance.timeOrigin + clock.now()) },
    ticket: { cloneTicket: sessions.ticketFor(others) },
    session: { session: wire === 'soap' ? { cookie: others.token } : { apiSessionId: others.token } },
  }[signIn];
  if (signIn !== 'session' && signIn !== 'ticket') sessions.end(others);

  const lived = { told: [], mostCollectors: 0 };
  if (span === 'first') link.break(cell, 1);
  if (span === 'always') link.break(cell, Number.POSITIVE_INFINITY);
  const look = () => {
    lived.mostCollectors = Math.max(lived.mostCollectors, eventCollectors.count().count);
  };

  const run = async () => {
    let vcenter;
    let found;
    try {
      vcenter = await VCenter.connect(link, how, { protocol: wire, clock });
      found = await vcenter.findVms(['*']);
    } catch (error) {
      lived.refusal = error;
      lived.refusedAt = clock.now();
      await vcenter?.close();
      return;
    }
    const begun = clock.now();
    const enough = new AbortController();
    const watch = watchCustomization(vcenter.events(), found.vms, {
      clock,
      push,
      signal: enough.signal,
      timeoutSeconds: AT.deadline,
      onProgress: (progress) => {
        look();
        lived.told.push(progress);
      },
    });
    const until = (second) => clock.sleep(begun + second * 1000 - clock.now(), never);
    const script = async () => {
      await until(AT.faultBegins);
      if (['while', 'later', 'aborted'].includes(span)) link.break(cell, Number.POSITIVE_INFINITY);
      await until(AT.sessionsEnd);
      // What nobody can log in again with would end the wait.
      if (signIn === 'password' || signIn === 'token') sessions.endAll();
      await until(AT.burst);
      // More than the page of a collector holds.
      for (const event of [...Array(4).fill('VmPoweredOnEvent'), 'CustomizationStartedEvent']) post(event);
      await until(AT.lookUp);
      // As one who looks for more VMs does; that it may fail changes nothing.
      vcenter.findVms(['*']).catch(() => undefined);
      watch.setVms(found.vms).catch(() => undefined);
      await until(AT.results);
      for (const [place, event] of ['CustomizationSucceeded', 'CustomizationFailed'].entries()) {
        post(event, [server.vms[place]]);
      }
      if (span === 'aborted') {
        await until(AT.abort);
        enough.abort(new Error('enough'));
        return;
      }
      await until(AT.faultEnds);
      if (span === 'while') link.mend();
    };
    const scripted = script();
    lived.report = await watch.report.catch((error) => {
      if (!(error instanceof CancelledError)) throw error;
      lived.cancelled = true;
      return error.report;
    });
    lived.endedMs = clock.now() - begun;
    const closing = clock.now();
    await vcenter.close();
    lived.closedMs = clock.now() - closing;
    // Of a wait that has ended early.
    await scripted;
  };

  await clock.drive(run());
  const requests = link.requests.length;
  // Whatever is still under way has its time; nothing new may begin.
  link.mend();
  await clock.drive(clock.sleep(300_000, never));
  lived.requestsAfterwards = link.requests.length - requests;
  lived.requests = link.requests;
  lived.hits = link.hits;
  lived.losses = link.losses;
  lived.sessions = sessions.list().filter((session) => session !== others).length;
  lived.collectors = eventCollectors.count().count;
  lived.othersAreThere = sessions.list().includes(others);
  server.end();
  return lived;
}
