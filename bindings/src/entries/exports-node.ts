/** The package in Node. */

export type { Environment } from '../http/proxy.js';
export { type NodeTransportOptions, nodeTransport } from '../http/transport-node.js';
export type { TrustOptions } from '../http/trust.js';
export { type ConnectOptions, connectVCenter, type ServerOptions } from '../vsphere/client/connect-node.js';
export * from './exports.js';
