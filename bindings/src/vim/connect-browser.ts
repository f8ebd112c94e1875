/** Connecting from a browser. */

import { fetchTransport } from '../http/transport-fetch.js';
import { init } from '../wasm/loader.js';
import { type SignIn, signInOf } from './sign-in.js';
import { type BeginOptions, VCenter } from './vcenter.js';

/** Which vCenter. */
export interface ServerOptions extends BeginOptions {
  /** The path on the page's own origin that a proxy hands on to the vCenter's `/sdk`. */
  readonly server: string | URL;
  /** In place of the platform's `fetch`. */
  readonly fetch?: typeof fetch | undefined;
}

/**
 * Which vCenter, and as whom: by `user` and `password`, `token`, `cloneTicket` or `session`. The cookie of a session is
 * not for a page to send; one that the browser has is used whatever is given here.
 */
export type ConnectOptions = ServerOptions & SignIn;

/**
 * Logs in to a vCenter through a proxy of the page's own origin: a vCenter answers no cross-origin request.
 *
 * @throws {@link LoginError}, {@link ConnectionError}, {@link UnsupportedServerError}
 */
export async function connectVCenter(options: ConnectOptions): Promise<VCenter> {
  await init();
  const url = new URL(options.server, globalThis.location?.href);
  return VCenter.connect(fetchTransport(url, options.fetch), signInOf(options), options);
}
