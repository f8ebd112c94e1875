/** What must hold in every cell, whatever the server answers. */
import { KINDS } from './kinds.mjs';
import { AT, TRUTH } from './world.mjs';

/** How far each VM may be told to be: in order, up to the truth. */
const STATUSES = ['VmNotStarted', 'CustomizationNotStarted', 'CustomizationStarted'];
const FINAL = ['CustomizationSucceeded', 'CustomizationFailed'];

/** After the deadline one more read has this long. */
const LAST_READ_MS = 5_000;
const CLOSE_MS = 1_000;

/** A wait of 90 seconds takes about 40 requests where all is well. */
const MOST_REQUESTS = 200;
/** Connecting, a look-up, the first read and a push that is lost at once. */
const MOST_IN_A_SECOND = 40;

/**
 * @param {import('./cells.mjs').Cell} cell
 * @param {Awaited<ReturnType<typeof import('./world.mjs').live>>} lived
 * @returns {string[]} what is wrong
 */
export function judge(cell, lived) {
  const wrong = [];
  const expect = (holds, what) => {
    if (!holds) wrong.push(what);
  };

  // The fault was met, or there is nothing to be learnt from the cell.
  expect(lived.hits > 0, 'the call was never made');
  expect(lived.requests.length <= MOST_REQUESTS, `${lived.requests.length} requests`);
  const seconds = Map.groupBy?.(lived.requests, ({ at }) => Math.floor(at / 1000)) ?? grouped(lived.requests);
  const most = Math.max(...[...seconds.values()].map((requests) => requests.length));
  expect(most <= MOST_IN_A_SECOND, `${most} requests within a second`);
  expect(lived.requestsAfterwards === 0, `${lived.requestsAfterwards} requests after the end`);
  leftovers(cell, lived, expect);
  // One that is being removed, and the next.
  expect(lived.mostCollectors <= 2, `${lived.mostCollectors} collectors at a time`);

  if (lived.refusal !== undefined) {
    // A wait that has not begun: connecting or the look-up has failed, with an error of ours and in time.
    const isOurs = typeof lived.refusal.code === 'string' && lived.refusal.message !== '';
    expect(isOurs && ['first', 'always'].includes(cell.span), `refused: ${lived.refusal.stack}`);
    expect(lived.refusedAt < 200_000, `refused after ${lived.refusedAt} ms`);
    return wrong;
  }

  const { vms } = lived.report;
  expect(vms.length === TRUTH.length, `${vms.length} rows`);
  const unobservable = vms.filter(({ conclusion }) => conclusion === 'unobservable').length;
  expect(unobservable === 0 || (unobservable === vms.length && mayEnd(cell)), `unobservable: ${vms[0].error?.message}`);
  if (saysNothing(cell)) return wrong;
  for (const [place, { customizationStatus: status, conclusion }] of vms.entries()) {
    const truth = TRUTH[place];
    const isFinal = FINAL.includes(truth);
    expect(STATUSES.includes(status) || status === truth, `${status} where the truth is ${truth}`);
    expect((conclusion === 'completed') === (isFinal && status === truth), `${status} is ${conclusion}`);
    const others = lived.cancelled ? ['cancelled'] : ['timedOut', 'unobservable'];
    expect(conclusion === 'completed' || others.includes(conclusion), `${status} is ${conclusion}`);
    if (isHealed(cell) && unobservable === 0)
      expect(status === truth, `${status} at the end, where the truth is ${truth}`);
  }
  if (lived.cancelled) {
    expect(lived.endedMs === AT.abort * 1000, `ended at ${lived.endedMs} ms, aborted at ${AT.abort * 1000}`);
  } else if (unobservable === 0) {
    const end = AT.deadline * 1000;
    expect(lived.endedMs >= end && lived.endedMs <= end + LAST_READ_MS, `ended at ${lived.endedMs} ms`);
  }
  expect(lived.closedMs <= CLOSE_MS, `closed after ${lived.closedMs} ms`);
  return wrong;
}

/** Nothing is left on the server but what nobody can know of or remove, which is said. */
function leftovers({ call, kind, span, signIn }, lived, expect) {
  const losses = KINDS[kind].loses ? lived.losses : 0;
  // A session whose key never arrived, and one whose log-out never got to the server.
  const opened = call === 'Login' || call === 'LoginByToken' || call === 'CloneSession' ? losses : 0;
  const open = call === 'Logout' && span !== 'while' ? lived.hits : 0;
  expect(lived.sessions <= opened + open, `${lived.sessions} sessions were left`);
  if (signIn !== 'session') {
    expect(lived.collectors <= lived.sessions, `${lived.collectors} collectors were left`);
    return;
  }
  expect(lived.othersAreThere, 'the session given was closed');
  const made = call === 'CreateCollectorForEvents' ? 1 : 0;
  const kept = call === 'DestroyCollector' ? 1 : 0;
  expect(lived.collectors <= made + kept, `${lived.collectors} collectors were left`);
  if (made === 1 && lived.collectors === 1) {
    const told = lived.told.find(({ type }) => type === 'pushUnavailable')?.message ?? '';
    expect(/may have been left on the server/.test(told), `of a collector that was left was said: ${told}`);
  }
}

/**
 * Whether the wait may end without having seen anything: by the server's own word, where a log-in is refused, or a session
 * that was given, or opened with a ticket, is not there; and at the deadline where the server's time was never learnt, without
 * which nothing is read.
 */
function mayEnd({ call, kind, span, signIn }) {
  const isRefused = kind === 'a session that is not there' && (signIn !== 'password' || call === 'Login');
  return isRefused || (call === 'CurrentTime' && span === 'always');
}

/** Whether the answer is one: over VI JSON nothing, said twice, is a list of no events, and there is nothing to see. */
function saysNothing({ call, kind, wire, span }) {
  return (
    call === 'QueryEvents' && ['no body', 'an empty envelope'].includes(kind) && wire === 'vi-json' && span === 'always'
  );
}

/** Whether the server answers as it should for long enough before the deadline to learn all there is. */
function isHealed({ span }) {
  return span === 'first' || span === 'while';
}

function grouped(requests) {
  const seconds = new Map();
  for (const request of requests) {
    const second = Math.floor(request.at / 1000);
    seconds.set(second, [...(seconds.get(second) ?? []), request]);
  }
  return seconds;
}
