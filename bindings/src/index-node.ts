/** The package in Node. */
export * from './common.js';
export { type ConnectOptions, connectVCenter } from './soap/connect-node.js';
export type { Environment } from './soap/proxy.js';
export { type NodeTransportOptions, nodeTransport } from './soap/transport-node.js';
export type { TrustOptions } from './soap/trust.js';
