/** A ticket for a session like the user's, from the vCenter that issued the token of the user's vSphere Client. */
import { Refusal } from './refusal.mjs';

const PATH = '/api/ui/vcenter/session/clone-ticket';
const TIMEOUT_MS = 10_000;

/**
 * The name of the one field: the documentation has the first, the sample plug-in of the SDK the second. A server that
 * knows only the second refuses the first as a bad request, and has used nothing up.
 */
const FIELDS = ['vc-guid', 'vc_guid'];

/**
 * @param {import('vm-customization').Transport} transport to the vCenter that the plug-in is registered with
 * @param {{sessionToken: string, vcGuid: string}} who
 * @param {number} [timeoutMs]
 * @returns {Promise<string>} it serves once
 */
export async function acquireCloneTicket(transport, { sessionToken, vcGuid }, timeoutMs = TIMEOUT_MS) {
  // Not the page's: a session that it no longer wants is closed when it is there.
  const signal = AbortSignal.timeout(timeoutMs);
  for (const field of FIELDS) {
    /** @type {import('vm-customization').HttpRequest} */
    const request = {
      method: 'POST',
      operation: 'clone-ticket',
      path: PATH,
      headers: {
        'content-type': 'application/json',
        accept: 'application/json',
        'vmware-api-session-id': sessionToken,
      },
      body: JSON.stringify({ [field]: vcGuid }),
      signal,
      once: true,
    };
    const answer = await transport.send(request).catch((error) => {
      if (!signal.aborted) throw error;
      throw new Refusal(504, 'transient', `${transport.host} has not answered within ${timeoutMs / 1_000} s`);
    });
    if (answer.status === 200 || answer.status === 201) return ticketIn(answer.body, transport.host);
    if (answer.status !== 400) throw refusalFor(answer.status, transport.host);
  }
  throw refusalFor(400, transport.host);
}

/** @param {Uint8Array} body @param {string} host */
function ticketIn(body, host) {
  let ticket;
  try {
    ticket = JSON.parse(Buffer.from(body).toString()).session_clone_ticket;
  } catch {
    // Told below: what came instead may hold the ticket.
  }
  if (typeof ticket !== 'string' || ticket === '') {
    throw new Refusal(502, 'transient', `${host} answered without a ticket for a session`);
  }
  return ticket;
}

/** @param {number} status @param {string} host */
function refusalFor(status, host) {
  if (status === 401 || status === 403) {
    return new Refusal(
      401,
      'fatal',
      `${host} does not accept the session of this vSphere Client: it has ended, or is of another vCenter; log in to the Client again`,
    );
  }
  const message = `${host} answered HTTP ${status} when asked for a session for the plug-in`;
  return new Refusal(502, status >= 500 || status === 429 ? 'transient' : 'fatal', message);
}
