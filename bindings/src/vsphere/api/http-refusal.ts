/**
 * Answers that are none of a vCenter: of proxies in front, and of servers that are no vCenter. They are final only before
 * a call has worked. Later on something on the way has answered in its place, and that passes.
 */
import { CertificateError, ConnectionError, LoginError, type ReadError, type WireError } from '../../errors.js';
import type { HttpResponse } from '../../http/transport.js';
import type { ReadFailureKind } from '../../types.js';
import type { Asked } from './call-history.js';
import { isSecret, loginAdvice } from './faults.js';

// Asked before there is any session, by every client.
const FIRST_QUESTIONS = new Set(['RetrieveServiceContent', 'vimServiceVersions']);

// With these the request may have got to the server all the same, and only its answer is missing.
const PASSED_ON: ReadonlySet<number> = new Set([500, 502, 504]);

const ANSWERED_BEFORE = 'it has answered as a vCenter before, so something in front of it answers in its place';

/** The error for an answer with a status that says that it is none. */
export function refusalError(response: HttpResponse, asked: Asked): ReadError {
  const { host, method, worked } = asked;
  const { status } = response;
  const what = `${host}: ${method} was answered with HTTP ${status}`;
  const error = (text: string, kind: 'transient' | 'notAuthenticated' | 'fatal'): ConnectionError =>
    new ConnectionError(text, { code: 'http', kind, mayBeDone: PASSED_ON.has(status) });
  if (status >= 500 || status === 408 || status === 429) {
    return error(
      `${what}: the server is not ready, or a proxy in front of it cannot reach it: if that lasts, see on the server whether its services run`,
      'transient',
    );
  }
  const advice = loginAdvice(method);
  if (status === 401 && advice === undefined && !FIRST_QUESTIONS.has(method)) {
    return error(`${what}: the session has ended`, 'notAuthenticated');
  }
  const destination = destinationOf(response, asked);
  const redirect = destination === undefined ? '' : `: it wants to redirect to ${destination}`;
  const separator = redirect === '' ? ': ' : '; ';
  if (worked) {
    return error(`${what}${redirect}${separator}${ANSWERED_BEFORE}`, 'transient');
  }
  if (status === 401) {
    return advice === undefined
      ? error(
          `${what} before there was any log-in: something in front of the vCenter wants one of its own, so give the vCenter's own address`,
          'fatal',
        )
      : new LoginError(`${host} refused the log-in (HTTP 401): ${advice}`);
  }
  return error(`${what}${redirect}${separator}${questionAbout(status, redirect !== '')}`, 'fatal');
}

/** The error for an answer that is none to the call that was made, whatever its status; `why` where it cannot be read. */
export function badAnswerError(
  why: WireError | undefined,
  { host, method, redact }: Asked,
  kind: ReadFailureKind = 'transient',
): ConnectionError {
  // Without its cause, which may quote the answer.
  const message =
    why === undefined || isSecret(method)
      ? `${method} was answered with something else: is it a vCenter, or has a proxy on the way answered in its place?`
      : `the answer to ${method} could not be read: ${redact(why.message)}`;
  return new ConnectionError(`${host}: ${message}`, { code: 'badAnswer', kind });
}

/** What is final where nothing has worked yet, once something has: another certificate, a proxy that refuses. */
export function passingError(error: unknown, { worked }: Asked): unknown {
  if (!worked || !(error instanceof ConnectionError) || error.kind !== 'fatal') {
    return error;
  }
  const message = `${error.message}; ${ANSWERED_BEFORE}`;
  return error instanceof CertificateError
    ? new CertificateError(message, error.thumbprint, 'transient')
    : new ConnectionError(message, { code: error.code, cause: error.cause, mayBeDone: error.mayBeDone });
}

/** What may have answered so where no vCenter ever has. */
function questionAbout(status: number, redirected: boolean): string {
  if (status === 407) {
    return "a proxy on the way wants a user and a password: give them in the proxy's address, or go around it (NO_PROXY)";
  }
  return redirected
    ? "if that is the vCenter, give that address; if it is a proxy's or a portal's page, go around it (NO_PROXY) or log in there, and give the vCenter's own"
    : 'is it a vCenter, and does the address end in /sdk? Or has a proxy on the way answered in its place?';
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
