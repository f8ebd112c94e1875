/**
 * The other half of event-source.js: routes for a server of Hono. They answer for the VMs that they are given and no
 * others: who may use the page decides the server that they are mounted in.
 */
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { HTTPException } from 'hono/http-exception';
import { stream } from 'hono/streaming';
import { ReadError } from 'vm-customization';
import { contentType } from '../../server/guard.js';

/** A question names the VMs it is about: those of the largest run fit. */
const MAX_QUESTION_BYTES = 2 * 1024 * 1024;
/** The most events that the machine asks for at a time, and more types than it knows of. */
const MAX_COUNT = 1_000;
const MAX_TYPES = 100;
const TYPE = /^\w{1,100}$/;
/** A stream without events says this often that it is alive: proxies end connections that are silent. */
const ALIVE_MS = 15_000;

/**
 * @typedef {object} Events what a page may ask about
 * @property {import('vm-customization').EventSource} source
 * @property {ReadonlySet<string>} vms
 * @property {(() => void) | undefined} sessionLost
 * @property {AbortSignal | undefined} ended
 */

/**
 * @param {import('vm-customization').VCenter} vcenter of a service account; or of the user, by the clone ticket that the
 *   Client gives to a plug-in
 * @param {import('vm-customization').Lookup} found the VMs that pages may ask about
 * @param {{sessionLost?: () => void, ended?: AbortSignal}} [options] `sessionLost` is for a session that this side cannot
 *   open again: it is told of its end, and so is the page. Without it the page never hears of it. `ended` ends what is
 *   under way, with its reason.
 * @returns {Events}
 */
export function eventsOf(vcenter, found, { sessionLost, ended } = {}) {
  return { source: vcenter.events(), vms: new Set(found.vms.map(({ vm }) => vm)), sessionLost, ended };
}

/**
 * The routes `time`, `events`, `guests` and `push`.
 * @param {(c: import('hono').Context) => Events} eventsFor the request
 */
export function backEnd(eventsFor) {
  const app = new Hono();
  app.use(contentType('application/json'), bodyLimit({ maxSize: MAX_QUESTION_BYTES }));
  app.use(async (c, next) => {
    c.header('cache-control', 'no-store');
    await next();
  });

  /**
   * @template Question
   * @param {(question: unknown, events: Events) => Question} read
   * @param {(source: Events['source'], question: Question, options: { signal: AbortSignal }) => Promise<unknown>} answer
   * @returns {import('hono').Handler}
   */
  const answering = (read, answer) => async (c) => {
    const events = eventsFor(c);
    const question = read(await questionOf(c), events);
    const options = { signal: endOf(c, events) };
    const ask = () => answer(events.source, question, options);
    return c.json(await ask().catch((error) => again(events, error, ask, options)));
  };
  app.post(
    '/time',
    answering(
      () => null,
      (source, _, options) => source.serverTime(options),
    ),
  );
  app.post(
    '/events',
    answering(queryOf, async (source, query, options) => asText(await source.readEvents(query, options))),
  );
  app.post(
    '/guests',
    answering(knownVms, (source, vms, options) => source.readGuestInfo?.(vms, options) ?? Promise.resolve([])),
  );
  app.post('/push', async (c) => {
    const events = eventsFor(c);
    const query = queryOf(await questionOf(c), events);
    const signal = endOf(c, events);
    c.header('content-type', 'application/x-ndjson');
    // Without it some proxies keep lines until there are enough of them.
    c.header('x-accel-buffering', 'no');
    return stream(c, async (lines) => {
      const alive = setInterval(() => lines.write('\n'), ALIVE_MS);
      try {
        // The next is asked for when the page has taken the one before, so that nothing gathers here.
        for await (const page of events.source.pushEvents?.(query, { signal }) ?? []) {
          await lines.write(`${JSON.stringify(asText(page))}\n`);
        }
      } catch (error) {
        await lines.write(`${JSON.stringify({ failure: failureOf(error, events) })}\n`);
      } finally {
        clearInterval(alive);
      }
    });
  });
  app.onError((error, c) => {
    if (error instanceof HTTPException) return c.json({ kind: 'fatal', message: error.message }, error.status);
    return c.json(failureOf(error, eventsFor(c)), 502);
  });
  return app;
}

/** Of one request: the page has gone, or may ask no more. @param {import('hono').Context} c @param {Events} events */
function endOf(c, { ended }) {
  return ended === undefined ? c.req.raw.signal : AbortSignal.any([c.req.raw.signal, ended]);
}

/** @param {Events} events @param {unknown} error @param {() => Promise<unknown>} ask @param {{ signal: AbortSignal }} options */
async function again({ source, sessionLost }, error, ask, options) {
  const lost = error instanceof ReadError && error.kind === 'notAuthenticated';
  if (!lost || sessionLost !== undefined || source.logIn === undefined) throw error;
  await source.logIn(options);
  return ask();
}

/** @param {import('hono').Context} c @returns {Promise<unknown>} */
async function questionOf(c) {
  const text = await c.req.text();
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own message would repeat a part of it.
    throw malformed('the question is not JSON');
  }
}

/** Each once, however often it is named: a read takes requests for so many at a time. @param {unknown} vms @param {Events} events */
function knownVms(vms, events) {
  if (!Array.isArray(vms)) throw malformed('a question names its VMs in a list');
  return [...new Set(vms)].filter((vm) => events.vms.has(vm));
}

/** @param {any} question @param {Events} events @returns {import('vm-customization').EventQuery} */
function queryOf(question, events) {
  const { vms, since, types, maxCount } = question ?? {};
  const areTypes = Array.isArray(types) && types.length <= MAX_TYPES && types.every((type) => TYPE.test(type));
  if (!areTypes || !(Number.isInteger(maxCount) && maxCount >= 1 && maxCount <= MAX_COUNT)) {
    throw malformed(`a question has up to ${MAX_TYPES} types, and a maxCount of 1 to ${MAX_COUNT}`);
  }
  if (typeof since !== 'string' || Number.isNaN(Date.parse(since))) throw malformed('a question says since when');
  return { vms: knownVms(vms, events), since, types: [...new Set(types)], maxCount, reason: 'poll', timeoutMs: null };
}

/** @param {string} message */
function malformed(message) {
  return new HTTPException(400, { message });
}

/** @param {import('vm-customization').EventPage} page */
function asText(page) {
  const documents = [page.events, ...(page.more ?? [])].map((document) =>
    Buffer.from(/** @type {any} */ (document)).toString(),
  );
  // A page without events may be of no bytes at all.
  const [events = '[]', ...more] = documents.filter((text) => text !== '');
  return { ...page, events, more };
}

/** What the page is told: the kind decides what its machine does. @param {unknown} error @param {Events} events */
function failureOf(error, events) {
  const { code } = /** @type {{ code?: unknown }} */ (error);
  const kind = error instanceof ReadError ? error.kind : 'transient';
  if (kind === 'notAuthenticated') events.sessionLost?.();
  return { kind, code, message: error instanceof Error ? error.message : 'unknown error' };
}
