/** Connecting from a browser. */

import { init } from '../../core/wasm/loader.js';
import { LoginError } from '../../errors.js';
import type { Transport } from '../../http/transport.js';
import { fetchTransport } from '../../http/transport-fetch.js';
import { systemClock } from '../../util/clock.js';
import { type Fields, FUNCTION, only, unusable } from '../../util/fields.js';
import { SoapCodec } from '../soap/codec.js';
import { COMMON_OPTIONS, type ConnectOptions, checkConnectOptions, elsewhere } from './connect-options.js';
import { signInOf } from './sign-in.js';
import { BEGIN_OPTIONS, type BeginOptions, VCenter } from './vcenter.js';
import { VimClient } from './vim-client.js';

const OPTIONS: Fields = {
  ...COMMON_OPTIONS,
  fetch: FUNCTION,
  ...elsewhere(
    ['ca', 'thumbprint', 'insecure', 'environment'],
    'leave it out, the browser itself decides how to reach and trust a server',
  ),
};

/**
 * Logs in to a vCenter through a proxy of the page's own origin: a vCenter answers no cross-origin request.
 *
 * A page that was reloaded or closed leaves its session behind, and a vCenter refuses a log-in on top of it. Such a session
 * is closed, and the log-in tried once more: of two pages of one origin the later one goes on.
 *
 * A program for Node whose compiler shows it this one imports from `vm-customization/node`.
 *
 * @throws {@link LoginError}, {@link ConnectionError}, {@link UnsupportedServerError}, {@link OptionsError}
 */
export function connectVCenter(options: ConnectOptions): Promise<VCenter> {
  return connectThrough('', options);
}

/**
 * Connects through a proxy whose vCenter is known.
 * @param host - the vCenter's, for messages; empty where only the proxy's is known
 * @internal
 */
export async function connectThrough(host: string, options: ConnectOptions): Promise<VCenter> {
  checkConnectOptions(options, OPTIONS);
  await init();
  const proxy = fetchTransport(addressOf(options.server), options.fetch);
  const transport = { ...proxy, host: host || proxy.host };
  const how = signInOf(options);
  const begin = only(options, BEGIN_OPTIONS);
  try {
    return await VCenter.connect(transport, how, begin);
  } catch (error) {
    const isRefusal = error instanceof LoginError && ('user' in how || 'token' in how);
    if (!isRefusal || !(await endForgottenSession(transport, begin))) {
      throw error;
    }
    return VCenter.connect(transport, how, begin);
  }
}

function addressOf(server: string | URL): URL {
  try {
    return new URL(server, globalThis.location?.href);
  } catch {
    const give = "give the path on the page's own origin that a proxy hands on to the vCenter's /sdk, such as '/sdk'";
    throw unusable('server', server, { give, secret: true, code: 'invalidServer' });
  }
}

/** Closes the session whose cookie the browser still has. Answers whether there was one. */
async function endForgottenSession(
  transport: Transport,
  { signal = new AbortController().signal, clock = systemClock }: BeginOptions,
): Promise<boolean> {
  const client = new VimClient(transport, new SoapCodec(transport.path), clock);
  client.adoptSession();
  try {
    await client.logout({ signal });
    return true;
  } catch {
    // Without a session that is refused: the first refusal was meant.
    return false;
  }
}
