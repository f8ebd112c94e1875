/**
 * The other half of event-source.js, for any HTTP server of Node. It keeps one session with vCenter, and answers for the
 * VMs it was set up for and no others: who may use the page decides the server that it is mounted in.
 */
import { ReadError } from 'vm-customization';

/**
 * @param {import('vm-customization').VCenter} vcenter of a service account; or of the user, by the clone ticket that the
 *   Client gives to a plug-in
 * @param {import('vm-customization').Lookup} found the VMs that pages may ask about
 */
export function backEnd(vcenter, found) {
  const source = vcenter.events(found);
  const known = new Set(found.vms.map(({ vm }) => vm));
  /** @param {string[]} vms */
  const allowed = (vms) => vms.filter((vm) => known.has(vm));

  /** @type {Record<string, (question: any, options: { signal: AbortSignal }) => Promise<unknown>>} */
  const answers = {
    vms: async () => found.vms,
    time: (_, options) => source.serverTime(options),
    events: async (query, options) => {
      const page = await source.readEvents({ ...query, vms: allowed(query.vms) }, options);
      const documents = [page.events, ...(page.more ?? [])].map((document) =>
        Buffer.from(/** @type {any} */ (document)).toString(),
      );
      // A page without events may be of no bytes at all.
      const [events = '[]', ...more] = documents.filter((text) => text !== '');
      return { ...page, events, more };
    },
    guests: (vms, options) => source.readGuestInfo?.(allowed(vms), options) ?? Promise.resolve([]),
  };

  /**
   * Answers one request below the path where it is mounted.
   * @param {string} what @param {import('node:http').IncomingMessage} request @param {import('node:http').ServerResponse} response
   */
  return async function handle(what, request, response) {
    const gone = new AbortController();
    response.on('close', () => gone.abort());
    /** @param {number} status @param {unknown} content */
    const send = (status, content) => {
      response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
      response.end(JSON.stringify(content));
    };
    const answer = Object.hasOwn(answers, what) ? answers[what] : undefined;
    if (answer === undefined || request.method !== 'POST') {
      send(404, { kind: 'fatal', message: `no such address: ${what}` });
      return;
    }
    let text = '';
    for await (const chunk of request) text += chunk;
    const ask = () => answer(JSON.parse(text === '' ? 'null' : text), { signal: gone.signal });
    try {
      send(200, await ask().catch((error) => again(error, ask, gone.signal)));
    } catch (error) {
      const kind = error instanceof ReadError ? error.kind : 'transient';
      send(502, { kind, message: error instanceof Error ? error.message : 'unknown error' });
    }
  };

  /** The session is this side's affair: the page never hears of its end. @param {unknown} error @param {() => Promise<unknown>} ask @param {AbortSignal} signal */
  async function again(error, ask, signal) {
    if (!(error instanceof ReadError) || error.kind !== 'notAuthenticated' || source.logIn === undefined) throw error;
    await source.logIn({ signal });
    return ask();
  }
}
