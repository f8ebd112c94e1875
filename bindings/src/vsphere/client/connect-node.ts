/** Connecting from Node. */
import { OptionsError } from '../../errors.js';
import { parseServer } from '../../http/server-url.js';
import { nodeTransport, TRANSPORT_OPTIONS } from '../../http/transport-node.js';
import { type Fields, only } from '../../util/fields.js';
import { COMMON_OPTIONS, type ConnectOptions, checkConnectOptions, elsewhere } from './connect-options.js';
import { signInOf } from './sign-in.js';
import { BEGIN_OPTIONS } from './vcenter.js';
import { NodeVCenter } from './vcenter-node.js';

const OPTIONS: Fields = {
  ...COMMON_OPTIONS,
  ...TRANSPORT_OPTIONS,
  ...elsewhere(['fetch'], 'leave it out, requests go over node:https'),
};

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
export async function connectVCenter(options: ConnectOptions): Promise<NodeVCenter> {
  checkConnectOptions(options, OPTIONS);
  const { url, user, password } = parseServer(String(options.server));
  if (user !== undefined || password !== undefined) {
    throw new OptionsError(
      'invalidServer',
      'the address of the server holds a user or a password: pass them as `user` and `password`',
    );
  }
  const transport = nodeTransport(url, only(options, TRANSPORT_OPTIONS));
  return NodeVCenter.connect(transport, signInOf(options), only(options, BEGIN_OPTIONS));
}
