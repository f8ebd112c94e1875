/** Connecting as the command line and the environment say. */
import { nodeTransport } from '../../http/transport-node.js';
import type { BeginOptions } from '../../vsphere/client/vcenter.js';
import { NodeVCenter } from '../../vsphere/client/vcenter-node.js';
import type { Connection } from '../input/credentials.js';

/** Connects; the session is the caller's to close. */
export function connectAs({ url, signIn, protocol, trust }: Connection, options: BeginOptions): Promise<NodeVCenter> {
  return NodeVCenter.connect(nodeTransport(url, trust), signIn, { ...options, protocol });
}
