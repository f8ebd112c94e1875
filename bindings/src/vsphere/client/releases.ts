/** Which release of the API to speak: the newest that the server and we know. */
import { WireError } from '../../errors.js';
import type { HttpRequest, HttpResponse, Transport } from '../../http/transport.js';
import type { Clock } from '../../util/clock.js';
import { CallHistory } from '../api/call-history.js';
import { badAnswerError, refusalError } from '../api/http-refusal.js';
import type { CallContext } from '../api/types.js';
import { type XmlElement, xmlTree } from '../soap/tree.js';
import { jsonValue } from '../vijson/json.js';
import { exchange } from './exchange.js';

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
 * @throws a `ConnectionError` when it is not ready to say, or something else answers
 */
export async function negotiate(transport: Transport, clock: Clock, context: CallContext): Promise<string | undefined> {
  const ask: Ask = (request) => exchange(transport, clock, request, context);
  return (await askHello(transport, ask)) ?? (await askVersions(transport, ask));
}

type Ask = (request: Omit<HttpRequest, 'signal' | 'once'>) => Promise<HttpResponse>;

async function askHello(transport: Transport, ask: Ask): Promise<string | undefined> {
  // Where a proxy has given the API another address, this one, which is beside it, is not known.
  if (!transport.path.endsWith('/sdk')) {
    return undefined;
  }
  const response = await ask({
    operation: 'hello',
    method: 'POST',
    path: `${transport.path.slice(0, -'/sdk'.length)}/api/vcenter/system?action=hello`,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ api_releases: RELEASES }),
  });
  if (response.status !== 200) {
    return undefined;
  }
  const release = ifReadable(() => jsonValue(response.body)?.get('api_release')?.text);
  return RELEASES.find((known) => known === release);
}

async function askVersions(transport: Transport, ask: Ask): Promise<string | undefined> {
  const response = await ask({
    operation: 'vimServiceVersions',
    method: 'GET',
    path: `${transport.path}/vimServiceVersions.xml`,
    headers: {},
    body: undefined,
  });
  // Every vCenter has this list: whoever has none is none, or is in front of one.
  const asked = new CallHistory(transport.host).asked('vimServiceVersions');
  if (response.status !== 200) {
    throw refusalError(response, asked);
  }
  const list = ifReadable(() => xmlTree(response.body));
  if (list?.name !== 'namespaces') {
    throw badAnswerError(undefined, asked, 'fatal');
  }
  const served = versionsIn(list);
  return RELEASES.find((known) => served.includes(known));
}

function versionsIn(root: XmlElement): readonly (string | undefined)[] {
  return root
    .list('namespace')
    .filter((namespace) => namespace.get('name')?.text === 'urn:vim25')
    .flatMap((namespace) => [namespace, ...namespace.list('priorVersions')])
    .flatMap((list) => list.list('version'))
    .map((version) => version.text);
}

/** Undefined for a page of something else. */
function ifReadable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof WireError) {
      return undefined;
    }
    throw error;
  }
}
