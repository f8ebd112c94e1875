/** Calls of a vCenter that is in this process, without sockets. */

const encoder = new TextEncoder();

/**
 * One call, as a transport has it.
 *
 * @param {{answer: (request: object, body: string) => Promise<object>}} server
 * @param {import('vm-customization').HttpRequest} request
 * @param {{sleep: (ms: number, signal: AbortSignal) => Promise<void>}} clock
 * @param {(call: {method: string, forward: () => Promise<any>, wait: (ms: number) => Promise<void>}) => Promise<any>} [instead]
 *   what answers in the server's place; `forward` asks the server all the same
 */
export function exchange(server, request, clock, instead = ({ forward }) => forward()) {
  const { operation: method, signal, path, body = '', headers, method: verb } = request;
  const forward = async () => {
    const answer = await server.answer({ method: verb, url: path, headers }, body);
    return { headers: {}, text: '', ...answer };
  };
  // A signal of its own for each sleep: many listeners on one are taken for a leak.
  const wait = (ms) => clock.sleep(ms, ms === Number.POSITIVE_INFINITY ? signal : new AbortController().signal);
  const answered = async () => {
    const answer = await instead({ method, forward, wait });
    return {
      status: answer.status,
      header: (name) => answer.headers[name],
      cookies: [answer.headers['set-cookie'] ?? []].flat(),
      body: encoder.encode(answer.text),
    };
  };
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason));
    answered().then(resolve, reject);
  });
}
