/**
 * The other half of event-source.js, for any HTTP server of Node. It keeps one session with vCenter, and answers for the
 * VMs it was set up for and no others: who may use the page decides the server that it is mounted in.
 */
import { once } from 'node:events';
import { ReadError } from 'vm-customization';

/** A question names the VMs it is about: those of the largest run fit. */
const MAX_QUESTION_BYTES = 2 * 1024 * 1024;
/** A stream without events says this often that it is alive: proxies end connections that are silent. */
const ALIVE_MS = 15_000;
/** A page that takes nothing for so long has gone. */
const STALLED_MS = 60_000;

/**
 * @param {import('vm-customization').VCenter} vcenter of a service account; or of the user, by the clone ticket that the
 *   Client gives to a plug-in
 * @param {import('vm-customization').Lookup} found the VMs that pages may ask about
 * @param {{sessionLost?: () => void}} [options] `sessionLost` is for a session that this side cannot open again: it is
 *   told of its end, and so is the page. Without it the page never hears of it.
 */
export function backEnd(vcenter, found, { sessionLost } = {}) {
  const source = vcenter.events();
  const known = new Set(found.vms.map(({ vm }) => vm));
  /** @param {unknown} vms */
  const allowed = (vms) => {
    if (!Array.isArray(vms)) throw new ReadError('fatal', 'a question names its VMs in a list');
    return vms.filter((vm) => known.has(vm));
  };

  /** @type {Record<string, (question: any, options: { signal: AbortSignal }) => Promise<unknown>>} */
  const answers = {
    vms: async () => found.vms,
    time: (_, options) => source.serverTime(options),
    events: async (query, options) => asText(await source.readEvents({ ...query, vms: allowed(query?.vms) }, options)),
    guests: (vms, options) => source.readGuestInfo?.(allowed(vms), options) ?? Promise.resolve([]),
  };

  /**
   * Answers one request below the path where it is mounted.
   * @param {string} what @param {import('node:http').IncomingMessage} request @param {import('node:http').ServerResponse} response
   */
  return async function handle(what, request, response) {
    const gone = new AbortController();
    response.on('close', () => gone.abort());
    const { signal } = gone;
    /** @param {number} status @param {unknown} content */
    const send = (status, content) => {
      response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
      response.end(JSON.stringify(content));
    };
    const answer = Object.hasOwn(answers, what) ? answers[what] : undefined;
    if ((answer === undefined && what !== 'push') || request.method !== 'POST') {
      send(404, { kind: 'fatal', message: `no such address: ${what}` });
      return;
    }
    try {
      const question = await questionOf(request);
      if (answer === undefined) {
        const pages = source.pushEvents?.({ ...question, vms: allowed(question?.vms) }, { signal }) ?? [];
        await stream(pages, response, signal);
        return;
      }
      const ask = () => answer(question, { signal });
      send(200, await ask().catch((error) => again(error, ask, signal)));
    } catch (error) {
      const failure = failureOf(error);
      if (!response.headersSent) send(502, failure);
      else if (!signal.aborted) response.end(`${JSON.stringify({ failure })}\n`);
      if (failure.kind === 'notAuthenticated') sessionLost?.();
    }
  };

  /** @param {unknown} error @param {() => Promise<unknown>} ask @param {AbortSignal} signal */
  async function again(error, ask, signal) {
    const lost = error instanceof ReadError && error.kind === 'notAuthenticated';
    if (!lost || sessionLost !== undefined || source.logIn === undefined) throw error;
    await source.logIn({ signal });
    return ask();
  }
}

/**
 * Pages as lines of JSON, as they come. The next is asked for when the page has taken the one before, so that nothing
 * gathers here.
 * @param {AsyncIterable<import('vm-customization').EventPage> | never[]} pages
 * @param {import('node:http').ServerResponse} response @param {AbortSignal} signal
 */
async function stream(pages, response, signal) {
  response.setTimeout(STALLED_MS, () => response.destroy());
  // Without the header some proxies keep lines until there are enough of them.
  response.writeHead(200, {
    'content-type': 'application/x-ndjson',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  });
  response.flushHeaders();
  const alive = setInterval(() => response.writableNeedDrain || response.write('\n'), ALIVE_MS);
  try {
    for await (const page of pages) {
      if (!response.write(`${JSON.stringify(asText(page))}\n`)) await once(response, 'drain', { signal });
    }
    response.end();
  } finally {
    clearInterval(alive);
  }
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

/** @param {import('node:http').IncomingMessage} request @returns {Promise<any>} */
async function questionOf(request) {
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > MAX_QUESTION_BYTES)
      throw new ReadError('fatal', `the question is longer than ${MAX_QUESTION_BYTES} bytes`);
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString();
  try {
    return text === '' ? null : JSON.parse(text);
  } catch {
    throw new ReadError('fatal', 'the question is not JSON');
  }
}

/** What the page is told: the kind decides what its machine does. @param {unknown} error */
function failureOf(error) {
  const { code } = /** @type {{ code?: unknown }} */ (error);
  const kind = error instanceof ReadError ? error.kind : 'transient';
  return { kind, code, message: error instanceof Error ? error.message : 'unknown error' };
}
