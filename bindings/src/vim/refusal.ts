/** HTTP answers that are no vSphere fault: of proxies in front, and of servers that are no vCenter. */
import { ConnectionError, type ReadError } from '../errors.js';
import type { HttpResponse } from '../http/transport.js';
import type { Asked } from './conversation.js';
import { loginRefusal } from './faults.js';

/** The error for such an answer to a call. */
export function refusalError(response: HttpResponse, { host, method }: Asked): ReadError {
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
  if (status === 401) {
    return (
      loginRefusal(host, method) ??
      new ConnectionError(`${what}: the session has ended`, { code: 'http', kind: 'notAuthenticated' })
    );
  }
  const redirected = response.header('location') !== undefined;
  const advice = redirected ? 'it wants to redirect' : 'is it a vCenter, and does the address end in /sdk?';
  return new ConnectionError(`${what}: ${advice}`, { code: 'http', kind: 'fatal' });
}
