/** The package in Node. */

export { type NodeTransportOptions, nodeTransport } from '../http/transport-node.js';
export { connectVCenter } from '../vsphere/client/connect-node.js';
export { NodeVCenter } from '../vsphere/client/vcenter-node.js';
export * from './exports.js';
