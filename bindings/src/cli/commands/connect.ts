/** Connecting as the command line and the environment say. */
import { LoginError } from '../../errors.js';
import { nodeTransport } from '../../http/transport-node.js';
import type { SignIn } from '../../vsphere/client/sign-in.js';
import type { BeginOptions } from '../../vsphere/client/vcenter.js';
import { NodeVCenter } from '../../vsphere/client/vcenter-node.js';
import type { Connection } from '../input/credentials.js';

/** Connects; the session is the caller's to close. */
export async function connectAs(connection: Connection, options: BeginOptions): Promise<NodeVCenter> {
  const { url, signIn, otherwise, renewBy, protocol, trust } = connection;
  const connect = (how: SignIn, more: BeginOptions = {}): Promise<NodeVCenter> =>
    NodeVCenter.connect(nodeTransport(url, trust), how, { ...options, ...more, protocol });
  try {
    return await connect(signIn, { renewBy });
  } catch (error) {
    if (otherwise === undefined || !(error instanceof LoginError)) {
      throw error;
    }
    return await connect(await otherwise());
  }
}
