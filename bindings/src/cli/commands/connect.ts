/** Connecting as the command line and the environment say. */
import { nodeTransport } from '../../http/transport-node.js';
import { type BeginOptions, VCenter } from '../../vsphere/client/vcenter.js';
import type { Connection } from '../input/credentials.js';

/** Connects; the session is the caller's to close. */
export function connectAs({ url, signIn, protocol, trust }: Connection, options: BeginOptions): Promise<VCenter> {
  return VCenter.connect(nodeTransport(url, trust), signIn, { ...options, protocol });
}
