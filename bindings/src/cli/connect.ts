/** Connecting as the command line and the environment say. */
import { nodeTransport } from '../http/transport-node.js';
import { VCenter } from '../vim/vcenter.js';
import type { Connection } from './credentials.js';

/** Connects; the session is the caller's to close. */
export function connectAs({ url, signIn, protocol, trust }: Connection, signal: AbortSignal): Promise<VCenter> {
  return VCenter.connect(nodeTransport(url, trust), signIn, { protocol, signal });
}
