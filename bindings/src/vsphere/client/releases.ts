/** Which release of the API to speak: the newest that the server and we know. */
import { WireError } from '../../errors.js';
import type { HttpResponse, Transport } from '../../http/transport.js';
import { CallHistory } from '../api/call-history.js';
import { refusalError } from '../api/http-refusal.js';
import { type CallContext, REQUEST_TIMEOUT_MS } from '../api/vim-api.js';
import { child, children, childText, soapTree } from '../soap/tree.js';
import { asObject, parsed, textAt } from '../vijson/json.js';

/**
 * The releases whose schemas are known to have what is needed here, the newest first. Their servers speak VI JSON; before
 * 8.0.1.0 none does. A newer server has the schemas of all of them.
 */
const RELEASES: readonly string[] = ['9.1.1.0', '9.1.0.0', '9.0.0.0', '8.0.3.1', '8.0.3.0', '8.0.2.0', '8.0.1.0'];

/** Whether a server of this version speaks VI JSON at all. */
export function mayHaveJson(apiVersion: string): boolean {
  const numbers = apiVersion.split('.').map(Number);
  const first = [8, 0, 1];
  const place = first.findIndex((number, index) => (numbers[index] ?? 0) !== number);
  return place === -1 || (numbers[place] ?? 0) > (first[place] ?? 0);
}

/**
 * Asks the server: by `hello`, which came with 8.0 U2, else by the list of its versions. Neither needs a session.
 * @returns undefined when it speaks no VI JSON that we know
 * @throws a `ConnectionError` when it is not ready to say
 */
export async function negotiate(transport: Transport, context: CallContext): Promise<string | undefined> {
  return (await askHello(transport, context)) ?? (await askVersions(transport, context));
}

async function askHello(transport: Transport, context: CallContext): Promise<string | undefined> {
  // Where a proxy has given the API another address, this one, which is beside it, is not known.
  if (!transport.path.endsWith('/sdk')) {
    return undefined;
  }
  const response = await transport.send({
    operation: 'hello',
    method: 'POST',
    path: `${transport.path.slice(0, -'/sdk'.length)}/api/vcenter/system?action=hello`,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ api_releases: RELEASES }),
    ...limits(context),
  });
  const release = response.status === 200 ? textAt(asObject(parsed(response.body)), 'api_release') : undefined;
  return RELEASES.find((known) => known === release);
}

async function askVersions(transport: Transport, context: CallContext): Promise<string | undefined> {
  const response = await transport.send({
    operation: 'vimServiceVersions',
    method: 'GET',
    path: `${transport.path}/vimServiceVersions.xml`,
    headers: {},
    body: undefined,
    ...limits(context),
  });
  if (response.status !== 200) {
    const refusal = refusalError(response, new CallHistory(transport.host).asked('vimServiceVersions'));
    if (refusal.kind === 'transient') {
      throw refusal;
    }
    return undefined;
  }
  const served = versionsIn(response);
  return RELEASES.find((known) => served.includes(known));
}

function versionsIn(response: HttpResponse): readonly string[] {
  try {
    return children(soapTree(response.body), 'namespace')
      .filter((namespace) => childText(namespace, 'name') === 'urn:vim25')
      .flatMap((namespace) => [namespace, child(namespace, 'priorVersions')])
      .flatMap((list) => children(list, 'version').map((version) => version.text ?? ''));
  } catch (error) {
    // A page of something else.
    if (error instanceof WireError) {
      return [];
    }
    throw error;
  }
}

function limits({ signal, timeoutMs = REQUEST_TIMEOUT_MS }: CallContext): { signal: AbortSignal; timeoutMs: number } {
  return { signal, timeoutMs };
}
