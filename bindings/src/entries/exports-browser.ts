/** The package in browsers, and wherever else there is `fetch` and nothing of Node. */

export { connectVCenter } from '../vsphere/client/connect-browser.js';
export * from './exports.js';
