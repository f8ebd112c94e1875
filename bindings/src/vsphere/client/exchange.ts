/** One request to the server, within its time. */
import { type HttpRequest, type HttpResponse, lateError, type Transport } from '../../http/transport.js';
import { withTimeout } from '../../source/with-timeout.js';
import type { Clock } from '../../util/clock.js';
import type { CallContext } from '../api/types.js';

/** What a request may take where its context does not say. */
export const REQUEST_TIMEOUT_MS = 30_000;

/** Sends it. */
export function exchange(
  transport: Transport,
  clock: Clock,
  request: Omit<HttpRequest, 'signal' | 'once'>,
  { signal, timeoutMs = REQUEST_TIMEOUT_MS, once }: CallContext,
): Promise<HttpResponse> {
  const late = (): Error => lateError(transport.host, request.operation, timeoutMs);
  return withTimeout(late, (call) => transport.send({ ...request, ...call, once }), timeoutMs, clock, signal);
}
