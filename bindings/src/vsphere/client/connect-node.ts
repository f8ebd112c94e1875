/** Connecting from Node. */
import { OptionsError } from '../../errors.js';
import { parseServer } from '../../http/server-url.js';
import { type NodeTransportOptions, nodeTransport } from '../../http/transport-node.js';
import { checkConnectOptions } from './connect-options.js';
import { type SignIn, signInOf } from './sign-in.js';
import { type BeginOptions, VCenter } from './vcenter.js';

/** Which vCenter, and what makes it trusted. */
export interface ServerOptions extends NodeTransportOptions, BeginOptions {
  /** `vc.example.com`, `vc.example.com:8443`, `https://vc.example.com/sdk`. */
  readonly server: string;
}

/** Which vCenter, and as whom: by `user` and `password`, `token`, `cloneTicket` or `session`. */
export type ConnectOptions = ServerOptions & SignIn;

/**
 * Logs in to a vCenter, or goes on in a session with it that is there already.
 *
 * ```ts
 * const vcenter = await connectVCenter({ server: 'vc.example.com', user, password });
 * try {
 *   const found = await vcenter.findVms(['web-*']);
 *   const report = await waitForCustomization(vcenter.events(), found.vms);
 * } finally {
 *   await vcenter.close();
 * }
 * ```
 *
 * @throws {@link LoginError}, {@link CertificateError}, {@link ConnectionError}, {@link UnsupportedServerError}, {@link OptionsError}
 */
export async function connectVCenter(options: ConnectOptions): Promise<VCenter> {
  checkConnectOptions(options);
  const { url, user, password } = parseServer(String(options.server));
  if (user !== undefined || password !== undefined) {
    throw new OptionsError(
      'invalidServer',
      'the address of the server holds a user or a password: pass them as `user` and `password`',
    );
  }
  return VCenter.connect(nodeTransport(url, options), signInOf(options), options);
}
