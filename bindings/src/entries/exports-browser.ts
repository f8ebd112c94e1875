/** The package in browsers, and wherever else there is `fetch` and nothing of Node. */

export { connectVCenter } from '../vsphere/client/connect-browser.js';
export type { NodeVCenter } from '../vsphere/client/vcenter-node.js';
export * from './exports.js';
