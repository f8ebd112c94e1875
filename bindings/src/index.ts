/** The package in browsers, and wherever else there is `fetch` and nothing of Node. */
export * from './common.js';
export { type ConnectOptions, connectVCenter, type ServerOptions } from './vim/connect-browser.js';
