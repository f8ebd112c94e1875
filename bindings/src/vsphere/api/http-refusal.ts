/** HTTP answers that are no vSphere fault: of proxies in front, and of servers that are no vCenter. */
import { ConnectionError, type ReadError } from '../../errors.js';
import type { HttpResponse } from '../../http/transport.js';
import type { Asked } from './call-history.js';
import { loginRefusal } from './faults.js';

// Asked before there is any session, by every client.
const FIRST_QUESTIONS = new Set(['RetrieveServiceContent', 'content', 'vimServiceVersions']);

/** The error for such an answer to a call. */
export function refusalError(response: HttpResponse, asked: Asked): ReadError {
  const { host, method, worked } = asked;
  const { status } = response;
  const what = `${host}: ${method} was answered with HTTP ${status}`;
  if (status >= 500 || status === 408 || status === 429) {
    return new ConnectionError(
      `${what}: the server is not ready, or a proxy in front of it cannot reach it: if that lasts, see on the server whether its services run`,
      {
        code: 'http',
      },
    );
  }
  if (status === 401 && FIRST_QUESTIONS.has(method)) {
    return new ConnectionError(
      `${what} before there was any log-in: something in front of the vCenter wants one of its own, so give the vCenter's own address`,
      { code: 'http', kind: 'fatal' },
    );
  }
  if (status === 401) {
    return (
      loginRefusal(host, method) ??
      new ConnectionError(`${what}: the session has ended`, { code: 'http', kind: 'notAuthenticated' })
    );
  }
  const destination = destinationOf(response, asked);
  const redirect = destination === undefined ? '' : `: it wants to redirect to ${destination}`;
  // One such answer among others is no word of the vCenter's: what is in front of it may be right again in a while.
  const advice = worked
    ? 'it has answered as a vCenter before, so something in front of it answers in its place'
    : redirect === ''
      ? 'is it a vCenter, and does the address end in /sdk?'
      : "if that is the vCenter, give that address, else the vCenter's own";
  const separator = redirect === '' ? ': ' : '; ';
  return new ConnectionError(`${what}${redirect}${separator}${advice}`, {
    code: 'http',
    kind: worked ? 'transient' : 'fatal',
  });
}

/** Where a redirect leads: host and path. What follows them may hold anything. */
function destinationOf(response: HttpResponse, { host, redact }: Asked): string | undefined {
  const location = response.header('location');
  if (location === undefined) {
    return undefined;
  }
  try {
    const url = new URL(location, `https://${host}/`);
    return redact(`${url.host}${url.pathname}`).slice(0, 200);
  } catch {
    return 'an address that is none';
  }
}
