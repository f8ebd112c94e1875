/** Connecting from Node. */
import { OptionsError } from '../errors.js';
import { parseServer } from './server-url.js';
import { type NodeTransportOptions, nodeTransport } from './transport-node.js';
import { VCenter } from './vcenter.js';

/** Which vCenter, as whom, and what makes it trusted. */
export interface ConnectOptions extends NodeTransportOptions {
  /** `vc.example.com`, `vc.example.com:8443`, `https://vc.example.com/sdk`. */
  readonly server: string;
  readonly user: string;
  readonly password: string;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Logs in to a vCenter.
 *
 * ```ts
 * const vcenter = await connectVCenter({ server: 'vc.example.com', user, password });
 * try {
 *   const found = await vcenter.findVms(['web-*']);
 *   const report = await waitForCustomization(vcenter.events(found), found.vms);
 * } finally {
 *   await vcenter.close();
 * }
 * ```
 *
 * @throws {@link LoginError}, {@link CertificateError}, {@link ConnectionError}, {@link UnsupportedServerError}, {@link OptionsError}
 */
export async function connectVCenter(options: ConnectOptions): Promise<VCenter> {
  const { url, user, password } = parseServer(options.server);
  if (user !== undefined || password !== undefined) {
    throw new OptionsError(
      'invalidServer',
      'the address of the server holds a user or a password: pass them as `user` and `password`',
    );
  }
  return VCenter.connect(nodeTransport(url, options), { user: options.user, password: options.password }, options);
}
