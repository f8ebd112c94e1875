/** Connecting from a browser. */
import { init } from '../wasm/loader.js';
import { fetchTransport } from './transport-fetch.js';
import { VCenter } from './vcenter.js';

/** Which vCenter, and as whom. */
export interface ConnectOptions {
  /** The path on the page's own origin that a proxy hands on to the vCenter's `/sdk`. */
  readonly server: string | URL;
  readonly user: string;
  readonly password: string;
  readonly signal?: AbortSignal | undefined;
  /** In place of the platform's `fetch`. */
  readonly fetch?: typeof fetch | undefined;
}

/**
 * Logs in to a vCenter through a proxy of the page's own origin: a vCenter answers no cross-origin request.
 *
 * @throws {@link LoginError}, {@link ConnectionError}, {@link UnsupportedServerError}
 */
export async function connectVCenter(options: ConnectOptions): Promise<VCenter> {
  await init();
  const url = new URL(options.server, globalThis.location?.href);
  return VCenter.connect(
    fetchTransport(url, options.fetch),
    { user: options.user, password: options.password },
    options,
  );
}
